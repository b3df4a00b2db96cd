"""Checks Brazilian tax numbers as Asaas does: the CPF of a person and the CNPJ of a company.

Since July 2026 a CNPJ may hold letters (IN RFB 2.229/2024); a letter counts as its ASCII code minus 48.
"""

import re

_CPF = re.compile(r"\d{11}")
_CNPJ = re.compile(r"[0-9A-Z]{12}\d{2}")


def clean(number: str) -> str:
    """The number without the usual dots, slash and dash."""
    return re.sub(r"[.\-/\s]", "", number).upper()


def is_person(number: str) -> bool:
    """True for a well-formed CPF with right check digits."""
    return bool(_CPF.fullmatch(number)) and _ends_well(number, longest_weight=11)


def is_company(number: str) -> bool:
    """True for a well-formed CNPJ with right check digits."""
    return bool(_CNPJ.fullmatch(number)) and _ends_well(number, longest_weight=9)


def _ends_well(number: str, longest_weight: int) -> bool:
    if len(set(number)) == 1:
        return False
    body = number[:-2]
    for _ in range(2):
        body += _check_digit(body, longest_weight)
    return body == number


def _check_digit(body: str, longest_weight: int) -> str:
    span = longest_weight - 1
    total = sum((ord(char) - 48) * (2 + place % span) for place, char in enumerate(reversed(body)))
    return str(11 - total % 11 if total % 11 >= 2 else 0)
