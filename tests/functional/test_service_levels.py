"""Service levels: read by the team, replaced whole by IT, and what they promise from then on (R7, B9)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.functional import steps
from tests.functional.ticketing import SUPPORT, opened, pointers
from tests.world import Answer, World

PATH = "/v1/staff/service_levels"
CHILE = {
    "id": "chile",
    "zone": "America/Santiago",
    "country": "CL",
    "week": {"mon": "09:00-13:00 14:00-18:00", "tue": "09:00-18:00", "fri": "09:00-14:00"},
    "own_days": {"2027-01-04": "", "2027-01-10": "10:00-12:00"},
    "half_days": {"12-31": "09:00-12:00"},
}
MADRID = {"id": "madrid", "zone": "Europe/Madrid", "country": "ES", "region": "MD"}
LEVELS = {
    "calendars": [CHILE, MADRID],
    "otherwise": "madrid",
    "by_country": {"CL": "chile"},
    "contacts": ["first@example.com", "second@example.com"],
    "policies": {"default": {"hours": 24}, "support/normal": {"hours": 4, "mode": "office_hours"}},
}
# A minute of every two.
MINUTES = " ".join(
    f"{at // 60:02d}:{at % 60:02d}-{at // 60:02d}:{at % 60 + 1:02d}" for at in range(0, 1440, 2)
)


def _put(world: World, levels: dict[str, Any]) -> Answer:
    return world.http("PUT", PATH, levels, token=world.staff("it"))


def test_until_it_says_otherwise_the_usual_ones_hold(world: World) -> None:
    shown = steps.read(world, world.staff("staff"), PATH)
    assert shown["by_country"] == {"BR": "br", "CL": "cl", "ES": "es"}
    assert (shown["otherwise"], shown["contacts"]) == ("es", ["team@example.com"])
    assert shown["policies"]["default"] == {"hours": 48}
    assert set(shown["versions"]) == {"br", "cl", "es"}


def test_what_is_shown_can_be_put_back_and_changes_nothing(world: World) -> None:
    shown = steps.read(world, world.staff("it"), PATH)
    rows = world.rows()
    answer = _put(world, {name: value for name, value in shown.items() if name != "versions"})
    assert (answer.status, answer.json) == (200, shown)
    assert world.rows() == rows


def test_others_are_put_in_their_place_with_a_trace(world: World) -> None:
    steps.read(world, world.staff("staff"), PATH)
    answer = _put(world, LEVELS)
    assert answer.status == 200
    assert set(answer.json["versions"]) == {"chile", "madrid"}
    assert steps.read(world, world.staff("finance"), PATH) == answer.json
    assert answer.json["calendars"][0] == {**CHILE, "region": None, "carnival": False}
    changes = [row for row in world.rows("audit") if row["action"] == "service levels changed"]
    assert sorted(row["actor"] == "system" for row in changes) == [False, True]


def test_the_next_ticket_is_promised_by_them_and_none_before_moves(world: World) -> None:
    _, token = world.customer()
    before = opened(world, token, SUPPORT)
    assert _put(world, LEVELS).status == 200
    assert steps.read(world, token, f"/v1/tickets/{before['id']}")["sla"] == before["sla"]
    after = opened(world, token, SUPPORT)["sla"]
    assert (after["calendar"], after["mode"]) == ("madrid", "office_hours")
    told = steps.read(world, token, f"/v1/tickets/{before['id']}/sla")
    assert (told["calendar"], told["budget"]) == ("br", "PT48H")


# Changes to the document, and all fields that are named.
FAULTS: list[tuple[dict[str, Any], list[str]]] = [
    ({"contacts": []}, ["/contacts"]),
    ({"contacts": ["nobody", "a@b.co"]}, ["/contacts/0"]),
    ({"otherwise": "mars"}, ["/otherwise"]),
    ({"by_country": {"CL": "mars", "x": "madrid"}}, ["/by_country/CL", "/by_country/x"]),
    ({"calendars": [MADRID, MADRID], "by_country": {}}, ["/calendars/1/id"]),
    ({"policies": {"support": {"hours": 1.5}}}, ["/policies/support/hours"]),
    ({"policies": {"a/b": {}, "default": {"mode": "x"}}}, ["/policies/a~1b", "/policies/default/mode"]),
    (
        {
            "calendars": [{**CHILE, "zone": "Chile", "week": {"lun": "9-18"}}, {**MADRID, "region": "ZZ"}],
            "otherwise": "mars",
            "contacts": ["x"],
            "policies": {"default": {"hours": 0}},
        },
        [
            "/calendars/0/week/lun",
            "/calendars/0/week/lun",
            "/calendars/0/zone",
            "/calendars/1/region",
            "/contacts/0",
            "/otherwise",
            "/policies/default/hours",
        ],
    ),
    # It would be kept in the next century, or explained by a list that fits nowhere.
    (
        {
            "calendars": [{**MADRID, "week": {"mon": "09:00-09:01"}}],
            "by_country": {},
            "policies": {"default": {"hours": 24}, "support": {"hours": 40, "mode": "office_hours"}},
        },
        ["/policies/support"],
    ),
    (
        {
            "calendars": [{**MADRID, "week": {"mon": MINUTES}}],
            "by_country": {},
            "policies": {"default": {"hours": 40, "mode": "office_hours"}},
        },
        ["/policies/default"],
    ),
    (
        {"versions": {}, "calendars": [{"id": "x"}]},
        ["/calendars/0/country", "/calendars/0/zone", "/versions"],
    ),
]


@pytest.mark.parametrize(("changes", "faulty"), FAULTS)
def test_every_fault_is_named_and_nothing_is_changed(
    world: World, changes: dict[str, Any], faulty: list[str]
) -> None:
    assert _put(world, LEVELS).status == 200
    rows = world.rows()
    assert pointers(_put(world, {**LEVELS, **changes})) == faulty
    assert world.rows() == rows


def test_a_calendar_shows_the_days_of_a_year_that_are_not_as_its_week(world: World) -> None:
    _put(world, LEVELS)
    told = steps.read(world, world.staff("staff"), "/v1/staff/calendars/chile?year=2027")
    days = {one["date"]: one["hours"] for one in told["days"]}
    assert (told["zone"], told["year"]) == ("America/Santiago", 2027)
    # New Year's Day and Good Friday; the company's own days; New Year's Eve.
    expected = {
        "2027-01-01": "",
        "2027-03-26": "",
        "2027-01-04": "",
        "2027-01-10": "10:00-12:00",
        "2027-12-31": "09:00-12:00",
    }
    assert expected.items() <= days.items()
    assert told["version"] == steps.read(world, world.staff("staff"), PATH)["versions"]["chile"]
    this_year = steps.read(world, world.staff("staff"), "/v1/staff/calendars/madrid")
    assert this_year["days"]


def test_an_unknown_calendar_or_year_is_refused(world: World) -> None:
    staff = world.staff("staff")
    unknown = world.http("GET", "/v1/staff/calendars/mars", token=staff)
    assert (unknown.status, unknown.json["code"]) == (404, "calendar_not_found")
    for year in ("2019", "2100", "x"):
        refused = world.http("GET", f"/v1/staff/calendars/es?year={year}", token=staff)
        assert pointers(refused) == ["/query/year"]
