"""What happens to a case: opened, talked about, changed; each one transaction with its trace (C1 to C7)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from chalicelib.cancellations import store
from chalicelib.cancellations.rules import Case
from chalicelib.kernel.events import Actor, Change, Event
from chalicelib.storage.idempotency import Repeatable
from chalicelib.storage.series import take_numbers
from chalicelib.storage.transaction import Transaction, retrying

# Gives the status and body that a repeat of the request gets again.
Answer = Callable[[Case], tuple[int, str]]
# Adds to a transaction what goes with a change from a case to another.
Also = Callable[[Transaction, Case, Case], None]
SERIES = "C"


def take_number(writing: Transaction, case_id: str, now: datetime) -> str:
    """The next number of a case, within a transaction that saves it."""
    taken = take_numbers(SERIES, [case_id], now.date())
    writing.save(*taken.rows)
    return f"{SERIES}-{taken.numbers[0]:06d}"


def add(writing: Transaction, case: Case, actor: Actor) -> None:
    """Add a new case to a transaction, with its trace and its event."""
    record(writing, None, case, "cancellation asked for", actor, case.created_at)
    writing.emit(Event("cancellation.opened", case.id, case.created_at))


def record(
    writing: Transaction, before: Case | None, after: Case, action: str, actor: Actor, now: datetime
) -> None:
    """Add a case's change to a transaction, with its trace; nothing if nothing changes."""
    if after != before:
        status = before.status if before else None
        writing.save(store.row(after))
        writing.audit(Change(after.id, after.customer_id, action, status, after.status, actor, now))


def change(
    case_id: str,
    decide: Callable[[Case], Case],
    action: str,
    actor: Actor,
    now: datetime,
    *,
    also: Also | None = None,
    answer: Answer | None = None,
    repeatable: Repeatable | None = None,
) -> Case:
    """Change a case by a decision; it is left as it is if that changes nothing. `CaseNotFound`.

    `answer` is what a repeat of the request gets again: `Replay`, `IdempotencyKeyReused`.
    """

    def attempt() -> Case:
        if repeatable:
            repeatable.replay()
        before = store.get(case_id)
        after = decide(before)
        writing = Transaction()
        record(writing, before, after, action, actor, now)
        if also and after != before:
            also(writing, before, after)
        if repeatable and answer:
            writing.save(repeatable.row(*answer(after), now))
        writing.commit()
        return after

    return retrying(attempt)
