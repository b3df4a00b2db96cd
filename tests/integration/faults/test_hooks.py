"""The faults themselves: what they do to PynamoDB's calls and to other clients, and to nobody else's."""

from __future__ import annotations

import os
import threading

import pytest

from chalicelib import wiring
from chalicelib.catalog import store as catalog
from chalicelib.storage.transaction import Stale, Transaction
from chalicelib.tasks import service as tasks
from chalicelib.tasks import store
from chalicelib.tasks.rules import Task, new_task
from tests.integration.faults.hooks import EACH, Crash, Wire, intercepted
from tests.integration.faults.stage import Stage


@pytest.fixture
def task(stage: Stage) -> Task:
    stage.clear()
    return new_task("it", "trial", "a subject", {}, stage.world.now)


def stored(stage: Stage) -> int:
    return len(stage.world.rows("task"))


def test_a_process_that_dies_before_its_write_has_not_written(stage: Stage, task: Task) -> None:
    wire = Wire("crash_before", {2})
    with intercepted(wire), pytest.raises(Crash):
        tasks.open_once(task)
    assert [str(call) for call in wire.calls] == ["DynamoDB GetItem", "DynamoDB TransactWriteItems"]
    assert stored(stage) == 0


@pytest.mark.parametrize("mode", ["crash_after", "hang_after"])
def test_a_process_that_dies_after_its_write_has_written(stage: Stage, task: Task, mode: str) -> None:
    with intercepted(Wire(mode, {2})), pytest.raises(Crash):
        tasks.open_once(task)
    assert stored(stage) == 1


@pytest.mark.parametrize("mode", ["lost_before", "lost_after", "throttle"])
def test_pynamodb_tries_again_by_itself(stage: Stage, task: Task, mode: str) -> None:
    wire = Wire(mode, {2})
    with intercepted(wire):
        tasks.open_once(task)
    assert [call.operation for call in wire.calls] == ["GetItem", *["TransactWriteItems"] * 2]
    assert stored(stage) == 1


def test_a_conflict_changes_nothing_and_is_told(stage: Stage, task: Task) -> None:
    writing = Transaction()
    writing.save(store.row(task))
    with intercepted(Wire("conflict", {1})), pytest.raises(Stale, match="TransactionConflict"):
        writing.commit()
    assert stored(stage) == 0


def test_a_duplicate_reaches_a_queue_twice(task: Task, stage: Stage) -> None:
    with intercepted(Wire("duplicate", {1})):
        wiring.reach().mails({"mail_id": "mail_1"})
    told = stage.world.client("sqs").get_queue_attributes(
        QueueUrl=os.environ["MAILS_QUEUE_URL"], AttributeNames=["ApproximateNumberOfMessages"]
    )
    assert told["Attributes"]["ApproximateNumberOfMessages"] == "2"


def test_calls_of_others_are_left_alone(task: Task) -> None:
    wire = Wire("crash_before", EACH)
    with intercepted(wire):
        other = threading.Thread(target=catalog.get, args=("erp",))
        other.start()
        other.join()
    assert catalog.get("erp").code == "erp"
    assert wire.calls == []
