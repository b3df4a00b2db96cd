"""From when to when a renewal runs (V10)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.kernel.clock import local_date, start_of
from chalicelib.licensing import store as licensing
from chalicelib.licensing.decision import Question, decide
from tests.unit.flows.activating import (
    DAY,
    FIRST_END,
    NOW,
    YEARLY,
    ZONE,
    activated_order,
    an_item,
    bought_license,
    renewed,
    save,
    the_addon,
)
from tests.unit.storage.conftest import Rows


def test_a_renewal_runs_on_from_what_has_been_paid_for(rows: Rows) -> None:
    half = FIRST_END.replace(month=5, day=20, hour=22)
    bought = bought_license()
    save(*licensing.rows(replace(bought, paid_until=half), NOW))
    after = renewed(bought, NOW + DAY)
    assert (after.expires_at, after.paid_until) == (half.replace(year=2028), None)


def test_an_end_in_the_midst_of_a_day_is_rounded_up_to_the_next(rows: Rows) -> None:
    bought = bought_license()
    save(*licensing.rows(replace(bought, expires_at=FIRST_END + timedelta(hours=9)), NOW))
    after = renewed(bought, NOW + DAY)
    assert after.expires_at == FIRST_END.replace(year=2028) + DAY
    # At the very beginning of a day there is nothing to round.
    assert renewed(after, NOW + DAY, number=3).expires_at == FIRST_END.replace(year=2029) + DAY


@pytest.mark.parametrize("years", [1, 2, 5])
def test_money_never_buys_a_term_that_has_passed_altogether(rows: Rows, years: int) -> None:
    terms = replace(YEARLY, lapsed_renewal="old_end")
    paid = FIRST_END.replace(year=2027 + years) + DAY / 2
    after = renewed(bought_license(terms=terms), paid, terms=terms)
    assert after.expires_at == start_of(paid.date().replace(year=2028 + years), ZONE)
    assert decide(Question(after, (), paid)).code == "VALID"


def test_a_term_from_the_old_end_of_which_a_day_is_left_is_bought_as_it_is(rows: Rows) -> None:
    terms = replace(YEARLY, lapsed_renewal="old_end")
    paid = FIRST_END.replace(year=2028) - timedelta(hours=1)
    assert renewed(bought_license(terms=terms), paid, terms=terms).expires_at == FIRST_END.replace(year=2028)


def test_what_never_ends_stays_endless_when_a_term_is_paid_for(rows: Rows) -> None:
    bought = bought_license()
    addon = an_item("addon", license_id=bought.id)
    activated_order(2, addon)
    held = licensing.get(bought.id)
    endless = replace(held, expires_at=None, addons=(replace(the_addon(held), expires_at=None),))
    save(*licensing.rows(endless, NOW))
    after = renewed(bought, NOW + DAY, addon, number=3)
    assert (after.expires_at, after.due_at, the_addon(after).expires_at) == (None, None, None)


@pytest.mark.parametrize("lapsed", ["today", "old_end"])
@pytest.mark.parametrize(
    ("left", "paid"),
    [(40, None), (40, 5), (40, 80), (0, None), (-1, None), (40, -20), (-800, None), (-20, -800)],
)
def test_whatever_was_left_a_renewal_buys_a_working_licence_of_at_least_its_term(
    rows: Rows, left: int, paid: int | None, lapsed: Any
) -> None:
    terms = replace(YEARLY, lapsed_renewal=lapsed)
    end, paid_until = NOW + left * DAY, None if paid is None else NOW + paid * DAY
    bought = bought_license(terms=terms)
    save(*licensing.rows(replace(bought, expires_at=end, paid_until=paid_until), NOW))
    after = renewed(bought, NOW, terms=terms)
    runs_from = min(filter(None, (end, paid_until)))
    assert after.expires_at
    assert decide(Question(after, (), NOW)).code == "VALID"
    # It ends with a day of the customer's.
    assert after.expires_at == start_of(local_date(after.expires_at, ZONE), ZONE)
    if runs_from > NOW:
        assert 365 * DAY <= after.expires_at - runs_from <= 366 * DAY
    elif lapsed == "today" or runs_from < NOW - 365 * DAY:
        assert after.expires_at == FIRST_END
    else:
        assert 365 * DAY <= after.expires_at - runs_from <= 366 * DAY
