"""Registering and signing in, on a user pool (V4)."""

from __future__ import annotations

import os
from typing import Any

import pytest

from chalicelib import wiring
from tests.functional import steps
from tests.functional.conftest import Pool
from tests.world import Answer, World, forget_everything

PASSWORD = "correct horse battery"
EVA = {
    "email": "eva@example.com",
    "password": PASSWORD,
    "name": "Eva Núñez",
    "country": "BR",
    "locale": "pt-BR",
    "tax_id": "529.982.247-25",
    "phone": "+55 11 91234-5678",
    "address": "Rua Augusta, 1\n01304-000 São Paulo",
}


def _register(world: World, key: str | None = None, **changed: Any) -> Answer:
    body = {name: value for name, value in {**EVA, **changed}.items() if value is not None}
    return world.http("POST", "/v1/customers", body, headers={"idempotency-key": key} if key else {})


def _sign_in(world: World, email: str = EVA["email"], password: str = PASSWORD) -> Answer:
    return world.http("POST", "/v1/sessions", {"email": email, "password": password})


def _break_off_after_the_sign_up(world: World) -> None:
    """The user is in the pool; nothing of him was written to the table."""
    steps.delete(world, [row for row in world.rows() if row["pk"][:4] in ("CUS#", "IDEM", "AUD#")])


def test_who_registers_can_sign_in_and_read_his_data(world: World, pool: Pool) -> None:
    registered = _register(world)
    assert registered.status == 201
    assert registered.json["tax_id"] == "52998224725"
    assert registered.json["address"] == EVA["address"]
    session = _sign_in(world)
    assert (session.status, session.json["roles"]) == (201, ["customer"])
    assert session.json["customer_id"] == registered.json["id"]
    assert session.json["expires_in"] == 3600
    assert steps.read(world, session.json["access_token"], "/v1/me") == registered.json


def test_the_e_mail_address_is_one_in_any_case(world: World, pool: Pool) -> None:
    assert _register(world, email="Eva@Example.COM").json["email"] == "eva@example.com"
    assert _sign_in(world, email="EVA@example.com").status == 201


def test_an_e_mail_address_registers_once(world: World, pool: Pool) -> None:
    first, before = _register(world), world.rows()
    again = _register(world, name="Somebody Else", email="EVA@example.com")
    assert first.status == 201
    assert (again.status, again.json["code"]) == (409, "email_taken")
    assert world.rows() == before


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"email": "not an address"}, {"/email": "string_pattern_mismatch"}),
        ({"tax_id": "529.982.247-26"}, {"/tax_id": "tax_id"}),
        ({"password": "short"}, {"/password": "password"}),
        ({"address": "Rua Augusta\t1"}, {"/address": "string_pattern_mismatch"}),
        ({"role": "staff"}, {"/role": "extra_forbidden"}),
        ({"locale": None}, {"/locale": "missing"}),
        (
            {"email": "x", "name": " ", "country": "Brasil", "locale": "de", "phone": "x", "password": ""},
            {
                "/email": "string_pattern_mismatch",
                "/name": "string_too_short",
                "/country": "string_pattern_mismatch",
                "/locale": "literal_error",
                "/phone": "string_pattern_mismatch",
                "/password": "too_short",
            },
        ),
        ({"name": "", "tax_id": "123"}, {"/name": "string_too_short", "/tax_id": "tax_id"}),
    ],
    ids=lambda value: ",".join(value),
)
def test_a_faulty_registration_names_every_fault_and_leaves_nothing(
    world: World, pool: Pool, changed: dict[str, Any], named: dict[str, str]
) -> None:
    before = world.rows()
    assert steps.faults(_register(world, **changed)) == named
    assert world.rows() == before
    assert _sign_in(world).status == 401


def test_a_registration_that_broke_off_is_completed_by_its_repeat(world: World, pool: Pool) -> None:
    first = _register(world, key="r-1")
    _break_off_after_the_sign_up(world)
    again = _register(world, key="r-1")
    assert (again.status, again.json["id"]) == (201, first.json["id"])
    assert len(world.rows("customer")) == 1
    assert _sign_in(world).status == 201


