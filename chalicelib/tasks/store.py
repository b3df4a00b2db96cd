"""Tasks in the table, listed by sector."""

from __future__ import annotations

from pynamodb.attributes import UnicodeAttribute

from chalicelib.kernel.paging import Page
from chalicelib.storage.attributes import InstantAttribute, RecordAttribute
from chalicelib.storage.keys import key
from chalicelib.storage.records import Records
from chalicelib.storage.table import Row
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


def _list_of(sector: str, status: str) -> str:
    return f"{key('TSK', sector)}#{status}"


# Open tasks and done ones are two lists of their sector.
_tasks = Records(
    "TSK", TaskRow, Task, TaskNotFound, listed_under=lambda task: _list_of(task.sector, task.status)
)
row, find, get = _tasks.row, _tasks.find, _tasks.get


def page(sector: str, status: str, limit: int, cursor: str | None) -> Page[Task]:
    """One page of a sector's tasks, newest first."""
    return _tasks.page_under(_list_of(sector, status), limit, cursor)
