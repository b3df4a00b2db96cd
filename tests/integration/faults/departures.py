"""What must never happen to a customer who leaves, read from raw rows like the other invariants."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

from tests.integration.faults.cases import (
    Step,
    actions,
    formal_mails,
    is_left_to_staff,
    is_owed,
    moment,
    slips,
    steps,
    wanted_actions,
)
from tests.integration.faults.seen import Check, Row, Seen


def steps_are_done_in_order(seen: Seen) -> Iterator[str]:
    """No step before what it comes after; and none is done without a trace of who did it, when and how."""
    for row in seen.of("cancellation"):
        plan = {step["id"]: step for step in steps(row)}
        for step in plan.values():
            if step["status"] == "pending":
                continue
            if not (step["at"] and step["by"] and step["evidence"]):
                yield f"{step['id']} is {step['status']} without a trace: {step}"
            before = [plan[id]["at"] for id in step["after"]]
            if None in before or any(moment(at) > moment(step["at"]) for at in before):
                yield f"{step['id']} was done at {step['at']}, what comes before it at {before}"


def a_step_that_is_done_was_performed(seen: Seen) -> Iterator[str]:
    """What a case says of a step is so."""
    for row in seen.of("cancellation"):
        for step in steps(row):
            performed = PERFORMED.get(step["action"])
            if step["status"] == "done" and performed and not performed(seen, row, step):
                yield f"{step['id']} is done, and was not performed"


def a_case_has_one_formal_email(seen: Seen) -> Iterator[str]:
    """C14: exactly one, after everything else."""
    about = {row["id"]: row["subject"].partition(":")[0] for row in formal_mails(seen)}
    sent = Counter(about[id] for id in seen.mails if id in about)
    yield from (f"{case} was confirmed {count} times" for case, count in sent.items() if count > 1)
    for row in seen.of("cancellation"):
        left = [step["id"] for step in steps(row)[:-1] if step["status"] == "pending"]
        if row["id"] in about.values() and left:
            yield f"{row['id']} has its formal e-mail before {left}"


def what_is_owed_can_still_be_paid(seen: Seen) -> Iterator[str]:
    """C8, C12: whoever leaves can pay what he owes."""
    for payment in slips(seen):
        if is_owed(seen, payment) and [charge["payable"] for charge in of(seen, payment)] != [True]:
            yield f"{payment['id']} is owed and cannot be paid"


def of(seen: Seen, payment: Row) -> list[dict[str, Any]]:
    """The charges of a payment at its provider."""
    return [charge for charge in seen.charges if charge["reference"] == payment["id"]]


# In the end


def every_case_is_carried_through(seen: Seen) -> Iterator[str]:
    """No step is missing or pending, but for a letter of which nobody knows whether it arrived."""
    for row in seen.of("cancellation"):
        pending = [step["action"] for step in steps(row) if step["status"] == "pending"]
        on_a_desk = is_left_to_staff(seen, row)
        wanted = "executing" if on_a_desk else {"canceled": "closed"}.get(row["outcome"], "reverted")
        if row["status"] != wanted or pending != ["send_formal_email"] * on_a_desk:
            yield f"{row['id']} is {row['status']}, pending are {pending}"
        if row["outcome"] == "canceled" and sorted(actions(row)) != sorted(wanted_actions(seen, row)):
            yield f"{row['id']} has the steps {actions(row)}, wanted are {[*wanted_actions(seen, row)]}"


def what_is_not_owed_is_closed(seen: Seen) -> Iterator[str]:
    """C8: cancelled at its provider, here and in the books; finance is told once."""
    told = Counter(row["subject"] for row in seen.of("task") if row["task_kind"] == "slip_canceled")
    invoices, orders = seen.by_id("invoice"), seen.by_id("order")
    for payment in slips(seen):
        owed = is_owed(seen, payment)
        states = {payment["status"], orders[payment["order_id"]]["status"]}
        states |= {invoices[payment["invoice_id"]]["status"]}
        wanted = {"pending", "pending_payment", "open"} if owed else {"canceled", "void"}
        standing = ["open" if owed else "canceled"]
        if states != wanted or [charge["status"] for charge in of(seen, payment)] != standing:
            yield f"{payment['id']}, which is {'' if owed else 'not '}owed, is {sorted(states)}"
        if told[payment["id"]] != (not owed):
            yield f"finance was told {told[payment['id']]} times of {payment['id']}"


def each_contract_has_one_task_and_one_notice(seen: Seen) -> Iterator[str]:
    """C8, C9: for its sector to see to, and for the record; both know the case."""
    for row in seen.of("cancellation"):
        ended = [step["subject"] for step in steps(row) if step["action"] == "end_contract"]
        tasks = [json.loads(one["facts"]) for one in seen.of("task") if one["task_kind"] == "cancellation"]
        mine = [facts["contract_id"] for facts in tasks if facts["cancellation_id"] == row["id"]]
        if sorted(mine) != sorted(ended):
            yield f"{row['id']} ends {ended}, with tasks about {mine}"
        notices = [one["status"] for one in seen.of("notice") if one["case_id"] == row["id"]]
        if notices != ["closed"] * len(ended):
            yield f"{row['id']} ends {ended}, with the notices {notices}"
        by_people = sorted(step["id"] for step in steps(row) if step["performer"] != "system")
        opened = [one for one in seen.of("task") if "step" in json.loads(one["facts"])]
        if sorted(json.loads(one["facts"])["step"] for one in opened) != by_people:
            yield f"{row['id']} has the steps {by_people} of people, and other tasks"
        yield from (f"{one['subject']} is not done" for one in opened if one["status"] != "done")


def who_leaves_has_left_and_who_stays_has_not(seen: Seen) -> Iterator[str]:
    """What was decided is what has become of the contracts."""
    for row in seen.of("cancellation"):
        for item in json.loads(row["items"]):
            one = seen.by_id("subscription")[item["contract_id"]]
            stays = one["status"] == "active" and "case_id" not in one and "frozen_at" not in one
            has_left = one["status"] == "ended" and item["ended_at"] is not None
            if not (has_left if row["outcome"] == "canceled" else stays):
                yield f"{one['id']} is {one['status']} after {row['outcome']}: {item}"


# How each step shows that it was performed


def _ended(seen: Seen, case: Row, step: Step) -> bool:
    return bool(seen.by_id("subscription")[step["subject"]]["status"] == "ended")


def _slip_canceled(seen: Seen, case: Row, step: Step) -> bool:
    standing = [charge["payable"] for charge in seen.charges if charge["reference"] == step["subject"]]
    told = [row["subject"] for row in seen.of("task") if row["task_kind"] == "slip_canceled"]
    return standing == [False] and told.count(step["subject"]) == 1


def _task_opened(seen: Seen, case: Row, step: Step) -> bool:
    return step["evidence"] in seen.by_id("task")


def _noted(seen: Seen, case: Row, step: Step) -> bool:
    return step["evidence"] in [row.get("reason") for row in seen.of("audit")]


def _notice_recorded(seen: Seen, case: Row, step: Step) -> bool:
    return step["evidence"] in seen.by_id("notice")


def _written(seen: Seen, case: Row, step: Step) -> bool:
    return step["evidence"] in seen.by_id("mail")


def _sent(seen: Seen, case: Row, step: Step) -> bool:
    return step["evidence"] in seen.mails


PERFORMED = {
    "end_contract": _ended,
    "cancel_slip": _slip_canceled,
    "open_internal_task": _task_opened,
    "note_on_file": _noted,
    "record_notice": _notice_recorded,
    "tell_owed": _written,
    "tell_agreed": _written,
    "send_formal_email": _sent,
}
DEPARTURES: tuple[Check, ...] = (
    steps_are_done_in_order,
    a_step_that_is_done_was_performed,
    a_case_has_one_formal_email,
    what_is_owed_can_still_be_paid,
)
DEPARTURES_IN_THE_END: tuple[Check, ...] = (
    every_case_is_carried_through,
    what_is_not_owed_is_closed,
    each_contract_has_one_task_and_one_notice,
    who_leaves_has_left_and_who_stays_has_not,
)
