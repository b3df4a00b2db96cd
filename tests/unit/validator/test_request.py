"""The validator reads bodies as `ValidateIn` does: the same are accepted, the same faults are named (B1)."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from chalicelib.edge.schema import refusal_of
from chalicelib.kernel.errors import Invalid, Malformed, Refusal
from chalicelib.licensing.schemas import ValidateIn
from chalicelib.validator.request import BODY_LIMIT, ROUTE, Body, Request, asked_of

FIELDS = ("key", "fingerprint", "environment", "addons", "nonce", "client_version")

# What came of reading a body: its fields, the faulty ones with their codes, or "malformed".
Read = dict[str, Any] | set[tuple[str, str]] | str


def _request(body: bytes) -> Request:
    return Request("POST", ROUTE, {"content-type": "application/json"}, body, "203.0.113.7", "req-1")


def _refused(refusal: Refusal) -> Read:
    if isinstance(refusal, Malformed):
        return "malformed"
    assert isinstance(refusal, Invalid)
    return {(error.pointer, error.code) for error in refusal.errors}


def ours(body: bytes) -> Read:
    """What the validator makes of a body."""
    try:
        return _fields(asked_of(_request(body)))
    except Refusal as refusal:
        return _refused(refusal)


def _fields(body: Body) -> dict[str, Any]:
    return {**vars(body), "addons": list(body.addons)}


def theirs(body: bytes) -> Read:
    """What pydantic makes of it."""
    try:
        asked = ValidateIn.model_validate_json(body)
    except ValidationError as error:
        return _refused(refusal_of(error))
    return {**asked.model_dump(exclude={"client_version"}), "addons": asked.addons or []}


TEXTS = st.one_of(
    st.sampled_from(["", " ", "x", "production", "staging", "local", "PRODUCTION", "ação", "\x00", "😀"]),
    st.integers(0, 210).map(lambda length: "x" * length),
    st.integers(49, 51).map(lambda length: "é" * length),
    st.integers(99, 101).map(lambda length: "😀" * length),
    st.text(max_size=8),
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)
LISTS = st.lists(TEXTS | VALUES, max_size=4) | st.integers(49, 52).map(lambda length: ["a"] * length)
NAMES = st.sampled_from(FIELDS) | st.sampled_from(["plan", "Key", "key ", "a/b", "a~b", "~1", "", "é"])
NEAR = st.dictionaries(NAMES, TEXTS | LISTS | VALUES, max_size=7)
SOUND = st.fixed_dictionaries(
    {"key": st.text(min_size=1, max_size=100)},
    optional={
        "fingerprint": st.none() | st.text(min_size=1, max_size=200),
        "environment": st.sampled_from([None, "production", "staging", "local"]),
        "addons": st.none() | st.lists(st.text(min_size=1, max_size=64), max_size=50),
        "nonce": st.none() | st.text(min_size=1, max_size=100),
        "client_version": st.none() | st.text(max_size=50),
    },
)


@given(SOUND, st.booleans())
def test_every_sound_body_is_read_alike(body: dict[str, Any], ascii: bool) -> None:
    raw = json.dumps(body, ensure_ascii=ascii).encode()
    assert ours(raw) == theirs(raw)
    assert isinstance(ours(raw), dict)


@settings(max_examples=600)
@given(NEAR | VALUES, st.booleans())
@example({"key": "x", "addons": {"0": "a"}}, True)
@example({"key": "x", "environment": ["production"]}, True)
@example({"key": True, "addons": None, "nonce": None}, True)
def test_every_faulty_body_has_the_same_faults(body: Any, ascii: bool) -> None:
    raw = json.dumps(body, ensure_ascii=ascii).encode()
    assert ours(raw) == theirs(raw)


@given(st.binary(max_size=40))
@example(b"\xff")
@example(b"\xef\xbb\xbf{}")
@example(b"{\x00}")
def test_junk_is_malformed_or_has_the_same_faults(junk: bytes) -> None:
    assert ours(junk) == theirs(junk)


@settings(max_examples=300)
@given(SOUND | NEAR, st.data())
def test_a_body_with_one_byte_changed_is_read_alike(body: dict[str, Any], data: st.DataObject) -> None:
    raw = bytearray(json.dumps(body, ensure_ascii=data.draw(st.booleans())).encode())
    raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    assert ours(bytes(raw)) == theirs(bytes(raw))


RAW = {
    "duplicate members": b'{"key": "", "key": "x", "nonce": 7, "nonce": "n"}',
    "duplicate members, the last one faulty": b'{"key": "x", "key": ""}',
    "a duplicate unknown member": b'{"key": "x", "plan": 1, "plan": 2}',
    "a lone high surrogate": b'{"key": "\\ud800"}',
    "a lone low surrogate": b'{"key": "x\\udc00"}',
    "a pair of surrogates": b'{"key": "\\ud83d\\ude00"}',
    "a surrogate in a name": b'{"key": "x", "\\ud800": 1}',
    "surrogates the wrong way round": b'{"key": "\\ude00\\ud83d"}',
    "an encoded surrogate": b'{"key": "\xed\xa0\x80"}',
    "an overlong encoding": b'{"key": "\xc0\xaf"}',
    "a tab in a text": b'{"key": "a\tb"}',
    "a null character": b'{"key": "\\u0000"}',
    "single quotes": b"{'key': 'x'}",
    "a comma too many": b'{"key": "x",}',
    "a comment": b'{"key": "x"} // no',
    "two values": b'{"key": "x"} {}',
    "white space around": b' \t\r\n{"key" : "x"}\n',
    "other white space": '\u00a0{"key": "x"}'.encode(),
    "UTF-16": '{"key": "x"}'.encode("utf-16"),
    "a leading zero": b'{"key": 007}',
    "a plus sign": b'{"key": +7}',
    "a bare fraction": b'{"key": .5}',
    "a large number": b'{"key": 1e999}',
    "a long number": b'{"key": ' + b"9" * 400 + b"}",
    "nothing": b"",
    "white space only": b"  ",
    "an array": b"[]",
    "a text": b'"key"',
    "null": b"null",
    "true": b"true",
    "deep, yet readable": b'{"key": ' + b"[" * 150 + b"]" * 150 + b"}",
}


@pytest.mark.parametrize("kind", RAW)
def test_what_json_leaves_open_is_read_alike(kind: str) -> None:
    assert ours(RAW[kind]) == theirs(RAW[kind])


# Both refuse these, but not for the same reason: what is malformed here, is a wrong value there, or the
# other way round. A client that sends them has the same to mend.
REFUSED = {
    "not a number": b'{"key": NaN}',
    "infinity": b'{"key": "x", "nonce": -Infinity}',
    "deeper than pydantic reads": b'{"key": ' + b"[" * 500 + b"]" * 500 + b"}",
    "deeper than Python reads": b'{"key": ' + b"[" * 20_000 + b"]" * 20_000 + b"}",
    "deep and unfinished": b"[" * 60_000,
    "a number longer than Python reads": b'{"key": ' + b"9" * 5_000 + b"}",
}


@pytest.mark.parametrize("kind", REFUSED)
def test_what_is_hardly_json_is_refused_by_both(kind: str) -> None:
    assert len(REFUSED[kind]) <= BODY_LIMIT
    for read in (ours(REFUSED[kind]), theirs(REFUSED[kind])):
        assert not isinstance(read, dict)


@pytest.mark.parametrize("field", [name for name in FIELDS if name != "key"])
def test_null_is_as_good_as_nothing(field: str) -> None:
    raw = json.dumps({"key": "x", field: None}).encode()
    assert ours(raw) == theirs(raw) == ours(b'{"key": "x"}')


def test_the_fields_are_those_of_the_model() -> None:
    assert set(FIELDS) == ValidateIn.model_fields.keys()
