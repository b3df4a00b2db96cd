"""Bank slips: published vectors, the due-date factor and its second start, and no changed digit passes."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.billing.boleto import SlipMismatch, SlipNotValid, check_slip, factor_of, parse_line
from chalicelib.kernel.money import Money
from infra.sandbox.boleto import for_reading, make_slip

BEFORE = "00190.00009 01149.718601 68524.522114 6 75860000102656"
AFTER = "00190.00009 01149.718601 68524.522114 3 16460000014990"
TODAY = date(2026, 11, 22)

days = st.dates(date(2000, 7, 3), date(2049, 12, 31))
cents = st.integers(1, 9_999_999_999)
free_fields = st.integers(0, 10**25 - 1).map(lambda number: f"{number:025d}")


def test_a_line_is_read_with_its_barcode_amount_and_due_date() -> None:
    slip = parse_line(BEFORE, date(2018, 7, 1))
    assert slip.line == "00190000090114971860168524522114675860000102656"
    assert slip.barcode == "00196758600001026560000001149718606852452211"
    assert slip.amount == Money(102656, "BRL")
    assert slip.due == date(2018, 7, 15)


def test_a_line_of_2007_is_read_near_2007() -> None:
    slip = parse_line("00190.50095 40144.816069 06809.350314 3 37370000000100", date(2008, 6, 1))
    assert (slip.due, slip.amount) == (date(2007, 12, 31), Money(100, "BRL"))


def test_a_line_after_the_factor_started_again_is_read_near_today() -> None:
    slip = parse_line(AFTER, TODAY)
    assert (slip.due, slip.amount) == (date(2026, 11, 30), Money(14990, "BRL"))


def test_the_same_factor_is_another_day_for_another_reference() -> None:
    assert parse_line(AFTER, date(2002, 1, 1)).due == date(2026, 11, 30) - timedelta(days=9000)


def test_no_slip_is_older_than_the_factor() -> None:
    assert parse_line(AFTER, date(1970, 1, 1)).due == date(2002, 4, 10)


def test_punctuation_does_not_matter() -> None:
    assert parse_line(AFTER.replace(" ", "-"), TODAY) == parse_line(AFTER.replace(" ", "\n"), TODAY)


def test_a_false_line_that_goes_round_is_refused() -> None:
    with pytest.raises(SlipNotValid, match="general check digit"):
        parse_line("34191.75124 34567.871230 41234.560005 8 92850000026035", TODAY)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "digits"),
        ("not a line", "digits"),
        (AFTER.replace("0", "٠"), "digits"),
        (AFTER[:-1], "46 digits"),
        (AFTER + "0", "48 digits"),
        ("8" + AFTER + "0", "49 digits"),
        ("84670000001 7 43590024020 9 02405000243 5 84221010811 9", "arrecadação"),
        (AFTER.replace("00190.00009", "00190.00008"), "part 1"),
        (AFTER.replace("718601", "718602"), "part 2"),
        (AFTER.replace("522114", "522115"), "part 3"),
        (AFTER.replace("00190.00009", "00180.00009"), "reais"),
    ],
)
def test_what_is_no_line_of_a_slip_is_refused_with_the_reason(text: str, why: str) -> None:
    with pytest.raises(SlipNotValid, match=why):
        parse_line(text, TODAY)


def _with_tail(tail: str) -> str:
    """The line of a slip with this factor and these cents, its general check digit found by trying all."""
    start = AFTER.replace(".", "").replace(" ", "")[:32]
    for check in "123456789":
        line = start + check + tail
        try:
            parse_line(line, TODAY)
        except SlipNotValid as refusal:
            if "factor" not in str(refusal):
                continue
        return line
    raise AssertionError("one of them must fit")


def test_a_line_without_due_date_and_amount_has_neither() -> None:
    slip = parse_line(_with_tail("0000" + "0" * 10), TODAY)
    assert (slip.due, slip.amount) == (None, None)


@pytest.mark.parametrize("factor", ["0001", "0999"])
def test_a_factor_never_used_is_refused(factor: str) -> None:
    with pytest.raises(SlipNotValid, match="factor"):
        parse_line(_with_tail(factor + "0000014990"), TODAY)


def test_a_slip_for_what_was_asked_is_taken() -> None:
    slip = check_slip(AFTER, amount=Money(14990, "BRL"), due=date(2026, 11, 30), reference=TODAY)
    assert slip == parse_line(AFTER, TODAY)


@pytest.mark.parametrize(
    ("amount", "due"),
    [
        (Money(14991, "BRL"), date(2026, 11, 30)),
        (Money(14990, "EUR"), date(2026, 11, 30)),
        (Money(14990, "BRL"), date(2026, 12, 1)),
        (Money(14990, "BRL"), date(2026, 11, 28)),
    ],
)
def test_a_slip_for_anything_else_is_a_mismatch(amount: Money, due: date) -> None:
    with pytest.raises(SlipMismatch):
        check_slip(AFTER, amount=amount, due=due, reference=TODAY)


def test_a_slip_that_leaves_amount_and_due_date_open_is_a_mismatch() -> None:
    open_line = _with_tail("1646" + "0" * 10)
    with pytest.raises(SlipMismatch, match="no amount"):
        check_slip(open_line, amount=Money(14990, "BRL"), due=date(2026, 11, 30), reference=TODAY)
    undated = _with_tail("0000" + "0000014990")
    with pytest.raises(SlipMismatch, match="due on None"):
        check_slip(undated, amount=Money(14990, "BRL"), due=date(2026, 11, 30), reference=TODAY)


@pytest.mark.parametrize(
    ("day", "factor"),
    [
        (date(2000, 7, 3), 1000),
        (date(2000, 7, 5), 1002),
        (date(2002, 5, 1), 1667),
        (date(2010, 11, 17), 4789),
        (date(2025, 2, 21), 9999),
        (date(2025, 2, 22), 1000),
        (date(2026, 11, 30), 1646),
        (date(2049, 10, 13), 9999),
        (date(2049, 10, 14), 1000),
    ],
)
def test_the_factor_of_published_days(day: date, factor: int) -> None:
    assert factor_of(day) == factor


def test_days_before_the_factor_had_four_digits_have_none() -> None:
    with pytest.raises(ValueError, match="2000-07-02"):
        factor_of(date(2000, 7, 2))


@given(days, cents, free_fields, st.integers(-4400, 4400))
def test_every_slip_is_read_as_it_was_made(due: date, amount: int, free_field: str, off: int) -> None:
    made = make_slip(bank="461", due=due, amount=amount, free_field=free_field)
    reference = date.fromordinal(max(date(1997, 1, 1).toordinal(), due.toordinal() + off))
    slip = parse_line(for_reading(made.line), reference)
    assert (slip.line, slip.barcode) == (made.line, made.barcode)
    assert (slip.amount, slip.due) == (Money(amount, "BRL"), due)
    assert made.line[33:37] == f"{factor_of(due):04d}"


@given(days, cents, free_fields, st.integers(0, 46), st.integers(1, 9))
def test_no_changed_digit_goes_unnoticed(
    due: date, amount: int, free_field: str, place: int, step: int
) -> None:
    line = make_slip(bank="461", due=due, amount=amount, free_field=free_field).line
    changed = line[:place] + str((int(line[place]) + step) % 10) + line[place + 1 :]
    # The check digits alone miss some changes of amount and factor: three remainders share the digit 1.
    with pytest.raises((SlipNotValid, SlipMismatch)):
        check_slip(changed, amount=Money(amount, "BRL"), due=due, reference=due)


@given(st.text(max_size=60))
def test_any_other_text_is_refused_and_nothing_else_happens(text: str) -> None:
    with pytest.raises(SlipNotValid):
        parse_line(text, TODAY)
