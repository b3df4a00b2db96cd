"""The one decision on a licence: the first code of the table that is true, most serious first (B1)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.licensing.decision import (
    CHECK_AGAIN_AFTER,
    CODES,
    OFFLINE_GRACE,
    AddonStatus,
    Decision,
    Question,
    addon_status,
    decide,
)
from chalicelib.licensing.details import DETAILS
from chalicelib.licensing.rules import (
    Addon,
    AddonNotFound,
    License,
    runs_on_from,
    switched,
    usable,
    with_addon,
)

NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)
DAY = timedelta(days=1)
CODE_NAMES = ("a", "b", "c")

ENDS = st.none() | st.integers(-30, 30).map(lambda days: NOW + days * DAY)
ADDONS = st.builds(
    Addon,
    code=st.sampled_from(CODE_NAMES),
    name=st.just("Addon"),
    order_id=st.just("ord_1"),
    expires_at=ENDS,
    grace_days=st.integers(0, 10),
    enabled=st.booleans(),
)
LICENSES = st.builds(
    License,
    id=st.just("lic_1"),
    customer_id=st.just("cus_1"),
    order_id=st.just("ord_1"),
    product=st.just("prestaimport"),
    product_name=st.just("PrestaImport"),
    installation=st.none(),
    domain=st.none(),
    status=st.sampled_from(["active", "suspended", "revoked"]),
    expires_at=ENDS,
    grace_days=st.integers(0, 10),
    key_hint=st.just("ABCDEF"),
    created_at=st.just(NOW),
    addons=st.lists(ADDONS, max_size=3, unique_by=lambda one: one.code).map(tuple),
)
WANTED = st.lists(st.sampled_from((*CODE_NAMES, "unknown")), max_size=3).map(tuple)
QUESTIONS = st.builds(Question, st.none() | LICENSES, WANTED, st.just(NOW))


def _license(**changed: Any) -> License:
    base = License(
        id="lic_1",
        customer_id="cus_1",
        order_id="ord_1",
        product="prestaimport",
        product_name="PrestaImport",
        installation=None,
        domain=None,
        status="active",
        expires_at=NOW + 100 * DAY,
        grace_days=7,
        key_hint="ABCDEF",
        created_at=NOW,
    )
    return replace(base, **changed)


def _addon(code: str = "a", **changed: Any) -> Addon:
    return replace(Addon(code, "Addon", "ord_1", NOW + 50 * DAY, 3), **changed)


@given(QUESTIONS)
def test_the_code_is_the_first_of_the_table_that_is_true(question: Question) -> None:
    decision = decide(question)
    codes = [code for code, _, _ in CODES]
    at = codes.index(decision.code)
    assert CODES[at][2](question)
    assert not any(applies(question) for _, _, applies in CODES[:at])
    assert decision.valid == CODES[at][1]


def _truths(question: Question) -> set[str]:
    """Everything that is true of a licence, said in other words than the table's."""
    license = question.license
    if license is None:
        return {"NOT_FOUND"}
    by_code = {addon.code: addon_status(addon, NOW) for addon in license.addons}
    wanted = {by_code.get(code, "unknown") for code in question.wanted}
    end, grace = license.expires_at, timedelta(days=license.grace_days)
    facts = {
        "REVOKED": license.status == "revoked",
        "SUSPENDED": license.status == "suspended",
        "EXPIRED": end is not None and end + grace <= NOW,
        "ADDON_UNKNOWN": "unknown" in wanted,
        "ADDON_DISABLED": "disabled" in wanted,
        "ADDON_EXPIRED": "expired" in wanted,
        "IN_GRACE": "in_grace" in wanted or (end is not None and end <= NOW < end + grace),
        "VALID": True,
    }
    return {code for code, true in facts.items() if true}


SERIOUSNESS = (
    "NOT_FOUND",
    "REVOKED",
    "SUSPENDED",
    "EXPIRED",
    "ADDON_UNKNOWN",
    "ADDON_DISABLED",
    "ADDON_EXPIRED",
    "IN_GRACE",
    "VALID",
)


def test_the_table_is_in_the_order_that_the_contract_promises() -> None:
    assert tuple(code for code, _, _ in CODES) == SERIOUSNESS
    assert [code for code, valid, _ in CODES if valid] == ["IN_GRACE", "VALID"]


@given(QUESTIONS)
def test_the_answer_is_the_most_serious_of_all_that_is_true(question: Question) -> None:
    assert decide(question).code == min(_truths(question), key=SERIOUSNESS.index)


@given(QUESTIONS)
def test_every_addon_is_listed_whatever_was_asked(question: Question) -> None:
    decision, alone = decide(question), decide(replace(question, wanted=()))
    addons = question.license.addons if question.license else ()
    assert [one.code for one in decision.addons] == [one.code for one in addons]
    for answer, addon in zip(decision.addons, addons, strict=True):
        assert answer.status == addon_status(addon, NOW)
        # However good an addon is by itself: without its licence it does not work.
        assert answer.valid == (alone.valid and answer.status in ("active", "in_grace"))
        assert answer.in_grace == (answer.status == "in_grace")
        assert answer.grace_until == (addon.grace_until if answer.in_grace else None)


