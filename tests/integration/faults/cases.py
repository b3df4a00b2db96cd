"""Cases of customers who leave, as rows tell of them: what has to be done, what is owed, what is written.

It is found out anew, from contracts, boletos and the day of the request.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from tests.integration.faults.contracts import installments
from tests.integration.faults.seen import Row, Seen

Step = dict[str, Any]

FORMAL = "cancellation_confirmed"
# Of a site, what is late by so many days stays owed.
LATE = timedelta(days=16)
# What has to be done for each contract, in this order, by its product; slips that are not owed come before
# the task.
BEFORE: Mapping[str, tuple[str, ...]] = {
    "site": ("end_contract", "deactivate_users", "close_site"),
    "multipack": ("end_contract",),
}
AFTER = ("open_internal_task", "note_on_file", "record_notice")


def steps(case: Row) -> list[Step]:
    """The steps of a case, in order."""
    plan: list[Step] = json.loads(case["plan"])
    return plan


def ready(case: Row) -> Iterator[Step]:
    """Those that can be performed now."""
    pending = {step["id"] for step in steps(case) if step["status"] == "pending"}
    if case["status"] == "executing":
        yield from (
            step for step in steps(case) if step["id"] in pending and pending.isdisjoint(step["after"])
        )


def actions(case: Row) -> list[tuple[str, str]]:
    """What is done in a case, and about what."""
    return [(step["action"], step["subject"]) for step in steps(case)]


def wanted_actions(seen: Seen, case: Row) -> Iterator[tuple[str, str]]:
    """What has to be done in a case, and about what."""
    owed = [is_owed(seen, payment) for payment in slips(seen)]
    for item in json.loads(case["items"]):
        yield from ((action, item["contract_id"]) for action in (*BEFORE[item["product"]], *AFTER))
    yield from (("cancel_slip", payment["id"]) for payment in slips(seen) if not is_owed(seen, payment))
    if any(owed):
        yield "tell_owed", case["id"]
    yield "send_formal_email", case["id"]


def slips(seen: Seen) -> Iterator[Row]:
    """The boletos of contracts that end."""
    ended = [item for row in seen.of("cancellation") for item in ending(row)]
    orders = {part["order_id"] for id in ended for part in installments(seen.by_id("subscription")[id])}
    yield from (row for row in seen.of("payment") if row["order_id"] in orders)


def ending(case: Row) -> list[str]:
    """The contracts that end by a case."""
    return [step["subject"] for step in steps(case) if step["action"] == "end_contract"]


def is_owed(seen: Seen, payment: Row) -> bool:
    """Whether a boleto has to be paid although its contract ends: it was to be when its owner asked.

    Of a site, what is overdue counts only if it is so for long.
    """
    (contract, part) = next(
        (row, part)
        for row in seen.of("subscription")
        for part in installments(row)
        if part["order_id"] == payment["order_id"]
    )
    zone = ZoneInfo(contract["zone"])
    (case,) = (row for row in seen.of("cancellation") if contract["id"] in ending(row))
    asked, decided = (moment(case[name]).astimezone(zone).date() for name in ("requested_at", "decided_at"))
    if date.fromisoformat(part["due_on"]) >= asked:
        return False
    late = decided - date.fromisoformat(payment["due_date"])
    return contract["product"] != "site" or late >= LATE or late <= timedelta(0)


def formal_mails(seen: Seen) -> list[Row]:
    """The formal e-mails, however far they have come."""
    return [row for row in seen.of("mail") if row["mail_kind"] == FORMAL]


def is_left_to_staff(seen: Seen, case: Row) -> bool:
    """Whether a person has to find out about its formal e-mail: it was given up, which is on his desk."""
    failed = [
        row["id"] for row in formal_mails(seen) if (row["subject"], row["status"]) == (case["id"], "failed")
    ]
    return bool(failed) and f"{failed[0]}:failed" in [
        row["subject"] for row in seen.of("task") if row["task_kind"] == "mail_undelivered"
    ]


def left_to_staff(seen: Seen) -> list[str]:
    """The e-mails of which nobody knows whether they arrived, and which may not be sent again."""
    cases = [row["id"] for row in seen.of("cancellation") if is_left_to_staff(seen, row)]
    return [row["id"] for row in formal_mails(seen) if row["subject"] in cases]


def case_mails(seen: Seen) -> Iterator[tuple[str, str]]:
    """(kind, subject) of the e-mails about cases."""
    for row in seen.of("cancellation"):
        yield "cancellation_received", row["id"]
        letters = {"tell_owed": "cancellation_owed", "tell_agreed": "cancellation_reverted"}
        yield from ((letters[action], row["id"]) for action, _ in actions(row) if action in letters)
        if row.get("outcome") == "canceled" and not is_left_to_staff(seen, row):
            yield FORMAL, row["id"]
    for row in seen.of("outbox"):
        if row["name"] == "cancellation.unheard":
            told = json.loads(row["data"])
            yield told["letter"], f"{row['subject']}:{told['number']}"


def requests_kept(seen: Seen) -> int:
    """How many requests of staff about cases have an answer that is kept: to open one, to decide it."""
    return sum(1 + (row.get("decided_by", "system") != "system") for row in seen.of("cancellation"))


def is_looked_after(case: Row) -> bool:
    """Whether the schedule has still to look at a case."""
    if case["status"] == "waiting_customer":
        return True
    return case["status"] == "executing" and "look_at" in case


def moment(instant: str) -> datetime:
    """An instant as rows have it."""
    return datetime.fromisoformat(instant)
