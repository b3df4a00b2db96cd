"""Activating and deactivating an installation."""

from __future__ import annotations

import pytest

from tests.unit.client.kit import FINGERPRINT, KEY, UNREACHABLE, Machine, told

A = "supplier-a"


def test_activating_binds_the_machine_and_is_remembered(machine: Machine) -> None:
    client = machine.client(fingerprint=FINGERPRINT)
    assert told(client.activate(KEY, [A], name="Shop")) == ("valid", "VALID", "server", None)
    assert machine.server.asked[0]["name"] == "Shop"
    assert client.validate(KEY).source == "cache"
    machine.server.trouble = UNREACHABLE
    assert told(client.activate(KEY)) == ("valid", "VALID", "cache", "unreachable")


def test_activating_without_a_seat_is_invalid(machine: Machine) -> None:
    machine.server.refuses("TOO_MANY_ACTIVATIONS")
    assert machine.client(fingerprint=FINGERPRINT).activate(KEY).code == "TOO_MANY_ACTIVATIONS"


def test_deactivating_forgets_what_was_remembered(machine: Machine) -> None:
    client = machine.client(fingerprint=FINGERPRINT)
    client.activate(KEY)
    machine.server.trouble = UNREACHABLE
    assert told(client.deactivate(KEY)) == ("unknown", None, None, "unreachable")
    assert client.validate(KEY).valid
    machine.server.trouble = None
    machine.server.refuses("NOT_ACTIVATED")
    assert told(client.deactivate(KEY)) == ("invalid", "NOT_ACTIVATED", "server", None)
    machine.server.trouble = UNREACHABLE
    assert client.validate(KEY).state == "unknown"


def test_activation_needs_a_fingerprint(machine: Machine) -> None:
    for call in (machine.client().activate, machine.client().deactivate):
        with pytest.raises(ValueError, match="fingerprint"):
            call(KEY)
