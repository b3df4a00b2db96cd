"""The one decision on a licence: the first code of the table that is true, most serious first (B1)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given

from chalicelib.kernel.errors import LOCALES
from chalicelib.licensing.decision import (
    CHECK_AGAIN_AFTER,
    CODES,
    JITTER_SECONDS,
    OFFLINE_GRACE,
    TOKEN_LASTS,
    Question,
    decide,
    usable,
)
from chalicelib.licensing.details import DETAILS, MISTYPED
from chalicelib.licensing.rules import Addon, License, standing_of

from .made import DAY, MOMENT, NOW, PLACED, QUESTIONS, a_license, an_activation, an_addon, asked, license_of

SERIOUSNESS = (
    "NOT_FOUND",
    "REVOKED",
    "SUSPENDED",
    "UNPAID",
    "EXPIRED",
    "NOT_ACTIVATED",
    "FINGERPRINT_MISMATCH",
    "TOO_MANY_ACTIVATIONS",
    "ADDON_UNKNOWN",
    "ADDON_DISABLED",
    "ADDON_EXPIRED",
    "IN_GRACE",
    "VALID",
)
OF_ADDONS = {"ADDON_UNKNOWN", "ADDON_DISABLED", "ADDON_EXPIRED"}


def test_the_table_is_in_the_order_that_the_contract_promises() -> None:
    assert tuple(code for code, _, _ in CODES) == SERIOUSNESS
    assert [code for code, valid, _ in CODES if valid] == ["IN_GRACE", "VALID"]


def test_every_code_is_explained_in_every_language() -> None:
    assert DETAILS.keys() == set(SERIOUSNESS)
    every = [*DETAILS.values(), MISTYPED]
    assert {frozenset(texts) for texts in every} == {frozenset(LOCALES)}
    assert len({text for texts in every for text in texts.values()}) == len(LOCALES) * len(every)


@given(QUESTIONS)
def test_the_code_is_the_first_of_the_table_that_is_true(question: Question) -> None:
    decision = decide(question)
    at = SERIOUSNESS.index(decision.code)
    assert CODES[at][2](question)
    assert not any(applies(question) for _, _, applies in CODES[:at])
    assert decision.valid == CODES[at][1]


def _over(thing: License | Addon) -> str:
    """What has become of a licence or addon at NOW: `runs`, `grace`, `expired` or `unpaid`."""
    ends = [(at, what) for at, what in ((thing.paid_until, "unpaid"), (thing.expires_at, "expired")) if at]
    if not ends:
        return "runs"
    # What is paid to the very end has expired by then, not gone unpaid.
    end, what = min(ends, key=lambda one: (one[0], one[1] == "unpaid"))
    if end > NOW:
        return "runs"
    return "grace" if end + timedelta(days=thing.grace_days) > NOW else what


def _state(addon: Addon) -> str:
    over = _over(addon)
    return "disabled" if not addon.enabled and over != "unpaid" else over


def _environment(question: Question) -> str:
    if question.place is None:
        return "nowhere"
    local = {"localhost": "local", "dev.shop.com": "staging"}
    return question.place.stated or local.get(question.place.fingerprint, "production")


def _seats(question: Question, license: License) -> tuple[bool, bool, bool]:
    """Whether the place is one of the licence's, whether there is room, and whether it is over the seats."""
    place = question.place
    if place is None:
        return True, True, False
    counted = _environment(question) == "production"
    here = [one for one in license.activations if one.fingerprint == place.fingerprint]
    if counted:
        here = [one for one in here if one.environment == "production"]
    others = [one for one in license.activations if one.fingerprint != place.fingerprint]
    taken = len([one for one in others if one.environment == "production"])
    production = [one for one in license.activations if one.environment == "production"]
    over = bool(here) and here[0].environment == "production" and production.index(here[0]) >= license.seats
    return bool(here), not counted or taken < license.seats, over


