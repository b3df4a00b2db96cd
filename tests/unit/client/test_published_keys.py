"""Public keys: fetched once a day and when a new one signs, replaced, withdrawn, pinned."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.client.kit import DAY, HOUR, JWKS, KEY, KID, OTHER_SEED, UNREACHABLE, Machine, jwk, told


def test_published_keys_are_asked_for_once_a_day(machine: Machine) -> None:
    client = machine.client()
    for hours in (0, 1, 22, 2):
        machine.passes(hours * HOUR)
        client.validate(KEY, force=True)
    assert machine.server.paths.count("/.well-known/jwks.json") == 2


def test_a_new_key_is_fetched_when_it_first_signs(machine: Machine) -> None:
    client = machine.client()
    client.validate(KEY)
    machine.server.jwks = {"keys": [jwk(), jwk("test-2", OTHER_SEED)]}
    machine.server.header, machine.server.seed = {"kid": "test-2"}, OTHER_SEED
    assert client.validate(KEY, force=True).valid
    assert machine.server.paths.count("/.well-known/jwks.json") == 2


def test_an_unknown_key_is_looked_for_once_a_call(machine: Machine) -> None:
    client = machine.client()
    client.validate(KEY)
    machine.server.header = {"kid": "test-9"}
    assert client.validate(KEY, force=True).reason == "unknown_key"
    assert machine.server.paths.count("/.well-known/jwks.json") == 2


def test_a_withdrawn_key_verifies_nothing_after_the_next_look(machine: Machine) -> None:
    client = machine.client()
    client.validate(KEY)
    machine.server.jwks = {"keys": [jwk("test-2", OTHER_SEED)]}
    machine.passes(DAY)
    assert told(client.validate(KEY)) == ("unknown", None, None, "unknown_key")


def test_an_outage_of_the_key_set_alone_stops_nobody(machine: Machine) -> None:
    client = machine.client()
    client.validate(KEY)
    machine.server.keys_trouble = UNREACHABLE
    machine.passes(DAY)
    assert client.validate(KEY).source == "server"


@pytest.mark.parametrize("jwks", [{}, [], {"keys": []}, {"keys": [{"kty": "RSA", "kid": KID}]}])
def test_a_useless_key_set_replaces_nothing(machine: Machine, jwks: Any) -> None:
    client = machine.client()
    client.validate(KEY)
    machine.server.jwks = jwks
    machine.passes(DAY)
    assert client.validate(KEY).source == "server"


def test_pinned_keys_are_never_fetched_and_nothing_else_is_believed(machine: Machine) -> None:
    pinned = machine.client(public_keys=JWKS)
    assert pinned.validate(KEY).valid
    machine.server.header, machine.server.seed = {"kid": "test-2"}, OTHER_SEED
    machine.server.jwks = {"keys": [jwk("test-2", OTHER_SEED)]}
    assert pinned.validate(KEY, force=True).reason == "unknown_key"
    assert "/.well-known/jwks.json" not in machine.server.paths
