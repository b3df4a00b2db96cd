"""Letters about a contract: its renewal, its end and what stays owed, in every shape they can take."""

from __future__ import annotations

from typing import Any

import pytest
from jinja2 import UndefinedError

from chalicelib.kernel.errors import LOCALES
from chalicelib.mail.render import Letter, render

from .conftest import PARAMS

WHY = ("renewal_canceled", "not_renewable", "unpaid", "notice_undelivered", "money_given_back")
WITH_CUTOFF = ("renewal_notice", "renewal_canceled", "renewal_resumed")
# A day that each reader sees of the parameters, an instant of them, and an amount.
WRITTEN = {
    "es": (
        "21 de noviembre de 2027",
        "antes del 7 de noviembre de 2027, 00:00 (hora de São Paulo)",
        "399,00",
    ),
    "pt-BR": (
        "21 de novembro de 2027",
        "antes de 7 de novembro de 2027, 00:00 (horário de São Paulo)",
        "399,00",
    ),
    "en": ("21 November 2027", "before 7 November 2027, 00:00 (São Paulo time)", "399.00"),
}
PART: list[dict[str, Any]] = PARAMS["renewal_notice"]["installments"][:1]
NONE: list[dict[str, Any]] = []
SHAPES: list[tuple[str, dict[str, Any]]] = [
    *((kind, {"self_cancel": mine}) for kind in WITH_CUTOFF for mine in (True, False)),
    ("renewal_notice", {"card": None, "method": "boleto"}),
    ("renewal_notice", {"installments": PART}),
    ("renewal_canceled", {"installments": []}),
    *(("subscription_past_due", {"pay_url": url}) for url in (None, "https://api.example/i/0123abc")),
    *(("subscription_ended", {"because": why, "installments": owed}) for why in WHY for owed in (NONE, PART)),
    *(
        ("contract_rescinded", {"dropped": dropped, "installments": owed, "refund": refund})
        for dropped in (NONE, PART)
        for owed in (NONE, PART)
        for refund in (None, PART[0]["amount"])
    ),
    *(
        ("withdrawal_received", {"dropped": dropped, "refund": refund})
        for dropped in (None, PART[0]["amount"])
        for refund in (None, PART[0]["amount"])
    ),
    *(("invoice_issued", {"subscription": name}) for name in (None, "Multipack")),
    *(("order_expired", {"subscription": name}) for name in (None, "Multipack")),
    *(("payment_failed", {"retry_day": day}) for day in (None, "2027-11-21")),
]


def letter(kind: str, locale: str, **changes: Any) -> Letter:
    return render(kind, locale, {**PARAMS[kind], **changes})


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize(("kind", "changes"), SHAPES)
def test_every_shape_is_made_of_whole_paragraphs(kind: str, changes: dict[str, Any], locale: str) -> None:
    found = letter(kind, locale, **changes)
    paragraphs = found.text.rstrip("\n").split("\n\n")
    assert "None" not in found.subject + found.text
    assert "\n\n\n" not in found.text
    assert all(line == line.strip() and line for part in paragraphs for line in part.split("\n"))
    # Greeting, body, closing: none of them has run into another.
    assert "Ana Núñez" in paragraphs[0]
    assert len(paragraphs[0].split("\n")) == 1
    assert len(paragraphs[-1].split("\n")) == 2


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("kind", WITH_CUTOFF)
def test_until_when_one_may_change_ones_mind_is_an_instant_with_its_zone(kind: str, locale: str) -> None:
    assert WRITTEN[locale][1] in letter(kind, locale).text


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("kind", WITH_CUTOFF)
def test_who_may_not_change_it_himself_is_told_to_write(kind: str, locale: str) -> None:
    asked = {"es": "escríbanos", "pt-BR": "escreva para nós", "en": "write to us"}[locale]
    assert asked not in letter(kind, locale).text
    assert asked in letter(kind, locale, self_cancel=False).text


@pytest.mark.parametrize("locale", LOCALES)
def test_a_notice_tells_the_end_the_price_each_instalment_and_the_card(locale: str) -> None:
    day, _, amount = WRITTEN[locale]
    text = letter("renewal_notice", locale).text
    assert f": {day}\n" in text
    assert text.count(amount) == 2
    assert "4242" in text
    assert " 2 " in text
    assert "4242" not in letter("renewal_notice", locale, card=None).text


