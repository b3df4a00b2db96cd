"""What a line of a statement comes to: every outcome, and what is still missing (V8)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.billing.matching import OUTCOMES, Billed, Booking, Match, Outcome, match
from chalicelib.billing.rules import Payment
from chalicelib.billing.statements import Line
from chalicelib.billing.transfers import BookedEntry, awaited, missing
from chalicelib.kernel.money import Money

NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)
DAY = date(2026, 11, 24)
NUMBER, OTHER = "A-2026-000123", "A-2026-000124"
PAYMENT = Payment(
    id="pay_1",
    order_id="ord_1",
    invoice_id="inv_1",
    customer_id="cus_1",
    method="transfer",
    provider="manual",
    status="pending",
    amount=Money(12000, "EUR"),
    created_at=NOW,
)
BILLED = Billed(NUMBER, "cus_1", PAYMENT, awaited=True)
ENTRY = BookedEntry("bnk_1", "pay_9", "R1", DAY, Money(12000, "EUR"), "staff", NOW)
BOOKED = {"R1": Booking(ENTRY, "A-2026-000009", "cus_9")}


def _line(minor: int = 12000, text: str = NUMBER, reference: str = "R1", currency: str = "EUR") -> Line:
    return Line(2, reference, DAY, Money(minor, currency), text)


def _match(line: Line, *billed: Billed, booked: dict[str, Booking] | None = None) -> Match:
    (found,) = match([line], booked or {}, {one.number: one for one in billed})
    return found


@pytest.mark.parametrize(("minor", "covered"), [(11999, "part"), (12000, "full"), (12001, "over")])
def test_a_line_with_the_number_of_an_open_transfer_is_proposed(minor: int, covered: str) -> None:
    line = _line(minor, "pago fra a2026000123")
    found = _match(line, BILLED)
    expected = (line, "proposed", "pay_1", NUMBER, "cus_1", covered, Money(12000, "EUR"))
    assert tuple(vars(found).values()) == expected


def test_it_is_measured_against_what_has_not_arrived_yet() -> None:
    part_there = replace(BILLED, payment=replace(PAYMENT, received=Money(5000, "EUR")))
    found = _match(_line(7000), part_there)
    assert (found.coverage, found.missing) == ("full", Money(7000, "EUR"))


CLOSED = {
    "paid by other means": replace(BILLED, payment=None),
    "not awaited any more": replace(BILLED, awaited=False),
    "there already": replace(BILLED, payment=replace(PAYMENT, received=Money(12000, "EUR"))),
}


@pytest.mark.parametrize("why", CLOSED)
def test_an_invoice_that_waits_for_no_transfer_is_not_open(why: str) -> None:
    found = _match(_line(), CLOSED[why])
    assert (found.outcome, found.invoice_number, found.customer_id) == ("not_open", NUMBER, "cus_1")
    assert (found.payment_id, found.coverage, found.missing) == (CLOSED[why].payment_id, None, None)


@pytest.mark.parametrize("takes_money", [True, False])
def test_money_is_awaited_while_it_can_still_pay_the_order(takes_money: bool) -> None:
    assert awaited(PAYMENT, order_takes_money=takes_money) == takes_money
    assert not awaited(replace(PAYMENT, status="paid"), order_takes_money=takes_money)


def test_money_of_another_currency_is_proposed_for_nothing() -> None:
    found = _match(_line(currency="BRL"), BILLED)
    assert (found.outcome, found.payment_id, found.coverage) == ("wrong_currency", "pay_1", None)


@pytest.mark.parametrize("text", ["Jose Garcia", "", OTHER])
def test_a_line_without_a_number_of_ours_is_unknown(text: str) -> None:
    found = _match(_line(text=text), BILLED)
    assert found == Match(found.line, "unknown")


def test_a_line_with_the_numbers_of_two_invoices_is_left_to_a_person() -> None:
    found = _match(_line(text=f"{NUMBER} {OTHER}"), BILLED, replace(BILLED, number=OTHER))
    assert found == Match(found.line, "several_invoices")


def test_a_second_number_that_is_nobodys_does_not_matter() -> None:
    assert _match(_line(text=f"{NUMBER} {OTHER}"), BILLED).outcome == "proposed"


@pytest.mark.parametrize("minor", [0, -1, -12000])
def test_money_going_out_pays_nothing_whatever_it_says(minor: int) -> None:
    found = _match(_line(minor), BILLED, booked=BOOKED)
    assert found.outcome == "not_incoming"
    assert found.coverage is None


def test_a_line_that_was_booked_tells_for_what() -> None:
    found = _match(_line(text="Jose Garcia"), BILLED, booked=BOOKED)
    assert (found.outcome, found.payment_id) == ("already_booked", "pay_9")
    assert (found.invoice_number, found.customer_id) == ("A-2026-000009", "cus_9")


@pytest.mark.parametrize(
    "line", [_line(1), replace(_line(), value_date=date(2026, 11, 25)), _line(currency="USD")]
)
def test_a_reference_booked_with_other_figures_is_no_repeat(line: Line) -> None:
    assert _match(line, BILLED, booked=BOOKED).outcome == "reference_used"


def test_one_reference_is_proposed_once_in_a_file() -> None:
    found = match([_line(5000), _line(7000)], {}, {NUMBER: BILLED})
    assert [one.outcome for one in found] == ["proposed", "reference_used"]


def test_parts_in_one_file_are_measured_as_if_those_above_were_booked() -> None:
    lines = [_line(minor, reference=f"R{at}") for at, minor in enumerate((5000, 6000, 2000, 100), 2)]
    found = match(lines, {}, {NUMBER: BILLED})
    assert [(one.outcome, one.coverage) for one in found] == [
        ("proposed", "part"),
        ("proposed", "part"),
        ("proposed", "over"),
        ("not_open", None),
    ]
    assert [one.missing.minor for one in found if one.missing] == [12000, 7000, 1000]


@given(
    st.lists(st.tuples(st.integers(-5, 200), st.sampled_from(["", NUMBER]), st.integers(0, 5)), max_size=9)
)
def test_what_is_proposed_never_covers_a_sum_twice(rows: list[tuple[int, str, int]]) -> None:
    billed = replace(BILLED, payment=replace(PAYMENT, amount=Money(300, "EUR")))
    lines = [_line(minor, text, f"R{reference}") for minor, text, reference in rows]
    found = [one for one in match(lines, {}, {NUMBER: billed}) if one.outcome == "proposed"]
    references = [one.line.reference for one in found]
    assert len(set(references)) == len(references)
    assert all(one.coverage == "part" for one in found[:-1])
    assert sum(one.line.amount.minor for one in found[:-1]) < 300


def test_nothing_is_missing_when_too_much_has_arrived() -> None:
    assert missing(replace(PAYMENT, received=Money(12001, "EUR"))) == Money(0, "EUR")


def test_every_outcome_has_its_place_in_the_order() -> None:
    assert [outcome for outcome, _ in OUTCOMES] == list(get_args(Outcome))
