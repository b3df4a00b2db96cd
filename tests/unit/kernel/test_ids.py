"""Ids: a prefix and a body that sorts by time, or that follows from what it is about."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.kernel.ids import ALPHABET, crockford, derived_id, new_id

NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)
SHAPE = re.compile(r"ord_[0-9a-hjkmnp-tv-z]{26}")


def test_an_id_is_a_prefix_and_26_characters_that_cannot_be_confused() -> None:
    for made in (new_id("ord", NOW), derived_id("ord", "a", "b")):
        assert SHAPE.fullmatch(made)


def test_new_ids_are_different_at_the_same_instant() -> None:
    assert len({new_id("ord", NOW) for _ in range(1000)}) == 1000


@given(st.integers(0, 10**11), st.integers(1, 10**11))
def test_new_ids_sort_by_time(millis: int, later: int) -> None:
    at = datetime(2000, 1, 1, tzinfo=UTC) + timedelta(milliseconds=millis)
    assert new_id("ord", at) < new_id("ord", at + timedelta(milliseconds=later))


PARTS = st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\x1f"), min_size=1), min_size=1)


@given(PARTS, PARTS)
def test_a_derived_id_follows_from_its_parts_alone(one: list[str], other: list[str]) -> None:
    assert (derived_id("x", *one) == derived_id("x", *other)) == (one == other)


def test_the_prefix_is_part_of_what_an_id_is_about() -> None:
    assert derived_id("inv", "1")[4:] != derived_id("pay", "1")[4:]
    assert derived_id("lic", "1", "12") != derived_id("lic", "11", "2")


@given(st.binary(min_size=1, max_size=40))
def test_crockford_writes_five_bits_a_character_and_pads_with_zeros(data: bytes) -> None:
    length = -(-len(data) * 8 // 5)
    text = crockford(data, length)
    value = 0
    for character in text:
        value = value * 32 + ALPHABET.index(character)
    assert len(text) == length
    assert value >> (length * 5 - len(data) * 8) == int.from_bytes(data, "big")
    assert crockford(data, 1) == text[0]
