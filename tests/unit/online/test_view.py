"""What the online invoice shows: its state, what its payer can do, and nothing that he cannot (V7, V8)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from chalicelib.billing.online import View, origin_of, view_of
from chalicelib.billing.rules import Form, Invoice, Party
from chalicelib.billing.taxes import TaxShare
from chalicelib.kernel.methods import METHODS, Method
from chalicelib.kernel.money import Money

from .made import CHECKOUT, FORM, NOW, PIX, SLIP, TRANSFER, a_payment, a_view, an_invoice

ANA = Party("Ana Souza", "52998224725", "BR", "ana@example.com")


@pytest.mark.parametrize(
    ("invoice", "payment", "state"),
    [
        ("open", "requested", "preparing"),
        ("open", "pending", "waiting"),
        ("open", "failed", "open"),
        ("open", "canceled", "open"),
        ("paid", "paid", "paid"),
        ("paid", "pending", "paid"),
        ("paid", "refunded", "refunded"),
        ("uncollectible", "canceled", "expired"),
        ("uncollectible", "pending", "expired"),
        ("void", "canceled", "void"),
        ("refunded", "paid", "refunded"),
    ],
)
def test_the_state_follows_from_the_invoice_and_its_payment(invoice: Any, payment: Any, state: str) -> None:
    view = a_view(invoice=an_invoice(status=invoice), status=payment)
    assert view.state == state
    assert view.is_payable == (state in ("open", "preparing", "waiting"))
    assert view.is_final == (state in ("paid", "expired", "void", "refunded"))
    assert bool(view.choices) == view.is_payable


def test_money_that_a_person_looks_at_is_not_asked_for_again() -> None:
    view = a_view(held="wrong_amount")
    assert (view.state, view.way, view.choices, view.is_final) == ("checking", None, (), False)


@pytest.mark.parametrize(
    ("method", "shown"),
    [
        ("boleto", {"slip": SLIP, "pix": PIX, "due_date": date(2026, 12, 2)}),
        ("card", {"redirect_url": CHECKOUT}),
        ("redsys", {"form": FORM}),
        ("transfer", {"transfer": TRANSFER}),
    ],
)
def test_a_payer_sees_what_his_way_needs_and_nothing_else(method: Method, shown: dict[str, Any]) -> None:
    way = a_view(method).way
    assert way is not None
    needed = ("slip", "pix", "due_date", "redirect_url", "form", "transfer", "received", "missing")
    assert {name: value for name in needed if (value := getattr(way, name)) is not None} == shown
    assert way.method == method


def test_what_has_arrived_of_a_transfer_and_what_is_missing_are_told() -> None:
    way = a_view("transfer", received=Money(5000, "EUR")).way
    assert way is not None
    assert (way.received, way.missing) == (Money(5000, "EUR"), Money(7000, "EUR"))


@pytest.mark.parametrize(
    ("invoice", "begun", "offered"),
    [
        (an_invoice(), "card", ("redsys", "paypal", "transfer")),
        (an_invoice("BRL", buyer=ANA), "boleto", ("card", "paypal", "transfer")),
        (an_invoice("BRL", buyer=replace(ANA, tax_id=None)), "card", ("paypal", "transfer")),
        (an_invoice("CLP"), "card", ("transfer",)),
    ],
    ids=["in euros", "in reais", "in reais without a tax id", "in pesos"],
)
def test_the_other_ways_are_those_that_take_the_currency_and_the_payer(
    invoice: Invoice, begun: Method, offered: tuple[Method, ...]
) -> None:
    view = view_of(invoice, a_payment(begun, invoice.total.currency), METHODS)
    assert view.methods == offered
    assert view.choices == (begun, *offered)


def test_only_what_the_vendor_takes_is_offered() -> None:
    assert view_of(an_invoice(), a_payment("card"), ("card", "paypal")).methods == ("paypal",)


def test_after_a_failure_every_way_is_offered_and_the_reason_told() -> None:
    view = a_view(status="failed", failure="card_declined")
    assert (view.way, view.failure) == (None, "declined")
    assert view.methods == ("card", "redsys", "paypal", "transfer")


def test_the_day_of_the_payment_is_the_one_at_the_buyers_place() -> None:
    paid: dict[str, Any] = {"status": "paid", "paid_at": NOW}
    spain = a_view(invoice=an_invoice(**paid), **paid)
    brazil = a_view(invoice=an_invoice("BRL", buyer=ANA, **paid), **paid)
    assert (spain.paid_on, brazil.paid_on) == (date(2026, 11, 28), date(2026, 11, 27))
    assert spain.paid_by == "card"


def test_what_was_given_back_in_part_stays_paid_and_is_told() -> None:
    paid: dict[str, Any] = {"status": "paid", "paid_at": NOW}
    view = a_view(invoice=an_invoice(**paid), refunded=Money(2000, "EUR"), **paid)
    assert (view.state, view.refunded) == ("paid", Money(2000, "EUR"))


def test_what_the_total_is_made_of_is_shown() -> None:
    invoice = an_invoice()
    share = TaxShare("IVA", 2100, Money(invoice.total.minor - 2083, "EUR"), Money(2083, "EUR"))
    view = a_view(invoice=an_invoice(taxes=(share,)))
    assert (view.net, view.taxes) == (share.base, (share,))


# Addresses


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        (CHECKOUT, "https://checkout.example"),
        ("https://sis-t.redsys.es:25443/sis/realizarPago", "https://sis-t.redsys.es:25443"),
        ("https://pay.example", "https://pay.example"),
        ("https://pay.example?x=1", "https://pay.example"),
        ("http://127.0.0.1:8090/stripe/pay/1", "http://127.0.0.1:8090"),
        ("http://localhost/x", "http://localhost"),
        ("http://[::1]:8090/x", "http://[::1]:8090"),
        ("http://pay.example/x", None),
        ("http://127.0.0.1.evil.example/x", None),
        ("https://user@evil.example/x", None),
        ("https://pay.example; script-src *", None),
        ("https://pay.example/x\nSet-Cookie: a", None),
        ("javascript:alert(1)", None),
        ("//evil.example", None),
        ("", None),
    ],
)
def test_a_payer_is_only_sent_over_an_encrypted_line_or_to_this_machine(url: str, origin: str | None) -> None:
    assert origin_of(url) == origin


def test_no_address_that_is_not_safe_is_shown() -> None:
    sent, posted = a_view(redirect_url="javascript:alert(1)"), a_view("redsys", form=Form("ftp://x", {}))
    assert sent.way is not None
    assert posted.way is not None
    assert (sent.way.redirect_url, posted.way.form) == (None, None)


# The version


def _changed(**changes: Any) -> View:
    return a_view("transfer", **changes)


def test_the_version_is_the_same_for_the_same_facts_whatever_else_changes() -> None:
    unseen = _changed(asked_at=NOW, version=7, claimed_until=NOW, provider_id="p1")
    assert unseen.version == _changed().version
    assert len(unseen.version) == 16


@pytest.mark.parametrize(
    "changes",
    [{"status": "requested"}, {"status": "failed"}, {"received": Money(1, "EUR")}, {"held": "late"}],
    ids=str,
)
def test_the_version_changes_with_everything_that_is_shown(changes: dict[str, Any]) -> None:
    assert _changed(**changes).version != _changed().version
