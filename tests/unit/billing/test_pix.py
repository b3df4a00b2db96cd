"""The copy-and-paste code of Pix: its checksum, its fields, and the amount that it may hold."""

from binascii import crc_hqx
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.billing.gateways.pix import PixNotValid, check_pix
from chalicelib.kernel.money import Money
from infra.sandbox.pix import make_pix

AMOUNT = Money(14990, "BRL")
CODE = make_pix("pix.example/qr/1", "149.90")
# From the manual of the Brazilian central bank (BR Code): a code that leaves the amount to its reader.
PUBLISHED = (
    "00020126580014br.gov.bcb.pix0136123e4567-e12b-12d1-a456-426655440000"
    "5204000053039865802BR5913Fulano de Tal6008BRASILIA62070503***63041D3D"
)


def sealed(body: str) -> str:
    """The body with the checksum that it needs."""
    return f"{body}{crc_hqx(body.encode(), 0xFFFF):04X}"


def test_the_published_code_is_one() -> None:
    assert check_pix(PUBLISHED, AMOUNT) == PUBLISHED


def test_the_code_for_this_amount_is_taken_as_it_is() -> None:
    assert check_pix(CODE, AMOUNT) == CODE


@given(st.integers(1, 99_999_999), st.integers(1, 99_999_999))
def test_a_code_for_another_amount_is_none(told: int, asked: int) -> None:
    code = make_pix("pix.example/1", Money(told, "BRL").decimal())
    if told == asked:
        assert check_pix(code, Money(asked, "BRL")) == code
    else:
        with pytest.raises(PixNotValid):
            check_pix(code, Money(asked, "BRL"))


@given(st.integers(0, len(CODE) - 1), st.characters(min_codepoint=32, max_codepoint=126))
def test_no_changed_character_is_accepted(place: int, character: str) -> None:
    changed = CODE[:place] + character + CODE[place + 1 :]
    if changed != CODE:
        with pytest.raises(PixNotValid):
            check_pix(changed, AMOUNT)


@pytest.mark.parametrize(
    "code",
    [
        None,
        7,
        "",
        "x" * 100,
        CODE.lower(),
        CODE + " ",
        CODE[:-4],
        CODE + "\n",
        make_pix("pix.example/é", "149.90"),
        make_pix("pix.example/1", "149.90" + "0" * 600),
        sealed(PUBLISHED[:-4].replace("5303986", "5303978")),
        sealed(PUBLISHED[:-4].replace("5303986", "")),
    ],
)
def test_anything_else_is_no_code(code: object) -> None:
    with pytest.raises(PixNotValid):
        check_pix(code, AMOUNT)


@given(st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=120))
def test_a_code_with_a_right_checksum_but_odd_fields_raises_nothing_else(middle: str) -> None:
    code = sealed(f"000201{middle}6304")
    with suppress(PixNotValid):
        assert check_pix(code, AMOUNT) == code
