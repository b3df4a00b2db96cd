"""A bank's CSV is read for what it says, whatever its form, or refused with all its faults (V8)."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.billing.numbers import found_in
from chalicelib.billing.statements import LONGEST_REFERENCE, MOST_LINES, Line, read
from chalicelib.kernel.errors import Invalid
from chalicelib.kernel.money import Money
from tests.unit.billing_rules import exports

DAY = date(2026, 11, 24)
HEADER = "Fecha;Concepto;Importe"


def _read(text: str, currency: str = "EUR", encoding: str = "utf-8") -> tuple[Line, ...]:
    return read(text.encode(encoding), currency)


def _lines(*rows: str, header: str = HEADER, currency: str = "EUR") -> tuple[Line, ...]:
    return _read("\n".join((header, *rows)), currency)


def _faults(reading: Callable[[], object]) -> dict[str, str]:
    with pytest.raises(Invalid) as refused:
        reading()
    return {fault.pointer: fault.code for fault in refused.value.errors}


# (file, its usual currency, the incoming line, what went out)
BANKS = {
    "bbva": (exports.BBVA, "EUR", (5, "", Money(123456, "EUR")), [-1230]),
    "short valor": (exports.SHORT_VALOR, "BRL", (2, "", Money(12000, "EUR")), []),
    "tabs": (exports.TABS, "EUR", (2, "OP-7781", Money(12000, "EUR")), []),
    "caixa": (exports.CAIXA, "BRL", (2, "", Money(59900, "BRL")), [-4510]),
    "bradesco": (exports.BRADESCO, "EUR", (3, "1234567", Money(59900, "BRL")), [-4510]),
    "nubank": (exports.NUBANK, "BRL", (2, "66f0a1b2-0001", Money(59900, "BRL")), [-120050]),
    "banco estado": (exports.BANCO_ESTADO, "CLP", (2, "0012345", Money(119000, "CLP")), [-15990]),
    "santander chile": (exports.SANTANDER_CHILE, "CLP", (2, "", Money(119000, "CLP")), [-15990]),
    "english": (exports.ENGLISH, "EUR", (2, "", Money(123456, "USD")), [-1230]),
}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("bank", BANKS)
def test_the_export_of_a_bank_is_read(bank: str, newline: str, encoding: str) -> None:
    text, currency, (number, reference, amount), out = BANKS[bank]
    first, *others = _read(text.replace("\n", newline), currency, encoding)
    assert (first.number, first.value_date, first.amount) == (number, DAY, amount)
    assert first.reference == reference or (not reference and first.reference.startswith("stl_"))
    assert found_in(first.text) == ("A-2026-000123",)
    assert [line.amount for line in others] == [Money(minor, amount.currency) for minor in out]


def test_a_text_is_everything_that_was_said_in_one_line() -> None:
    first, _ = _read(exports.BBVA)
    assert first.text == "Transferencia recibida Jose Garcia Factura A-2026-000123"


def test_accents_are_read_in_either_encoding() -> None:
    for encoding in ("utf-8", "cp1252"):
        (line,) = _read(f"{HEADER}\n24/11/2026;José Muñoz – 5 €;1,00", encoding=encoding)
        assert line.text == "José Muñoz – 5 €"


@pytest.mark.parametrize(
    "header",
    [
        "FECHA ;  concepto;Importe",
        "F. VALOR;Descripción;IMPORTE (EUR)",
        "Data Valor;Histórico;Valor (€)",
        "data;descrição;montante",
        "Value date;Details;Amount EUR",
        "Fecha_Valor;Concepto / Descripción;Monto",
    ],
)
def test_columns_go_by_many_names(header: str) -> None:
    (line,) = _lines("24/11/2026;x;12,30", header=header)
    assert (line.value_date, line.amount, line.text) == (DAY, Money(1230, "EUR"), "x")


def test_the_day_of_value_goes_before_that_of_operation_wherever_it_stands() -> None:
    for header in ("Fecha;Fecha valor;Importe", "Fecha operación;Valor;Importe"):
        (line,) = _lines("23/11/2026;24/11/2026;1,00", header=header)
        assert line.value_date == DAY
    (line,) = _lines("24/11/2026;23/11/2026;1,00", header="Value date,Date,Amount".replace(",", ";"))
    assert line.value_date == DAY


def test_a_line_tells_its_own_currency() -> None:
    header = "Fecha;Importe;Moneda"
    rows = ("24/11/2026;1,00;EUR", "24/11/2026;1,00;R$", "24/11/2026;1.000;CLP", "24/11/2026;1,00;")
    found = [line.amount for line in _lines(*rows, header=header, currency="USD")]
    assert found == [Money(100, "EUR"), Money(100, "BRL"), Money(1000, "CLP"), Money(100, "USD")]


def test_a_zero_in_the_column_that_does_not_apply_is_none() -> None:
    rows = ("24/11/2026;0,00;5,00", "24/11/2026;5,00;0,00", "24/11/2026;0,00;0,00")
    found = [line.amount.minor for line in _lines(*rows, header="Fecha;Cargo;Abono")]
    assert found == [500, -500, 0]


def test_a_debit_goes_out_with_or_without_a_sign() -> None:
    rows = ("24/11/2026;;5,00", "24/11/2026;;-5,00", "24/11/2026;-5,00;")
    found = [line.amount.minor for line in _lines(*rows, header="Fecha;Haber;Debe")]
    assert found == [-500, -500, -500]


def test_empty_lines_and_remarks_are_no_movements_and_count_as_lines_of_the_file() -> None:
    text = f"\n\n{HEADER};\n\n;;\n;sólo a título informativo;\n24/11/2026;x;1,00;\n\n"
    assert [line.number for line in _read(text)] == [7]


def test_a_quoted_text_may_hold_delimiters_quotes_and_line_ends() -> None:
    first, second = _lines('24/11/2026;"a;b\n""c""";1,00', "24/11/2026;d;2,00")
    assert (first.number, first.text, second.number) == (2, 'a;b "c"', 4)