def _truths(question: Question) -> set[str]:
    """Everything that is true of a licence, said in other words than the table's."""
    license = license_of(question)
    if license is None:
        return {"NOT_FOUND"}
    states = {addon.code: _state(addon) for addon in license.addons}
    wanted = {states.get(code, "unknown") for code in question.wanted}
    known, room, over = _seats(question, license)
    facts = {
        "REVOKED": license.status == "revoked",
        "SUSPENDED": license.status == "suspended",
        "UNPAID": _over(license) == "unpaid" or "unpaid" in wanted,
        "EXPIRED": _over(license) in ("expired", "unpaid"),
        "NOT_ACTIVATED": not known and room,
        "FINGERPRINT_MISMATCH": not known and not room and not question.activating,
        "TOO_MANY_ACTIVATIONS": over or (not known and not room and question.activating),
        "ADDON_UNKNOWN": "unknown" in wanted,
        "ADDON_DISABLED": "disabled" in wanted,
        "ADDON_EXPIRED": "expired" in wanted,
        "IN_GRACE": "grace" in wanted or _over(license) == "grace",
        "VALID": True,
    }
    return {code for code, true in facts.items() if true}


@given(QUESTIONS | PLACED)
def test_the_answer_is_the_most_serious_of_all_that_is_true(question: Question) -> None:
    assert decide(question).code == min(_truths(question), key=SERIOUSNESS.index)


@pytest.mark.parametrize(
    ("code", "license", "wanted"),
    [
        ("REVOKED", a_license(status="revoked", paid_until=NOW - 99 * DAY), ()),
        ("SUSPENDED", a_license(status="suspended", expires_at=NOW - 99 * DAY), ()),
        ("UNPAID", a_license(expires_at=NOW + DAY, paid_until=NOW - 7 * DAY), ("unknown",)),
        ("UNPAID", a_license(addons=(an_addon(paid_until=NOW - 3 * DAY),)), ("a", "unknown")),
        ("EXPIRED", a_license(expires_at=NOW - 7 * DAY), ("unknown",)),
        ("EXPIRED", a_license(expires_at=NOW - 7 * DAY, paid_until=NOW - 7 * DAY), ()),
        ("ADDON_UNKNOWN", a_license(addons=(an_addon(enabled=False),)), ("a", "unknown")),
        (
            "ADDON_DISABLED",
            a_license(addons=(an_addon(enabled=False), an_addon("b", expires_at=NOW, grace_days=0))),
            ("a", "b"),
        ),
        (
            "ADDON_EXPIRED",
            a_license(expires_at=NOW, addons=(an_addon("b", expires_at=NOW - 3 * DAY),)),
            ("b",),
        ),
        ("IN_GRACE", a_license(paid_until=NOW), ()),
        ("IN_GRACE", a_license(addons=(an_addon(expires_at=NOW),)), ("a",)),
        ("VALID", a_license(expires_at=None, addons=(an_addon(expires_at=NOW - 9 * DAY),)), ()),
    ],
)
def test_the_more_serious_hides_the_less(code: str, license: License, wanted: Sequence[str]) -> None:
    assert asked(license, *wanted).code == code


@pytest.mark.parametrize(
    ("ends", "code"),
    [(MOMENT, "VALID"), (timedelta(0), "IN_GRACE"), (-7 * DAY + MOMENT, "IN_GRACE"), (-7 * DAY, "EXPIRED")],
)
def test_a_licence_ends_at_its_instant_and_lives_on_in_its_days_of_grace(ends: timedelta, code: str) -> None:
    assert asked(a_license(expires_at=NOW + ends)).code == code
    unpaid = {"EXPIRED": "UNPAID"}.get(code, code)
    assert asked(a_license(expires_at=None, paid_until=NOW + ends)).code == unpaid


@given(QUESTIONS)
def test_without_addons_the_answer_is_about_the_licence_alone(question: Question) -> None:
    alone = decide(replace(question, wanted=()))
    assert alone.code not in OF_ADDONS
    license = license_of(question)
    if license:
        bare = decide(replace(question, license=replace(license, addons=()), wanted=()))
        assert replace(alone, addons=(), license=None) == replace(bare, license=None)


@given(QUESTIONS)
def test_a_licence_is_usable_exactly_while_validation_says_so(question: Question) -> None:
    license = license_of(question)
    if license:
        assert usable(license, NOW) == decide(Question(license, (), NOW)).valid


