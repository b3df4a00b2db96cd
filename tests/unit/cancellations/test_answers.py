"""What a person has to say of a step: all of it at once, and never a password."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.cancellations import steps
from chalicelib.cancellations.answers import NOT_OURS, Answers, completed
from chalicelib.cancellations.refusals import StepIsAutomatic
from chalicelib.cancellations.rules import Case, Transfer
from chalicelib.kernel.errors import Invalid
from tests.unit.cancellations.cases import NOW, canceled, case, item

FIND, COLLECT, MOVE = (
    f"{action}:sub_1" for action in ("find_responsible", "collect_transfer_data", "transfer_domain")
)


@pytest.fixture
def domain() -> Case:
    return canceled(case(items=(item(ending="domain", domain="loja.com.br"),)))


def _said(one: Case, step: str, **answers: Any) -> Case:
    return completed(one, step, Answers(**answers), "staff-1", NOW)


def _faults(one: Case, step: str, **answers: Any) -> dict[str, str]:
    with pytest.raises(Invalid) as refused:
        _said(one, step, **answers)
    return {error.pointer: error.code for error in refused.value.errors}


def test_who_is_responsible_is_recorded_with_the_register_of_the_name(domain: Case) -> None:
    assert _faults(domain, FIND) == {"/responsible": "missing"}
    told = _said(domain, FIND, responsible="us", evidence="WHOIS of today")
    assert steps.find_step(told, FIND).evidence == "registro.br: us; WHOIS of today"
    assert [step.id for step in steps.ready(told, NOW)] == [COLLECT]


def test_a_name_that_nobody_has_told_yet_is_told_by_whoever_looks_it_up() -> None:
    unnamed = canceled(case(items=(item(ending="domain"),)))
    assert _faults(unnamed, FIND, responsible="us") == {"/domain": "missing"}
    told = _said(unnamed, FIND, responsible="us", domain="loja.com.br")
    assert told.item("sub_1").domain == "loja.com.br"
    assert steps.find_step(told, FIND).evidence == "registro.br: us"


def test_a_name_that_is_not_ours_has_nothing_to_transfer(domain: Case) -> None:
    told = _said(domain, FIND, responsible="customer")
    assert [
        (steps.find_step(told, id).status, steps.find_step(told, id).reason) for id in (COLLECT, MOVE)
    ] == [
        ("skipped", NOT_OURS),
        ("skipped", NOT_OURS),
    ]
    assert steps.ready(told, NOW)[0].action == "end_contract"


def test_the_code_that_moves_a_name_is_forgotten_once_it_is_moved(domain: Case) -> None:
    found = _said(domain, FIND, responsible="us")
    told = _said(found, COLLECT, registrar_id="ABC12", authorization_code="x1-y2-z3")
    assert told.transfers == (Transfer("sub_1", "ABC12", "x1-y2-z3"),)
    assert "x1-y2-z3" not in str(told.plan)
    for over in (
        _said(told, MOVE, evidence="moved"),
        steps.skipped(told, MOVE, "he moves it himself", "it-1", NOW),
    ):
        assert over.transfers == (Transfer("sub_1", "ABC12", None),)


def test_every_faulty_answer_is_named(domain: Case) -> None:
    found = _said(domain, FIND, responsible="us")
    assert _faults(found, COLLECT, evidence="senha: 123", registrar_id="password=1", responsible="us") == {
        "/evidence": "password",
        "/responsible": "not_asked_for",
        "/registrar_id": "password",
        "/authorization_code": "missing",
    }


def test_an_id_that_only_has_the_letters_of_a_password_is_taken(domain: Case) -> None:
    found = _said(domain, FIND, responsible="us")
    assert _said(found, COLLECT, registrar_id="AB1PW2", authorization_code="x1").transfers


def test_a_backup_is_confirmed_in_words() -> None:
    mailbox = canceled(case(items=(item(ending="corporate_email"),)))
    assert _faults(mailbox, "confirm_backup:sub_1") == {"/evidence": "missing"}
    told = _said(mailbox, "confirm_backup:sub_1", evidence="He has copied all to a disk")
    assert steps.find_step(told, "confirm_backup:sub_1").evidence == "He has copied all to a disk"


def test_nobody_says_that_the_systems_own_step_is_done(domain: Case) -> None:
    with pytest.raises(StepIsAutomatic):
        _said(domain, "end_contract:sub_1")


def test_a_step_that_is_done_keeps_its_first_answers(domain: Case) -> None:
    told = _said(domain, FIND, responsible="us")
    assert _said(told, FIND, responsible="customer") == told
