"""A case: whoever decides first wins, the order of steps holds, and none is over before its e-mail."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.cancellations import rules
from chalicelib.cancellations.checklist import USUAL, Ending, Slip, checklist
from chalicelib.cancellations.procedures import PROCEDURES, Attempt, next_moves
from chalicelib.cancellations.retention import Interview, Offer
from chalicelib.cancellations.rules import Case, CaseDecided, StepNotReady, StepNotSkippable, TooManyOffers
from chalicelib.kernel.errors import Refusal
from tests.unit.cancellations.cases import NOW, TODAY, case, item, slip

SILENCE = NOW + timedelta(days=5)
MISSED = Attempt("phone", "no_answer", NOW, "staff-1")
REACHED = Attempt("phone", "reached", NOW, "staff-1")


def _planned(one: Case, slips: tuple[Slip, ...] = ()) -> Case:
    plan = checklist(one.id, one.items, slips, USUAL, TODAY)
    return rules.decided(one, "canceled", plan, "staff-1", NOW)


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


def test_whoever_decides_first_wins_and_the_other_is_told_by_whom() -> None:
    decided = _planned(case())
    acts: tuple[Callable[[], Case], ...] = (
        lambda: rules.decided(decided, "reverted", (), "system", NOW),
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
    executing = _planned(case(items=(item(ending="software"),)))
    first, second = executing.plan[:2]
    with pytest.raises(StepNotReady) as refused:
        rules.done(executing, second.id, None, "it-1", NOW)
    assert refused.value.facts == {"step": second.id, "first": first.id}
    done = rules.done(executing, first.id, "screenshot", "it-1", NOW)
    assert rules.done(done, first.id, "again", "it-2", NOW) == done
    assert rules.ready(done)[0].id == second.id


def test_the_formal_email_is_never_skipped() -> None:
    executing = _planned(case())
    with pytest.raises(StepNotSkippable):
        rules.skipped(executing, executing.plan[-1].id, "no time", "staff-1", NOW)


def test_what_was_agreed_ends_a_case_as_reverted_at_once_when_nothing_is_left_to_do() -> None:
    kept = rules.decided(case(), "reverted", (), "staff-1", NOW, agreed=(Offer("arguments", "Stays"),))
    assert (kept.status, kept.closed_at, kept.due_at) == ("reverted", NOW, None)


STEPS = st.sampled_from(["done", "skip", "attempt", "reach", "silent", "cancel", "revert", "offer"])


def _act(one: Case, what: str, at: int, now: datetime) -> Case:
    step = one.plan[at % len(one.plan)].id if one.plan else "none"
    if what == "done":
        return rules.done(one, step, None, "somebody", now)
    if what == "skip":
        return rules.skipped(one, step, "a reason", "somebody", now)
    if what in ("attempt", "reach"):
        result: Any = "reached" if what == "reach" else "no_answer"
        return _attempted(one, Attempt("phone", result, now, "somebody"))
    if what == "silent":
        return rules.fell_silent(one, now)
    if what == "offer":
        return rules.offered(one, Offer("training", "An hour"))
    if what == "revert":
        return rules.decided(one, "reverted", (), "somebody", now)
    return _planned(one, (slip(1, owed=False), slip(2)))


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
        assert rules.ready(after)
    stamps = {step.id: step.at for step in after.plan if step.at}
    for step in after.plan:
        if step.at:
            assert all(stamps[id] <= step.at for id in step.after)


def test_a_case_that_is_closed_is_due_for_nothing() -> None:
    one = _planned(case())
    for step in one.plan:
        one = rules.done(one, step.id, "seen", "system", NOW)
    assert (one.status, one.due_at) == ("closed", None)
