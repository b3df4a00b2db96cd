"""What many payments come to, per currency and status, and which of them are asked for (V3)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.billing.history import PaymentFilter, StatusTotal, Total, Totals, outstanding
from chalicelib.billing.rules import Payment, PaymentStatus
from chalicelib.kernel.money import Money
from tests.payments import NOW, a_payment, paid


def _totals(*payments: Payment) -> tuple[Total, ...]:
    totals = Totals()
    assert tuple(totals.counting(payments)) == payments
    return totals.by_currency()


def test_nothing_comes_to_nothing() -> None:
    assert _totals() == ()


def test_each_currency_has_its_own_totals_and_each_status_its_own_line() -> None:
    euros, pesos = _totals(
        paid(1, amount=Money(990, "CLP")),
        paid(2),
        a_payment(3, amount=Money(250, "EUR")),
        paid(4, amount=Money(2000, "EUR")),
        a_payment(5, status="failed"),
    )[::-1]
    assert pesos == Total(
        *("CLP", Money(990, "CLP"), Money(0, "CLP"), Money(0, "CLP")),
        (StatusTotal("paid", 1, Money(990, "CLP")),),
    )
    assert euros == Total(
        *("EUR", Money(3000, "EUR"), Money(0, "EUR"), Money(250, "EUR")),
        (
            StatusTotal("pending", 1, Money(250, "EUR")),
            StatusTotal("paid", 2, Money(3000, "EUR")),
            StatusTotal("failed", 1, Money(1000, "EUR")),
        ),
    )
    assert (euros.count, euros.amount) == (4, Money(4250, "EUR"))


def test_what_went_back_was_paid_and_is_told_apart() -> None:
    whole, part = Money(1000, "EUR"), Money(300, "EUR")
    (total,) = _totals(paid(1), paid(2, refunded=part), paid(3, status="refunded", refunded=whole))
    assert (total.paid, total.refunded, total.open) == (
        Money(3000, "EUR"),
        Money(1300, "EUR"),
        Money(0, "EUR"),
    )
    assert [(one.status, one.count) for one in total.statuses] == [("paid", 2), ("refunded", 1)]


@pytest.mark.parametrize(
    ("status", "received", "open_"),
    [
        ("requested", None, 1000),
        ("pending", None, 1000),
        ("pending", 400, 600),
        ("pending", 1000, 0),
        ("pending", 1500, 0),
        ("paid", None, 0),
        ("paid", 1000, 0),
        ("failed", None, 0),
        ("canceled", 400, 0),
        ("refunded", 1000, 0),
    ],
)
def test_what_is_still_to_come_is_the_rest_of_what_can_still_be_paid(
    status: Any, received: int | None, open_: int
) -> None:
    arrived = Money(received, "EUR") if received else None
    payment = a_payment(status=status, received=arrived)
    assert outstanding(payment) == Money(open_, "EUR")
    assert _totals(payment)[0].open == Money(open_, "EUR")


def test_payments_are_counted_as_they_are_taken() -> None:
    totals = Totals()
    passing = totals.counting(a_payment(number) for number in range(3))
    next(passing)
    assert [total.count for total in totals.by_currency()] == [1]
    list(passing)
    assert [total.count for total in totals.by_currency()] == [3]


PAYMENTS = st.builds(
    lambda status, minor, currency: a_payment(
        status=status, amount=Money(minor, currency), paid_at=NOW if status == "paid" else None
    ),
    st.sampled_from(get_args(PaymentStatus)),
    st.integers(0, 10**9),
    st.sampled_from(["BRL", "CLP", "EUR"]),
)


@given(st.lists(PAYMENTS, max_size=30))
def test_no_payment_and_no_cent_is_lost_in_the_totals(payments: list[Payment]) -> None:
    found = {total.currency: total for total in _totals(*payments)}
    assert list(found) == sorted({one.amount.currency for one in payments})
    for currency, total in found.items():
        mine = [one for one in payments if one.amount.currency == currency]
        assert total.count == len(mine)
        assert total.amount.minor == sum(one.amount.minor for one in mine)
        assert total.paid.minor == sum(one.amount.minor for one in mine if one.status == "paid")


# Which ones


@pytest.mark.parametrize(
    ("wanted", "other"),
    [
        ({"status": "pending"}, {"status": "paid"}),
        ({"method": "card"}, {"method": "transfer"}),
        ({"provider": "stripe"}, {"provider": "asaas"}),
        ({"currency": "EUR"}, {"currency": "BRL"}),
        ({"customer_id": "cus_1"}, {"customer_id": "cus_2"}),
    ],
)
def test_a_filter_admits_what_is_as_it_says(wanted: dict[str, Any], other: dict[str, Any]) -> None:
    assert PaymentFilter(**wanted).admits(a_payment())
    assert not PaymentFilter(**other).admits(a_payment())


def test_a_filter_must_fit_in_everything_and_an_empty_one_admits_all() -> None:
    assert PaymentFilter("pending", "card", "stripe", "EUR", "cus_1").admits(a_payment())
    assert not PaymentFilter("pending", "card", "stripe", "EUR", "cus_2").admits(a_payment())
    assert PaymentFilter().admits(paid(customer_id="cus_9"))


# When


def test_a_payment_is_reported_when_it_was_paid_and_until_then_when_it_was_made() -> None:
    later = NOW + timedelta(days=40)
    assert a_payment().reported_at == NOW
    assert a_payment(status="failed").reported_at == NOW
    assert paid(paid_at=later).reported_at == later
    # The day of value of a transfer can be before its order.
    earlier = datetime(2026, 10, 31, 23, tzinfo=UTC)
    assert paid(paid_at=earlier).reported_at == earlier
