"""The address of an online invoice: nobody can guess it, and it can be taken back (V8)."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from chalicelib.billing.links import Links, invoice_id_of, renewed
from chalicelib.kernel.ids import derived_id

from .made import an_invoice

LINKS = Links("https://api.example.com/api/", lambda: b"secret")
INVOICE = an_invoice(id=derived_id("inv", "ord_1"))
OTHER = an_invoice(id=derived_id("inv", "ord_2"))


def test_the_address_lies_below_the_apis_and_leads_back_to_the_invoice() -> None:
    address = LINKS.online(INVOICE)
    token = address.removeprefix("https://api.example.com/api/i/")
    assert re.fullmatch("[0-9a-z]{52}", token)
    assert invoice_id_of(token) == INVOICE.id
    assert LINKS.opens(token, INVOICE)


def test_a_token_opens_its_own_invoice_only() -> None:
    forged = LINKS.token(OTHER)[:26] + LINKS.token(INVOICE)[26:]
    assert invoice_id_of(forged) == OTHER.id
    assert not LINKS.opens(forged, OTHER)
    assert not LINKS.opens(LINKS.token(INVOICE), OTHER)


def test_another_secret_makes_other_addresses() -> None:
    assert not replace(LINKS, secret=lambda: b"another").opens(LINKS.token(INVOICE), INVOICE)


def test_a_renewed_address_kills_the_former_ones_and_no_later_one_is_the_same() -> None:
    first, second, third = INVOICE, renewed(INVOICE), renewed(renewed(INVOICE))
    tokens = [LINKS.token(one) for one in (first, second, third)]
    assert len(set(tokens)) == 3
    assert [LINKS.opens(token, second) for token in tokens] == [False, True, False]


@pytest.mark.parametrize("token", ["", "x", "é" * 52, "\ud800" * 52, "A" * 52, "0" * 51, "0" * 53, "0" * 26])
def test_what_is_no_token_claims_nothing_and_opens_nothing(token: str) -> None:
    assert invoice_id_of(token) is None
    assert not LINKS.opens(token, INVOICE)
