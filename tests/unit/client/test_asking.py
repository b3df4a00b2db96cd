"""When the server is asked and when not: fresh answers, waits after failures, which question is which."""

from __future__ import annotations

from typing import Any

import pytest
from vigencia_client import LicenseClient
from vigencia_client.http import Response

from tests.unit.client.kit import (
    DAY,
    FINGERPRINT,
    HOUR,
    KEY,
    MINUTE,
    NOW,
    OTHER_KEY,
    UNREACHABLE,
    URL,
    Machine,
    addon,
    subject_of,
    told,
)

A = "supplier-a"


def test_the_question_names_key_machine_environment_and_a_nonce_of_its_own(machine: Machine) -> None:
    client = machine.client(fingerprint=FINGERPRINT, environment="staging")
    assert client.validate(KEY.lower()).valid
    assert client.validate(KEY, force=True).valid
    first, second = machine.server.asked
    assert first == {
        "key": KEY,
        "fingerprint": FINGERPRINT,
        "environment": "staging",
        "nonce": first["nonce"],
        "client_version": "python-1.0.0",
    }
    assert first["nonce"] != second["nonce"]
    assert machine.server.paths[0] == "/v1/licenses/validate"


def test_a_fresh_answer_is_not_asked_for_again_by_any_process_before_its_time(machine: Machine) -> None:
    assert machine.client().validate(KEY).source == "server"
    for seconds in (1, HOUR, 22 * HOUR):
        machine.passes(seconds)
        assert told(machine.client().validate(KEY, [A])) == ("valid", "VALID", "cache", None)
    assert len(machine.server.asked) == 1
    machine.passes(2 * HOUR)
    assert machine.client().validate(KEY).source == "server"


def test_force_asks_at_any_time(machine: Machine) -> None:
    client = machine.client()
    assert [client.validate(KEY, force=True).source for _ in range(3)] == ["server"] * 3
    machine.server.trouble = UNREACHABLE
    assert client.validate(KEY, force=True).source == "cache"
    machine.server.trouble = None
    assert client.validate(KEY, force=True).source == "server"


def test_a_refusal_stands_for_a_minute_and_is_then_asked_about_again(machine: Machine) -> None:
    client = machine.client()
    machine.server.refuses("UNPAID")
    client.validate(KEY)
    machine.server.says = {}
    machine.passes(MINUTE - 1)
    assert told(client.validate(KEY)) == ("invalid", "UNPAID", "cache", None)
    machine.passes(1)
    assert client.validate(KEY).valid


def test_a_licence_that_ends_within_the_minute_is_asked_about(machine: Machine) -> None:
    machine.server.says = {"grace_until": NOW + 30}
    client = machine.client()
    assert client.validate(KEY).valid
    machine.passes(31)
    machine.server.refuses("EXPIRED")
    assert told(client.validate(KEY)) == ("invalid", "EXPIRED", "server", None)


def test_another_environment_is_another_question(machine: Machine) -> None:
    for environment in (None, "staging", "production"):
        assert machine.client(environment=environment).validate(KEY).source == "server"


def test_an_addon_bought_meanwhile_is_asked_about_and_found(machine: Machine) -> None:
    client = machine.client()
    assert client.validate(KEY, ["b"]).code == "ADDON_UNKNOWN"
    machine.server.says = {"addons": {"b": addon()}}
    machine.passes(MINUTE)
    assert told(client.validate(KEY, ["b"])) == ("valid", "VALID", "server", None)


def test_two_keys_share_a_cache_file(machine: Machine) -> None:
    client = machine.client()
    client.validate(KEY)
    machine.server.says = {"sub": subject_of(OTHER_KEY), "license": "lic_2"}
    client.validate(OTHER_KEY)
    machine.server.trouble = UNREACHABLE
    machine.passes(2 * DAY)
    assert [client.validate(key).license for key in (KEY, OTHER_KEY)] == ["lic_1", "lic_2"]


def test_an_answer_about_another_machine_is_not_used(machine: Machine) -> None:
    machine.client(fingerprint=FINGERPRINT).validate(KEY)
    machine.server.trouble = UNREACHABLE
    assert machine.client(fingerprint="elsewhere").validate(KEY).state == "unknown"
    assert machine.client().validate(KEY).state == "unknown"


def test_waits_double_up_to_an_hour_and_end_with_success(machine: Machine) -> None:
    client = machine.client()
    machine.server.trouble = UNREACHABLE
    for wait in (30, 60, 120, 240, 480, 960, 1920, HOUR, HOUR):
        asked = len(machine.server.asked)
        assert client.validate(KEY).reason == "unreachable"
        machine.passes(wait - 1)
        assert client.validate(KEY).reason == "waiting"
        assert len(machine.server.asked) == asked + 1
        machine.passes(1)
    machine.server.trouble = None
    assert client.validate(KEY).valid
    machine.server.trouble = UNREACHABLE
    machine.passes(DAY)
    assert client.validate(KEY).reason == "unreachable"
    machine.passes(30)
    assert client.validate(KEY).reason == "unreachable"


