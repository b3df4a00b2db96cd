"""People say what they have done of a case, in order, and never a password (C10, C11, C14)."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.subscriptions.rules import Subscription
from tests.functional.leaving_desk import EVA, Desk, desk
from tests.world import World

TRANSFER = {"registrar_id": "ABC12", "authorization_code": "x1-y2"}


@pytest.fixture
def here(world: World) -> Desk:
    return desk(world)


@pytest.fixture
def domain(here: Desk) -> Subscription:
    return here.ana.holds("domain")


def _decided(here: Desk, held: Subscription) -> str:
    details = [{"subscription_id": held.id, "domain": "loja.com.br"}]
    case_id = here.opened(held, details=details)
    here.does(case_id, "outcome", outcome="canceled")
    return case_id


def _step(case: Any, action: str) -> Any:
    (step,) = [one for one in case["plan"] if one["action"] == action]
    return step


def _path(held: Subscription, action: str, what: str = "complete") -> str:
    return f"steps/{action}:{held.id}/{what}"


def test_a_step_says_who_did_it_when_and_by_which_evidence(here: Desk, domain: Subscription) -> None:
    case_id = _decided(here, domain)
    after = here.does(case_id, _path(domain, "find_responsible"), responsible="us", evidence="looked up")
    step = _step(after, "find_responsible")
    assert (step["status"], step["by"], step["evidence"]) == ("done", EVA, "registro.br: us; looked up")
    assert step["at"] is not None
    rows = here.world.rows()
    assert here.does(case_id, _path(domain, "find_responsible"), responsible="us") == after
    assert here.world.rows() == rows


def test_the_order_of_the_steps_is_enforced(here: Desk, domain: Subscription) -> None:
    case_id = _decided(here, domain)
    for what, body in (("complete", {}), ("skip", {"reason": "he is in a hurry"})):
        problem = here.refused(case_id, _path(domain, "transfer_domain", what), **body).json
        assert (problem["status"], problem["code"]) == (409, "step_not_ready")


def test_a_step_of_the_system_is_nobodys_to_complete(here: Desk, domain: Subscription) -> None:
    case_id = _decided(here, domain)
    problem = here.refused(case_id, _path(domain, "end_contract")).json
    assert (problem["status"], problem["code"]) == (409, "step_is_automatic")
    problem = here.refused(case_id, "steps/dance:sub_1/complete").json
    assert (problem["status"], problem["code"]) == (404, "step_not_found")


def test_a_step_is_skipped_for_a_reason_only(here: Desk, domain: Subscription) -> None:
    case_id = _decided(here, domain)
    path = _path(domain, "find_responsible", "skip")
    assert here.faults(case_id, path) == {"/reason": "missing"}
    assert here.faults(case_id, path, reason=" ") == {"/reason": "string_too_short"}
    step = _step(here.does(case_id, path, reason="he knows"), "find_responsible")
    assert (step["status"], step["reason"], step["by"]) == ("skipped", "he knows", EVA)


@pytest.mark.parametrize("step", ["end_contract:{held}", "send_formal_email:{case}"])
def test_the_end_and_the_formal_email_are_never_skipped(here: Desk, domain: Subscription, step: str) -> None:
    case_id = _decided(here, domain)
    path = f"steps/{step.format(held=domain.id, case=case_id)}/skip"
    problem = here.refused(case_id, path, reason="no need").json
    assert (problem["status"], problem["code"]) == (409, "step_not_skippable")


def test_no_password_is_ever_taken_and_every_other_fault_is_named_with_it(
    here: Desk, domain: Subscription
) -> None:
    case_id = _decided(here, domain)
    here.does(case_id, _path(domain, "find_responsible"), responsible="us")
    answer = here.refused(
        case_id,
        _path(domain, "collect_transfer_data"),
        registrar_id="senha: abc",
        evidence="his password is abc",
        responsible="us",
        senha="abc",
        registrarPassword="abc",
        **{"contraseña/2": 7},
        colour="red",
    )
    assert {error["pointer"]: error["code"] for error in answer.json["errors"]} == {
        "/registrar_id": "password",
        "/evidence": "password",
        "/authorization_code": "missing",
        "/responsible": "not_asked_for",
        "/senha": "password",
        "/registrarPassword": "password",
        "/contraseña~12": "password",
        "/colour": "extra_forbidden",
    }
    assert "abc" not in answer.text


def test_the_code_that_moves_a_name_is_shown_to_it_only(here: Desk, domain: Subscription) -> None:
    case_id = _decided(here, domain)
    here.does(case_id, _path(domain, "find_responsible"), responsible="us")
    told = here.does(case_id, _path(domain, "collect_transfer_data"), **TRANSFER)
    hidden = {"subscription_id": domain.id, "registrar_id": "ABC12", "authorization_code": None}
    assert told["transfers"] == here.seen(case_id)["transfers"] == [hidden]
    assert here.seen(case_id, by=here.it)["transfers"] == [{**hidden, "authorization_code": "x1-y2"}]
    assert here.seen(case_id, by=here.world.staff("finance"))["transfers"] == [hidden]
    here.does(case_id, _path(domain, "transfer_domain"), evidence="moved")
    assert here.seen(case_id, by=here.it)["transfers"] == [hidden]


def test_a_name_that_is_not_ours_needs_no_transfer(here: Desk, domain: Subscription) -> None:
    case_id = _decided(here, domain)
    after = here.does(case_id, _path(domain, "find_responsible"), responsible="customer")
    assert [_step(after, one)["status"] for one in ("collect_transfer_data", "transfer_domain")] == [
        "skipped",
        "skipped",
    ]
