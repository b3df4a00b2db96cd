"""How a case ends, as staff says it: shown first, then decided (B6, C6)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from chalicelib.cancellations import store as cases
from chalicelib.cancellations.rules import Decision
from chalicelib.flows.leaving_outcomes import decide
from chalicelib.kernel.clock import rfc3339
from chalicelib.kernel.events import SYSTEM
from chalicelib.subscriptions import store as subscriptions
from tests.functional.leaving_desk import EVA, Desk, desk, timeless
from tests.world import World

DAY = timedelta(days=1)


@pytest.fixture
def here(world: World) -> Desk:
    return desk(world)


def _previewed(here: Desk, case_id: str, **verdict: Any) -> Any:
    before = here.world.rows()
    shown = here.does(case_id, "outcome?preview=true", **verdict)
    assert here.world.rows() == before
    assert (shown["outcome"], shown["decided_at"]) == (None, None)
    return shown


def _with_slips(here: Desk) -> str:
    """A case of a site and a multipack, each with a boleto that is late."""
    site, pack = (
        here.ana.holds("site", days=40, period="P1Y", installments=12),
        here.ana.holds("multipack", 70),
    )
    here.ana.asked_to_pay(pack, -40, 2)
    here.ana.asked_to_pay(site, -15)
    return here.opened(site, pack)


def test_a_preview_shows_what_is_then_done(here: Desk) -> None:
    case_id = _with_slips(here)
    shown = _previewed(here, case_id, outcome="canceled")
    assert timeless(shown) == timeless(here.seen(case_id))
    assert sorted((one["overdue"], one["owed"]) for one in shown["slips"]) == [
        (False, True),
        (True, False),
        (True, True),
    ]
    assert [len(one["still_owed"]) for one in shown["ends"]] == [0, 2]
    actions = [step["action"] for step in shown["plan"]]
    assert (actions.count("cancel_slip"), actions[-2:]) == (1, ["tell_owed", "send_formal_email"])
    decided = here.does(case_id, "outcome", outcome="canceled", reason_code="closing")
    assert (decided["plan"], decided["slips"]) == (shown["plan"], shown["slips"])
    assert (decided["status"], decided["outcome"], decided["decided_by"]) == ("executing", "canceled", EVA)
    assert (decided["reason_code"], decided["ends"]) == ("closing", [])
    assert here.seen(case_id) == decided


def test_what_is_kept_goes_on(here: Desk) -> None:
    erp, site = here.ana.holds("erp"), here.ana.holds("site")
    case_id = here.opened(erp, site)
    verdict = {"outcome": "canceled", "keeps": [erp.id]}
    shown = _previewed(here, case_id, **verdict)
    assert {step["subject"]: step["action"] for step in shown["plan"]}[erp.id] == "release_contract"
    assert [one["subscription_id"] for one in shown["ends"]] == [site.id]
    assert here.does(case_id, "outcome", **verdict)["plan"] == shown["plan"]


def test_a_request_is_reverted_with_what_was_agreed(here: Desk) -> None:
    erp, site = here.ana.holds("erp"), here.ana.holds("site")
    case_id = here.opened(erp)
    here.does(case_id, "offers", kind="training", detail="Two hours")
    here.does(case_id, "offers", kind="drop_services", detail="No site", subscription_ids=[site.id])
    verdict = {"outcome": "reverted", "agreed": "Two free months", "accepted": [2]}
    shown = _previewed(here, case_id, **verdict)
    assert [step["action"] for step in shown["plan"]] == [
        *("tell_agreed", "end_contract", "deactivate_users", "close_site", "open_internal_task"),
        *("note_on_file", "record_notice", "send_formal_email", "release_contract", "carry_out_agreement"),
    ]
    assert [one["subscription_id"] for one in shown["items"]] == [site.id, erp.id]
    decided = here.does(case_id, "outcome", **verdict)
    assert (decided["plan"], decided["items"]) == (shown["plan"], shown["items"])
    assert (decided["agreed"], [one["kind"] for one in decided["accepted"]]) == (
        "Two free months",
        ["drop_services"],
    )
    # The site was not asked about: from now on the case is about it, too.
    assert subscriptions.get(site.id).case_id == case_id


def test_what_a_service_that_is_dropped_owes_counts_from_the_request_too(here: Desk) -> None:
    erp, pack = here.ana.holds("erp"), here.ana.holds("multipack", 70)
    late, later = here.ana.asked_to_pay(pack, -20, 2)
    case_id = here.opened(erp, requested_at=rfc3339(here.world.now - 10 * DAY))
    here.does(case_id, "offers", kind="drop_services", detail="No pack", subscription_ids=[pack.id])
    verdict = {"outcome": "reverted", "accepted": [1]}
    shown = _previewed(here, case_id, **verdict)
    assert {one["payment_id"]: one["owed"] for one in shown["slips"]} == {late: True, later: False}
    assert [len(one["still_owed"]) for one in shown["ends"]] == [1]
    assert here.does(case_id, "outcome", **verdict)["slips"] == shown["slips"]


@pytest.mark.parametrize("query", ["", "?preview=true"])
def test_every_faulty_field_of_an_outcome_is_named(here: Desk, query: str) -> None:
    erp = here.ana.holds("erp")
    case_id = here.opened(erp)
    assert here.faults(
        case_id, f"outcome{query}", outcome="canceled", keeps=[erp.id, "sub_x"], agreed="x", accepted=[1, 1]
    ) == {
        "/keeps/1": "not_among",
        "/keeps": "nothing_left",
        "/agreed": "not_if_canceled",
        "/accepted/0": "unknown_offer",
        "/accepted/1": "unknown_offer",
    }
    here.does(case_id, "offers", kind="arguments", detail="A new report")
    assert here.faults(case_id, f"outcome{query}", outcome="reverted", keeps=[erp.id], accepted=[1, 1]) == {
        "/keeps": "not_if_reverted",
        "/accepted/1": "twice",
    }
    assert here.faults(case_id, f"outcome{query}", outcome="maybe", accepted=[0]) == {
        "/outcome": "literal_error",
        "/accepted/0": "greater_than_equal",
    }


def test_a_repeated_outcome_gets_the_first_answer(here: Desk) -> None:
    case_id = here.opened(here.ana.holds("erp"))
    verdict = {"outcome": "reverted"}
    first, again = (here.ask("POST", f"/{case_id}/outcome", verdict, key="k-1") for _ in range(2))
    assert (first.status, again.status, again.body) == (200, 200, first.body)


def test_a_preview_with_a_key_is_not_what_is_decided_with_it(here: Desk) -> None:
    case_id = here.opened(here.ana.holds("erp"))
    here.ask("POST", f"/{case_id}/outcome?preview=true", {"outcome": "canceled"}, key="k-1")
    decided = here.ask("POST", f"/{case_id}/outcome", {"outcome": "canceled"}, key="k-1")
    assert (decided.json["status"], cases.get(case_id).outcome) == ("executing", "canceled")


def test_whoever_is_second_is_told_who_has_decided(here: Desk) -> None:
    case_id = here.opened(here.ana.holds("erp"))
    decide(case_id, Decision("canceled"), SYSTEM, here.world.now)
    problem = here.refused(case_id, "outcome", outcome="reverted").json
    assert (problem["status"], problem["code"], problem["by"]) == (409, "cancellation_decided", SYSTEM.id)
    assert problem["detail"].startswith("Cancellation C-000001 was decided already: canceled")