@pytest.mark.parametrize("locale", LOCALES)
def test_a_price_that_is_charged_at_once_is_not_called_instalments(locale: str) -> None:
    many = {"es": "plazos:", "pt-BR": "parcelas:", "en": "instalments:"}[locale]
    assert many in letter("renewal_notice", locale).text
    assert many not in letter("renewal_notice", locale, installments=PART).text


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("kind", ["renewal_canceled", "subscription_ended", "contract_rescinded"])
def test_what_stays_owed_is_told_by_day_and_amount_or_that_nothing_is(kind: str, locale: str) -> None:
    nothing = {"es": "ningún plazo", "pt-BR": "nenhuma parcela", "en": "No instalment"}[locale]
    owed = {"installments": [{"day": "2027-11-21", "amount": {"amount": 39900, "currency": "BRL"}}]}
    rest: dict[str, Any] = {"dropped": [], "refund": None} if kind == "contract_rescinded" else {}
    day, _, amount = WRITTEN[locale]
    (line,) = [one for one in letter(kind, locale, **owed, **rest).text.split("\n") if amount in one]
    assert line.endswith(day)
    assert nothing not in letter(kind, locale, **owed, **rest).text
    assert nothing in letter(kind, locale, installments=[], **rest).text


@pytest.mark.parametrize("locale", LOCALES)
def test_every_reason_of_an_end_is_told_in_words_of_its_own(locale: str) -> None:
    assert len({letter("subscription_ended", locale, because=why).text for why in WHY}) == len(WHY)


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("why", ["rescinded", "withdrawn", "bored"])
def test_what_has_a_letter_of_its_own_is_no_reason_here(why: str, locale: str) -> None:
    with pytest.raises(UndefinedError):
        letter("subscription_ended", locale, because=why)


@pytest.mark.parametrize("locale", LOCALES)
def test_an_invoice_that_nobody_ordered_gives_no_thanks_for_an_order(locale: str) -> None:
    thanks = {"es": "Gracias por su pedido", "pt-BR": "Obrigado pelo seu pedido", "en": "Thank you for your"}
    activates = {"es": "activaremos", "pt-BR": "ativaremos", "en": "activate"}
    ordered, renewed = (letter("invoice_issued", locale, subscription=name) for name in (None, "Multipack"))
    for words in (thanks[locale], activates[locale]):
        assert words in ordered.text
        assert words not in renewed.text
    assert "Multipack" in renewed.text


@pytest.mark.parametrize("locale", LOCALES)
def test_who_did_not_order_is_not_told_to_order_again(locale: str) -> None:
    again = {"es": "vuelva a pedirlo", "pt-BR": "peça de novo", "en": "order it again"}[locale]
    assert again in letter("order_expired", locale).text
    assert again not in letter("order_expired", locale, subscription="Multipack").text


@pytest.mark.parametrize("locale", LOCALES)
def test_a_declined_card_that_is_charged_anew_is_told_when(locale: str) -> None:
    assert WRITTEN[locale][0] in letter("payment_failed", locale, retry_day="2027-11-21").text


@pytest.mark.parametrize("locale", LOCALES)
def test_a_withdrawal_is_acknowledged_with_its_content_and_instant(locale: str) -> None:
    found = letter("withdrawal_received", locale)
    # Half past two in the morning in UTC is the evening before in São Paulo.
    day = {"es": "27 de noviembre de 2026", "pt-BR": "27 de novembro de 2026", "en": "27 November 2026"}
    assert f": {day[locale]}, 23:30 (" in found.text
    assert "1 × Multipack: " in found.text
    assert ": wdr_4m8s\n" in found.text
    assert "A-2026-000004" in found.subject
    amounts = {"es": "798,00 R$", "pt-BR": "R$ 798,00", "en": "R$ 798.00"}
    assert f": {amounts[locale]}\n" in found.text
    assert amounts[locale] not in letter("withdrawal_received", locale, dropped=None).text
