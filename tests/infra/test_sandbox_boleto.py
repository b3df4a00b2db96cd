"""The slip's digits and the signatures against known vectors, and the check digits of tax numbers."""

from datetime import date

import pytest

from infra.sandbox import taxids
from infra.sandbox.boleto import due_factor, for_reading, make_slip
from infra.sandbox.signing import asaas_headers, stripe_headers


@pytest.mark.parametrize(
    ("bank", "due", "amount", "free_field", "line"),
    [
        (
            "001",
            date(2018, 7, 15),
            102656,
            "0000001149718606852452211",
            "00190.00009 01149.718601 68524.522114 6 75860000102656",
        ),
        (
            "001",
            date(2007, 12, 31),
            100,
            "0500940144816060680935031",
            "00190.50095 40144.816069 06809.350314 3 37370000000100",
        ),
        (
            "001",
            date(2026, 11, 30),
            14990,
            "0000001149718606852452211",
            "00190.00009 01149.718601 68524.522114 3 16460000014990",
        ),
    ],
)
def test_lines_are_those_that_banks_have_printed(
    bank: str, due: date, amount: int, free_field: str, line: str
) -> None:
    slip = make_slip(bank=bank, due=due, amount=amount, free_field=free_field)
    assert for_reading(slip.line) == line


def test_the_barcode_holds_the_free_field_in_one_piece() -> None:
    slip = make_slip(bank="001", due=date(2018, 7, 15), amount=102656, free_field="0000001149718606852452211")
    assert slip.barcode == "00196758600001026560000001149718606852452211"


def test_the_general_check_digit_of_a_known_false_line_comes_out_right() -> None:
    # The line 34191.75124 34567.871230 41234.560005 8 92850000026035 goes round with an 8 where a 7 belongs.
    free_field = "17512" + "3456787123" + "4123456000"
    slip = make_slip(bank="341", due=date(2023, 3, 10), amount=26035, free_field=free_field)
    assert for_reading(slip.line) == "34191.75124 34567.871230 41234.560005 7 92850000026035"


@pytest.mark.parametrize(
    ("due", "factor"),
    [
        (date(2000, 7, 3), 1000),
        (date(2002, 5, 1), 1667),
        (date(2010, 11, 17), 4789),
        (date(2025, 2, 21), 9999),
        (date(2025, 2, 22), 1000),
        (date(2049, 10, 13), 9999),
        (date(2049, 10, 14), 1000),
    ],
)
def test_the_due_factor_starts_again_at_1000_after_9999(due: date, factor: int) -> None:
    assert due_factor(due) == factor


@pytest.mark.parametrize("amount", [10_000_000_000, -1])
def test_an_amount_beyond_the_slip_is_refused(amount: int) -> None:
    with pytest.raises(ValueError, match="a slip takes"):
        make_slip(bank="001", due=date(2026, 11, 30), amount=amount, free_field="0" * 25)


def test_stripe_signs_time_and_body() -> None:
    body = b'{"id":"evt_1","object":"event","type":"checkout.session.async_payment_succeeded"}'
    expected = "t=1700000000,v1=a3840a514288cd8132d3fec28847b5476d1c7b63fc575f52a5f85bb17bc03d8d"
    assert stripe_headers("whsec_test_secret", 1700000000, body) == {"Stripe-Signature": expected}


def test_asaas_repeats_the_token() -> None:
    assert asaas_headers("a-token") == {"asaas-access-token": "a-token"}


def test_a_cpf_with_right_check_digits_is_a_person() -> None:
    assert taxids.is_person(taxids.clean("529.982.247-25"))


@pytest.mark.parametrize("number", ["11.222.333/0001-81", "12.ABC.345/01DE-35"])
def test_a_cnpj_with_right_check_digits_is_a_company_even_with_letters(number: str) -> None:
    assert taxids.is_company(taxids.clean(number))


@pytest.mark.parametrize("number", ["", "52998224724", "11111111111", "11222333000180", "00000000000000"])
def test_other_numbers_are_neither(number: str) -> None:
    assert not taxids.is_person(number)
    assert not taxids.is_company(number)
