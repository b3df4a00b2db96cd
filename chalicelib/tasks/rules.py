"""A task for a sector of the vendor's staff."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from chalicelib.kernel.errors import NotFound
from chalicelib.kernel.ids import derived_id

Sector = Literal["finance", "it", "staff"]


@dataclass(frozen=True)
class Task:
    """`facts` are ids, codes and amounts that the person needs; `kind` says what happened."""

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


def new_task(sector: Sector, kind: str, subject: str, facts: Mapping[str, str], now: datetime) -> Task:
    """A task whose id follows from what it is about: telling it twice opens it once."""
    return Task(derived_id("tsk", kind, subject), sector, kind, subject, facts, "open", now)


def done(task: Task, user: str, now: datetime) -> Task:
    """The task when somebody has dealt with it; doing it again changes nothing."""
    return task if task.status == "done" else replace(task, status="done", done_by=user, done_at=now)