@pytest.mark.parametrize(
    ("changed", "works"),
    [
        ({}, True),
        ({"expires_at": NOW}, True),
        ({"expires_at": NOW - 7 * DAY}, False),
        ({"paid_until": NOW - 7 * DAY}, False),
        ({"status": "suspended"}, False),
        ({"status": "revoked"}, False),
        ({"expires_at": None, "activations": (an_activation(), an_activation("b.com"))}, True),
    ],
)
def test_whether_a_licence_is_usable_is_no_matter_of_places(changed: dict[str, Any], works: bool) -> None:
    assert usable(a_license(**changed), NOW) == works


@given(QUESTIONS)
def test_what_validation_reads_of_a_licence_decides_as_all_of_it_would(question: Question) -> None:
    license = license_of(question)
    if license:
        copied = decide(replace(question, license=standing_of(license)))
        assert copied == replace(decide(question), license=standing_of(license))


def test_without_a_fingerprint_no_installation_matters() -> None:
    crowded = a_license(activations=(an_activation("a.com"), an_activation("b.com")))
    assert asked(crowded).code == "VALID"


# How long an answer may be relied on


@given(QUESTIONS)
def test_what_is_valid_may_be_relied_on_until_its_earliest_end_and_two_weeks_at_most(
    question: Question,
) -> None:
    decision = decide(question)
    license = license_of(question)
    if not decision.valid or license is None:
        assert (decision.valid_until, decision.grace_until) == (None, None)
        return
    named = [addon for addon in license.addons if addon.code in question.wanted]
    ends = [
        end + timedelta(days=thing.grace_days)
        for thing in (license, *named)
        for end in (thing.expires_at, thing.paid_until)
        if end
    ]
    assert decision.valid_until == min(ends, default=None)
    assert decision.grace_until == min([*ends, NOW + OFFLINE_GRACE])
    assert decision.grace_until > NOW


def test_a_licence_without_an_end_is_valid_for_ever_but_asks_again_within_two_weeks() -> None:
    decision = asked(a_license(expires_at=None))
    assert (decision.code, decision.valid_until) == ("VALID", None)
    assert decision.grace_until == NOW + timedelta(days=14)


def _deviations(license: License | None, instants: Sequence[datetime]) -> set[timedelta]:
    return {asked(license, now=now).next_check_at - now - CHECK_AGAIN_AFTER for now in instants}


@given(QUESTIONS)
def test_a_decision_says_when_it_was_taken_and_is_the_same_again(question: Question) -> None:
    decision = decide(question)
    assert decision.checked_at == NOW
    assert decision == decide(question)


def test_tools_ask_again_in_a_day_give_or_take_a_twentieth() -> None:
    assert timedelta(days=1) == CHECK_AGAIN_AFTER
    assert timedelta(seconds=JITTER_SECONDS) == CHECK_AGAIN_AFTER / 20
    assert timedelta(days=7) == TOKEN_LASTS
    instants = [NOW + timedelta(seconds=at) for at in range(500)]
    found = _deviations(a_license(), instants) | _deviations(None, instants)
    assert max(abs(one) for one in found) <= CHECK_AGAIN_AFTER / 20
    # Spread over the whole of it, and not only to one side.
    assert min(found) < -CHECK_AGAIN_AFTER / 25
    assert max(found) > CHECK_AGAIN_AFTER / 25
    assert len(found) > 500


@given(QUESTIONS)
def test_nobody_is_told_to_ask_again_only_after_the_end(question: Question) -> None:
    decision = decide(question)
    assert decision.next_check_at > NOW
    assert decision.valid_until is None or decision.next_check_at <= decision.valid_until


@pytest.mark.parametrize("left", [MOMENT, timedelta(hours=1), timedelta(hours=22)])
def test_what_ends_within_the_day_is_asked_about_when_it_ends(left: timedelta) -> None:
    license = a_license(expires_at=NOW + left - 7 * DAY)
    assert asked(license).next_check_at == NOW + left
    # An addon that nobody asked for stops no tool.
    hourly = an_addon(expires_at=NOW + left, grace_days=0)
    assert asked(a_license(addons=(hourly,)), "a").next_check_at == NOW + left
    assert asked(a_license(addons=(hourly,))).next_check_at > NOW + left


def test_two_licences_that_ask_at_one_instant_do_not_come_back_at_one_instant() -> None:
    again = {asked(a_license(id=f"lic_{number}")).next_check_at for number in range(50)}
    assert len(again) > 40
