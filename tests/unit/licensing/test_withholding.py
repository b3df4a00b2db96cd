"""What is left of a licence when the money for one of its terms is contested or gone (V9, V10)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from chalicelib.licensing.decision import Question, addon_status, decide
from chalicelib.licensing.notices import due_notices
from chalicelib.licensing.rules import License, amended, amended_addon, with_addon
from chalicelib.licensing.withholding import set_free, struck_off, withheld, withholds

from .made import DAY, NOW, YEAR, a_license, an_addon

FIRST, SECOND = ("ord_1", NOW - 100 * DAY, NOW + 265 * DAY), ("ord_2", NOW + 265 * DAY, NOW + 630 * DAY)
Term = tuple[str, datetime, datetime]


def _renewed() -> License:
    """A year that is running, and the next one paid ahead."""
    return a_license(expires_at=SECOND[2])


def _without(license: License, *terms: Term, now: datetime = NOW) -> License:
    for order_id, starts, until in terms:
        license = withheld(license, order_id, starts, until, now)
    return license


def _code(license: License, now: datetime = NOW) -> str:
    return decide(Question(license, (), now)).code


def test_a_licence_whose_only_term_is_withheld_is_unpaid_at_once_without_grace() -> None:
    bought = a_license(expires_at=FIRST[2])
    off = _without(bought, FIRST)
    assert (_code(bought), _code(off)) == ("VALID", "UNPAID")
    assert off.ends_at == NOW - bought.grace_days * DAY
    assert set_free(off, "ord_1", NOW + DAY) == bought


def test_one_that_never_ends_is_unpaid_too_and_comes_back_as_it_was() -> None:
    bought = a_license(expires_at=None)
    off = withheld(bought, "ord_1", NOW - DAY, None, NOW)
    assert _code(off) == "UNPAID"
    assert set_free(off, "ord_1", NOW) == bought


def test_a_term_that_has_not_begun_leaves_the_one_before_it_and_its_grace() -> None:
    shorter = _without(_renewed(), SECOND)
    assert (shorter.paid_until, _code(shorter)) == (FIRST[2], "VALID")
    assert _code(shorter, FIRST[2]) == "IN_GRACE"
    assert _code(shorter, FIRST[2] + 7 * DAY) == "UNPAID"


def test_a_term_that_runs_is_taken_from_the_end_so_that_the_next_one_keeps_its_length() -> None:
    shorter = _without(_renewed(), FIRST)
    assert _code(shorter) == "VALID"
    assert shorter.ends_at == NOW + (SECOND[2] - SECOND[1])


def test_a_term_that_is_over_is_used_up() -> None:
    license = _renewed()
    assert _without(license, ("ord_0", NOW - 9 * DAY, NOW)) == license


def test_withholding_a_term_again_changes_nothing() -> None:
    once = _without(_renewed(), SECOND)
    assert _without(once, SECOND, now=NOW + DAY) == once
    assert withholds(once, "ord_2")
    assert not withholds(once, "ord_1")
    assert set_free(once, "ord_1", NOW) == once


def test_a_part_that_was_paid_before_is_there_again_afterwards() -> None:
    half = a_license(expires_at=FIRST[2], paid_until=NOW + 30 * DAY)
    off = _without(half, FIRST)
    assert _code(off) == "UNPAID"
    assert set_free(off, "ord_1", NOW + DAY) == half


TERMS = st.permutations([FIRST, SECOND])
LATER = st.integers(0, 700).map(lambda days: NOW + days * DAY)


@given(TERMS, TERMS, st.tuples(LATER, LATER))
def test_whatever_the_order_all_withheld_is_unpaid_and_all_set_free_is_as_before(
    taken: list[Term], given_back: list[Term], at: tuple[datetime, datetime]
) -> None:
    license, times = _renewed(), sorted(at)
    # A term that is over is used up, with the grace after it.
    assume(all(now < until for (_, _, until), now in zip(taken, times, strict=True)))
    for term, now in zip(taken, times, strict=True):
        license = _without(license, term, now=now)
    assert not decide(Question(license, (), max(times))).valid
    for order_id, _, _ in given_back:
        license = set_free(license, order_id, times[1])
    assert license == _renewed()


@given(LATER, st.sampled_from([FIRST, SECOND]))
def test_what_is_left_is_never_more_than_was_paid_for_and_never_less(now: datetime, gone: Term) -> None:
    kept = SECOND if gone == FIRST else FIRST
    license = _without(_renewed(), gone, now=now)
    paid_ahead = max(timedelta(0), kept[2] - max(now, kept[1]))
    left = (license.ends_at or now) - now
    assert max(timedelta(0), left) == paid_ahead


def test_what_is_gone_for_good_is_struck_off_and_the_end_that_is_left_announced() -> None:
    told = replace(_renewed(), noticed_until=NOW)
    after = struck_off(_without(told, SECOND), "ord_2", NOW)
    assert (after.expires_at, after.paid_until, after.withheld) == (FIRST[2], None, None)
    assert after.due_at == FIRST[2] - 30 * DAY
    assert _code(after, FIRST[2] + 7 * DAY) == "EXPIRED"


def test_a_term_in_the_middle_stays_withheld_as_the_later_one_is_counted_from_its_end() -> None:
    off = _without(_renewed(), FIRST)
    assert struck_off(off, "ord_1", NOW) == off
    assert _code(_without(off, SECOND, now=NOW + DAY), NOW + DAY) == "UNPAID"


def test_where_nothing_is_left_it_stays_unpaid_and_no_end_is_announced() -> None:
    off = _without(a_license(expires_at=NOW + 20 * DAY), ("ord_1", NOW - YEAR, NOW + 20 * DAY))
    after = struck_off(off, "ord_1", NOW)
    assert after == off
    assert (_code(after, NOW + YEAR), after.due_at) == ("UNPAID", None)
    assert struck_off(after, "ord_9", NOW) == after


def test_one_order_gone_for_good_leaves_the_other_one_contested() -> None:
    after = struck_off(_without(_renewed(), FIRST, SECOND), "ord_2", NOW)
    assert _code(after) == "UNPAID"
    assert _code(set_free(after, "ord_1", NOW)) == "VALID"
    future = _without(_renewed(), SECOND)
    gone = struck_off(_without(future, ("ord_3", SECOND[2] - DAY, SECOND[2])), "ord_2", NOW)
    assert gone.ends_at == FIRST[2] - DAY
    assert set_free(gone, "ord_3", NOW).ends_at == FIRST[2]


def test_what_staff_says_is_paid_holds_whatever_becomes_of_the_dispute() -> None:
    off = _without(a_license(expires_at=FIRST[2]), FIRST)
    paid = amended(off, {"paid_until": None})
    assert (_code(paid), paid.withheld) == ("VALID", None)
    assert set_free(paid, "ord_1", NOW) == paid
    # An end set by staff is kept, and so is the dispute.
    longer = amended(off, {"expires_at": FIRST[2] + DAY})
    assert _code(longer) == "UNPAID"
    assert set_free(longer, "ord_1", NOW).ends_at == FIRST[2] + DAY


def test_of_a_term_only_what_staff_left_of_it_is_withheld() -> None:
    cut = a_license(expires_at=FIRST[2])
    assert _without(cut, SECOND) == cut
    assert _code(_without(cut, ("ord_1", NOW - DAY, SECOND[2]))) == "UNPAID"
    longer = a_license(expires_at=FIRST[2] + 9 * DAY)
    assert _without(longer, FIRST).ends_at == NOW + 9 * DAY


def test_an_addon_is_withheld_by_itself_and_its_licence_works_on() -> None:
    license = a_license(addons=(an_addon("a"), an_addon("b")))
    addon = license.addons[0]
    off = withheld(addon, "ord_1", NOW - DAY, addon.expires_at, NOW)
    after = with_addon(license, off)
    assert (_code(after), addon_status(off, NOW)) == ("VALID", "unpaid")
    assert decide(Question(after, ("b",), NOW)).code == "VALID"
    assert amended_addon(after, "a", {"paid_until": None}).addons[0] == addon


@pytest.mark.parametrize("withheld_part", ["licence", "addon"])
def test_no_end_is_announced_of_what_is_withheld(withheld_part: str) -> None:
    end = NOW + 8 * DAY
    license = a_license(expires_at=end, addons=(an_addon("a", expires_at=end),))
    if withheld_part == "licence":
        off = withheld(license, "ord_1", NOW - DAY, end, NOW)
        assert off.due_at is None
    else:
        off = with_addon(license, withheld(license.addons[0], "ord_1", NOW - DAY, end, NOW))
        _, told = due_notices(off, NOW + 2 * DAY)
        assert [notice.addon for notice in told] == [None]
    assert {notice.addon for notice in due_notices(license, NOW + 2 * DAY)[1]} == {None, "a"}
