"""Use cases of internal tasks."""

from __future__ import annotations

from datetime import datetime

from chalicelib.kernel.events import SYSTEM, Actor, Change, Event
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


def put_done(writing: Transaction, task_id: str, actor: Actor, now: datetime) -> None:
    """Note in a transaction that a task is done, if there is one: its matter was dealt with elsewhere."""
    before = store.find(task_id)
    if before and before.status == "open":
        _record_done(writing, before, actor, now)


def finish(task_id: str, actor: Actor, now: datetime) -> Task:
    """Mark a task as done; again is harmless. Raises `TaskNotFound`, `TaskNeedsAnswers`."""

    def attempt() -> Task:
        before = store.get(task_id)
        rules.check_needs_nothing(before)
        if before.status == "done":
            return before
        writing = Transaction()
        after = _record_done(writing, before, actor, now)
        writing.emit(Event("task.done", task_id, now))
        writing.commit()
        return after

    return retrying(attempt)


def _record_done(writing: Transaction, before: Task, actor: Actor, now: datetime) -> Task:
    after = rules.done(before, actor.id, now)
    writing.save(store.row(after))
    writing.audit(Change(after.id, None, "task done", before.status, after.status, actor, now))
    return after
