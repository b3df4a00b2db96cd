"""Tasks in the table, listed by sector."""

from __future__ import annotations

from pynamodb.attributes import UnicodeAttribute

from chalicelib.kernel.clock import sortable
from chalicelib.kernel.paging import Page
from chalicelib.storage.attributes import InstantAttribute, RecordAttribute
from chalicelib.storage.table import Row, key, load, page_by_owner, to_record, to_row
from chalicelib.tasks.rules import Task, TaskNotFound


class TaskRow(Row, discriminator="task"):
    """One task."""

    id = UnicodeAttribute()
    sector = UnicodeAttribute()
    task_kind = UnicodeAttribute()
    subject = UnicodeAttribute()
    facts = RecordAttribute(dict[str, str])
    status = UnicodeAttribute()
    created_at = InstantAttribute()
    done_by = UnicodeAttribute(null=True)
    done_at = InstantAttribute(null=True)


def row(task: Task) -> TaskRow:
    """The row to save; open tasks and done ones are two lists of their sector."""
    keys = {
        "pk": key("TSK", task.id),
        "sk": "TSK",
        "gsi1pk": _list_of(task.sector, task.status),
        "gsi1sk": key("TSK", sortable(task.created_at), task.id),
    }
    return to_row(TaskRow, task, keys)


def find(task_id: str) -> Task | None:
    """A task, or None."""
    found = load(TaskRow, key("TSK", task_id), "TSK")
    return to_record(found, Task) if found else None


def get(task_id: str) -> Task:
    """A task; `TaskNotFound`."""
    task = find(task_id)
    if task is None:
        raise TaskNotFound(what="task", id=task_id)
    return task


def page(sector: str, status: str, limit: int, cursor: str | None) -> Page[Task]:
    """A sector's tasks, newest first."""
    rows = page_by_owner(TaskRow, _list_of(sector, status), "TSK", limit=limit, cursor=cursor)
    return rows.map(lambda found: to_record(found, Task))


def _list_of(sector: str, status: str) -> str:
    return f"{key('TSK', sector)}#{status}"