@given(QUESTIONS)
def test_without_addons_the_answer_is_about_the_licence_alone(question: Question) -> None:
    alone = decide(replace(question, wanted=()))
    assert alone.code not in ("ADDON_UNKNOWN", "ADDON_DISABLED", "ADDON_EXPIRED")
    if question.license:
        bare = decide(Question(replace(question.license, addons=()), (), NOW))
        assert replace(alone, addons=(), license=None) == replace(bare, license=None)


@given(QUESTIONS)
def test_what_is_valid_may_be_relied_on_until_its_earliest_end_and_two_weeks_at_most(
    question: Question,
) -> None:
    decision = decide(question)
    assert (decision.grace_until is not None) == decision.valid
    if not decision.valid or not decision.grace_until or not question.license:
        return
    named = [addon for addon in question.license.addons if addon.code in question.wanted]
    ends = [one for one in (question.license.grace_until, *(a.grace_until for a in named)) if one]
    assert decision.valid_until == min(ends, default=None)
    assert decision.grace_until == min([*ends, NOW + OFFLINE_GRACE])
    assert decision.grace_until > NOW


@given(QUESTIONS)
def test_a_decision_says_when_it_was_taken_and_when_to_ask_again(question: Question) -> None:
    decision = decide(question)
    assert (decision.checked_at, decision.next_check_at) == (NOW, NOW + CHECK_AGAIN_AFTER)
    assert decision == decide(question)


@pytest.mark.parametrize(
    ("ends", "grace", "enabled", "status"),
    [
        (None, 0, True, "active"),
        (DAY, 0, True, "active"),
        (timedelta(0), 0, True, "expired"),
        (timedelta(0), 1, True, "in_grace"),
        (-DAY, 1, True, "expired"),
        (-DAY + timedelta(microseconds=1), 1, True, "in_grace"),
        (DAY, 0, False, "disabled"),
        (-9 * DAY, 0, False, "disabled"),
    ],
)
def test_an_addon_ends_at_its_instant_and_lives_on_in_its_days_of_grace(
    ends: timedelta | None, grace: int, enabled: bool, status: AddonStatus
) -> None:
    end = NOW + ends if ends is not None else None
    assert addon_status(_addon(expires_at=end, grace_days=grace, enabled=enabled), NOW) == status


@pytest.mark.parametrize(
    ("ends", "code"),
    [
        (timedelta(microseconds=1), "VALID"),
        (timedelta(0), "IN_GRACE"),
        (-7 * DAY + timedelta(microseconds=1), "IN_GRACE"),
        (-7 * DAY, "EXPIRED"),
    ],
)
def test_a_licence_ends_at_its_instant_and_lives_on_in_its_days_of_grace(ends: timedelta, code: str) -> None:
    assert _decided(_license(expires_at=NOW + ends)).code == code


def _decided(license: License, *wanted: str) -> Decision:
    return decide(Question(license, wanted, NOW))


def test_a_licence_without_an_end_is_valid_for_ever() -> None:
    decision = _decided(_license(expires_at=None))
    assert (decision.code, decision.valid_until) == ("VALID", None)
    assert decision.grace_until == NOW + OFFLINE_GRACE


def test_every_code_is_explained_in_every_language() -> None:
    assert DETAILS.keys() == set(SERIOUSNESS)
    assert {frozenset(texts) for texts in DETAILS.values()} == {frozenset({"es", "pt-BR", "en"})}
    assert len({text for texts in DETAILS.values() for text in texts.values()}) == 3 * len(DETAILS)


# Changing a licence


@given(LICENSES, ADDONS)
def test_an_addon_replaces_itself_and_keeps_its_switch(license: License, addon: Addon) -> None:
    after = with_addon(license, addon)
    before = {one.code: one for one in license.addons}
    now = {one.code: one for one in after.addons}
    kept = before[addon.code].enabled if addon.code in before else addon.enabled
    assert now == {**before, addon.code: replace(addon, enabled=kept)}
    assert list(now) == sorted(now)
    assert replace(after, addons=license.addons) == license


@given(LICENSES, st.sampled_from(CODE_NAMES), st.booleans())
def test_a_switch_turns_one_addon_and_touches_no_other(license: License, code: str, enabled: bool) -> None:
    if code not in {addon.code for addon in license.addons}:
        with pytest.raises(AddonNotFound):
            switched(license, code, enabled)
        return
    after = switched(license, code, enabled)
    for before, now in zip(license.addons, after.addons, strict=True):
        assert now == (replace(before, enabled=enabled) if before.code == code else before)
    assert switched(after, code, enabled) == after


@given(QUESTIONS)
def test_a_licence_is_usable_exactly_while_validation_says_so(question: Question) -> None:
    if question.license:
        assert usable(question.license, NOW) == decide(replace(question, wanted=())).valid


@given(LICENSES, st.sampled_from(CODE_NAMES))
def test_an_addon_runs_on_from_its_end_only_while_that_lies_ahead(license: License, code: str) -> None:
    ends = {addon.code: addon.expires_at for addon in license.addons}
    end = ends.get(code)
    assert runs_on_from(license, code, NOW) == (end if end and end > NOW else None)
