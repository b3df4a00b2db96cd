"""Tables as CSV: read back as they were, and harmless to whoever opens them in a spreadsheet."""

from __future__ import annotations

import csv
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.kernel.money import Money
from chalicelib.reports.sheets import Cell, csv_lines


def _csv(*rows: list[Cell]) -> str:
    return "".join(csv_lines(["a", "b"], rows))


def _read(text: str) -> list[list[str]]:
    return list(csv.reader(text.splitlines(keepends=True)))


def test_a_table_begins_with_its_columns_and_ends_its_lines_as_the_standard_says() -> None:
    assert _csv() == "a,b\r\n"
    assert _csv(["x", "y"], ["z", None]) == "a,b\r\nx,y\r\nz,\r\n"


def test_cells_are_quoted_where_they_must_be() -> None:
    assert _csv(['Ana "Ña" S.L., Madrid', "x"]) == 'a,b\r\n"Ana ""Ña"" S.L., Madrid",x\r\n'


def test_amounts_are_decimals_and_instants_are_in_utc() -> None:
    at = datetime(2026, 11, 22, 10, 0, 0, 5, tzinfo=UTC)
    assert _csv([Money(123456, "BRL"), Money(990, "CLP")], [at, None]) == (
        "a,b\r\n1234.56,990\r\n2026-11-22T10:00:00Z,\r\n"
    )


def test_a_negative_amount_is_a_number_and_no_formula() -> None:
    assert _csv([Money(-150, "EUR"), "-1.50"]) == "a,b\r\n-1.50,'-1.50\r\n"


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+1",
        "-1",
        "@SUM(A1)",
        '=HYPERLINK("https://evil.example.com","x")',
        "\t=1",
        "\r=1",
        "\n=1",
        "\tx",
        " =1",
        '"=1',
        "'=1",
        ";=1",
        "\ufeff=1",
        "\u200b=1",
        "\x00=1",
        "＝1",
        "－1",
        "＋1",
        "＠x",
        "-Ana",
    ],
)
def test_what_a_spreadsheet_could_take_for_a_formula_becomes_text(text: str) -> None:
    line = list(csv_lines(["a"], [[text]]))[1]
    assert line.lstrip('"').startswith("'")
    assert line.removesuffix("\r\n").strip('"').endswith(text[-1])


@pytest.mark.parametrize(
    "text", ["Ana-María", "a=b", "x@example.com", "(Acme) + Co", "¡Hola!", "", "日本 = 1"]
)
def test_what_is_no_formula_stays_as_it_is(text: str) -> None:
    assert _read(_csv([text, "x"])) == [["a", "b"], [text, "x"]]


@given(st.text())
def test_no_cell_that_is_read_back_begins_as_a_formula_does_and_none_loses_anything(text: str) -> None:
    ((cell, _),) = csv.reader(list(csv_lines(["x", "y"], [[text, "y"]]))[1:])
    assert cell in (text, f"'{text}")
    assert not cell.lstrip(' \u200b\ufeff"').startswith(("=", "+", "-", "@", "\t", "\r", "\n"))
