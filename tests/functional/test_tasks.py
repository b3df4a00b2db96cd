"""Internal tasks over the API: every sector has its list, and finishing one is told to whoever waits."""

from __future__ import annotations

from typing import Any, get_args

import pytest

from chalicelib.edge import openapi
from chalicelib.tasks import service
from chalicelib.tasks.rules import Sector, Task, new_task
from tests.functional import steps
from tests.world import World

ROUTE = "/v1/staff/tasks"
SECTORS: tuple[Sector, ...] = get_args(Sector)


def _opened(world: World, sector: Sector) -> Task:
    facts = {"domain": "shop.example"}
    task = new_task(sector, "close_hosting", f"can_1/{sector}", facts, world.now)
    service.open_once(task)
    return task


def _listed(world: World, query: str) -> list[Any]:
    found: list[Any] = steps.read(world, world.staff("staff"), f"{ROUTE}{query}")["data"]
    return found


def test_every_sector_sees_its_own_tasks(world: World) -> None:
    tasks = {sector: _opened(world, sector) for sector in SECTORS}
    assert {"hosting", "registry"} < tasks.keys()
    for sector, task in tasks.items():
        (shown,) = _listed(world, f"?sector={sector}")
        assert (shown["id"], shown["sector"], shown["facts"]) == (task.id, sector, task.facts)


def test_a_finished_task_is_told_once_to_whoever_waits_for_it(world: World) -> None:
    task = _opened(world, "hosting")
    staff = world.staff("it")
    first, again = (world.http("POST", f"{ROUTE}/{task.id}/done", token=staff) for _ in range(2))
    assert (first.status, first.json) == (200, again.json)
    told = [row["subject"] for row in world.rows("outbox") if row["name"] == "task.done"]
    assert told == [task.id]
    assert _listed(world, "?sector=hosting") == []
    assert _listed(world, "?sector=hosting&status=done") == [first.json]
    # It is of no case: nothing waits for it.
    world.settle_down()
    assert steps.outstanding(world) == []


@pytest.mark.parametrize("sector", ["system", "sales", ""])
def test_what_is_no_sector_is_refused(world: World, sector: str) -> None:
    refused = world.http("GET", f"{ROUTE}?sector={sector}", token=world.staff("staff"))
    assert steps.faults(refused) == {"/query/sector": "literal_error"}


def test_the_api_describes_every_sector() -> None:
    listing = openapi.document()["paths"][ROUTE]["get"]
    (sector,) = [one["schema"] for one in listing["parameters"] if one["name"] == "sector"]
    assert (sector["enum"], sector["default"]) == (list(SECTORS), "finance")
