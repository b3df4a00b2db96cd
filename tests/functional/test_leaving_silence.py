"""Who cannot be reached is written to and waited for; then his silence decides (C3 to C5, C7)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import get_args

import pytest

from chalicelib.cancellations import store as cases
from chalicelib.cancellations.refusals import CaseDecided
from chalicelib.cancellations.retention import OF_FORM, Reason
from chalicelib.cancellations.rules import Case
from chalicelib.kernel.clock import parse_instant, rfc3339
from chalicelib.subscriptions import store as subscriptions
from chalicelib.tickets import store as tickets
from chalicelib.tickets.forms import FORMS
from tests.functional import ticketing
from tests.functional.leaving import Leaver, leaver
from tests.world import World

SECOND = timedelta(seconds=1)


@pytest.fixture
def ana(world: World) -> Leaver:
    return leaver(world)


def _waited_for(ana: Leaver) -> Case:
    """A card of which three calls came to nothing."""
    case = ana.asks(ana.holds("erp"), channel="card")
    for _ in range(3):
        case = ana.tried(case)
    return case


def _until(case: Case) -> datetime:
    assert case.silence_at
    # A tick knows whole seconds only.
    return case.silence_at + SECOND


def test_after_three_calls_in_vain_he_is_written_to_and_his_silence_ends_the_contract(ana: Leaver) -> None:
    case = ana.asks(ana.holds("erp"), channel="card")
    for _ in range(2):
        assert ana.tried(case).status == "in_progress"
    waiting = ana.tried(case)
    assert waiting.status == "waiting_customer"
    ana.world.settle_down()
    (letter,) = ana.letters("contact_attempted")
    assert letter["until_at"]
    ana.tick(_until(waiting) - 2 * SECOND)
    assert ana.read(case).status == "waiting_customer"
    ana.tick(_until(waiting))
    closed = ana.read(case)
    assert (closed.status, closed.outcome, closed.decided_by) == ("closed", "canceled", "system")
    assert len(ana.letters("cancellation_confirmed")) == 1
    assert len(ana.letters("contact_attempted")) == 1


def test_silence_decides_in_the_very_second_that_he_is_told(ana: Leaver) -> None:
    ana.world.now = ana.world.now.replace(microsecond=900_000)
    case = _waited_for(ana)
    assert case.silence_at
    ana.tick(parse_instant(rfc3339(case.silence_at)))
    assert ana.read(case).status == "closed"


@pytest.mark.parametrize("days", [3, 30])
def test_an_outage_of_the_schedule_changes_nothing_but_the_instant(ana: Leaver, days: int) -> None:
    case = _waited_for(ana)
    ana.tick(_until(case) + timedelta(days=days))
    assert ana.read(case).status == "closed"


def test_who_was_reached_in_time_is_not_decided_about(ana: Leaver) -> None:
    case = _waited_for(ana)
    until = _until(case)
    assert ana.tried(case, result="reached").status == "in_progress"
    ana.tick(until + timedelta(days=9))
    assert ana.read(case).status == "in_progress"


def test_who_opens_a_ticket_meanwhile_is_not_silent(ana: Leaver) -> None:
    case = _waited_for(ana)
    ana.world.now += SECOND
    ticketing.opened(ana.world, ana.token, ticketing.SUPPORT)
    ana.world.settle_down()
    assert ana.read(case).status == "in_progress"
    assert ana.tasks("cancellation_answered") == [("staff", "open")]


def test_an_answer_of_which_nobody_heard_yet_counts_all_the_same(ana: Leaver) -> None:
    case = _waited_for(ana)
    ana.world.settle_down()
    until = _until(case)
    ana.world.now = until - SECOND
    ticketing.opened(ana.world, ana.token, ticketing.SUPPORT)
    # The stream is down: only the schedule runs.
    ana.world.streamed |= {row["event_id"] for row in ana.world.rows("outbox")}
    ana.tick(until)
    assert ana.read(case).status == "in_progress"


def test_form_a_opens_a_case_about_the_contract_and_its_ticket_follows(ana: Leaver) -> None:
    held, other = ana.holds("erp"), ana.holds("site")
    form = {**ticketing.FORM_A, "subscription_id": held.id}
    ticket = ticketing.opened(ana.world, ana.token, form)
    ana.world.settle_down()
    (row,) = ana.world.rows("cancellation")
    case = cases.get(row["id"])
    assert (case.channel, case.ticket_id, case.reason_code) == ("form", ticket["id"], "not_used")
    assert [item.contract_id for item in case.items] == [held.id]
    assert rfc3339(case.requested_at) == ticket["created_at"]
    ana.world.now = case.requested_at + SECOND
    for _ in range(3):
        case = ana.tried(case)
    assert tickets.get(ticket["id"]).status == "waiting_customer"
    ana.tick(_until(case))
    assert ana.read(case).status == "closed"
    assert tickets.get(ticket["id"]).status == "resolved"
    assert ana.kinds() == ["cancellation_confirmed", "contact_attempted", "ticket_received"]
    assert subscriptions.get(other.id).status == "active"


def test_what_the_form_says_is_told_in_the_words_of_the_interview() -> None:
    reasons = FORMS["cancel_contract"].reasons
    assert OF_FORM.keys() == reasons.keys()
    assert set(OF_FORM.values()) == set(get_args(Reason))


def test_form_a_without_a_contract_is_about_all_of_them(ana: Leaver) -> None:
    held = {ana.holds("erp").id, ana.holds("site").id}
    ticketing.opened(ana.world, ana.token, ticketing.FORM_A)
    (row,) = ana.world.rows("cancellation")
    assert {item.contract_id for item in cases.get(row["id"]).items} == held


def test_a_reply_to_the_ticket_ends_the_wait(ana: Leaver) -> None:
    held = ana.holds("erp")
    ticket = ticketing.opened(ana.world, ana.token, {**ticketing.FORM_A, "subscription_id": held.id})
    (row,) = ana.world.rows("cancellation")
    case = cases.get(row["id"])
    for _ in range(3):
        case = ana.tried(case)
    until = _until(case)
    ana.world.now += timedelta(hours=1)
    assert ticketing.tell(ana.world, ana.token, ticket["id"], "Call me tomorrow").status == 201
    ana.world.settle_down()
    assert ana.read(case).status == "in_progress"
    ana.tick(until)
    assert ana.read(case).status == "in_progress"


def test_whoever_decides_first_wins_and_silence_finds_it_decided(ana: Leaver) -> None:
    case = _waited_for(ana)
    ana.world.now = _until(case)
    ana.decided(case, "reverted")
    ana.tick(_until(case))
    assert (ana.read(case).outcome, ana.read(case).decided_by) == ("reverted", "usr_eva")


def test_who_wants_to_keep_him_too_late_is_told_that_silence_has_decided(ana: Leaver) -> None:
    case = _waited_for(ana)
    ana.tick(_until(case))
    with pytest.raises(CaseDecided) as refused:
        ana.decided(case, "reverted")
    assert refused.value.facts == {"number": case.number, "outcome": "canceled", "by": "system"}
