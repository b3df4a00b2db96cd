"""Letters about money that went back, or is held back."""

from __future__ import annotations

import pytest

from chalicelib.kernel.errors import LOCALES
from chalicelib.mail.render import render

from .conftest import PARAMS


@pytest.mark.parametrize(
    ("locale", "amount", "part", "whole"),
    [
        ("es", "Importe: 199,00 €", "Lo que compró sigue como está.", "lo que pagaba ha terminado."),
        ("pt-BR", "Valor: € 199,00", "O que você comprou continua como está.", "o que ele pagava terminou."),
        ("en", "Amount: € 199.00", "What you bought stays as it is.", "what it paid for has ended."),
    ],
)
def test_a_refund_says_how_much_and_whether_that_is_all(
    locale: str, amount: str, part: str, whole: str
) -> None:
    some = render("refund_made", locale, PARAMS["refund_made"])
    every = render("refund_made", locale, {**PARAMS["refund_made"], "whole": True})
    assert [amount in letter.text for letter in (some, every)] == [True, True]
    assert [part in letter.text for letter in (some, every)] == [True, False]
    assert [whole in letter.text for letter in (some, every)] == [False, True]
    assert "A-2026-000001" in some.subject
    assert "\n\n\n" not in some.text + every.text


@pytest.mark.parametrize("locale", LOCALES)
def test_a_contested_payment_says_what_follows_and_leads_to_the_store(locale: str) -> None:
    letter = render("payment_contested", locale, PARAMS["payment_contested"])
    assert "A-2026-000001" in letter.subject
    assert "PayPal" in letter.text
    assert '<a href="https://store.example">' in letter.html
    assert "\n\n\n" not in letter.text
