"""A licence stays small enough for its row and for the one small read of validation, however it is used."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.licensing import store
from chalicelib.licensing.activations import MOST_UNCOUNTED, activated
from chalicelib.licensing.rules import MOST_SEATS, License
from chalicelib.licensing.schemas import ActivateIn
from chalicelib.licensing.standing import Place, place_of
from chalicelib.storage.table import Row
from tests.unit.storage.test_copies import LICENSE, NOW

LONGEST_FINGERPRINT, LONGEST_NAME = 200, 100


def _size(row: Row) -> int:
    """How many bytes DynamoDB counts: names and values of the attributes."""
    written: dict[str, dict[str, Any]] = row.to_dynamodb_dict()
    return sum(
        len(name.encode()) + len(str(value).encode())
        for name, typed in written.items()
        for value in typed.values()
    )


def _filled(letter: str) -> License:
    """As many activations as fit, of fingerprints and names as long as they may be."""
    license = replace(LICENSE, seats=MOST_SEATS, activations=())
    for number in range(MOST_SEATS + MOST_UNCOUNTED):
        fingerprint = f"{number:03}".ljust(LONGEST_FINGERPRINT, letter)
        environment: Any = "production" if number < MOST_SEATS else "staging"
        body = ActivateIn.model_validate(
            {
                "key": "x",
                "fingerprint": fingerprint,
                "environment": environment,
                "name": letter * LONGEST_NAME,
            }
        )
        place = place_of(body.fingerprint, body.environment)
        license = activated(license, place, body.name, NOW + timedelta(seconds=number))
    return license


@pytest.mark.parametrize("letter", ["x", "\u00f1", "\u4e2d", "\U0001f600", '"'])
def test_a_licence_with_a_hundred_installations_of_the_longest_names_fits_into_its_row(letter: str) -> None:
    license = _filled(letter)
    assert len(license.activations) == MOST_SEATS + MOST_UNCOUNTED
    sizes = [_size(row) for row in store.rows(license, NOW)]
    assert max(sizes) < 200_000
    # DynamoDB takes so much in one row.
    assert max(sizes) < 400 * 1024 / 2


def test_a_shop_adds_less_than_a_hundred_bytes_to_what_validation_reads() -> None:
    shops = replace(LICENSE, seats=MOST_SEATS, activations=())
    before = _size(list(store.rows(shops, NOW))[-1])
    for number in range(MOST_SEATS):
        shops = activated(shops, Place(f"shop-{number:03}.example.com"), "Shop", NOW)
    assert _size(list(store.rows(shops, NOW))[-1]) - before < 100 * MOST_SEATS
