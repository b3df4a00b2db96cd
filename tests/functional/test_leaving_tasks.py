"""What a task of a sector does for the step of a case that has waited for it (C14)."""

from __future__ import annotations

import pytest

from chalicelib.cancellations.checklist import Step
from chalicelib.cancellations.domains import looks_like_password
from chalicelib.cancellations.rules import Case
from chalicelib.cancellations.steps import find_step
from chalicelib.tasks import service as tasks
from chalicelib.tasks.rules import Task, TaskNeedsAnswers
from tests.functional.leaving import LEO, Leaver, leaver
from tests.world import World


@pytest.fixture
def ana(world: World) -> Leaver:
    return leaver(world)


def _decided(ana: Leaver, product: str) -> tuple[Case, Step]:
    """A case that is to be carried out, and the first step of it that waits for a person."""
    case = ana.decided(ana.asks(ana.holds(product)))
    ana.world.settle_down()
    return case, ana.waiting(case)[0]


def _finish(ana: Leaver, task_id: str) -> None:
    tasks.finish(task_id, LEO, ana.world.now)
    ana.world.settle_down()


def test_a_task_that_is_done_completes_its_step_and_the_next_one_gets_its_own(ana: Leaver) -> None:
    case, step = _decided(ana, "integration")
    (row,) = ana.world.rows("task")
    _finish(ana, row["id"])
    done = find_step(ana.read(case), step.id)
    assert (done.status, done.by, done.evidence) == ("done", LEO.id, f"task {row['id']}")
    assert [one.action for one in ana.waiting(case)] == ["deactivate_users"]
    assert ana.tasks("deactivate_users") == [("it", "open")]


def test_an_id_in_which_a_password_seems_to_be_is_no_reason_to_stop(ana: Leaver) -> None:
    case, step = _decided(ana, "integration")
    task = Task(
        id="tsk_emhgftvt4kt6ktt28pw12n408c",
        sector="it",
        kind=step.action,
        subject="the same",
        facts={"cancellation_id": case.id, "step": step.id},
        status="open",
        created_at=ana.world.now,
    )
    assert looks_like_password(task.id)
    tasks.open_once(task)
    _finish(ana, task.id)
    assert find_step(ana.read(case), step.id).status == "done"


def test_a_task_is_no_answer_to_what_its_step_asks_for(ana: Leaver) -> None:
    case, step = _decided(ana, "corporate-email")
    (row,) = ana.world.rows("task")
    with pytest.raises(TaskNeedsAnswers) as refused:
        _finish(ana, row["id"])
    assert refused.value.facts == {"id": row["id"], "step": step.id, "needs": "evidence"}
    assert find_step(ana.read(case), step.id).status == "pending"
    assert ana.tasks(step.action) == [("staff", "open")]
    ana.carried_out(case)
    assert ana.tasks(step.action) == [("staff", "done")]
    _finish(ana, row["id"])
