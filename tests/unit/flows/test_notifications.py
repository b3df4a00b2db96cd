"""Letters about an end: what is news when the event arrives, told as it stands by then (V1)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from chalicelib.flows.notifications import license_active, license_ending
from chalicelib.kernel.clock import rfc3339
from chalicelib.kernel.events import Event
from chalicelib.licensing import store as licensing
from chalicelib.licensing.notices import Notice, due_notices, event_of
from chalicelib.licensing.rules import License, with_addon
from chalicelib.licensing.withholding import withheld
from chalicelib.orders import store as orders
from tests.unit.flows.activating import DAY, FIRST_END, NOW, REACH, an_item, bought_license, save
from tests.unit.flows.activating import activated_order as activated
from tests.unit.licensing.made import an_addon
from tests.unit.storage.conftest import Rows

HOUR = timedelta(hours=1)
REACHED = replace(REACH, mails=lambda message: None)


def _ending(days: int, at: datetime, license: License) -> Event:
    """What the schedule tells at this instant, the licence remembering it."""
    after, told = due_notices(license, at)
    (notice,) = told
    assert notice.days == days
    save(*licensing.rows(after, at))
    return event_of(after, notice, at)


def _mails(rows: Rows) -> list[Mapping[str, Any]]:
    """The parameters of the letters about an end."""
    return [
        {"kind": row["mail_kind"], **json.loads(row["params"])}
        for row in rows()
        if row["kind"] == "mail" and row["mail_kind"] in ("license_expiring", "license_expired")
    ]


@pytest.mark.parametrize(
    ("late", "days"), [(timedelta(0), 7), (HOUR, 7), (DAY, 6), (3 * DAY + HOUR, 4), (6 * DAY - HOUR, 2)]
)
def test_what_is_told_late_is_told_as_it_is_by_then(rows: Rows, late: timedelta, days: int) -> None:
    at = FIRST_END - 7 * DAY
    event = _ending(7, at, bought_license())
    license_ending(event, REACHED, at + late)
    (letter,) = _mails(rows)
    assert (letter["kind"], letter["days"], letter["addon"]) == ("license_expiring", days, None)


def test_a_sweep_that_stands_at_a_later_time_than_the_clock_tells_what_it_sees(rows: Rows) -> None:
    event = _ending(1, FIRST_END - DAY, bought_license())
    license_ending(event, REACHED, NOW)
    assert [letter["days"] for letter in _mails(rows)] == [1]


def test_when_a_later_notice_was_given_the_earlier_is_no_news(rows: Rows) -> None:
    stale = _ending(30, FIRST_END - 30 * DAY, bought_license())
    license = licensing.get(stale.subject)
    now = FIRST_END - 7 * DAY
    fresh = _ending(7, now, license)
    for event in (stale, fresh):
        license_ending(event, REACHED, now)
    assert [letter["days"] for letter in _mails(rows)] == [7]


def test_once_the_end_has_come_nothing_is_about_to_end(rows: Rows) -> None:
    event = _ending(1, FIRST_END - DAY, bought_license())
    for late in (DAY, 40 * DAY):
        license_ending(event, REACHED, FIRST_END - DAY + late)
    assert _mails(rows) == []
    over = _ending(0, FIRST_END, licensing.get(event.subject))
    license_ending(over, REACHED, FIRST_END + 3 * DAY)
    assert [letter["kind"] for letter in _mails(rows)] == ["license_expired"]


@pytest.mark.parametrize("status", ["suspended", "revoked"])
@pytest.mark.parametrize("days", [30, 0])
def test_nothing_is_told_of_a_licence_that_was_stopped_meanwhile(rows: Rows, status: Any, days: int) -> None:
    at = FIRST_END - days * DAY
    event = _ending(days, at, bought_license())
    save(*licensing.rows(replace(licensing.get(event.subject), status=status), at))
    license_ending(event, REACHED, at)
    assert _mails(rows) == []


@pytest.mark.parametrize("part", ["licence", "addon"])
def test_nothing_is_told_of_what_was_withheld_meanwhile(rows: Rows, part: str) -> None:
    bought = bought_license()
    addon = an_addon(expires_at=FIRST_END, order_id="ord_1")
    save(*licensing.rows(with_addon(bought, addon), NOW))
    license = licensing.get(bought.id)
    event = event_of(license, Notice("a" if part == "addon" else None, 7, FIRST_END), FIRST_END - 7 * DAY)
    rest = ("ord_1", NOW, FIRST_END, NOW)
    off = withheld(license, *rest) if part == "licence" else with_addon(license, withheld(addon, *rest))
    license_ending(event, REACHED, event.at)
    assert len(_mails(rows)) == 1
    save(*licensing.rows(off, NOW))
    later = replace(event, data={**event.data, "days": "1"})
    license_ending(later, REACHED, FIRST_END - DAY)
    assert len(_mails(rows)) == 1


def test_a_licence_that_was_given_back_is_not_told_to_be_active(rows: Rows) -> None:
    bought = bought_license()
    event = Event("license.activated", bought.id, NOW, {"order_id": "ord_1"})
    save(orders.row(replace(orders.get("ord_1"), status="refunded")))
    license_active(event, REACHED, NOW)
    assert not [row for row in rows() if row["kind"] == "mail"]


@pytest.mark.parametrize("end", [FIRST_END + 365 * DAY, None])
def test_nothing_is_told_of_an_end_that_was_moved_meanwhile(rows: Rows, end: datetime | None) -> None:
    at = FIRST_END - DAY
    event = _ending(1, at, bought_license())
    save(*licensing.rows(replace(licensing.get(event.subject), expires_at=end), at))
    license_ending(event, REACHED, at)
    assert _mails(rows) == []


def test_an_addon_has_news_of_its_own(rows: Rows) -> None:
    bought = bought_license()
    activated(2, an_item("addon", license_id=bought.id))
    held = licensing.get(bought.id)
    (addon,) = held.addons
    end = FIRST_END - 100 * DAY
    save(*licensing.rows(replace(held, addons=(replace(addon, expires_at=end, noticed_until=NOW),)), NOW))
    event = _ending(7, end - 7 * DAY, licensing.get(bought.id))
    assert event.data == {"days": "7", "expires_at": rfc3339(end), "addon": "supplier-a"}
    license_ending(event, REACHED, event.at + DAY)
    assert [(letter["addon"], letter["days"]) for letter in _mails(rows)] == [("Name", 6)]
