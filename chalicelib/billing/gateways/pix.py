"""The copy-and-paste code of Pix: fields of tag, length and value, the last one a checksum (EMV, BR Code)."""

from __future__ import annotations

import re
from binascii import crc_hqx
from collections.abc import Iterator

from chalicelib.kernel.money import Money

AMOUNT, CURRENCY, REAL = "54", "53", "986"


class PixNotValid(Exception):
    """The code is not one, or is for another amount."""


def check_pix(code: object, amount: Money) -> str:
    """The code, if its checksum is right and it is not over another amount; else PixNotValid."""
    if not (isinstance(code, str) and re.fullmatch(r"000201[ -~]{1,500}6304[0-9A-F]{4}", code)):
        raise PixNotValid("it does not look like a code")
    if f"{crc_hqx(code[:-4].encode(), 0xFFFF):04X}" != code[-4:]:
        raise PixNotValid("its checksum is wrong")
    fields = dict(_fields(code))
    if fields.get(CURRENCY) != REAL or fields.get(AMOUNT, amount.decimal()) != amount.decimal():
        raise PixNotValid("it is for another amount")
    return code


def _fields(code: str) -> Iterator[tuple[str, str]]:
    while code:
        if not (re.fullmatch("[0-9]{4}", code[:4], re.ASCII) and len(code) >= 4 + int(code[2:4])):
            raise PixNotValid("its fields do not add up")
        yield code[:2], code[4 : 4 + int(code[2:4])]
        code = code[4 + int(code[2:4]) :]
