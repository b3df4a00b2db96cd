"""What a tool is told about a key, and the signed token it may keep working by (V9, V10, B1, B2)."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest

from chalicelib.kernel.clock import parse_instant
from chalicelib.licensing import store as licensing
from chalicelib.licensing.keys import derive_key, key_hash
from chalicelib.licensing.rules import Addon, License
from tests.functional import steps
from tests.functional.steps import ADDON_A, ADDON_B, LICENSE
from tests.world import World

DAY = timedelta(days=1)
A, B = "supplier-a", "supplier-b"
HOST = "loja.example.com"
# The grace days of the catalogue: 7 for the licence, 3 for the addons.


@dataclass(frozen=True)
class Tool:
    """A tool with its key, and the licence as it was bought."""

    world: World
    key: str
    bought: License

    def given(self, days: int = 200, status: str = "active", **addons: tuple[int, bool]) -> None:
        """The licence ends in `days`; each addon ends in so many days and is on or off."""
        now = datetime.now(UTC)
        known = {addon.code.replace("-", "_"): addon for addon in self.bought.addons}
        changed: list[Addon] = [
            replace(known[code], expires_at=now + ends * DAY, enabled=on)
            for code, (ends, on) in {"supplier_a": (100, True), "supplier_b": (20, True), **addons}.items()
        ]
        wanted: Any = status
        steps.set_license(self.bought.id, expires_at=now + days * DAY, status=wanted, addons=tuple(changed))

    def told(self, *addons: str, **asked: Any) -> Any:
        return steps.validate(self.world, self.key, **({"addons": list(addons)} if addons else {}), **asked)


@pytest.fixture(scope="module")
def tool(shared_world: World) -> Tool:
    _, token = shared_world.customer()
    steps.bought(shared_world, token, LICENSE, ADDON_A, ADDON_B)
    (shown,) = steps.licenses(shared_world, token)
    steps.activate(shared_world, shown["key"], HOST)
    return Tool(shared_world, shown["key"], licensing.get(shown["id"]))


ON, OFF = True, False
CASES: dict[str, tuple[dict[str, Any], tuple[str, ...], str, bool]] = {
    "licence alone": ({}, (), "VALID", True),
    "licence and its addons": ({}, (A, B), "VALID", True),
    "the same addon named twice": ({}, (A, A), "VALID", True),
    "revoked": ({"status": "revoked"}, (), "REVOKED", False),
    "suspended": ({"status": "suspended"}, (), "SUSPENDED", False),
    "in grace": ({"days": -1}, (), "IN_GRACE", True),
    "at the end of grace": ({"days": -7}, (), "EXPIRED", False),
    "unknown addon": ({}, ("supplier-z",), "ADDON_UNKNOWN", False),
    "addon off": ({"supplier_a": (100, OFF)}, (A,), "ADDON_DISABLED", False),
    "addon off that is not named": ({"supplier_a": (100, OFF)}, (B,), "VALID", True),
    "addon off, nothing named": ({"supplier_a": (100, OFF)}, (), "VALID", True),
    "addon expired": ({"supplier_b": (-4, ON)}, (B,), "ADDON_EXPIRED", False),
    "addon expired that is not named": ({"supplier_b": (-4, ON)}, (A,), "VALID", True),
    "addon in grace": ({"supplier_b": (-2, ON)}, (B,), "IN_GRACE", True),
    "addon in grace, nothing named": ({"supplier_b": (-2, ON)}, (), "VALID", True),
    "revoked before expired": ({"status": "revoked", "days": -30}, (A,), "REVOKED", False),
    "suspended before expired": ({"status": "suspended", "days": -30}, (A,), "SUSPENDED", False),
    "expired before an unknown addon": ({"days": -30}, ("supplier-z",), "EXPIRED", False),
    "unknown before disabled": ({"supplier_a": (9, OFF)}, (A, "supplier-z"), "ADDON_UNKNOWN", False),
    "disabled before expired": (
        {"supplier_a": (9, OFF), "supplier_b": (-4, ON)},
        (B, A),
        "ADDON_DISABLED",
        False,
    ),
    "expired before in grace": (
        {"days": -1, "supplier_a": (-2, ON), "supplier_b": (-4, ON)},
        (A, B),
        "ADDON_EXPIRED",
        False,
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_the_verdict_is_the_most_serious_thing_that_is_true(tool: Tool, case: str) -> None:
    state, named, code, valid = CASES[case]
    tool.given(**state)
    told = tool.told(*named)
    assert (told["code"], told["valid"]) == (code, valid)
    assert told["license"]["id"] == tool.bought.id
    assert [addon["code"] for addon in told["addons"]] == [A, B]


def test_every_addon_is_listed_with_a_state_of_its_own(tool: Tool) -> None:
    tool.given(supplier_a=(-2, True), supplier_b=(50, False))
    first, second = tool.told()["addons"]
    assert (first["valid"], first["status"], first["in_grace"]) == (True, "in_grace", True)
    assert first["grace_until"] > first["expires_at"]
    assert (second["valid"], second["status"], second["in_grace"], second["grace_until"]) == (
        False,
        "disabled",
        False,
        None,
    )


KEYS = {
    "never given out": derive_key(b"another secret", "lic_x", 0),
    "a typing error": "VIG-00000-00000-00000-00000-00000-00000",
    "too short": "VIG-1",
    "no key at all": "¿qué?",
}


@pytest.mark.parametrize("kind", KEYS)
def test_an_unknown_key_and_a_mistyped_one_look_the_same(tool: Tool, kind: str) -> None:
    told = steps.validate(tool.world, KEYS[kind], addons=[A])
    assert (told["code"], told["valid"], told["license"], told["addons"]) == ("NOT_FOUND", False, None, [])
    assert (told["valid_until"], told["grace_until"]) == (None, None)
    assert set(told) == set(tool.told())


def test_a_key_may_be_typed_in_any_way_people_read_it(tool: Tool) -> None:
    tool.given()
    for typed in (
        tool.key.lower(),
        tool.key.replace("-", ""),
        f"  {tool.key.replace('-', ' ')} ",
        tool.key.removeprefix("VIG-").replace("0", "O").replace("1", "l"),
    ):
        assert steps.validate(tool.world, typed)["code"] == "VALID"


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({}, {"/key": "missing"}),
        ({"key": ""}, {"/key": "string_too_short"}),
        (
            {"key": "x" * 101, "environment": "moon", "nonce": "", "addons": ["", "x"] * 26, "plan": "b"},
            {
                "/key": "string_too_long",
                "/environment": "literal_error",
                "/nonce": "string_too_short",
                "/addons": "too_long",
                "/plan": "extra_forbidden",
            },
        ),
        ({"key": "x", "addons": "supplier-a"}, {"/addons": "list_type"}),
        ({"key": "x", "addons": ["", 7]}, {"/addons/0": "string_too_short", "/addons/1": "string_type"}),
    ],
)
def test_a_faulty_question_names_its_faults(
    shared_world: World, body: dict[str, Any], named: dict[str, str]
) -> None:
    assert steps.faults(shared_world.http("POST", "/v1/licenses/validate", body)) == named


@pytest.mark.parametrize(
    ("language", "detail"),
    [("en", "The licence is valid."), ("es", "La licencia es válida."), ("pt-BR", "A licença é válida.")],
)
def test_the_verdict_is_explained_in_the_language_asked_for(tool: Tool, language: str, detail: str) -> None:
    tool.given()
    headers = {"accept-language": language}
    answer = tool.world.http("POST", "/v1/licenses/validate", {"key": tool.key}, headers=headers)
    assert answer.json["detail"] == detail


def test_validating_writes_nothing(tool: Tool) -> None:
    before = tool.world.rows()
    tool.told(A, nonce="n", fingerprint="f", client_version="1.2", environment="local")
    assert tool.world.rows() == before


# The token


def _claims(tool: Tool, token: str) -> Any:
    """Verified as a tool does it: with the published key of that id, and EdDSA alone."""
    published = tool.world.http("GET", "/.well-known/jwks.json").json["keys"]
    kid = jwt.get_unverified_header(token)["kid"]
    (jwk,) = [key for key in published if key["kid"] == kid]
    return jwt.decode(token, jwt.PyJWK(jwk).key, algorithms=["EdDSA"], issuer="https://api.example.com")


def test_the_published_keys_are_public_keys_only(tool: Tool) -> None:
    (key,) = tool.world.http("GET", "/.well-known/jwks.json").json["keys"]
    assert set(key) == {"kty", "crv", "x", "kid", "use", "alg"}


@pytest.mark.parametrize(
    "state", [{}, {"days": -1, "supplier_a": (5, OFF)}, {"status": "revoked"}], ids=json.dumps
)
def test_the_token_says_what_the_answer_says_and_no_more(tool: Tool, state: dict[str, Any]) -> None:
    tool.given(**state)
    told = tool.told(A, nonce="n-1", fingerprint=f"https://WWW.{HOST}/")
    claims = _claims(tool, told["token"])
    addons = {one.code: one for one in licensing.get(tool.bought.id).addons}
    assert claims == {
        "iss": "https://api.example.com",
        "sub": key_hash(tool.key)[:32],
        "iat": _seconds(told["checked_at"]),
        "exp": claims["iat"] + 7 * 86400,
        "code": told["code"],
        "valid": told["valid"],
        "license": told["license"]["id"],
        "expires_at": _seconds(told["license"]["expires_at"]),
        "addons": {
            one["code"]: {
                "valid": one["valid"],
                "status": one["status"],
                "exp": _seconds(one["expires_at"]),
                "grace_until": _seconds(one["expires_at"]) + addons[one["code"]].grace_days * 86400,
            }
            for one in told["addons"]
        },
        "next_check_at": _seconds(told["next_check_at"]),
        "valid_until": told["valid_until"] and _seconds(told["valid_until"]),
        "grace_until": told["grace_until"] and _seconds(told["grace_until"]),
        "fingerprint": f"https://WWW.{HOST}/",
        "environment": "production",
        "nonce": "n-1",
    }
    assert told["nonce"] == "n-1"


def _seconds(instant: str) -> int:
    return int(parse_instant(instant).timestamp())


def test_a_tool_asks_again_after_about_a_day_and_not_all_tools_at_once(tool: Tool) -> None:
    tool.given()
    waits = set()
    for _ in range(8):
        told = tool.told()
        waits.add(_seconds(told["next_check_at"]) - _seconds(told["checked_at"]))
    assert all(0.95 * 86400 - 1 <= wait <= 1.05 * 86400 + 1 for wait in waits)
    assert len(waits) > 1


def test_the_token_of_an_unknown_key_says_only_that(tool: Tool) -> None:
    claims = _claims(tool, steps.validate(tool.world, KEYS["never given out"])["token"])
    assert (claims["valid"], claims["code"], claims["license"]) == (False, "NOT_FOUND", None)
    assert (claims["addons"], claims["nonce"], claims["fingerprint"]) == ({}, None, None)
    assert (claims["sub"], claims["environment"]) == (key_hash(KEYS["never given out"])[:32], None)


def test_the_token_of_a_mistyped_key_is_about_no_key(tool: Tool) -> None:
    assert _claims(tool, steps.validate(tool.world, KEYS["a typing error"])["token"])["sub"] == ""


def test_a_token_changed_by_one_letter_verifies_no_more(tool: Tool) -> None:
    tool.given(status="revoked")
    header, payload, signature = tool.told()["token"].split(".")
    changed = payload[:10] + ("A" if payload[10] != "A" else "B") + payload[11:]
    with pytest.raises(jwt.InvalidTokenError):
        _claims(tool, f"{header}.{changed}.{signature}")


@pytest.mark.parametrize(
    ("state", "named", "days"),
    [
        ({"days": 200}, (), 14),
        ({"days": 2}, (), 9),
        ({"days": -6}, (), 1),
        ({"supplier_b": (1, True)}, (B,), 4),
        ({"supplier_b": (1, True)}, (), 14),
    ],
)
def test_a_tool_may_rely_on_an_answer_until_the_end_of_what_it_asked_about(
    tool: Tool, state: dict[str, Any], named: tuple[str, ...], days: int
) -> None:
    tool.given(**state)
    told = tool.told(*named)
    until = parse_instant(told["grace_until"]) - parse_instant(told["checked_at"])
    assert abs(until - days * DAY) < timedelta(minutes=5)
