"""Licence files for machines without network: signed, bounded, and holding a seat until they end (B2)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import jwt
import pytest

from chalicelib.kernel.clock import parse_instant, rfc3339, utc_now
from chalicelib.licensing import store as licensing
from chalicelib.licensing.keys import key_hash
from tests.functional import steps
from tests.functional.held import OTHER, SHOP, Held
from tests.world import Answer

DAY = timedelta(days=1)
BEGIN, END = "-----BEGIN VIGENCIA LICENSE-----", "-----END VIGENCIA LICENSE-----"


def _ask(held: Held, fingerprint: str = SHOP, **asked: Any) -> Answer:
    body = {"fingerprint": fingerprint, **asked}
    return held.world.http("POST", f"/v1/licenses/{held.id}/file", body, token=held.token)


def _issued(held: Held, fingerprint: str = SHOP, **asked: Any) -> Any:
    answer = _ask(held, fingerprint, **asked)
    assert answer.status == 200, answer.text
    return answer.json


def _token(content: str) -> str:
    first, *lines, last = content.splitlines()
    assert (first, last) == (BEGIN, END)
    assert max(map(len, lines)) == 64
    return "".join(lines)


def _verified(held: Held, content: str) -> tuple[Any, Any]:
    """Header and claims, verified with the published key as another machine would do it."""
    published = held.world.http("GET", "/.well-known/jwks.json").json["keys"]
    token = _token(content)
    kid = jwt.get_unverified_header(token)["kid"]
    (jwk,) = [one for one in published if one["kid"] == kid]
    told = jwt.decode_complete(
        token, jwt.PyJWK(jwk).key, algorithms=["EdDSA"], issuer="https://api.example.com"
    )
    return told["header"], told["payload"]


def _lasts(held: Held, made: Any) -> timedelta:
    _, claims = _verified(held, made["content"])
    return timedelta(seconds=claims["exp"] - claims["iat"])


def test_a_file_verifies_with_the_published_key_and_says_all_that_is_needed_offline(held: Held) -> None:
    made = _issued(held, f"https://WWW.{SHOP}/", valid_hours=48)
    header, claims = _verified(held, made["content"])
    shown = held.shown()
    (addon,) = shown["addons"]
    end = int(parse_instant(made["expires_at"]).timestamp())
    assert header == {"alg": "EdDSA", "kid": "k1", "typ": "vigencia-license-file+jwt"}
    ends = int(parse_instant(shown["expires_at"]).timestamp())
    addon_ends = int(parse_instant(addon["expires_at"]).timestamp())
    assert claims == {
        "iss": "https://api.example.com",
        "sub": key_hash(held.key)[:32],
        "iat": claims["iat"],
        "exp": end,
        "code": "VALID",
        "valid": True,
        "license": held.id,
        "expires_at": ends,
        "addons": {
            "supplier-a": {
                "valid": True,
                "status": "active",
                "exp": addon_ends,
                "grace_until": addon_ends + 3 * 86400,
            }
        },
        "next_check_at": None,
        "valid_until": ends + 7 * 86400,
        "grace_until": end,
        "fingerprint": f"https://WWW.{SHOP}/",
        "environment": "production",
        "nonce": None,
    }
    assert end - claims["iat"] == 48 * 3600


def test_a_file_comes_with_a_name_to_save_it_under(held: Held) -> None:
    made = _issued(held, f"https://WWW.{SHOP}/")
    assert {**made, "content": "", "expires_at": ""} == {
        "license_id": held.id,
        "fingerprint": f"https://WWW.{SHOP}/",
        "file_name": f"{held.id}.vigencia",
        "content": "",
        "expires_at": "",
    }


def test_a_file_and_an_answer_cannot_be_taken_for_each_other(held: Held) -> None:
    header, _ = _verified(held, _issued(held)["content"])
    answer = jwt.get_unverified_header(steps.validate(held.world, held.key)["token"])
    assert header["typ"] != answer["typ"]


def test_a_file_lasts_thirty_days_unless_asked_otherwise(held: Held) -> None:
    assert _lasts(held, _issued(held)) == 30 * DAY


@pytest.mark.parametrize("hours", [1, 366 * 24])
def test_a_file_lasts_from_an_hour_to_a_year(held: Held, hours: int) -> None:
    steps.set_license(held.id, expires_at=None)
    assert _lasts(held, _issued(held, valid_hours=hours)) == timedelta(hours=hours)


@pytest.mark.parametrize(
    ("hours", "code"),
    [
        (0, "greater_than_equal"),
        (-1, "greater_than_equal"),
        (366 * 24 + 1, "less_than_equal"),
        ("24", "int_type"),
        (1.5, "int_type"),
        (True, "int_type"),
    ],
)
def test_a_shorter_or_longer_file_is_refused(held: Held, hours: Any, code: str) -> None:
    before = held.world.rows()
    answer = _ask(held, "", valid_hours=hours, forever=True)
    assert steps.faults(answer) == {
        "/fingerprint": "string_too_short",
        "/valid_hours": code,
        "/forever": "extra_forbidden",
    }
    assert held.world.rows() == before


def test_a_file_never_outlasts_its_licence(held: Held) -> None:
    end = (utc_now() + 2 * DAY).replace(microsecond=0)
    steps.set_license(held.id, expires_at=end)
    made = _issued(held, valid_hours=24 * 30)
    # Seven days of grace included.
    assert parse_instant(made["expires_at"]) == end + 7 * DAY
    steps.set_license(held.id, paid_until=end - DAY)
    assert parse_instant(_issued(held)["expires_at"]) == end + 6 * DAY


# The seat


def test_a_file_takes_a_seat_and_the_trail_says_so(held: Held) -> None:
    made = _issued(held)
    (shown,) = steps.activations(held.world, held.token, held.id)
    assert (shown["fingerprint"], shown["offline_until"]) == (SHOP, made["expires_at"])
    action = f"licence file for {SHOP} until {made['expires_at']}"
    assert held.trail() == [(action, held.customer_id, "store")]
    assert held.code() == "VALID"
    assert held.activate(OTHER)["code"] == "TOO_MANY_ACTIVATIONS"


def test_without_a_free_seat_there_is_no_file(held: Held) -> None:
    held.activate(OTHER)
    before = held.world.rows()
    refused = _ask(held)
    assert (refused.status, refused.json["code"]) == (409, "no_free_seat")
    assert held.world.rows() == before


def test_an_installation_beyond_its_licences_seats_gets_no_file(held: Held) -> None:
    steps.set_license(held.id, seats=2)
    held.activate(OTHER)
    held.activate()
    steps.set_license(held.id, seats=1)
    refused = _ask(held)
    assert (refused.status, refused.json["code"]) == (409, "license_not_usable")
    assert "TOO_MANY_ACTIVATIONS" in refused.json["detail"]


def test_a_file_holds_its_seat_until_it_ends(held: Held) -> None:
    until = _issued(held, valid_hours=24)["expires_at"]
    before = held.world.rows()
    for refused in (held.remove(), held.deactivate()):
        assert (refused.status, refused.json["code"]) == (409, "used_offline")
        assert until in refused.json["detail"]
    assert held.world.rows() == before
    (activation,) = steps.activations(held.world, held.token, held.id)
    assert activation["offline_until"] == until


def test_an_installation_with_a_file_does_not_free_its_seat_by_calling_itself_a_copy(held: Held) -> None:
    _issued(held)
    held.activate(environment="staging")
    assert held.activate(OTHER)["code"] == "TOO_MANY_ACTIVATIONS"


def test_when_the_file_has_ended_the_seat_can_be_given_back(held: Held) -> None:
    _issued(held)
    (activation,) = licensing.get(held.id).activations
    steps.set_license(held.id, activations=(replace(activation, offline_until=utc_now()),))
    assert held.remove().status == 200


def test_a_second_shorter_file_does_not_shorten_the_first(held: Held) -> None:
    long = _issued(held, valid_hours=240)["expires_at"]
    _issued(held, valid_hours=1)
    (activation,) = steps.activations(held.world, held.token, held.id)
    assert activation["offline_until"] == long


def test_a_file_for_a_copy_takes_no_seat(held: Held) -> None:
    held.activate(OTHER)
    _, claims = _verified(held, _issued(held, "machine-7", environment="local")["content"])
    assert (claims["environment"], claims["valid"]) == ("local", True)


@pytest.mark.parametrize(
    ("changes", "verdict"),
    [
        ({"status": "suspended"}, "SUSPENDED"),
        ({"status": "revoked"}, "REVOKED"),
        ({"expires_at": utc_now() - 30 * DAY}, "EXPIRED"),
        ({"paid_until": utc_now() - 30 * DAY}, "UNPAID"),
    ],
    ids=lambda value: str(value) if isinstance(value, str) else "",
)
def test_a_licence_that_does_not_work_gets_no_file(held: Held, changes: dict[str, Any], verdict: str) -> None:
    steps.set_license(held.id, **changes)
    before = held.world.rows()
    refused = _ask(held)
    assert (refused.status, refused.json["code"]) == (409, "license_not_usable")
    assert verdict in refused.json["detail"]
    assert held.world.rows() == before


def test_a_file_in_grace_says_that_it_is_valid_and_why(held: Held) -> None:
    end = (utc_now() - DAY).replace(microsecond=0)
    steps.set_license(held.id, expires_at=end)
    made = _issued(held)
    _, claims = _verified(held, made["content"])
    assert (claims["code"], claims["valid"]) == ("IN_GRACE", True)
    assert made["expires_at"] == rfc3339(end + 7 * DAY)
