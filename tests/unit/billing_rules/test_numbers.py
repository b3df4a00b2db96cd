"""Invoice numbers are found in whatever a bank left of them, and nowhere else (V8)."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.billing.numbers import found_in, parted, series_of, written

YEARS, PLACES = st.integers(2000, 2099), st.integers(1, 99_999_999)


@given(YEARS, PLACES, st.sampled_from(["-", " ", "", "/", ".", "_", " - ", "–"]), st.booleans())
def test_a_number_is_found_with_its_hyphens_replaced_or_dropped(
    year: int, place: int, between: str, lower: bool
) -> None:
    number = written(series_of("A", date(year, 1, 1)), place)
    text = f"Pago factura {number.replace('-', between)}, gracias"
    assert found_in(text.lower() if lower else text) == (number,)


@given(YEARS, PLACES)
def test_a_number_comes_apart_as_it_was_put_together(year: int, place: int) -> None:
    assert parted(written(f"A-{year}", place)) == (f"A-{year}", place)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Transferencia de JOSE PEREZ",
        "pago a 2026 cuotas 12",
        # The end of a word, and a longer number.
        "FACTURA2026000123",
        "ÁREA-2026-000123",
        "ESPAÑA-2026-000123",
        "ÑA-2026-000123",
        "A-2026-000123456",
        "A-1926-000123",
        "A-2026-123",
        "B-2026-000123",
        "2026000123",
    ],
)
def test_what_only_looks_like_a_number_is_none(text: str) -> None:
    assert found_in(text) == ()


def test_several_numbers_are_all_found_and_each_once() -> None:
    assert found_in("A-2026-000123 y a2026000124 y A 2026 000123") == ("A-2026-000123", "A-2026-000124")
