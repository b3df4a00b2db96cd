"""A task for a sector of the vendor's staff."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from chalicelib.kernel.errors import Conflict, NotFound
from chalicelib.kernel.ids import derived_id

Sector = Literal["finance", "it", "staff", "hosting", "registry"]


@dataclass(frozen=True)
class Task:
    """`facts` are ids, codes and amounts that the person needs; `kind` says what happened.

    One whose facts say that it `needs` something is done where that is told, with the `step` of a case.
    """

    id: str
    sector: Sector
    kind: str
    subject: str
    facts: Mapping[str, str]
    status: Literal["open", "done"]
    created_at: datetime
    done_by: str | None = None
    done_at: datetime | None = None
    version: int | None = None


class TaskNotFound(NotFound):
    """No such task."""

    code = "task_not_found"
    thing = {"en": "task", "es": "la tarea", "pt-BR": "a tarefa"}


class TaskNeedsAnswers(Conflict):
    """It takes more to deal with its matter than to say that it is done: it is done with that."""

    code = "task_needs_answers"
    text = {
        "en": "Task {id} is done with the step {step}, which needs: {needs}.",
        "es": "La tarea {id} se termina con el paso {step}, que necesita: {needs}.",
        "pt-BR": "A tarefa {id} termina com a etapa {step}, que precisa de: {needs}.",
    }
    shows = ("step", "needs")


def new_task(sector: Sector, kind: str, subject: str, facts: Mapping[str, str], now: datetime) -> Task:
    """A task whose id follows from what it is about: telling it twice opens it once."""
    return Task(task_id(kind, subject), sector, kind, subject, facts, "open", now)


def task_id(kind: str, subject: str) -> str:
    """The id of the one task of a kind about a subject."""
    return derived_id("tsk", kind, subject)


def check_needs_nothing(task: Task) -> None:
    """`TaskNeedsAnswers` for an open task that needs more than to be said to be done."""
    if task.status == "open" and (needs := task.facts.get("needs")):
        raise TaskNeedsAnswers(id=task.id, step=task.facts.get("step"), needs=needs)


def done(task: Task, user: str, now: datetime) -> Task:
    """The task when somebody has dealt with it; doing it again changes nothing."""
    return task if task.status == "done" else replace(task, status="done", done_by=user, done_at=now)
