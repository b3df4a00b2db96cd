"""Tax ids of the markets sold to: check digits verified, and one canonical form for storing and comparing.

The canonical form has no punctuation: CPF `52998224725`, CNPJ `12ABC34501DE35`, NIF `12345678Z`,
RUT `12345678K`. Of other countries nothing is known, so their ids are only trimmed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from chalicelib.kernel.faults import Fault

SPANISH_LETTERS = "TRWAGMYFPDXBNJZSQVHLCKE"
# What stands before a Spanish number instead of its first digit; K, L and M count as nothing.
SPANISH_PREFIXES = {"X": "0", "Y": "1", "Z": "2", "K": "", "L": "", "M": ""}


class TaxIdNotValid(Fault):
    """The text is no tax id of that country; being personal data, it stays out of the message."""


def normalise(country: str, text: str) -> str:
    """The canonical form of a tax id of an ISO 3166 country, or TaxIdNotValid."""
    rule = RULES.get(country)
    if rule is None:
        canonical, valid = text.strip(), _plausible(text.strip())
    else:
        # Only these separators are dropped: anything else, look-alike digits included, is refused.
        bare = re.sub(r"[\s./-]", "", text)
        canonical, valid = bare.upper(), bare.isascii() and rule(bare.upper())
    if not valid:
        raise TaxIdNotValid("tax_id", country=country)
    return canonical


def _plausible(text: str) -> bool:
    return 3 <= len(text) <= 32 and text.isprintable()


def _brazilian(text: str) -> bool:
    return _cpf(text) or _cnpj(text)


def _cpf(text: str) -> bool:
    """Nine digits and two check digits, each over all before it."""
    if not re.fullmatch(r"[0-9]{11}", text) or len(set(text)) == 1:
        return False
    return all(_brazilian_check(text[:end], range(2, 12)) == text[end] for end in (9, 10))


def _cnpj(text: str) -> bool:
    """Twelve characters, letters among them since July 2026 (IN RFB 2.229/2024), and two check digits."""
    if not re.fullmatch(r"[0-9A-Z]{12}[0-9]{2}", text) or len(set(text)) == 1:
        return False
    return all(_brazilian_check(text[:end], range(2, 10)) == text[end] for end in (12, 13))


def _brazilian_check(characters: str, weights: range) -> str:
    rest = _weighted((ord(character) - 48 for character in reversed(characters)), weights) % 11
    return "0" if rest < 2 else str(11 - rest)


def _spanish(text: str) -> bool:
    return _spanish_person(text) or _spanish_entity(text)


def _spanish_person(text: str) -> bool:
    """DNI (eight digits), NIE (X, Y, Z) or a NIF of a person without either (K, L, M), and a letter."""
    if not re.fullmatch(r"([0-9]|[XYZKLM])[0-9]{7}[A-Z]", text):
        return False
    number = SPANISH_PREFIXES.get(text[0], text[0]) + text[1:8]
    return SPANISH_LETTERS[int(number) % 23] == text[8]


def _spanish_entity(text: str) -> bool:
    """The former CIF: a letter for the kind of entity, seven digits, and the control as digit or letter."""
    if not re.fullmatch(r"[ABCDEFGHJNPQRSUVW][0-9]{7}[0-9A-J]", text):
        return False
    doubled = (sum(divmod(2 * int(digit), 10)) for digit in text[1:8:2])
    control = -(sum(doubled) + sum(int(digit) for digit in text[2:8:2])) % 10
    # Which kinds use which form is told differently by different sources; both carry the same value.
    return text[8] in (str(control), "JABCDEFGHI"[control])


def _chilean(text: str) -> bool:
    """RUT: six to eight digits and a check digit, 10 written as K."""
    if not re.fullmatch(r"[1-9][0-9]{5,7}[0-9K]", text):
        return False
    rest = _weighted((int(digit) for digit in reversed(text[:-1])), range(2, 8)) % 11
    return "0K987654321"[rest] == text[-1]


def _weighted(values: Iterable[int], weights: range) -> int:
    """Sum of value × weight, the weights used again from the start when they are exhausted."""
    return sum(value * weights[i % len(weights)] for i, value in enumerate(values))


RULES: dict[str, Callable[[str], bool]] = {"BR": _brazilian, "CL": _chilean, "ES": _spanish}