def test_a_statement_without_movements_has_no_lines() -> None:
    assert _read(HEADER) == ()


# Identity


def test_the_banks_own_number_is_the_reference() -> None:
    header = "Fecha;Importe;Referencia;Nº documento"
    (line,) = _lines("24/11/2026;1,00;fra 12; 000777 ", header=header)
    assert (line.reference, line.text) == ("000777", "fra 12")


@pytest.mark.parametrize("cell", ["", "0", "000000", "-", "A-2026-000123", "fra a2026000123"])
def test_what_identifies_nothing_is_no_reference(cell: str) -> None:
    (line,) = _lines(f"24/11/2026;1,00;{cell}", header="Fecha;Importe;Referencia")
    assert line.reference.startswith("stl_")
    assert found_in(line.text) == found_in(cell)


def test_two_equal_lines_are_two_and_the_same_ones_in_every_export() -> None:
    equal = "24/11/2026;x;1,00"
    week = _lines("23/11/2026;y;1,00", equal, equal)
    overlapping = _lines(equal, equal, "25/11/2026;z;1,00")
    assert len({line.reference for line in week}) == 3
    assert [line.reference for line in overlapping][:2] == [line.reference for line in week][1:]


@pytest.mark.parametrize("other", ["25/11/2026;x;1,00", "24/11/2026;y;1,00", "24/11/2026;x;1,01"])
def test_another_day_text_or_amount_is_another_line(other: str) -> None:
    first, second = _lines("24/11/2026;x;1,00", other)
    assert first.reference != second.reference


def test_the_form_of_a_file_does_not_change_what_a_line_is() -> None:
    (one,) = _lines("24/11/2026;pago  uno;1.000,00")
    (other,) = _read("x\nImporte\tConcepto\tFecha\n1,000.00\tpago uno\t2026-11-24", encoding="cp1252")
    assert one.reference == other.reference


ROWS = st.builds(
    "{:02d}/11/2026;{};{},00".format, st.integers(1, 3), st.sampled_from("xy"), st.integers(1, 3)
)


