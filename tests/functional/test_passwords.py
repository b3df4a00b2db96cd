"""Changing one's password, and choosing a new one by e-mail (V5)."""

from __future__ import annotations

import pytest

from tests.functional import steps
from tests.functional.conftest import Pool
from tests.functional.test_secrets import logged
from tests.world import Answer, World

EVA, OLD, NEW = "eva@example.com", "correct horse battery", "stapled to the fence"
PROFILE = {"email": EVA, "password": OLD, "name": "Eva Núñez", "country": "BR", "locale": "pt-BR"}
# The one form of a code that moto compares.
WRONG = "moto-confirmation-code:0"


def _signed_in(world: World, password: str = OLD) -> Answer:
    return world.http("POST", "/v1/sessions", {"email": EVA, "password": password})


@pytest.fixture
def token(world: World, pool: Pool) -> str:
    """The session of a customer who has registered."""
    assert world.http("POST", "/v1/customers", PROFILE).status == 201
    return str(_signed_in(world).json["access_token"])


def _change(world: World, token: str, current: str, new: str, language: str = "en") -> Answer:
    body = {"current_password": current, "new_password": new}
    return world.http("POST", "/v1/me/password", body, token=token, headers={"accept-language": language})


def _actions(world: World) -> list[str]:
    return sorted(row["action"] for row in world.rows("audit"))


def test_who_changes_his_password_signs_in_with_the_new_one_only(world: World, token: str) -> None:
    changed = _change(world, token, OLD, NEW)
    assert (changed.status, changed.json) == (200, {"status": "changed"})
    assert _signed_in(world).status == 401
    assert _signed_in(world, NEW).status == 201
    assert _actions(world) == ["password changed", "registered"]


@pytest.mark.parametrize(
    ("current", "new", "named"),
    [
        ("not the password", NEW, {"/current_password": "current_password"}),
        (OLD, "short", {"/new_password": "password"}),
        (OLD, "", {"/new_password": "too_short"}),
    ],
)
def test_a_password_that_is_not_changed_names_its_field(
    world: World, token: str, current: str, new: str, named: dict[str, str]
) -> None:
    assert steps.faults(_change(world, token, current, new)) == named
    assert _signed_in(world).status == 201
    assert _actions(world) == ["registered"]


@pytest.mark.parametrize(
    ("language", "detail"),
    [
        ("es", "12 caracteres como mínimo, sin espacios al principio ni al final"),
        ("pt-BR", "no mínimo 12 caracteres, sem espaços no começo nem no fim"),
    ],
)
def test_what_a_password_must_be_is_told_in_the_language_asked_for(
    world: World, token: str, language: str, detail: str
) -> None:
    (fault,) = _change(world, token, OLD, "short", language).json["errors"]
    assert fault["detail"] == detail


def test_no_password_is_logged_or_kept(world: World, token: str) -> None:
    with logged() as text:
        _change(world, token, OLD, "short")
        _change(world, token, "not the password", NEW)
        _change(world, token, OLD, NEW)
        _forgotten(world, EVA)
        _reset(world, WRONG, OLD)
    for secret in (OLD, NEW, "not the password", token):
        assert secret not in text.getvalue()
        assert secret not in str(world.rows())


def _forgotten(world: World, email: str) -> Answer:
    return world.http("POST", "/v1/me/password/forgot", {"email": email})


def _reset(world: World, code: str, new: str) -> Answer:
    body = {"email": EVA, "code": code, "new_password": new}
    return world.http("POST", "/v1/me/password/reset", body)


@pytest.mark.usefixtures("token")
def test_who_forgot_his_password_is_answered_as_somebody_unknown_is(world: World) -> None:
    answers = [_forgotten(world, email) for email in (EVA, "nobody@example.com")]
    assert [(one.status, one.json) for one in answers] == [(202, {"status": "sent"})] * 2


@pytest.mark.usefixtures("token")
def test_who_has_the_code_chooses_a_new_password(world: World) -> None:
    _forgotten(world, EVA)
    answer = _reset(world, "123456", NEW)
    assert (answer.status, answer.json) == (200, {"status": "changed"})
    assert _signed_in(world, NEW).status == 201
    assert _actions(world) == ["password reset", "registered"]


@pytest.mark.usefixtures("token")
def test_a_wrong_code_names_its_field_and_leaves_the_password(world: World) -> None:
    _forgotten(world, EVA)
    assert steps.faults(_reset(world, WRONG, NEW)) == {"/code": "code"}
    assert _signed_in(world).status == 201


def test_staff_without_a_row_here_chooses_a_new_password_too(world: World, pool: Pool) -> None:
    world.client("cognito-idp").admin_create_user(
        UserPoolId=pool.id, Username=EVA, UserAttributes=[{"Name": "email", "Value": EVA}]
    )
    assert _reset(world, "123456", NEW).status == 200
    assert world.rows("audit") == []
