"""What a customer who leaves, or stays, is written."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.kernel.errors import LOCALES
from chalicelib.mail.render import Letter, render
from tests.unit.mail.cancellations import OWED, PARAMS, TRAINING


def letter(kind: str, locale: str = "en", **changes: Any) -> Letter:
    return render(kind, locale, {**PARAMS[kind], **changes})


@pytest.mark.parametrize("kind", sorted(PARAMS))
@pytest.mark.parametrize("locale", LOCALES)
def test_every_letter_names_the_case(kind: str, locale: str) -> None:
    shown = letter(kind, locale)
    assert shown.subject.startswith("[C-000017] ")
    assert "C-000017" in shown.text


@pytest.mark.parametrize(
    ("locale", "day", "nothing"),
    [
        ("en", "27 November 2026, 23:30 (São Paulo time)", "we charge nothing more"),
        ("es", "27 de noviembre de 2026, 23:30 (hora de São Paulo)", "no le cobraremos nada más"),
        ("pt-BR", "27 de novembro de 2026, 23:30 (horário de São Paulo)", "não cobraremos mais nada"),
    ],
)
def test_the_acknowledgement_says_since_when_nothing_is_charged_any_more(
    locale: str, day: str, nothing: str
) -> None:
    text = letter("cancellation_received", locale).text
    assert day in text
    assert nothing in text
    assert "\n- Site: Plano anual (ana.com.br)\n- Leituras\n" in text
    assert nothing not in letter("cancellation_received", locale, frozen=False).text


@pytest.mark.parametrize("kind", ["contact_attempted", "confirm_request"])
@pytest.mark.parametrize(
    ("locale", "until", "then"),
    [
        ("en", "until 2 December 2026, 14:00 (São Paulo time)", "we will cancel what is listed above"),
        ("es", "hasta el 2 de diciembre de 2026, 14:00 (hora de São Paulo)", "cancelaremos lo indicado"),
        ("pt-BR", "até 2 de dezembro de 2026, 14:00 (horário de São Paulo)", "cancelaremos o que está"),
    ],
)
def test_who_was_not_reached_hears_until_when_he_is_waited_for_and_what_follows(
    kind: str, locale: str, until: str, then: str
) -> None:
    text = letter(kind, locale).text
    assert until in text
    assert then in text
    assert "\n- Site: Plano anual (ana.com.br)\n- Leituras\n" in text
    early = letter(kind, locale, until_at=None).text
    assert until not in early
    assert then not in early


@pytest.mark.parametrize(
    ("locale", "reason", "password"),
    [
        ("en", "the reason why", "Never send us a password"),
        ("es", "el motivo por", "contraseña"),
        ("pt-BR", "o motivo pelo", "senha"),
    ],
)
def test_who_was_cut_off_is_asked_for_data_and_reason_and_for_no_password(
    locale: str, reason: str, password: str
) -> None:
    text = letter("confirm_request", locale).text
    assert reason in text
    assert password in text


def test_what_is_owed_is_listed_and_no_condition() -> None:
    shown = letter("cancellation_owed")
    assert "- Invoice A-2026-000004: R$ 399.00, due on 2 November 2026\n" in shown.text
    assert f"\n{OWED['pay_url']}\n- Instalment not invoiced yet: R$ 49.00, due on 20 November" in shown.text
    assert "does not depend on this payment" in shown.text
    assert '<a href="https://api.example/i/0123?a=1&amp;b=2">' in shown.html
    assert "must still be paid" not in letter("cancellation_owed", slips=[]).text


def test_an_address_that_is_none_of_the_web_is_no_link() -> None:
    shown = letter("cancellation_owed", slips=[{**OWED, "pay_url": "javascript:alert(1)"}])
    assert "javascript" in shown.text
    assert "javascript:alert(1)</a>" not in shown.html


def test_who_stays_reads_what_was_agreed() -> None:
    text = letter("cancellation_reverted").text
    for wanted in (
        "What we agreed on: one month for free\n",
        "- Individual training: two hours with a person\n",
        "- Change of plan: the small plan; from the next period on, the price is R$ 29.00 per period\n",
        "- Without services that you do not use: without readings; what you keep costs R$ 29.00 per period\n",
        "- Pause: over the summer; it goes on from 1 March 2027\n",
        "These end:\n- Leituras\n",
        "These go on:\n- Site: Plano anual (ana.com.br)\n",
    ):
        assert wanted in text, wanted


@pytest.mark.parametrize("locale", LOCALES)
def test_nothing_is_said_of_what_was_not_agreed(locale: str) -> None:
    text = letter("cancellation_reverted", locale, agreed=None, offers=[TRAINING], dropped=[]).text
    assert "one month" not in text
    assert "Leituras" not in text
    assert len(text.split("\n- ")) == 3


@pytest.mark.parametrize("locale", LOCALES)
def test_what_is_offered_goes_on_a_line_of_its_own(locale: str) -> None:
    text = letter("cancellation_reverted", locale).text
    assert len(text.split("\n- ")) == 7
    assert "None" not in text


def test_the_formal_letter_says_what_ended_what_goes_on_and_what_is_owed() -> None:
    text = letter("cancellation_confirmed").text
    for wanted in (
        "Case: C-000017\nAsked for on: 27 November 2026, 23:30 (São Paulo time)\n",
        "- Site: Plano anual (ana.com.br): 3 December 2026, 09:05 (São Paulo time)\n",
        "What goes on:\n- Leituras\n",
        "What is still to be paid:\n- Invoice A-2026-000004: R$ 399.00, due on 2 November 2026\n",
        "- Invoice A-2026-000009: R$ 399.00, which was due on 20 December 2026\n",
        "attached as a PDF",
    ):
        assert wanted in text, wanted


@pytest.mark.parametrize(
    ("locale", "nothing"),
    [
        ("en", "Nothing is left to be paid"),
        ("es", "no queda nada pendiente de pago"),
        ("pt-BR", "não há nada pendente de pagamento"),
    ],
)
def test_the_formal_letter_says_so_when_nothing_is_owed(locale: str, nothing: str) -> None:
    text = letter("cancellation_confirmed", locale, kept=[], slips=[], voided=[]).text
    assert nothing in text
    assert len(text.split("\n- ")) == 2
