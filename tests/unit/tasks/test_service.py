"""Internal tasks: told twice, opened once; finished twice, finished once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import boto3
import pytest
from moto import mock_aws

from chalicelib.kernel.events import Actor
from chalicelib.storage.table import bind
from chalicelib.storage.transaction import Transaction
from chalicelib.tasks import service, store
from chalicelib.tasks.rules import TaskNotFound, done, new_task
from tests.world import create_table

NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)
BEA, LEO = Actor("bea", "staff"), Actor("leo", "staff")
TASK = new_task("finance", "payment_late", "asaas:pay_1", {"amount": "1.00 EUR"}, NOW)


@pytest.fixture(autouse=True)
def _table() -> Iterator[None]:
    with mock_aws():
        create_table(boto3.client("dynamodb", region_name="us-east-1"), "vigencia-test")
        bind("vigencia-test")
        yield


def _open(sector: str = "finance", status: str = "open") -> list[str]:
    return [task.id for task in service.page(sector, status, 10, None).items]


def _told() -> list[tuple[str, str]]:
    rows = boto3.client("dynamodb", region_name="us-east-1").scan(TableName="vigencia-test")["Items"]
    return [(row["name"]["S"], row["subject"]["S"]) for row in rows if row["kind"]["S"] == "outbox"]


def test_the_same_trouble_is_the_same_task() -> None:
    later = new_task("finance", "payment_late", "asaas:pay_1", {}, NOW + timedelta(days=1))
    assert later.id == TASK.id
    assert new_task("finance", "payment_double", "asaas:pay_1", {}, NOW).id != TASK.id
    assert new_task("finance", "payment_late", "asaas:pay_2", {}, NOW).id != TASK.id


def test_a_task_told_twice_is_opened_once_and_keeps_its_first_facts() -> None:
    service.open_once(TASK)
    service.open_once(new_task("finance", "payment_late", "asaas:pay_1", {"amount": "2.00 EUR"}, NOW))
    assert store.get(TASK.id).facts == {"amount": "1.00 EUR"}
    assert _open() == [TASK.id]


def test_a_task_in_a_transaction_is_opened_with_it_or_not_at_all() -> None:
    writing = Transaction()
    service.add_once(writing, TASK)
    assert _open() == []
    writing.commit()
    again = Transaction()
    service.add_once(again, TASK)
    again.commit()
    assert _open() == [TASK.id]


def test_a_finished_task_changes_lists_and_stays_finished() -> None:
    service.open_once(TASK)
    first = service.finish(TASK.id, BEA, NOW)
    again = service.finish(TASK.id, LEO, NOW + timedelta(days=1))
    assert (first.done_by, again.done_by, again.done_at) == ("bea", "bea", NOW)
    assert (_open(), _open(status="done")) == ([], [TASK.id])
    service.open_once(TASK)
    assert _open() == []


def test_every_sector_has_its_own_list_newest_first() -> None:
    made = [
        new_task(sector, "kind", str(at), {}, NOW + timedelta(minutes=at))  # type: ignore[arg-type]
        for at, sector in enumerate(["it", "staff", "it", "hosting", "registry"])
    ]
    for task in made:
        service.open_once(task)
    assert _open("it") == [made[2].id, made[0].id]
    assert _open("staff") == [made[1].id]
    assert (_open("hosting"), _open("registry")) == ([made[3].id], [made[4].id])
    assert _open("finance") == []


def test_an_unknown_task_cannot_be_finished() -> None:
    with pytest.raises(TaskNotFound):
        service.finish("tsk_x", BEA, NOW)


def test_finishing_a_finished_task_gives_it_back_as_it_is() -> None:
    finished = done(TASK, "bea", NOW)
    assert done(finished, "leo", NOW + timedelta(days=1)) is finished


def test_finishing_a_task_is_told_once() -> None:
    service.open_once(TASK)
    assert _told() == []
    service.finish(TASK.id, BEA, NOW)
    service.finish(TASK.id, LEO, NOW)
    assert _told() == [("task.done", TASK.id)]


def _put_done(task_id: str, actor: Actor, now: datetime = NOW) -> None:
    writing = Transaction()
    service.put_done(writing, task_id, actor, now)
    writing.commit()


def test_what_was_dealt_with_elsewhere_finishes_its_task_with_the_rest_or_not_at_all() -> None:
    service.open_once(TASK)
    writing = Transaction()
    service.put_done(writing, TASK.id, BEA, NOW)
    assert _open() == [TASK.id]
    writing.commit()
    assert (_open(), _open(status="done")) == ([], [TASK.id])
    assert store.get(TASK.id) == done(replace(TASK, version=2), "bea", NOW)
    # Whoever dealt with the matter knows of it.
    assert _told() == []


def test_what_was_dealt_with_twice_is_who_was_first() -> None:
    service.open_once(TASK)
    service.finish(TASK.id, BEA, NOW)
    _put_done(TASK.id, LEO, NOW + timedelta(days=1))
    assert (store.get(TASK.id).done_by, store.get(TASK.id).done_at) == ("bea", NOW)


def test_a_matter_of_which_there_is_no_task_is_no_trouble() -> None:
    _put_done("tsk_x", BEA)
    assert (_open(), _open(status="done")) == ([], [])
