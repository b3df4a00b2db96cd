"""For how long one can withdraw from a contract, and what its acknowledgement says (B7)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.kernel.clock import local_date, parse_instant
from chalicelib.kernel.errors import LOCALES
from chalicelib.kernel.markets import market_of
from chalicelib.kernel.money import Money
from chalicelib.orders.acknowledgement import WORDS, render
from chalicelib.orders.rules import Order, Status, withdrawn
from chalicelib.orders.withdrawals import (
    DAYS,
    DAYS_IN,
    Content,
    Line,
    OrderNotWithdrawable,
    WithdrawalWindowClosed,
    last_day,
    require_open,
)

NOW = datetime(2026, 11, 27, 10, 15, 23, tzinfo=UTC)
ORDER = Order("ord_1", "cus_1", "paid", (), Money(100, "EUR"), "inv_1", "pay_1", (), NOW)
CONTENT = Content(
    order_id="ord_1",
    invoice_number="A-2026-000017",
    customer_name="Ana <Souza>",
    seller_name="Vigencia Demo S.L.",
    seller_email="v@example.com",
    locale="es",
    zone="Europe/Madrid",
    ordered_at=NOW - timedelta(days=3),
    lines=(Line("PrestaImport", 2, Money(123456, "EUR")),),
    total=Money(123456, "EUR"),
    until=date(2026, 12, 8),
    ends=("PrestaImport",),
    refund=Money(123456, "EUR"),
)


@pytest.mark.parametrize(
    ("country", "placed", "last"),
    [
        # A Friday: 14, 7 and 10 days later.
        ("ES", "2026-11-27T10:00:00Z", date(2026, 12, 11)),
        ("DE", "2026-11-27T10:00:00Z", date(2026, 12, 11)),
        ("BR", "2026-11-27T10:00:00Z", date(2026, 12, 4)),
        ("CL", "2026-11-27T10:00:00Z", date(2026, 12, 7)),
        # Ends on a Saturday and on a Sunday: the Monday after it.
        ("ES", "2026-11-28T10:00:00Z", date(2026, 12, 14)),
        ("BR", "2026-11-29T10:00:00Z", date(2026, 12, 7)),
        ("CL", "2026-11-25T10:00:00Z", date(2026, 12, 7)),
        # Into the next year.
        ("ES", "2026-12-22T10:00:00Z", date(2027, 1, 5)),
        ("BR", "2026-12-26T10:00:00Z", date(2027, 1, 4)),
        # Late in the evening it is another day elsewhere.
        ("ES", "2026-11-26T23:30:00Z", date(2026, 12, 11)),
        ("BR", "2026-11-27T02:30:00Z", date(2026, 12, 3)),
        ("CL", "2026-11-28T02:30:00Z", date(2026, 12, 7)),
    ],
)
def test_the_window_follows_from_the_country_and_never_ends_on_a_weekend(
    country: str, placed: str, last: date
) -> None:
    assert last_day(parse_instant(placed), country) == last


@given(st.datetimes(datetime(2024, 1, 1), datetime(2032, 1, 1)), st.sampled_from(["ES", "BR", "CL", "PT"]))
def test_nobody_has_less_time_than_the_law_says(placed: datetime, country: str) -> None:
    at = placed.replace(tzinfo=UTC)
    last = last_day(at, country)
    days = (last - local_date(at, market_of(country).zone)).days
    assert 0 <= days - DAYS_IN.get(country, DAYS) <= 2
    assert last.weekday() < 5


def test_it_is_open_to_the_last_second_of_its_last_day() -> None:
    until, zone = date(2026, 12, 11), "Europe/Madrid"
    require_open(ORDER, until, zone, parse_instant("2026-12-11T22:59:59Z"))
    with pytest.raises(WithdrawalWindowClosed) as refused:
        require_open(ORDER, until, zone, parse_instant("2026-12-11T23:00:00Z"))
    assert "2026-12-11" in str(refused.value)


@pytest.mark.parametrize("status", ["pending_payment", "expired", "paid"])
def test_one_can_withdraw_from_what_is_paid_and_from_what_is_not(status: Status) -> None:
    require_open(replace(ORDER, status=status), date(2026, 12, 11), "Europe/Madrid", NOW)


@pytest.mark.parametrize("status", ["canceled", "refunded"])
def test_there_is_nothing_to_withdraw_from_in_what_is_over(status: Status) -> None:
    with pytest.raises(OrderNotWithdrawable):
        require_open(replace(ORDER, status=status), date(2026, 12, 11), "Europe/Madrid", NOW)
    with pytest.raises(OrderNotWithdrawable):
        require_open(withdrawn(ORDER, (), NOW), date(2026, 12, 11), "Europe/Madrid", NOW)


def test_the_acknowledgement_tells_content_day_and_time_where_its_customer_lives() -> None:
    shown = render("wdr_1", CONTENT, "No <b>more</b>", NOW)
    for said in (
        "recibió su desistimiento del contrato siguiente el 27 de noviembre de 2026 a las 11:15:23",
        "(UTC+01:00)",
        "2026-11-27T11:15:23+01:00",
        "wdr_1",
        "Factura A-2026-000017, pedido del 24 de noviembre de 2026",
        "1.234,56 €",
        "v@example.com",
        "Ana &lt;Souza&gt;",
        "No &lt;b&gt;more&lt;/b&gt;",
    ):
        assert said in shown
    assert "<b>" not in shown


def test_it_speaks_the_contracts_language() -> None:
    for locale in LOCALES:
        shown = render("wdr_1", replace(CONTENT, locale=locale, no_longer_owed=Money(1, "EUR")), None, NOW)
        assert f'<html lang="{locale}">' in shown
        for name in ("title", "contract", "ends", "no_longer_owed", "refund", "questions"):
            assert WORDS[locale][name] in shown
        assert WORDS[locale]["statement"] not in shown
    assert len({frozenset(words) for words in WORDS.values()}) == 1


def test_what_does_not_follow_is_not_said() -> None:
    bare = render("wdr_1", replace(CONTENT, ends=(), refund=None), None, NOW)
    for name in ("ends", "no_longer_owed", "refund"):
        assert WORDS["es"][name] not in bare


def test_it_fetches_nothing() -> None:
    shown = render("wdr_1", CONTENT, None, NOW)
    assert not any(one in shown for one in ("src=", "href=", "url(", "<script", "@import"))
