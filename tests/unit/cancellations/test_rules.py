"""A case: whoever decides first wins, the order of steps holds, and none is over before its e-mail."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.cancellations import rules, steps
from chalicelib.cancellations.procedures import PROCEDURES, Attempt, next_moves
from chalicelib.cancellations.refusals import CaseDecided, StepNotReady, StepNotSkippable, TooManyOffers
from chalicelib.cancellations.retention import Interview, Offer
from chalicelib.cancellations.rules import Case
from chalicelib.kernel.errors import Refusal
from chalicelib.kernel.terms import Ending
from tests.unit.cancellations.cases import NOW, canceled, case, item, reverted, slip

SILENCE = NOW + timedelta(days=5)
MISSED = Attempt("phone", "no_answer", NOW, "staff-1")
REACHED = Attempt("phone", "reached", NOW, "staff-1")


def _attempted(one: Case, *attempts: Attempt) -> Case:
    for attempt in attempts:
        one = rules.attempted(one, attempt, lambda: SILENCE)
    return one


def test_the_third_call_in_vain_begins_the_wait_and_an_answer_ends_it() -> None:
    twice = _attempted(case(), MISSED, MISSED)
    assert (twice.status, twice.due_at) == ("in_progress", None)
    assert next_moves("card", twice.attempts) == ("call",)
    waiting = _attempted(twice, MISSED)
    assert (waiting.status, waiting.due_at) == ("waiting_customer", SILENCE)
    assert next_moves("card", waiting.attempts) == ("whatsapp", "wait")
    spoken = _attempted(waiting, REACHED)
    assert (spoken.status, spoken.due_at) == ("in_progress", None)
    assert next_moves("card", spoken.attempts) == ("interview", "decide")


def test_who_was_reached_once_and_then_not_any_more_is_called_three_times_again() -> None:
    again = _attempted(case(), MISSED, REACHED, MISSED, MISSED)
    assert (again.status, next_moves("card", again.attempts)) == ("in_progress", ("call",))
    assert _attempted(again, MISSED).status == "waiting_customer"


def test_who_writes_is_not_waited_for_any_more() -> None:
    waiting = _attempted(case(), MISSED, MISSED, MISSED)
    assert waiting.waiting_since == NOW
    heard = rules.answered(waiting)
    assert (heard.status, heard.due_at, heard.waiting_since) == ("in_progress", None, None)


def _letter(one: Case, attempt: Attempt) -> str | None:
    return rules.letter_of(one, _attempted(one, attempt))


def test_an_email_is_written_when_the_wait_begins_or_somebody_chooses_to() -> None:
    written = Attempt("email", "no_answer", NOW, "staff-1")
    assert _letter(case(), MISSED) is None
    assert _letter(_attempted(case(), MISSED, MISSED), MISSED) == "contact_attempted"
    assert _letter(_attempted(case(), MISSED, MISSED, MISSED), MISSED) is None
    assert _letter(case(), written) == "contact_attempted"
    assert _letter(case(channel="broken_off"), written) == "confirm_request"
    assert _letter(rules.fell_silent(case(channel="chat"), NOW), written) == "confirm_request"
    assert _letter(case(), replace(written, result="reached")) is None


def test_another_try_while_he_is_waited_for_does_not_prolong_the_wait() -> None:
    waiting = _attempted(case(), MISSED, MISSED, MISSED)
    later = rules.attempted(waiting, MISSED, lambda: SILENCE + timedelta(days=9))
    assert later.due_at == SILENCE


@pytest.mark.parametrize(
    ("channel", "attempts", "silent", "moves"),
    [
        ("phone", (), False, ("interview", "decide")),
        ("chat", (), False, ("interview", "decide")),
        ("chat", (), True, ("call",)),
        ("card", (), False, ("call",)),
        ("form", (MISSED,), False, ("call",)),
        ("broken_off", (), False, ("call",)),
        ("broken_off", (MISSED,), False, ("whatsapp", "call")),
        ("broken_off", (MISSED, MISSED, MISSED), False, ("whatsapp", "wait")),
        ("withdrawal", (), False, ("decide",)),
    ],
)
def test_each_procedure_leads_to_the_next_move(
    channel: Any, attempts: tuple[Attempt, ...], silent: bool, moves: tuple[str, ...]
) -> None:
    assert next_moves(channel, attempts, silent=silent) == moves


def test_who_answers_after_three_calls_in_vain_is_interviewed_and_not_waited_for() -> None:
    waiting = _attempted(case(), MISSED, MISSED, MISSED)
    heard = rules.answered(rules.fell_silent(waiting, NOW))
    assert (waiting.has_answered, heard.has_answered, heard.silent_since) == (False, True, None)
    assert next_moves("card", heard.attempts, heard=heard.has_answered) == ("interview", "decide")
    again = _attempted(heard, MISSED)
    assert (again.status, again.has_answered) == ("waiting_customer", False)


def test_without_whatsapp_he_is_written_an_email() -> None:
    assert next_moves("broken_off", (MISSED,), whatsapp=False) == ("write", "call")
    assert next_moves("card", (MISSED, MISSED, MISSED), whatsapp=False) == ("wait",)


def test_whoever_decides_first_wins_and_the_other_is_told_by_whom() -> None:
    decided = canceled(case())
    acts: tuple[Callable[[], Case], ...] = (
        lambda: reverted(decided),
        lambda: _attempted(decided, MISSED),
        lambda: rules.fell_silent(decided, NOW),
        lambda: rules.interviewed(decided, Interview("price", "Too dear")),
        lambda: rules.offered(decided, Offer("training", "An hour")),
    )
    for act in acts:
        with pytest.raises(CaseDecided) as refused:
            act()
        assert refused.value.facts == {"number": "C-000001", "outcome": "canceled", "by": "staff-1"}


def test_no_more_offers_are_made_than_the_policy_allows() -> None:
    twice = rules.offered(rules.offered(case(), Offer("training", "An hour")), Offer("pause", "A month"))
    with pytest.raises(TooManyOffers):
        rules.offered(twice, Offer("arguments", "We lead the market"))


def test_a_step_waits_for_those_before_it_and_is_done_once() -> None:
    executing = canceled(case(items=(item(ending="software"),)))
    first, second = executing.plan[:2]
    with pytest.raises(StepNotReady) as refused:
        steps.done(executing, second.id, None, "it-1", NOW)
    assert refused.value.facts == {"step": second.id, "first": first.id}
    done = steps.done(executing, first.id, "screenshot", "it-1", NOW)
    assert steps.done(done, first.id, "again", "it-2", NOW) == done
    assert steps.ready(done, NOW)[0].id == second.id


@pytest.mark.parametrize("at", [0, -1])
def test_neither_the_end_of_a_contract_nor_the_formal_email_is_ever_skipped(at: int) -> None:
    executing = canceled(case())
    with pytest.raises(StepNotSkippable):
        steps.skipped(executing, executing.plan[at].id, "no time", "staff-1", NOW)


def test_what_was_agreed_ends_a_case_as_reverted_at_once_when_nothing_is_left_to_do() -> None:
    kept = reverted(case(), accepted=(Offer("arguments", "Stays"),))
    assert (kept.status, kept.closed_at, kept.due_at) == ("reverted", NOW, None)


STEPS = st.sampled_from(["done", "skip", "attempt", "reach", "silent", "cancel", "revert", "offer"])


def _act(one: Case, what: str, at: int, now: datetime) -> Case:
    step = one.plan[at % len(one.plan)].id if one.plan else "none"
    if what == "done":
        return steps.done(one, step, None, "somebody", now)
    if what == "skip":
        return steps.skipped(one, step, "a reason", "somebody", now)
    if what in ("attempt", "reach"):
        result: Any = "reached" if what == "reach" else "no_answer"
        return _attempted(one, Attempt("phone", result, now, "somebody"))
    if what == "silent":
        return rules.fell_silent(one, now)
    if what == "offer":
        return rules.offered(one, Offer("training", "An hour"))
    if what == "revert":
        return reverted(one)
    return canceled(one, (slip(1, owed=False), slip(2)))


@given(
    channel=st.sampled_from(sorted(PROCEDURES)),
    ending=st.sampled_from([None, *get_args(Ending)]),
    acts=st.lists(st.tuples(STEPS, st.integers(0, 12)), max_size=40),
)
def test_in_whatever_order_people_act_nothing_is_closed_with_a_step_left(
    channel: Any, ending: Ending | None, acts: list[tuple[str, int]]
) -> None:
    one = case(channel=channel, items=(item(ending=ending),))
    for number, (what, at) in enumerate(acts):
        before = one
        try:
            one = _act(one, what, at, NOW + timedelta(minutes=number))
        except Refusal:
            one = before
        _check(before, one)


def _check(before: Case, after: Case) -> None:
    assert after.requested_at == before.requested_at
    if before.outcome:
        assert (after.outcome, after.decided_by) == (before.outcome, before.decided_by)
    if after.status == "closed":
        assert after.plan[-1].action == "send_formal_email"
        assert after.plan[-1].status == "done"
        for step in after.plan:
            assert step.status == "done" or (step.status == "skipped" and step.reason)
    if after.status == "executing":
        assert any(step.status == "pending" for step in after.plan)
        assert steps.ready(after, NOW + timedelta(days=9))
    stamps = {step.id: step.at for step in after.plan if step.at}
    for step in after.plan:
        if step.at:
            assert all(stamps[id] <= step.at for id in step.after)


def test_a_case_that_is_closed_is_due_for_nothing() -> None:
    one = canceled(case())
    for step in one.plan:
        one = steps.done(one, step.id, "seen", "system", NOW)
    assert (one.status, one.due_at) == ("closed", None)
