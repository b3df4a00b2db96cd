"""Chance against the client: nothing bent, cut, spliced or made up passes, and nothing breaks it."""

from __future__ import annotations

import json
import random
from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st
from vigencia_client import strict, tokens
from vigencia_client.http import Response
from vigencia_client.keys import ALPHABET, KeyMistyped, canonical
from vigencia_client.tokens import Expected, Refused, read_keys

from tests.unit.client.kit import JWKS, KEY, URL, Clock, Machine, Server, claims, refusal, signed, subject_of

KEYS = read_keys(JWKS)
EXPECTED = Expected(URL, subject_of(KEY), None)
GOOD, OTHER = signed(claims()), signed(refusal("REVOKED"))
BASE64URL = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
FUZZED = 100_000


def _verified(token: str) -> tokens.Claims:
    return tokens.verify(token, KEYS, EXPECTED)


def _passes(token: str) -> bool:
    try:
        _verified(token)
    except Refused:
        return False
    return True


@given(st.integers(0, len(GOOD) - 1))
def test_no_truncation_passes(length: int) -> None:
    assert not _passes(GOOD[:length])


@given(st.integers(0, len(GOOD) - 1), st.integers(0, 6))
def test_no_flipped_bit_passes(place: int, bit: int) -> None:
    assert not _passes(GOOD[:place] + chr(ord(GOOD[place]) ^ 1 << bit) + GOOD[place + 1 :])


@given(st.data())
def test_no_splice_of_two_good_tokens_passes(data: st.DataObject) -> None:
    first, second = data.draw(st.permutations([GOOD, OTHER]))
    cut, paste = data.draw(st.integers(0, len(first))), data.draw(st.integers(0, len(second)))
    made = first[:cut] + second[paste:]
    assume(made not in (GOOD, OTHER))
    assert not _passes(made)


@given(st.permutations(GOOD.split(".") + OTHER.split(".")))
def test_no_mixture_of_parts_passes(parts: list[str]) -> None:
    made = ".".join(parts[:3])
    assume(made not in (GOOD, OTHER))
    assert not _passes(made)


@given(st.integers(0, len(GOOD)), st.text(min_size=1, max_size=3))
def test_nothing_can_be_put_into_a_token(place: int, more: str) -> None:
    assert not _passes(GOOD[:place] + more + GOOD[place:])


@given(st.text(max_size=200))
def test_no_text_is_a_token(text: str) -> None:
    assert not _passes(text)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@given(st.sampled_from(sorted(claims())), JSON)
def test_a_signed_claim_of_the_wrong_kind_is_refused_and_never_breaks(name: str, value: Any) -> None:
    try:
        said = _verified(signed({**claims(), name: value}))
    except Refused:
        return
    assert getattr(said, name) == value or name == "addons"
    assert type(getattr(said, name)) is type(value)


def test_a_hundred_thousand_fuzzed_tokens_are_refused() -> None:
    dice = random.Random(3)
    head, payload, signature = GOOD.split(".")
    characters = len(GOOD)

    def replaced() -> str:
        place = dice.randrange(characters)
        return GOOD[:place] + dice.choice(BASE64URL) + GOOD[place + 1 :]

    def noise() -> str:
        length = dice.choice((0, 63, 64, 65))
        return f"{head}.{strict.encode(dice.randbytes(40))}.{strict.encode(dice.randbytes(length))}"

    def cut() -> str:
        return GOOD[: dice.randrange(characters)]

    def joined() -> str:
        return ".".join(dice.choices((head, payload, signature, "", "e30", "AA"), k=dice.randrange(5)))

    makers = (replaced, noise, cut, joined)
    made = (makers[number % len(makers)]() for number in range(FUZZED))
    assert [token for token in made if token != GOOD and _passes(token)] == []


def test_a_hundred_thousand_fuzzed_keys_are_refused() -> None:
    dice = random.Random(3)
    bare = KEY.removeprefix("VIG-").replace("-", "")
    accepted = []
    for number in range(FUZZED):
        typed = "".join(dice.choices(ALPHABET, k=30))
        if number % 2:
            place = dice.randrange(30)
            typed = bare[:place] + typed[: 1 + number % 3] + bare[place + 1 :]
        try:
            accepted.append(canonical(typed))
        except KeyMistyped:
            continue
    assert set(accepted) <= {bare}


@settings(max_examples=200)
@given(
    st.binary(max_size=300) | JSON.map(lambda value: json.dumps({"token": value}).encode()),
    st.integers(100, 599),
)
def test_no_answer_whatever_is_invalid_or_breaks_the_tool(body: bytes, status: int) -> None:
    server = Server(Clock())
    server.trouble = Response(status, body, {"retry-after": body[:9].decode("latin-1")})
    result = Machine.client_of(server).validate(KEY)
    assert result.state == "unknown"
    assert result.reason