@pytest.mark.parametrize(("key", "name"), [(None, "Eva Núñez"), ("r-2", "Eva Núñez"), ("r-1", "Mallory")])
def test_nobody_else_completes_a_registration_that_broke_off(
    world: World, pool: Pool, key: str | None, name: str
) -> None:
    _register(world, key="r-1")
    _break_off_after_the_sign_up(world)
    refused = _register(world, key=key, name=name)
    assert (refused.status, refused.json["code"]) == (409, "email_taken")
    assert world.rows("customer") == []


def test_the_first_sign_in_completes_a_registration_that_broke_off(world: World, pool: Pool) -> None:
    registered = _register(world)
    _break_off_after_the_sign_up(world)
    session = _sign_in(world)
    assert session.status == 201
    me = steps.read(world, session.json["access_token"], "/v1/me")
    assert {**me, "created_at": ""} == {**registered.json, "created_at": ""}


def test_a_repeated_registration_is_answered_as_before(world: World, pool: Pool) -> None:
    first = _register(world, key="r-1")
    before = world.rows()
    again = _register(world, key="r-1")
    assert (again.status, again.text) == (201, first.text)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in first.headers
    assert world.rows() == before


def test_the_same_key_with_another_body_is_refused(world: World, pool: Pool) -> None:
    _register(world, key="r-1")
    other = _register(world, key="r-1", name="Another Name")
    assert (other.status, other.json["code"]) == (422, "idempotency_key_reused")


def test_two_people_may_think_of_the_same_key(world: World, pool: Pool) -> None:
    one = _register(world, key="1")
    two = _register(world, key="1", email="rui@example.com", tax_id="11144477735")
    assert (one.status, two.status) == (201, 201)
    assert one.json["id"] != two.json["id"]


def test_a_wrong_password_and_an_unknown_user_are_answered_alike(world: World, pool: Pool) -> None:
    _register(world)
    wrong, unknown = _sign_in(world, password="another password"), _sign_in(world, email="no@example.com")
    assert wrong.status == unknown.status == 401
    assert {**wrong.json, "request_id": ""} == {**unknown.json, "request_id": ""}
    assert wrong.json["code"] == "bad_credentials"


def test_a_member_of_staff_signs_in_with_his_role_and_becomes_no_customer(world: World, pool: Pool) -> None:
    directory = wiring.directory()
    directory.sign_up("bea@example.com", PASSWORD, {})
    directory.confirm_now("bea@example.com")
    pool.join("bea@example.com", "finance")
    session = _sign_in(world, email="bea@example.com")
    assert (session.json["customer_id"], session.json["roles"]) == (None, ["finance"])
    assert world.rows("customer") == []
    assert steps.read(world, session.json["access_token"], "/v1/staff/tasks")["data"] == []


def test_an_account_with_a_profile_that_is_none_cannot_be_used(world: World, pool: Pool) -> None:
    directory = wiring.directory()
    directory.sign_up(EVA["email"], PASSWORD, {"name": "Eva", "country": "Brasil"})
    directory.confirm_now(EVA["email"])
    assert steps.faults(_sign_in(world)) == {"/country": "country", "/locale": "locale"}
    assert world.rows("customer") == []


def test_where_accounts_are_confirmed_by_mail_the_code_comes_first(world: World, pool: Pool) -> None:
    os.environ["CONFIRM_SIGN_UP"] = "code"
    forget_everything()
    assert _register(world).status == 201
    early = _sign_in(world)
    assert (early.status, early.json["code"]) == (409, "not_confirmed")
    confirmed = world.http("POST", "/v1/customers/confirm", {"email": EVA["email"], "code": "123456"})
    assert (confirmed.status, confirmed.json) == (200, {"status": "confirmed"})
    assert _sign_in(world).status == 201
