"""Paying for another term of a licence: from its old end, or from today if it has lapsed (V10)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from chalicelib.catalog import store as catalog
from chalicelib.kernel.clock import local_date, parse_instant, start_of
from chalicelib.kernel.periods import add_period
from tests.functional import steps
from tests.functional.held import SHOP, Held
from tests.world import Answer

ZONE = "America/Sao_Paulo"
DAY = timedelta(days=1)


def _today(held: Held) -> date:
    return local_date(held.world.now, ZONE)


def _midnight(held: Held, days: int) -> datetime:
    """The beginning of a day, so many days from today, where the owner lives."""
    return start_of(_today(held) + days * DAY, ZONE)


def _year_from(held: Held, days: int) -> datetime:
    return start_of(add_period(_today(held) + days * DAY, "P1Y"), ZONE)


def _renewal(held: Held) -> dict[str, Any]:
    return {"product": "prestaimport", "license_id": held.id}


def _end(held: Held) -> datetime:
    return parse_instant(held.shown()["expires_at"])


def _lapsed(held: Held, days: int) -> None:
    steps.set_license(held.id, expires_at=_midnight(held, -days))


def test_a_renewal_runs_on_from_the_old_end_under_the_same_key(held: Held) -> None:
    held.activate()
    steps.set_license(held.id, expires_at=_midnight(held, 40))
    before = held.shown()
    order = steps.bought(held.world, held.token, _renewal(held))
    assert order["licenses"] == [held.id]
    after = held.shown()
    assert _end(held) == _year_from(held, 40)
    assert {**after, "expires_at": before["expires_at"]} == before
    assert len(steps.licenses(held.world, held.token)) == 1
    assert held.code() == "VALID"


def test_two_renewals_are_two_terms(held: Held) -> None:
    for _ in range(2):
        steps.bought(held.world, held.token, _renewal(held))
    assert _end(held) == start_of(add_period(add_period(add_period(_today(held), "P1Y"), "P1Y"), "P1Y"), ZONE)


def test_a_renewal_on_the_last_day_loses_nothing(held: Held) -> None:
    steps.set_license(held.id, expires_at=_midnight(held, 1))
    steps.bought(held.world, held.token, _renewal(held))
    assert _end(held) == _year_from(held, 1)


@pytest.mark.parametrize("days", [3, 30])
def test_a_lapsed_licence_runs_on_from_today(held: Held, days: int) -> None:
    _lapsed(held, days)
    steps.bought(held.world, held.token, _renewal(held))
    assert _end(held) == _year_from(held, 0)
    assert steps.validate(held.world, held.key)["code"] == "VALID"


def test_where_the_product_says_so_a_lapsed_licence_runs_on_from_its_old_end(held: Held) -> None:
    product = catalog.get("prestaimport")
    assert product.terms is not None
    catalog.put(replace(product, terms=replace(product.terms, lapsed_renewal="old_end")))
    _lapsed(held, 30)
    steps.bought(held.world, held.token, _renewal(held))
    assert _end(held) == _year_from(held, -30)


def test_a_renewal_is_judged_by_the_terms_on_which_it_was_bought(held: Held) -> None:
    _lapsed(held, 30)
    order = steps.charged(held.world, held.token, _renewal(held))
    product = catalog.get("prestaimport")
    assert product.terms is not None
    catalog.put(replace(product, terms=replace(product.terms, lapsed_renewal="old_end", period="P1M")))
    held.world.pay(order["payment"]["id"])
    held.world.webhooks()
    held.world.settle_down()
    assert _end(held) == _year_from(held, 0)


def test_a_renewal_pays_what_was_unpaid(held: Held) -> None:
    steps.set_license(held.id, paid_until=_midnight(held, -30))
    assert steps.validate(held.world, held.key)["code"] == "UNPAID"
    steps.bought(held.world, held.token, _renewal(held))
    assert held.shown()["paid_until"] is None
    assert steps.validate(held.world, held.key)["code"] == "VALID"


def test_paying_for_a_suspended_licence_does_not_lift_the_suspension(held: Held) -> None:
    steps.set_license(held.id, status="suspended", expires_at=_midnight(held, 10))
    steps.bought(held.world, held.token, _renewal(held))
    assert (held.shown()["status"], _end(held)) == ("suspended", _year_from(held, 10))
    assert steps.validate(held.world, held.key)["code"] == "SUSPENDED"


def test_the_addons_of_a_renewed_licence_keep_their_own_ends(held: Held) -> None:
    (before,) = held.shown()["addons"]
    steps.bought(held.world, held.token, _renewal(held))
    assert held.shown()["addons"] == [before]


def test_a_licence_that_has_ended_is_renewed_together_with_its_addons(held: Held) -> None:
    _lapsed(held, 30)
    refused = steps.ask(held.world, held.token, {**steps.ADDON_B, "license_id": held.id})
    assert steps.faults(refused) == {"/items/0/license_id": "license_not_usable"}
    steps.bought(held.world, held.token, {**steps.ADDON_B, "license_id": held.id}, _renewal(held))
    told = steps.validate(held.world, held.key, addons=["supplier-a", "supplier-b"])
    assert told["code"] == "VALID"


def test_a_renewed_product_may_have_other_days_of_grace(held: Held) -> None:
    product = catalog.get("prestaimport")
    assert product.terms is not None
    catalog.put(replace(product, terms=replace(product.terms, grace_days=20)))
    steps.bought(held.world, held.token, _renewal(held))
    told = steps.validate(held.world, held.key)
    assert parse_instant(told["valid_until"]) == _end(held) + 20 * DAY


def test_renewing_is_told_and_traced_once(held: Held) -> None:
    order = steps.bought(held.world, held.token, _renewal(held))
    held.world.reconcile()
    letters = [
        row
        for row in held.world.rows("mail")
        if row["mail_kind"] == "license_active" and row["subject"] == f"{held.id}:{order['id']}"
    ]
    assert len(letters) == 1
    assert held.trail() == [("activated", "system", "system")]


# Faults


def _faults(held: Held, *items: dict[str, Any]) -> dict[str, str]:
    before = held.world.rows()
    answers: list[Answer] = [steps.ask(held.world, held.token, *items)]
    body = {"items": list(items)}
    answers.append(held.world.http("POST", "/v1/orders/preview", body, token=held.token))
    named = [steps.faults(answer) for answer in answers]
    assert held.world.rows() == before
    assert named[0] == named[1]
    return named[0]


def test_a_renewal_names_one_licence_of_its_own_product_once(held: Held) -> None:
    installed = {"name": "Loja", "domain": SHOP}
    assert _faults(held, {**_renewal(held), "quantity": 2, "installation": installed}) == {
        "/items/0/quantity": "one_only",
        "/items/0/installation": "not_a_license",
    }
    assert _faults(held, _renewal(held), _renewal(held)) == {"/items/1/product": "repeated"}
    assert _faults(held, {"product": "erp", "license_id": held.id}) == {"/items/0/license_id": "not_an_addon"}


def test_a_licence_of_another_product_is_not_renewed(held: Held) -> None:
    catalog.put(replace(catalog.get("prestaimport"), code="otherimport"))
    assert _faults(held, {"product": "otherimport", "license_id": held.id}) == {
        "/items/0/license_id": "unknown_license"
    }


def test_somebody_elses_licence_is_unknown(held: Held) -> None:
    _, other = held.world.customer("rui@example.com", tax_id="11144477735")
    foreign = steps.ask(held.world, other, _renewal(held))
    unknown = steps.ask(held.world, other, {"product": "prestaimport", "license_id": "lic_x"})
    assert steps.faults(foreign) == {"/items/0/license_id": "unknown_license"}
    assert foreign.json["errors"] == unknown.json["errors"]


def test_a_revoked_licence_and_one_without_an_end_are_not_renewed(held: Held) -> None:
    end = parse_instant(held.shown()["expires_at"])
    steps.set_license(held.id, expires_at=None)
    assert _faults(held, _renewal(held)) == {"/items/0/license_id": "never_ends"}
    steps.set_license(held.id, expires_at=end, status="revoked")
    assert _faults(held, _renewal(held)) == {"/items/0/license_id": "license_not_usable"}


def test_a_renewal_beside_a_new_licence_is_not_taken_for_it(held: Held) -> None:
    order = steps.bought(held.world, held.token, _renewal(held), steps.LICENSE, steps.ADDON_B)
    assert len(order["licenses"]) == 2
    (new,) = [one for one in steps.licenses(held.world, held.token) if one["id"] != held.id]
    assert [one["code"] for one in new["addons"]] == ["supplier-b"]
    assert [one["code"] for one in held.shown()["addons"]] == ["supplier-a"]
