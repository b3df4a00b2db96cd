"""Notices about an end: 30, 7 and 1 days before and at the end, each told once (B1)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.licensing.notices import Notice, due_notices, event_of, quiet_until
from chalicelib.licensing.rules import NOTICE_DAYS, Announced, License

from .made import DAY, MOMENT, NOW, a_license, an_addon

END = NOW + 100 * DAY
BEFORE_END = tuple(END - days * DAY for days in NOTICE_DAYS)
ENDS = st.none() | st.integers(0, 400).map(lambda days: NOW + days * DAY)
ADDONS = st.builds(an_addon, st.sampled_from("abc"), expires_at=ENDS)
LICENSES = st.builds(
    a_license,
    expires_at=ENDS,
    addons=st.lists(ADDONS, max_size=3, unique_by=lambda one: one.code).map(tuple),
)
# Hours from one run of the schedule to the next: mostly one, sometimes an outage.
RUNS = st.lists(st.sampled_from([1, 1, 1, 24, 240, 2400]), min_size=1, max_size=40)


def _told(license: License, instants: Iterable[datetime]) -> tuple[License, list[tuple[datetime, Notice]]]:
    """What a schedule tells that runs at these instants."""
    told: list[tuple[datetime, Notice]] = []
    for now in instants:
        license, notices = due_notices(license, now)
        told += [(now, notice) for notice in notices]
    return license, told


def _days(license: License, instants: Iterable[datetime]) -> list[tuple[str | None, int]]:
    return [(notice.addon, notice.days) for _, notice in _told(license, instants)[1]]


def _hourly(since: datetime, until: datetime) -> list[datetime]:
    return [since + timedelta(hours=at) for at in range((until - since) // timedelta(hours=1))]


def test_an_end_is_told_thirty_seven_and_one_days_before_and_when_it_comes() -> None:
    license, told = _told(a_license(expires_at=END), _hourly(NOW, END + 40 * DAY))
    assert [(now, one.days) for now, one in told] == list(zip(BEFORE_END, (30, 7, 1, 0), strict=True))
    assert {one.expires_at for _, one in told} == {END}
    assert license.due_at is None


def test_not_a_moment_too_early() -> None:
    for at in BEFORE_END:
        license = replace(a_license(expires_at=END), noticed_until=at - DAY / 2)
        assert _days(license, [at - MOMENT]) == []
        assert len(_days(license, [at])) == 1


def test_each_addon_has_its_own_notices() -> None:
    addons = (an_addon("a", expires_at=END - 3 * DAY), an_addon("b", expires_at=None))
    told = _days(a_license(expires_at=END, addons=addons), _hourly(NOW, END + DAY))
    assert [days for addon, days in told if addon is None] == [30, 7, 1, 0]
    assert [days for addon, days in told if addon == "a"] == [30, 7, 1, 0]
    assert len(told) == 8


@pytest.mark.parametrize(("left", "days"), [(29, 30), (6, 7), (0.5, 1), (0, 0), (-400, 0)])
def test_after_an_outage_only_the_latest_is_told(left: float, days: int) -> None:
    now = END - left * DAY
    assert _days(a_license(expires_at=END), [now, now, now + MOMENT]) == [(None, days)]


@given(LICENSES, RUNS)
def test_whenever_the_schedule_runs_nothing_is_told_twice_or_too_early(
    license: License, hours: list[int]
) -> None:
    now, instants = NOW, []
    for passed in hours:
        now += timedelta(hours=passed)
        instants.append(now)
    after, told = _told(license, instants)
    seen = [(notice.addon, notice.days) for _, notice in told]
    assert len(seen) == len(set(seen))
    for at, notice in told:
        assert at >= notice.expires_at - notice.days * DAY
    assert due_notices(after, now) == (after, ())
    for code in {addon for addon, _ in seen}:
        days = [left for addon, left in seen if addon == code]
        assert days == sorted(days, reverse=True)
    assert after.due_at is None or after.due_at > now


def _open(thing: Announced) -> list[datetime]:
    if thing.expires_at is None:
        return []
    every = [thing.expires_at - days * DAY for days in (30, 7, 1, 0)]
    return [at for at in every if thing.noticed_until is None or at > thing.noticed_until]


@given(LICENSES, st.integers(0, 500))
def test_the_next_notice_is_due_when_the_first_that_was_not_told_is(license: License, days: int) -> None:
    after, _ = due_notices(license, NOW + days * DAY)
    for one in (license, after):
        assert one.due_at == min((at for thing in (one, *one.addons) for at in _open(thing)), default=None)


@given(LICENSES, st.integers(0, 500))
def test_notices_are_due_exactly_when_something_is_told(license: License, days: int) -> None:
    now = NOW + days * DAY
    due = license.due_at is not None and license.due_at <= now
    after, told = due_notices(license, now)
    assert bool(told) == due
    assert (after == license) == (not told)


@pytest.mark.parametrize("status", ["suspended", "revoked"])
def test_nothing_is_due_for_a_licence_that_was_stopped(status: str) -> None:
    assert a_license(status=status, addons=(an_addon(),)).due_at is None
    assert a_license(addons=(an_addon(),)).due_at == NOW + 20 * DAY


def test_what_never_ends_is_never_told() -> None:
    license = a_license(expires_at=None, addons=(an_addon(expires_at=None),))
    assert license.due_at is None
    assert _days(license, [NOW + 9999 * DAY]) == []


def test_a_renewal_brings_its_own_notices_and_takes_back_those_of_the_old_end() -> None:
    renewed_on, new_end = END - 5 * DAY, END + 365 * DAY
    license, _ = _told(a_license(expires_at=END), _hourly(NOW, renewed_on))
    quiet = quiet_until(END, new_end, license.noticed_until)
    renewed = replace(license, expires_at=new_end, noticed_until=quiet)
    assert _days(renewed, [renewed_on + day * DAY for day in range(420)]) == [
        (None, 30),
        (None, 7),
        (None, 1),
        (None, 0),
    ]


@pytest.mark.parametrize(
    ("term", "days"),
    [(365, [30, 7, 1, 0]), (61, [30, 7, 1, 0]), (30, [7, 1, 0]), (14, [1, 0]), (7, [1, 0]), (1, [0])],
)
def test_no_notice_comes_in_the_first_half_of_a_term(term: int, days: list[int]) -> None:
    end = NOW + term * DAY
    license = a_license(expires_at=end, noticed_until=quiet_until(NOW, end, None))
    _, told = _told(license, _hourly(NOW, end + DAY))
    assert [one.days for _, one in told] == days
    assert all(at - NOW > (end - NOW) / 2 for at, _ in told)


@given(ENDS, st.none() | ENDS)
def test_being_quiet_never_takes_back_what_was_told(end: datetime | None, before: datetime | None) -> None:
    quiet = quiet_until(NOW, end, before)
    assert before is None or (quiet is not None and quiet >= before)
    assert end is not None or quiet == before


def test_an_event_says_what_a_letter_needs() -> None:
    license = a_license(expires_at=END)
    soon = event_of(license, Notice("a", 7, END), NOW)
    assert (soon.name, soon.subject, soon.at) == ("license.expiring", "lic_1", NOW)
    assert soon.data == {"days": "7", "expires_at": "2027-03-02T10:00:00Z", "addon": "a"}
    over = event_of(license, Notice(None, 0, END), NOW)
    assert (over.name, over.data) == ("license.expired", {"days": "0", "expires_at": "2027-03-02T10:00:00Z"})