@given(st.lists(ROWS, max_size=12).flatmap(lambda rows: st.tuples(st.just(rows), st.permutations(rows))))
def test_any_order_of_lines_gives_the_same_identities(orders: tuple[list[str], list[str]]) -> None:
    one, other = (_lines(*rows) for rows in orders)
    references = {line.reference for line in one}
    assert references == {line.reference for line in other}
    assert len(references) == len(one)


# Faults


def test_every_faulty_line_is_named_with_every_fault() -> None:
    header = "Fecha;Importe;Divisa;Referencia"
    found = _faults(
        lambda: _lines(
            "24/11/2026;1,00;EUR;r1",
            "soon;1.234;EUR;r2",
            "24/11/2026;1,00;GBP;r3",
            ";1,00;;r4",
            "24/11/2026;;;r5",
            "24/11/2026;R$ 1,00;EUR;r6",
            f"11/24/2026;x;EUR;{'r' * (LONGEST_REFERENCE + 1)}",
            "24/11/2026;12,30;EUR;r8;too much",
            header=header,
        )
    )
    assert found == {
        "/lines/3/value_date": "date",
        "/lines/3/amount": "ambiguous",
        "/lines/4/currency": "currency",
        "/lines/5/value_date": "missing",
        "/lines/6/amount": "missing",
        "/lines/7/amount": "currency",
        "/lines/8/value_date": "date",
        "/lines/8/amount": "amount",
        "/lines/8/reference": "too_long",
        "/lines/9": "columns",
    }


def test_an_amount_cut_in_two_by_the_delimiter_is_noticed() -> None:
    assert _faults(lambda: _read("Fecha,Concepto,Importe\n24/11/2026,x,12,30")) == {"/lines/2": "columns"}


def test_a_movement_that_is_credit_and_debit_is_neither() -> None:
    header = "Fecha;Abono;Cargo"
    assert _faults(lambda: _lines("24/11/2026;1,00;2,00", header=header)) == {"/lines/2/amount": "ambiguous"}


def test_a_side_that_is_neither_is_refused() -> None:
    header = "Data;Valor;D/C"
    assert _faults(lambda: _lines("24/11/2026;1,00;X", header=header)) == {"/lines/2/amount": "side"}


def test_broken_quotes_end_the_reading_and_hide_no_fault_above_them() -> None:
    rows = ("soon;x;1,00", '24/11/2026;"x" y;1,00', "later;x;1,00")
    assert _faults(lambda: _lines(*rows)) == {"/lines/2/value_date": "date", "/lines/3": "csv"}
    assert _faults(lambda: _lines("24/11/2026;x;1,00", '24/11/2026;"x;1,00')) == {"/lines/3": "csv"}


@pytest.mark.parametrize(
    "text",
    ["", "\n\n", "Fecha;Concepto", "Concepto;Importe", "Fecha|Concepto|Importe", "24/11/2026;x;1,00", "{}"],
)
def test_a_file_without_a_header_is_refused(text: str) -> None:
    assert _faults(lambda: _read(text)) == {"": "no_header"}


@pytest.mark.parametrize("raw", [HEADER.encode("utf-16"), b"Fecha;Importe\n\x00", b"Fecha\x81;Importe"])
def test_what_is_no_text_is_refused(raw: bytes) -> None:
    assert _faults(lambda: read(raw, "EUR")) == {"": "encoding"}


def test_a_file_of_more_lines_than_the_limit_is_refused() -> None:
    row = "24/11/2026;x;1,00"
    assert len(_lines(*[row] * MOST_LINES)) == MOST_LINES
    assert _faults(lambda: _lines(*[row] * (MOST_LINES + 1))) == {"": "too_many_lines"}


@given(st.binary(max_size=60) | st.text('Fecha;Importe,"\n\t1/.-', max_size=60).map(str.encode))
def test_any_bytes_are_lines_or_refused(raw: bytes) -> None:
    for head in (b"", b"Fecha;Importe\n"):
        with suppress(Invalid):
            lines = read(head + raw, "EUR")
            assert len({line.reference for line in lines}) == len(lines)
