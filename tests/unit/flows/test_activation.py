"""A paid order becomes licences, or other terms of those that are there (V2, V9, V10)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelib.flows.activation import activate
from chalicelib.kernel.clock import start_of
from chalicelib.kernel.events import Event
from chalicelib.kernel.terms import Seating, Terms
from chalicelib.licensing import store as licensing
from chalicelib.licensing.activations import activated
from chalicelib.licensing.decision import Question, decide
from chalicelib.licensing.keys import derive_key, hint, key_hash
from chalicelib.licensing.rules import (
    LicenseNotFound,
    commanded,
    switched,
)
from chalicelib.licensing.standing import Place
from chalicelib.orders.rules import Installation
from tests.unit.flows.activating import (
    DAY,
    FIRST_END,
    NOW,
    REACH,
    SECRET,
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


def test_a_licence_is_made_with_its_key_its_end_and_its_seats(rows: Rows) -> None:
    place = Installation("Tienda", "tienda.example.com")
    license = bought_license(installation=place, seating=Seating(3, 5))
    key = derive_key(SECRET, license.id, 0)
    assert [one.hash for one in license.keys] == [key_hash(key)]
    assert (license.key_hint, license.rotation) == (hint(key), 0)
    assert (license.installation, license.domain) == ("Tienda", "tienda.example.com")
    assert (license.seats, license.moves_per_year, license.activations) == (3, 5, ())
    assert (license.expires_at, license.grace_days, license.paid_until) == (FIRST_END, 7, None)
    assert not [row for row in rows() if key in str(row) or key.replace("-", "")[3:] in str(row)]


def test_by_default_one_seat_and_three_moves(rows: Rows) -> None:
    license = bought_license()
    assert (license.seats, license.moves_per_year) == (1, 3)


def test_activating_an_order_again_changes_nothing(rows: Rows) -> None:
    activated_order(1, an_item(quantity=2), an_item("addon", license_id=None, host_item=0))
    before = rows()
    for days in (0, 1):
        activate(Event("order.paid", "ord_1", NOW), REACH, NOW + days * DAY)
    assert rows() == before


def test_a_renewal_in_time_runs_on_from_the_old_end(rows: Rows) -> None:
    license = renewed(bought_license(), NOW + 100 * DAY)
    assert license.expires_at == FIRST_END.replace(year=2028)


def test_a_lapsed_licence_runs_from_the_day_it_is_paid_again(rows: Rows) -> None:
    paid = FIRST_END + 3 * DAY + timedelta(hours=12)
    assert renewed(bought_license(), paid).expires_at == FIRST_END.replace(year=2028) + 3 * DAY


def test_a_lapsed_licence_runs_on_from_its_old_end_where_the_product_says_so(rows: Rows) -> None:
    terms = replace(YEARLY, lapsed_renewal="old_end")
    license = renewed(bought_license(terms=terms), FIRST_END + 40 * DAY, terms=terms)
    assert license.expires_at == FIRST_END.replace(year=2028)


def test_a_renewal_touches_neither_keys_nor_seats_nor_installations(rows: Rows) -> None:
    bought = bought_license(seating=Seating(2, 1))
    save(*licensing.rows(activated(bought, Place("shop.com"), None, NOW), NOW))
    before = licensing.get(bought.id)
    after = renewed(before, NOW + DAY)
    kept = (
        "keys",
        "key_hint",
        "rotation",
        "seats",
        "moves_per_year",
        "activations",
        "created_at",
        "order_id",
    )
    assert {name: getattr(after, name) for name in kept} == {name: getattr(before, name) for name in kept}
    assert licensing.find_by_key_hash(before.keys[0].hash, NOW) == after


def test_a_renewal_pays_what_was_unpaid(rows: Rows) -> None:
    bought = bought_license()
    save(*licensing.rows(replace(bought, paid_until=NOW - 9 * DAY), NOW))
    assert decide(Question(licensing.get(bought.id), (), NOW)).code == "UNPAID"
    after = renewed(bought, NOW)
    assert (after.paid_until, decide(Question(after, (), NOW)).code) == (None, "VALID")


def test_paying_does_not_reinstate_what_staff_suspended(rows: Rows) -> None:
    bought = bought_license()
    save(*licensing.rows(commanded(bought, "suspend"), NOW))
    after = renewed(bought, NOW)
    assert decide(Question(after, (), NOW)).code == "SUSPENDED"
    assert after.expires_at == FIRST_END.replace(year=2028)


def test_a_renewal_brings_its_own_notices_and_none_in_its_first_half(rows: Rows) -> None:
    bought = bought_license()
    assert bought.due_at == FIRST_END - 30 * DAY
    after = renewed(bought, FIRST_END - 10 * DAY)
    assert after.due_at == FIRST_END.replace(year=2028) - 30 * DAY
    weekly = activated_order(3, an_item(terms=Terms("P14D")))
    assert licensing.get(weekly.license_ids[0]).due_at == start_of((NOW + 13 * DAY).date(), ZONE)


def test_an_addon_joins_the_licence_of_its_own_order(rows: Rows) -> None:
    order = activated_order(1, an_item("addon", host_item=1, terms=Terms("P1M", grace_days=2)), an_item())
    license = licensing.get(order.license_ids[0])
    addon = the_addon(license)
    assert (addon.code, addon.enabled, addon.grace_days) == ("supplier-a", True, 2)
    assert addon.expires_at == start_of(NOW.date().replace(month=12), ZONE)
    assert license.expires_at == FIRST_END


def test_an_addon_bought_again_runs_on_and_stays_switched_off(rows: Rows) -> None:
    bought = bought_license()
    addon = an_item("addon", license_id=bought.id)
    activated_order(2, addon)
    save(*licensing.rows(switched(licensing.get(bought.id), "supplier-a", False), NOW))
    activated_order(3, addon, now=NOW + 9 * DAY)
    again = the_addon(licensing.get(bought.id))
    assert (again.enabled, again.expires_at) == (False, FIRST_END.replace(year=2028))


def test_a_licence_that_ended_is_renewed_and_extended_in_one_order_whichever_line_is_first(
    rows: Rows,
) -> None:
    bought = bought_license()
    now = FIRST_END + 99 * DAY
    order = activated_order(2, an_item("addon", license_id=bought.id), an_item(license_id=bought.id), now=now)
    after = licensing.get(bought.id)
    assert order.license_ids == (bought.id,)
    verdict = decide(Question(after, ("supplier-a",), now))
    assert (verdict.code, [one.valid for one in verdict.addons]) == ("VALID", [True])


def test_nobody_extends_somebody_elses_licence(rows: Rows) -> None:
    bought = bought_license()
    for item in (an_item(license_id=bought.id), an_item("addon", license_id=bought.id)):
        with pytest.raises(LicenseNotFound):
            activated_order(2 if item.kind == "license" else 3, item, customer="cus_2")
    assert licensing.get(bought.id) == bought


def test_what_has_no_terms_never_ends(rows: Rows) -> None:
    license = bought_license(terms=None)
    assert (license.expires_at, license.grace_days, license.due_at) == (None, 0, None)


def test_each_licence_of_an_order_tells_once_that_it_is_there(rows: Rows) -> None:
    order = activated_order(1, an_item(quantity=3))
    assert len(set(order.license_ids)) == 3
    told = [row["subject"] for row in rows() if row["kind"] == "outbox"]
    assert sorted(told) == sorted(order.license_ids)
    assert len({one.hash for id in order.license_ids for one in licensing.get(id).keys}) == 3
