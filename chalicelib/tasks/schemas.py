"""Requests and answers around internal tasks."""

from __future__ import annotations

from typing import Literal

from chalicelib.edge.schema import Instant, ListQuery, Schema
from chalicelib.tasks.rules import Sector, Task


class TaskQuery(ListQuery):
    """`?sector=&status=&limit=&cursor=`."""

    sector: Sector = "finance"
    status: Literal["open", "done"] = "open"


class TaskOut(Schema):
    """One task."""

    id: str
    sector: Sector
    kind: str
    subject: str
    facts: dict[str, str]
    status: Literal["open", "done"]
    created_at: Instant
    done_by: str | None
    done_at: Instant | None

    @classmethod
    def of(cls, task: Task) -> TaskOut:
        return cls(**{name: getattr(task, name) for name in cls.model_fields})


class TaskList(Schema):
    """One page of a sector's tasks."""

    data: list[TaskOut]
    next_cursor: str | None
