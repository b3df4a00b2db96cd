"""Licence files: one armoured block, and the clock of a machine without network."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from vigencia_client import timing
from vigencia_client.files import BEGIN, END, unwrap
from vigencia_client.tokens import Refused

from tests.unit.client.kit import (
    DAY,
    FINGERPRINT,
    HOUR,
    JWKS,
    KEY,
    NOW,
    UNREACHABLE,
    Clock,
    Machine,
    claims,
    signed,
)
from tests.unit.client.make_vectors import FILE_HEADER, wrapped


def _file(days: int = 365, **said: Any) -> str:
    end = NOW + days * DAY
    usual = {"exp": end, "grace_until": end, "next_check_at": None, "fingerprint": FINGERPRINT}
    return wrapped(signed(claims(**{**usual, **said}), FILE_HEADER))


@given(st.text("abcXYZ019_-.", min_size=1, max_size=300))
def test_what_was_wrapped_comes_back(token: str) -> None:
    assert unwrap(wrapped(token)) == token
    assert unwrap(f"\r\n {wrapped(token)}".replace("\n", "\r\n")) == token


@pytest.mark.parametrize(
    "content",
    [
        "",
        BEGIN,
        f"{BEGIN}\n{END}",
        "a.b.c",
        f"a.b.c\n{END}",
        f"{BEGIN}\na.b.c",
        f"{BEGIN}\na.b.c\n-----END LICENSE-----",
        f"{BEGIN}\na.b.c\n\nd\n{END}",
        f"{BEGIN}\n{'a' * 65}\n{END}",
        f"{BEGIN}\na.b.c=\n{END}",
        f"{BEGIN}\na.b.c\n{END}\n{BEGIN}\na.b.c\n{END}",
        f"Dear customer,\n{BEGIN}\na.b.c\n{END}",
        wrapped("a" * 200_000),
    ],
)
def test_what_is_not_one_block_is_refused(content: str) -> None:
    with pytest.raises(Refused):
        unwrap(content)


def test_a_machine_without_network_needs_pinned_keys(machine: Machine) -> None:
    machine.server.keys_trouble = UNREACHABLE
    client = machine.client(fingerprint=FINGERPRINT)
    assert client.verify_file(_file()).reason == "unknown_key"
    pinned = machine.client(fingerprint=FINGERPRINT, public_keys=JWKS)
    assert pinned.verify_file(_file()).source == "file"


def test_keys_fetched_once_serve_without_network(machine: Machine) -> None:
    client = machine.client(fingerprint=FINGERPRINT)
    assert client.verify_file(_file()).valid
    machine.server.keys_trouble = UNREACHABLE
    machine.passes(100 * DAY)
    assert client.verify_file(_file()).valid


def test_time_seen_with_a_file_does_not_come_back(machine: Machine) -> None:
    client = machine.client(fingerprint=FINGERPRINT, public_keys=JWKS)
    machine.passes(20 * DAY)
    assert client.verify_file(_file()).valid
    machine.passes(-DAY)
    assert client.verify_file(_file()).reason == "clock_rolled_back"


def test_a_file_is_judged_by_the_servers_clock_where_that_is_known(tmp_path: Path) -> None:
    machine = Machine(tmp_path / "answers.json", Clock(NOW - 2 * HOUR), Clock())
    client = machine.client(fingerprint=FINGERPRINT)
    assert client.verify_file(_file()).reason == "clock_rolled_back"
    assert client.validate(KEY).valid
    assert client.verify_file(_file()).valid


def test_a_mistyped_key_is_told(machine: Machine) -> None:
    assert machine.client().verify_file(_file(), key=KEY[:-1]).reason == "mistyped_key"


def test_a_file_that_says_no_is_invalid(machine: Machine) -> None:
    client = machine.client(fingerprint=FINGERPRINT)
    result = client.verify_file(_file(valid=False, code="SUSPENDED"))
    assert (result.state, result.code) == ("invalid", "SUSPENDED")


def test_what_lies_in_the_future_is_not_recent() -> None:
    assert timing.recently(NOW, NOW, 1)
    assert not timing.recently(NOW + 1, NOW, DAY)
    assert not timing.recently(NOW - DAY, NOW, DAY)
