"""Use cases of internal tasks."""

from __future__ import annotations

from datetime import datetime

from chalicelib.kernel.events import SYSTEM, Actor, Change
from chalicelib.storage.transaction import Transaction, retrying
from chalicelib.tasks import rules, store
from chalicelib.tasks.rules import Task

page = store.page


def add_once(writing: Transaction, task: Task) -> None:
    """Add a task to a transaction, unless it is there already."""
    if store.find(task.id) is None:
        writing.save(store.row(task))
        writing.audit(Change(task.id, None, "task opened", None, task.status, SYSTEM, task.created_at))


def open_once(task: Task) -> None:
    """Open a task of its own accord; a second telling changes nothing."""

    def attempt() -> None:
        writing = Transaction()
        add_once(writing, task)
        writing.commit()

    retrying(attempt)


def finish(task_id: str, actor: Actor, now: datetime) -> Task:
    """Mark a task as done; again is harmless. Raises `TaskNotFound`."""

    def attempt() -> Task:
        before = store.get(task_id)
        after = rules.done(before, actor.id, now)
        if after != before:
            writing = Transaction()
            writing.save(store.row(after))
            writing.audit(Change(task_id, None, "task done", before.status, after.status, actor, now))
            writing.commit()
        return after

    return retrying(attempt)
