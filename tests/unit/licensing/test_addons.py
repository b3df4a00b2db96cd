"""Addons in the answer: each with a life of its own, none without the licence it extends (V10)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given

from chalicelib.licensing.decision import AddonStatus, Question, addon_status, decide
from chalicelib.licensing.rules import Addon
from chalicelib.licensing.standing import Place

from .made import (
    ADDON_CODES,
    ADDONS,
    DAY,
    MOMENT,
    NOW,
    QUESTIONS,
    a_license,
    an_activation,
    an_addon,
    asked,
    license_of,
)

WORKING = ("active", "in_grace")


@given(QUESTIONS)
def test_every_addon_is_listed_whatever_was_asked(question: Question) -> None:
    addons = question.license.addons if question.license else ()
    decision = decide(question)
    assert [one.code for one in decision.addons] == [one.code for one in addons]
    assert decision.addons == decide(replace(question, wanted=())).addons


@given(QUESTIONS)
def test_an_addon_works_only_where_its_licence_does(question: Question) -> None:
    alone = decide(replace(question, wanted=()))
    for addon in decide(question).addons:
        assert addon.valid == (alone.valid and addon.status in WORKING)


@given(QUESTIONS)
def test_an_addon_says_until_when_it_works_and_grace_only_while_it_is_in_it(question: Question) -> None:
    license = license_of(question)
    if license is None:
        return
    for answer, addon in zip(decide(question).addons, license.addons, strict=True):
        ends = [end for end in (addon.expires_at, addon.paid_until) if end]
        works = min(ends) + timedelta(days=addon.grace_days) if ends else None
        assert (answer.works_until, answer.expires_at) == (works, addon.expires_at)
        assert answer.in_grace == (answer.status == "in_grace")
        assert answer.grace_until == (works if answer.in_grace else None)
        if answer.status in WORKING:
            assert works is None or works > NOW


@given(QUESTIONS)
def test_named_addons_can_only_take_away(question: Question) -> None:
    if decide(question).valid:
        assert decide(replace(question, wanted=())).valid


@pytest.mark.parametrize(
    ("ends", "grace", "enabled", "status"),
    [
        (None, 0, True, "active"),
        (DAY, 0, True, "active"),
        (timedelta(0), 0, True, "expired"),
        (timedelta(0), 1, True, "in_grace"),
        (-DAY, 1, True, "expired"),
        (-DAY + MOMENT, 1, True, "in_grace"),
        (DAY, 0, False, "disabled"),
        (-9 * DAY, 0, False, "disabled"),
    ],
)
def test_an_addon_ends_at_its_instant_and_lives_on_in_its_days_of_grace(
    ends: timedelta | None, grace: int, enabled: bool, status: AddonStatus
) -> None:
    end = NOW + ends if ends is not None else None
    assert addon_status(an_addon(expires_at=end, grace_days=grace, enabled=enabled), NOW) == status


@pytest.mark.parametrize(
    ("paid", "enabled", "status"),
    [
        (MOMENT, True, "active"),
        (timedelta(0), True, "in_grace"),
        (-3 * DAY, True, "unpaid"),
        (-3 * DAY, False, "unpaid"),
        (timedelta(0), False, "disabled"),
    ],
)
def test_an_addon_paid_in_part_ends_with_that_part(
    paid: timedelta, enabled: bool, status: AddonStatus
) -> None:
    assert addon_status(an_addon(paid_until=NOW + paid, enabled=enabled), NOW) == status


def test_what_is_paid_to_its_end_or_beyond_expires_and_is_not_unpaid() -> None:
    end = NOW - 9 * DAY
    for paid in (end, end + DAY, None):
        assert addon_status(an_addon(expires_at=end, paid_until=paid), NOW) == "expired"


def test_one_unpaid_addon_blocks_only_those_who_name_it() -> None:
    unpaid = an_addon("a", paid_until=NOW - 3 * DAY)
    license = a_license(addons=(unpaid, an_addon("b")))
    verdicts = {wanted: asked(license, *wanted).code for wanted in ((), ("b",), ("a",), ("a", "b"))}
    assert verdicts == {(): "VALID", ("b",): "VALID", ("a",): "UNPAID", ("a", "b"): "UNPAID"}
    for wanted in verdicts:
        assert {one.code: one.valid for one in asked(license, *wanted).addons} == {"a": False, "b": True}


@given(ADDONS)
def test_whatever_becomes_of_one_addon_the_others_and_the_licence_go_on(addon: Addon) -> None:
    others = tuple(an_addon(code) for code in ADDON_CODES if code != addon.code)
    decision = asked(a_license(addons=(addon, *others)), *(one.code for one in others))
    assert decision.code == "VALID"
    assert all(one.valid for one in decision.addons if one.code != addon.code)


def test_an_addon_does_not_work_where_the_licence_has_no_seat() -> None:
    license = a_license(addons=(an_addon(),), activations=(an_activation("shop.com"),))
    here, elsewhere = (asked(license, "a", at=Place(host)) for host in ("shop.com", "other.com"))
    assert [(one.valid, one.status) for one in here.addons] == [(True, "active")]
    assert [(one.valid, one.status) for one in elsewhere.addons] == [(False, "active")]


def test_a_named_addon_that_ends_first_decides_how_long_the_answer_holds() -> None:
    license = a_license(addons=(an_addon("a", expires_at=NOW + DAY), an_addon("b", expires_at=None)))
    assert asked(license, "a").grace_until == NOW + 4 * DAY
    assert asked(license, "b").grace_until == NOW + 14 * DAY
    assert asked(license, "b").valid_until == NOW + 107 * DAY
