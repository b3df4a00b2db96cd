"""Use cases of planned CRM tasks (A4)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from chalicelib.kernel.events import Actor, Change
from chalicelib.kernel.ids import derived_id, new_id
from chalicelib.storage.idempotency import Repeatable
from chalicelib.storage.transaction import Transaction, retrying
from chalicelib.subscriptions import store
from chalicelib.subscriptions.crm_tasks import Classification, CrmTask


def plan_task(
    name: str,
    classification: Classification,
    actor: Actor,
    now: datetime,
    *,
    answer: Callable[[CrmTask], tuple[int, str]],
    repeatable: Repeatable | None = None,
) -> CrmTask:
    """Add a planned task (A4). `answer` gives the status and body that a repeat of the request gets again.

    Raises `Replay`, `IdempotencyKeyReused`.
    """
    task_id = derived_id("crm", repeatable.id) if repeatable else new_id("crm", now)
    task = CrmTask(task_id, name, classification, now)

    def attempt() -> CrmTask:
        if repeatable and (earlier := store.crm_tasks.find(task_id)):
            repeatable.replay()
            return earlier
        writing = Transaction()
        if repeatable:
            writing.save(repeatable.row(*answer(task), now))
        writing.save(store.crm_tasks.row(task))
        writing.audit(Change(task.id, None, "CRM task planned", None, "planned", actor, now))
        writing.commit()
        return task

    return retrying(attempt)
