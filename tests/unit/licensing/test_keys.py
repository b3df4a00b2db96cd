"""Licence keys: derived, typed by people, and no typing error passes as another key."""

from __future__ import annotations

import re

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from chalicelib.kernel.ids import ALPHABET
from chalicelib.licensing.keys import KeyMistyped, canonical, derive_key, hint, key_hash

SECRET = bytes(range(32))
KEYS = st.builds(derive_key, st.just(SECRET), st.uuids().map(str), st.integers(0, 9))
PLACES = st.integers(0, 29)


def _bare(key: str) -> str:
    return key.removeprefix("VIG-").replace("-", "")


@given(KEYS)
def test_a_key_is_vig_and_six_groups_of_five_unmistakable_characters(key: str) -> None:
    assert re.fullmatch(f"VIG(-[{ALPHABET}]{{5}}){{6}}", key)
    assert canonical(key) == _bare(key)
    assert hint(key) == _bare(key)[-6:]


@given(st.binary(min_size=1), st.text(), st.integers(0, 9))
def test_a_key_follows_from_secret_licence_and_rotation_alone(secret: bytes, id: str, rotation: int) -> None:
    key = derive_key(secret, id, rotation)
    assert derive_key(secret, id, rotation) == key
    others = (
        derive_key(secret + b"x", id, rotation),
        derive_key(secret, f"{id}x", rotation),
        derive_key(secret, id, rotation + 1),
    )
    assert key not in others
    assert len({key_hash(one) for one in (key, *others)}) == 4


@given(KEYS, PLACES, st.sampled_from(ALPHABET))
def test_no_single_wrong_character_passes(key: str, place: int, character: str) -> None:
    bare = _bare(key)
    assume(bare[place] != character)
    with pytest.raises(KeyMistyped):
        canonical(bare[:place] + character + bare[place + 1 :])


@given(KEYS, st.integers(0, 28))
def test_no_swap_of_neighbours_passes(key: str, place: int) -> None:
    bare = _bare(key)
    assume(bare[place] != bare[place + 1])
    with pytest.raises(KeyMistyped):
        canonical(bare[:place] + bare[place + 1] + bare[place] + bare[place + 2 :])


@given(KEYS, PLACES)
def test_no_missing_or_doubled_character_passes(key: str, place: int) -> None:
    bare = _bare(key)
    for typed in (bare[:place] + bare[place + 1 :], bare[: place + 1] + bare[place:]):
        with pytest.raises(KeyMistyped):
            canonical(typed)


@given(KEYS, st.data())
def test_case_hyphens_spaces_and_look_alikes_do_not_matter(key: str, data: st.DataObject) -> None:
    typed = "VIG"
    for character in _bare(key):
        alike = character + {"0": "oO", "1": "iIlL"}.get(character, "")
        typed += data.draw(st.sampled_from(["", "-", " ", "\t"])) + data.draw(st.sampled_from(alike))
    typed = data.draw(st.sampled_from([typed, typed.lower(), typed.upper(), typed[3:], f" {typed}\n"]))
    assert canonical(typed) == _bare(key)
    assert key_hash(typed) == key_hash(key)


@pytest.mark.parametrize("text", ["", "VIG", "VIG-", "-", "U" * 30, "é" * 30, "0" * 29, "0" * 31, "VIG" * 11])
def test_what_is_no_key_is_mistyped(text: str) -> None:
    with pytest.raises(KeyMistyped):
        canonical(text)


def test_the_hash_does_not_show_the_key() -> None:
    key = derive_key(SECRET, "lic_1", 0)
    assert re.fullmatch("[0-9a-f]{64}", key_hash(key))
    assert _bare(key).lower() not in key_hash(key)
