"""How staff reaches a customer who wants to leave, and what he says (C2 to C5)."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib import wiring
from chalicelib.kernel.clock import parse_instant
from chalicelib.tickets import service_levels
from tests.functional.leaving_desk import EVA, PRICE, Desk, desk
from tests.world import World

SAID = {"reason_code": "difficulty", "account": "The reports are hard to find", "uses_other_product": False}


@pytest.fixture
def here(world: World) -> Desk:
    return desk(world)


def _calls(here: Desk, case_id: str, times: int = 1) -> Any:
    """He is called in vain; the case then."""
    return [here.does(case_id, "attempts", channel="phone", result="no_answer") for _ in range(times)][-1]


def _letters(here: Desk) -> list[str]:
    rows = [row for row in here.world.rows("outbox") if row["name"] == "cancellation.unheard"]
    return ["contact_attempted" if "contact_attempted" in str(row) else "confirm_request" for row in rows]


def test_after_three_calls_in_vain_he_is_written_to_and_waited_for(here: Desk) -> None:
    case_id = here.opened(here.ana.holds("erp"), channel="card")
    assert here.seen(case_id)["next"] == ["call"]
    after = _calls(here, case_id, 2)
    assert (after["status"], after["waiting_until"], _letters(here)) == ("in_progress", None, [])
    after = _calls(here, case_id)
    assert (after["status"], after["next"]) == ("waiting_customer", ["whatsapp", "wait"])
    assert [(one["channel"], one["result"], one["by"]) for one in after["attempts"]] == [
        ("phone", "no_answer", EVA)
    ] * 3
    promised = service_levels.started_clock(
        "cancel_contract", "normal", "BR", wiring.vendor().home, parse_instant(after["attempts"][-1]["at"])
    )
    assert abs((parse_instant(after["waiting_until"]) - promised.due_at).total_seconds()) <= 1
    assert _letters(here) == ["contact_attempted"]


def test_reached_he_is_not_waited_for_any_more(here: Desk) -> None:
    case_id = here.opened(here.ana.holds("erp"), channel="card")
    _calls(here, case_id, 3)
    after = here.does(case_id, "attempts", channel="whatsapp", result="reached", notes="Will call at six")
    assert (after["status"], after["waiting_until"]) == ("in_progress", None)
    assert (after["next"], after["attempts"][-1]["notes"]) == (["interview", "decide"], "Will call at six")


def test_a_broken_off_contact_is_called_then_messaged_and_asked_to_complete_it(here: Desk) -> None:
    case_id = here.opened(here.ana.holds("erp"), channel="broken_off")
    assert "interrompida" in here.seen(case_id)["whatsapp"]["text"]
    assert _calls(here, case_id)["next"] == ["whatsapp", "call"]
    here.does(case_id, "attempts", channel="email", result="no_answer")
    assert _letters(here) == ["confirm_request"]


def test_whoever_falls_silent_in_a_chat_is_called_at_once(here: Desk) -> None:
    case_id = here.opened(here.ana.holds("erp"), channel="chat")
    assert here.seen(case_id)["next"] == ["interview", "decide"]
    silent = here.does(case_id, "silent")
    assert (silent["next"], silent["silent_since"] is None) == (["call"], False)
    assert "interrompida" in silent["whatsapp"]["text"]
    rows = here.world.rows()
    assert here.does(case_id, "silent")["silent_since"] == silent["silent_since"]
    assert here.world.rows() == rows


def test_a_repeated_attempt_is_one_attempt(here: Desk) -> None:
    case_id = here.opened(here.ana.holds("erp"), channel="card")
    tried = {"channel": "phone", "result": "no_answer"}
    first, again = (here.ask("POST", f"/{case_id}/attempts", tried, key="k-1") for _ in range(2))
    assert (first.status, again.status, again.body) == (201, 201, first.body)
    assert len(here.seen(case_id)["attempts"]) == 1


def test_an_attempt_that_is_none_is_refused(here: Desk) -> None:
    case_id = here.opened(here.ana.holds("erp"))
    assert here.faults(case_id, "attempts", channel="fax", result="maybe", notes="pwd = x", by="Leo") == {
        "/channel": "literal_error",
        "/result": "literal_error",
        "/notes": "password",
        "/by": "extra_forbidden",
    }


def test_an_interview_leads_to_the_offers_that_suit_it(here: Desk) -> None:
    case_id = here.opened(here.ana.holds("erp"))
    told = {**SAID, "price_wanted": PRICE, "missing_feature": "Stock by shop"}
    after = here.does(case_id, "interview", **told)
    assert (after["status"], after["reason_code"]) == ("in_progress", "difficulty")
    assert after["fitting_offers"] == ["training", "arguments", "drop_services", "plan_change", "pause"]
    assert after["interview"] == {
        **told,
        "difficulty": None,
        "other_product": None,
        "other_product_why": None,
    }


def test_what_he_uses_instead_is_told_exactly_if_he_uses_something(here: Desk) -> None:
    case_id = here.opened(here.ana.holds("erp"))
    assert here.faults(case_id, "interview", **{**SAID, "uses_other_product": True}) == {
        "/other_product": "missing",
        "/other_product_why": "missing",
    }
    assert here.faults(case_id, "interview", **SAID, other_product="Rival") == {
        "/other_product": "not_asked_for"
    }
    told = {**SAID, "uses_other_product": True, "other_product": "Rival", "other_product_why": "Cheaper"}
    assert here.does(case_id, "interview", **told)["interview"]["uses_other_product"] is True


def test_every_faulty_answer_of_an_interview_is_named(here: Desk) -> None:
    case_id = here.opened(here.ana.holds("erp"))
    assert here.faults(case_id, "interview", reason_code="bored", account=" ", price_wanted={}) == {
        "/reason_code": "literal_error",
        "/account": "string_too_short",
        "/uses_other_product": "missing",
        "/price_wanted/amount": "missing",
        "/price_wanted/currency": "missing",
    }


@pytest.mark.parametrize(
    ("what", "body"),
    [
        ("attempts", {"channel": "phone", "result": "reached"}),
        ("silent", {}),
        ("interview", SAID),
        ("offers", {"kind": "arguments", "detail": "A new report"}),
        ("outcome", {"outcome": "reverted"}),
        ("outcome?preview=true", {"outcome": "canceled"}),
    ],
)
def test_nothing_more_is_said_of_a_case_that_is_decided(here: Desk, what: str, body: Any) -> None:
    case_id = here.opened(here.ana.holds("erp"))
    here.does(case_id, "outcome", outcome="canceled")
    problem = here.refused(case_id, what, **body).json
    assert (problem["status"], problem["code"]) == (409, "cancellation_decided")
    assert (problem["outcome"], problem["by"]) == ("canceled", EVA)
    assert (here.seen(case_id)["next"], here.seen(case_id)["whatsapp"]) == ([], None)