def test_chance_decides_how_much_of_a_wait_is_waited(machine: Machine) -> None:
    machine.server.trouble = UNREACHABLE
    client = machine.client(random=lambda: 0.5)
    client.validate(KEY)
    machine.passes(15)
    assert client.validate(KEY).reason == "unreachable"


@pytest.mark.parametrize(("said", "wait"), [("120", 120), ("86400", DAY), ("9999999", DAY)])
def test_retry_after_is_honoured_up_to_a_day(machine: Machine, said: str, wait: int) -> None:
    client = machine.client()
    machine.server.trouble = Response(429, b"{}", {"retry-after": said})
    client.validate(KEY)
    machine.passes(wait - 1)
    assert client.validate(KEY).reason == "waiting"
    machine.passes(1)
    assert client.validate(KEY).reason == "rate_limited"


@pytest.mark.parametrize("said", ["", "-1", "1.5", "soon", "Wed, 21 Oct 2026 07:28:00 GMT", "9" * 5000, "²"])
def test_a_strange_retry_after_leaves_the_usual_wait(machine: Machine, said: str) -> None:
    client = machine.client()
    machine.server.trouble = Response(503, b"", {"retry-after": said})
    assert client.validate(KEY).reason == "server_error"
    machine.passes(30)
    assert client.validate(KEY).reason == "server_error"


def test_waiting_uses_what_is_remembered(machine: Machine) -> None:
    client = machine.client()
    client.validate(KEY)
    machine.server.trouble = UNREACHABLE
    machine.passes(2 * DAY)
    client.validate(KEY)
    assert told(client.validate(KEY)) == ("valid", "VALID", "cache", "waiting")


SECOND = "https://second.example.com"


@pytest.mark.parametrize(
    "trouble", [UNREACHABLE, Response(503, b"{}"), Response(429, b"{}"), Response(200, b"<")]
)
def test_a_second_address_is_asked_when_the_first_is_in_trouble(machine: Machine, trouble: Any) -> None:
    client = machine.client(second_url=SECOND)
    assert client.validate(KEY).valid
    assert f"{SECOND}/v1/licenses/validate" not in machine.server.paths
    machine.server.trouble = trouble
    assert client.validate(KEY, force=True).source == "server"
    assert machine.server.paths[-2:] == ["/v1/licenses/validate", f"{SECOND}/v1/licenses/validate"]


def test_a_second_address_is_not_asked_what_the_first_refused_nor_to_activate(machine: Machine) -> None:
    client = machine.client(second_url=SECOND, fingerprint=FINGERPRINT)
    machine.server.trouble = Response(422, b"{}")
    assert client.validate(KEY).reason == "request_refused"
    machine.server.trouble = UNREACHABLE
    assert client.activate(KEY).reason == "unreachable"
    assert not any(path.startswith(SECOND) for path in machine.server.paths)


def test_the_public_address_may_be_another_than_the_one_that_is_asked(machine: Machine) -> None:
    machine.server.says = {"iss": "https://public.example.com"}
    assert machine.client().validate(KEY).reason == "issuer"
    assert machine.client(issuer="https://public.example.com").validate(KEY).valid


@pytest.mark.parametrize(
    "url",
    [
        "http://api.example.com",
        "ftp://api.example.com",
        "api.example.com",
        "",
        "https://",
        "https://user:pass@api.example.com",
        "https://api.example.com/?a=b",
        "https://api.example.com/#a",
        "https://api example.com",
        "https://api.example.com:0",
        "http://127.0.0.1.example.com",
        "file:///etc/passwd",
    ],
)
def test_an_unsafe_address_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="address"):
        LicenseClient(url, cache_path=None)


@pytest.mark.parametrize(
    "url", [f"{URL}/", "http://127.0.0.1:8080", "http://[::1]:8080", "http://localhost:1"]
)
def test_a_safe_address_is_taken(url: str) -> None:
    LicenseClient(url, cache_path=None)


def test_without_a_cache_file_a_process_remembers_for_itself(machine: Machine) -> None:
    client = machine.client(cache_path=None)
    client.validate(KEY)
    machine.server.trouble = UNREACHABLE
    machine.passes(2 * DAY)
    assert client.validate(KEY).valid
    assert machine.client(cache_path=None).validate(KEY).state == "unknown"
