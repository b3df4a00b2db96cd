"""Notices ("indicações") on customers' files: opened, also closed for the record, listed and closed (C9)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest

from chalicelib.cancellations.notices import Notice, NoticeFilter
from chalicelib.cancellations.store import notices as store
from chalicelib.flows.notices import Asked, page
from chalicelib.kernel.clock import rfc3339
from chalicelib.reports.periods import Period, ReportTooLarge
from chalicelib.storage.transaction import Transaction
from tests.functional import steps
from tests.world import Answer, World

ROUTE = "/v1/staff/notices"
SAID: dict[str, Any] = {
    "products": ["site", "erp"],
    "reason": "He closes the shop at the end of the year.",
    "sector": "finance",
    "description": "Site and ERP of the shop in Lisbon",
}
# The vendor's zone is Madrid: this is midnight of the first of October there.
OCTOBER = datetime(2025, 9, 30, 22, tzinfo=UTC)
DAY = timedelta(days=1)
PERIOD = {"from": "2025-10-01", "to": "2025-10-31"}


@dataclass(frozen=True)
class Desk:
    """A customer, and a member of staff who speaks with him."""

    world: World
    customer_id: str
    staff: str

    def open(self, key: str | None = None, **changes: Any) -> Answer:
        """Put a notice on the customer's file, whatever the answer."""
        headers = {"idempotency-key": key} if key else {}
        body = {"customer_id": self.customer_id, **SAID, **changes}
        return self.world.http("POST", ROUTE, body, token=self.staff, headers=headers)

    def close(self, notice_id: str) -> Answer:
        return self.world.http("POST", f"{ROUTE}/{notice_id}/close", token=self.staff)

    def told(self) -> list[tuple[str, str | None, str]]:
        """What the customer's timeline says of notices, oldest first."""
        path = f"/v1/staff/customers/{self.customer_id}/timeline?limit=100"
        entries = steps.read(self.world, self.staff, path)["data"]
        said = [(one["action"], one["before"], one["after"]) for one in reversed(entries)]
        return [one for one in said if one[0].startswith("notice")]


@pytest.fixture
def desk(world: World) -> Desk:
    return Desk(world, world.customer()[0].id, world.staff("staff"))


# Opening and closing


def test_a_notice_says_who_opened_it_about_what_and_is_on_the_timeline(desk: Desk) -> None:
    answer = desk.open()
    assert answer.status == 201, answer.text
    said = answer.json
    assert {**said, "id": "", "created_at": "", "created_by": ""} == {
        **SAID,
        "id": "",
        "customer_id": desk.customer_id,
        "group": "cancellation",
        "status": "open",
        "created_at": "",
        "created_by": "",
        "case_id": None,
        "closed_at": None,
        "closed_by": None,
    }
    assert said["created_by"]
    assert desk.told() == [("notice opened", None, "open")]


def test_a_notice_may_be_opened_closed_for_the_record(desk: Desk) -> None:
    said = desk.open(closed=True, group="cancellation").json
    assert (said["status"], said["closed_at"], said["closed_by"]) == (
        "closed",
        said["created_at"],
        said["created_by"],
    )
    assert desk.told() == [("notice opened", None, "closed")]


def test_a_notice_is_closed_once(desk: Desk) -> None:
    opened = desk.open().json
    first, again = desk.close(opened["id"]), desk.close(opened["id"])
    assert (first.status, again.status) == (200, 200)
    assert first.json == again.json
    assert first.json == {
        **opened,
        "status": "closed",
        "closed_at": first.json["closed_at"],
        "closed_by": opened["created_by"],
    }
    assert desk.told() == [("notice opened", None, "open"), ("notice closed", "open", "closed")]


def test_an_unknown_notice_cannot_be_closed(desk: Desk) -> None:
    refused = desk.close("ntc_x")
    assert (refused.status, refused.json["code"]) == (404, "notice_not_found")


def test_opening_with_the_same_key_again_opens_one(desk: Desk) -> None:
    first, again = (desk.open(key="k") for _ in range(2))
    assert (first.status, first.text) == (again.status, again.text)
    assert again.headers["Idempotent-Replayed"] == "true"
    other = desk.open(key="k", reason="Another one")
    assert (other.status, other.json["code"]) == (422, "idempotency_key_reused")
    steps.delete(desk.world, desk.world.rows("idempotency"))
    assert desk.open(key="k").json == first.json
    assert len(desk.world.rows("notice")) == 1


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        (
            {"customer_id": "cus_x", "products": ["erp", "nothing", "erp", "none"]},
            {
                "/customer_id": "unknown_customer",
                "/products/1": "unknown_product",
                "/products/2": "repeated",
                "/products/3": "unknown_product",
            },
        ),
        (
            {
                "products": [],
                "reason": " ",
                "sector": "system",
                "description": "x" * 2001,
                "group": "praise",
                "closed": "yes",
                "case_id": "can_1",
            },
            {
                "/products": "too_short",
                "/reason": "string_too_short",
                "/sector": "literal_error",
                "/description": "string_too_long",
                "/group": "literal_error",
                "/closed": "bool_type",
                "/case_id": "extra_forbidden",
            },
        ),
    ],
)
def test_a_faulty_notice_names_every_fault_and_changes_nothing(
    desk: Desk, changes: dict[str, Any], named: dict[str, str]
) -> None:
    before = desk.world.rows()
    assert steps.faults(desk.open(**changes)) == named
    assert desk.world.rows() == before


