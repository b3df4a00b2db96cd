"""Asking for one's own data: made once, kept for a week, downloaded for a while, and never lost (V5)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from chalicelib import wiring
from chalicelib.customers import store as customers
from chalicelib.customers.exports import KEPT_FOR, ExportNotFound
from chalicelib.flows import documents, exporting
from chalicelib.kernel.clock import parse_instant
from chalicelib.kernel.errors import LOCALES, Unavailable
from tests.functional import steps
from tests.world import Answer, World


def _asked(world: World, token: str, key: str | None = None) -> Answer:
    headers = {"idempotency-key": key} if key else {}
    return world.http("POST", "/v1/me/exports", token=token, headers=headers)


def test_an_export_is_pending_until_its_file_is_there_and_can_be_downloaded_for_a_while(world: World) -> None:
    _, token = world.customer()
    asked = _asked(world, token)
    assert (asked.status, asked.json["status"], asked.json["url"]) == (202, "pending", None)
    path = f"/v1/me/exports/{asked.json['id']}"
    assert steps.read(world, token, path) == asked.json
    world.settle_down()
    ready = steps.read(world, token, path)
    assert ready["status"] == "ready"
    signed = parse_qs(urlsplit(ready["url"]).query)
    assert signed["X-Amz-Expires"] == ["900"]
    assert signed["response-content-disposition"][0].startswith("attachment; ")
    (row,) = world.rows("export")
    kept_until = parse_instant(ready["kept_until"])
    assert kept_until.timestamp() == int(row["ttl"])
    assert steps.outstanding(world) == []


def test_the_same_request_twice_makes_one_export(world: World) -> None:
    _, token = world.customer()
    first, again = _asked(world, token, "e-1"), _asked(world, token, "e-1")
    assert (again.status, again.text) == (202, first.text)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert len(world.rows("export")) == 1


def test_while_a_file_is_being_made_no_second_one_is_begun(world: World) -> None:
    _, token = world.customer()
    first = _asked(world, token, "e-1").json
    assert _asked(world, token, "e-2").json == first
    world.settle_down()
    assert _asked(world, token, "e-3").json["id"] != first["id"]


def test_a_file_that_is_gone_is_unknown(world: World) -> None:
    _, token = world.customer()
    export = _asked(world, token).json
    world.settle_down()
    found = customers.exports.get(export["id"])
    assert found.kept_until
    before, after = found.kept_until - timedelta(seconds=1), found.kept_until
    assert exporting.find(export["id"], found.customer_id, before) == found
    with pytest.raises(ExportNotFound):
        exporting.find(export["id"], found.customer_id, after)
    assert found.ready_at
    assert found.kept_until - found.ready_at == KEPT_FOR


# Nothing acknowledged is lost


class Broken:
    """A store of files that is out of reach."""

    def __getattr__(self, name: str) -> Any:
        raise Unavailable()


def _export(world: World) -> str:
    _, token = world.customer()
    return str(_asked(world, token).json["id"])


def test_an_export_whose_event_and_message_were_lost_is_made_by_the_sweep(world: World) -> None:
    export_id = _export(world)
    steps.delete(world, world.rows("outbox"))
    world.reconcile(timedelta(minutes=11))
    world.settle_down()
    assert customers.exports.get(export_id).status == "ready"


def test_a_file_that_could_not_be_kept_stays_due(world: World) -> None:
    export_id = _export(world)
    broken: Any = Broken()
    with pytest.raises(Unavailable):
        exporting.make(export_id, broken, world.now)
    assert customers.exports.get(export_id).status == "pending"
    assert list(customers.exports.due(world.now + timedelta(minutes=11))) == [export_id]


def test_a_message_that_comes_twice_makes_one_file(world: World) -> None:
    export_id = _export(world)
    message = {"export_id": export_id}
    for _ in range(2):
        documents.work(message, wiring.archive(), wiring.reach(), wiring.exports(), world.now)
    actions = [row["action"] for row in world.rows("audit") if row["subject"] == export_id]
    assert sorted(actions) == ["data export made", "data export requested"]


class Meanwhile:
    """The world's store of files, and another worker that is quicker."""

    def __init__(self, export_id: str, world: World) -> None:
        self.export_id, self.now = export_id, world.now

    def put(self, key: str, content: bytes, media_type: str) -> None:
        exporting.make(self.export_id, wiring.exports(), self.now)
        wiring.exports().put(key, content, media_type)


def test_of_two_workers_at_once_one_says_that_the_file_is_there(world: World) -> None:
    export_id = _export(world)
    slower: Any = Meanwhile(export_id, world)
    exporting.make(export_id, slower, world.now)
    assert customers.exports.get(export_id).status == "ready"
    assert len([row for row in world.rows("audit") if row["subject"] == export_id]) == 2


def test_the_file_says_what_it_leaves_out_in_each_language() -> None:
    assert set(exporting.ABOUT) == set(LOCALES)
    assert len(set(exporting.ABOUT.values())) == len(LOCALES)
