"""Routes of internal tasks, for staff."""

from __future__ import annotations

from chalice import Blueprint

from chalicelib.edge.auth import ANY_STAFF
from chalicelib.edge.routes import Call, route
from chalicelib.kernel.events import Actor
from chalicelib.tasks import service
from chalicelib.tasks.rules import TaskNeedsAnswers
from chalicelib.tasks.schemas import TaskList, TaskOut, TaskQuery

bp = Blueprint(__name__)


@route(bp, "GET", "/v1/staff/tasks", roles=ANY_STAFF, query=TaskQuery, out=TaskList)
def list_tasks(call: Call, query: TaskQuery) -> TaskList:
    """The tasks of a sector, newest first."""
    page = service.page(query.sector, query.status, query.limit, query.cursor)
    return TaskList(data=[TaskOut.of(task) for task in page.items], next_cursor=page.next_cursor)


@route(
    bp, "POST", "/v1/staff/tasks/{task_id}/done", roles=ANY_STAFF, out=TaskOut, refuses=(TaskNeedsAnswers,)
)
def finish_task(call: Call) -> TaskOut:
    """Mark a task as done, also the step of a case that waits for it; not one that needs answers."""
    return TaskOut.of(service.finish(call.path["task_id"], Actor(call.staff_id, "staff"), call.now))