# Listing


def _made(number: int, at: datetime) -> Notice:
    closed = number % 3 == 0
    return Notice(
        id=f"ntc_{number:02d}",
        customer_id=f"cus_{number % 2}",
        group="cancellation",
        products=("erp", "site") if number % 4 == 0 else ("domain",),
        reason="price",
        sector="system" if closed else "registry",
        description="his shop",
        status="closed" if closed else "open",
        created_at=at,
        created_by="eva",
        case_id="can_1" if closed else None,
    )


# One a day, from the first of the month.
MADE = [_made(number, OCTOBER + number * DAY) for number in range(12)]
OUTSIDE = (_made(97, OCTOBER - timedelta(seconds=1)), _made(98, datetime(2025, 10, 31, 23, tzinfo=UTC)))


@pytest.fixture(scope="module")
def staff(shared_world: World) -> str:
    now = datetime.now(UTC)
    lately = (_made(50, now), _made(51, now - 90 * DAY), _made(52, now - 93 * DAY))
    writing = Transaction()
    writing.save(*(store.row(one) for one in (*MADE, *OUTSIDE, *lately)))
    writing.commit()
    return shared_world.staff("it")


def _listed(world: World, token: str, **query: Any) -> Any:
    return steps.read(world, token, f"{ROUTE}?{urlencode(query)}")


def _ids(listed: Any) -> list[str]:
    return [one["id"] for one in listed["data"]]


@pytest.mark.parametrize(
    ("query", "which"),
    [
        ({}, lambda one: True),
        ({"status": "open"}, lambda one: one.status == "open"),
        ({"sector": "system"}, lambda one: one.sector == "system"),
        ({"product": "site"}, lambda one: "site" in one.products),
        ({"product": "si"}, lambda one: False),
        ({"customer_id": "cus_1"}, lambda one: one.customer_id == "cus_1"),
        (
            {"customer_id": "cus_0", "status": "closed", "product": "erp"},
            lambda one: one.customer_id == "cus_0" and one.status == "closed" and "erp" in one.products,
        ),
        ({"customer_id": "cus_9"}, lambda one: False),
    ],
)
def test_a_filter_shows_what_fits_newest_first(
    shared_world: World, staff: str, query: dict[str, str], which: Any
) -> None:
    wanted = [one.id for one in reversed(MADE) if which(one)]
    assert _ids(_listed(shared_world, staff, **PERIOD, limit=100, **query)) == wanted


@pytest.mark.parametrize("query", [{}, {"customer_id": "cus_0"}])
@pytest.mark.parametrize("limit", [1, 5, 12])
def test_all_pages_show_every_notice_once(
    shared_world: World, staff: str, query: dict[str, str], limit: int
) -> None:
    asked = {**PERIOD, "limit": limit, **query}
    listed = _listed(shared_world, staff, **asked)
    seen = _ids(listed)
    while listed["next_cursor"]:
        assert len(listed["data"]) == limit
        listed = _listed(shared_world, staff, **asked, cursor=listed["next_cursor"])
        seen += _ids(listed)
    assert seen == [one.id for one in reversed(MADE) if not query or one.customer_id == "cus_0"]


def test_without_a_period_the_last_92_days_are_shown(shared_world: World, staff: str) -> None:
    assert _ids(_listed(shared_world, staff)) == ["ntc_50", "ntc_51"]


def test_days_are_those_of_the_vendors_zone(shared_world: World, staff: str) -> None:
    assert _ids(_listed(shared_world, staff, **{"from": "2025-09-30", "to": "2025-10-01"})) == [
        "ntc_00",
        "ntc_97",
    ]


def test_a_notice_of_a_case_names_it(shared_world: World, staff: str) -> None:
    (first,) = _listed(shared_world, staff, **{"from": "2025-10-01", "to": "2025-10-01"})["data"]
    assert (first["case_id"], first["sector"]) == ("can_1", "system")
    assert first["created_at"] == rfc3339(OCTOBER)


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ({"from": "2026-10-02", "to": "2026-10-01"}, {"/query/to": "before_from"}),
        ({"cursor": "eyJwayI6IngifQ"}, {"/query/cursor": "cursor"}),
        (
            {"from": "x", "status": "done", "sector": "sales", "product": "", "customer_id": "", "a": "b"},
            {
                "/query/from": "date",
                "/query/status": "literal_error",
                "/query/sector": "literal_error",
                "/query/product": "string_too_short",
                "/query/customer_id": "string_too_short",
                "/query/a": "extra_forbidden",
            },
        ),
    ],
)
def test_a_faulty_question_is_told_all_its_faults(
    shared_world: World, staff: str, query: dict[str, str], named: dict[str, str]
) -> None:
    refused = shared_world.http("GET", f"{ROUTE}?{urlencode(query)}", token=staff)
    assert steps.faults(refused) == named


def test_a_period_with_more_than_can_be_read_is_refused(shared_world: World, staff: str) -> None:
    october = Period(OCTOBER.date() + DAY, OCTOBER.date() + 31 * DAY, "Europe/Madrid")
    assert len(page(Asked(october, NoticeFilter(), most=12), 100, None).items) == 12
    with pytest.raises(ReportTooLarge):
        page(Asked(october, NoticeFilter(), most=11), 100, None)
