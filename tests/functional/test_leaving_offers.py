"""What a customer who wants to leave is offered to stay (C2)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.kernel.money import Money
from chalicelib.kernel.periods import add_period
from tests.functional.leaving_desk import PRICE, Desk, desk
from tests.world import World

DAY = timedelta(days=1)
TALK = {"kind": "arguments", "detail": "A report by shop comes in May"}


@pytest.fixture
def here(world: World) -> Desk:
    return desk(world)


def test_what_is_left_to_pay_without_some_services_is_worked_out(here: Desk) -> None:
    erp, site, domain = (here.ana.holds(one) for one in ("erp", "site", "domain"))
    over = here.ana.holds("integration")
    here.ana.stored(replace(over, status="ended"))
    case_id = here.opened(erp)
    after = here.does(case_id, "offers", kind="drop_services", detail="No site", subscription_ids=[site.id])
    (offer,) = after["offers"]
    assert offer["amount"] == {"amount": erp.price.minor + domain.price.minor, "currency": "BRL"}
    assert (offer["subscription_ids"], offer["until"]) == ([site.id], None)


def test_contracts_in_another_currency_are_not_added_up(here: Desk) -> None:
    erp, site, pack = (here.ana.holds(one) for one in ("erp", "site", "multipack"))
    here.ana.stored(replace(pack, price=Money(100, "EUR")))
    case_id = here.opened(erp)
    after = here.does(case_id, "offers", kind="drop_services", detail="No site", subscription_ids=[site.id])
    assert after["offers"][0]["amount"] == {"amount": erp.price.minor, "currency": "BRL"}
    assert here.faults(
        case_id, "offers", kind="drop_services", detail="Both", subscription_ids=[site.id, pack.id]
    ) == {"/subscription_ids/1": "one_currency"}


def test_two_offers_at_most_are_made(here: Desk) -> None:
    case_id = here.opened(here.ana.holds("erp"))
    for _ in range(2):
        here.does(case_id, "offers", **TALK)
    problem = here.refused(case_id, "offers", **TALK).json
    assert (problem["status"], problem["code"]) == (409, "too_many_offers")
    assert len(here.seen(case_id)["offers"]) == 2


def test_a_repeated_offer_is_one_offer(here: Desk) -> None:
    case_id = here.opened(here.ana.holds("erp"))
    first, again = (here.ask("POST", f"/{case_id}/offers", TALK, key="k-1") for _ in range(2))
    assert (first.status, again.status, again.body) == (201, 201, first.body)
    assert len(here.seen(case_id)["offers"]) == 1


def test_a_pause_ends_within_half_a_year(here: Desk) -> None:
    held, other = here.ana.holds("erp"), here.ana.holds("site")
    case_id, today = here.opened(held), here.ana.today
    last = add_period(today, "P6M")
    pause = {"kind": "pause", "detail": "Builds a new shop"}
    assert here.faults(case_id, "offers", **pause, until=today.isoformat()) == {"/until": "past"}
    assert here.faults(case_id, "offers", **pause, until=(last + DAY).isoformat()) == {"/until": "too_far"}
    assert here.faults(case_id, "offers", **pause, until=last.isoformat(), subscription_ids=[other.id]) == {
        "/subscription_ids/0": "not_among"
    }
    after = here.does(case_id, "offers", **pause, until=last.isoformat(), subscription_ids=[held.id])
    assert after["offers"][0]["until"] == last.isoformat()


@pytest.mark.parametrize(
    ("offer", "faults"),
    [
        ({"kind": "training"}, {"/amount": "not_asked_for", "/until": "not_asked_for"}),
        (
            {"kind": "drop_services"},
            {
                "/subscription_ids": "missing",
                "/amount": "not_asked_for",
                "/until": "not_asked_for",
            },
        ),
        ({"kind": "plan_change"}, {"/subscription_ids": "missing", "/until": "not_asked_for"}),
        ({"kind": "pause"}, {"/amount": "not_asked_for", "/until": "past"}),
    ],
)
def test_every_faulty_field_of_an_offer_is_named(here: Desk, offer: Any, faults: Any) -> None:
    case_id = here.opened(here.ana.holds("erp"))
    until = (here.ana.today - DAY).isoformat()
    assert here.faults(case_id, "offers", **offer, detail="x", amount=PRICE, until=until) == faults


def test_an_offer_is_about_running_contracts_of_the_customer(here: Desk) -> None:
    erp, site, over = (here.ana.holds(one) for one in ("erp", "site", "integration"))
    here.ana.stored(replace(over, status="ended"))
    case_id = here.opened(erp)
    here.opened(site)
    ids = ["sub_nobody", over.id, site.id, erp.id, erp.id]
    offer = {"kind": "plan_change", "detail": "Small plan", "subscription_ids": ids}
    assert here.faults(case_id, "offers", **offer, amount={"amount": 5, "currency": "EUR"}) == {
        "/subscription_ids/0": "unknown_subscription",
        "/subscription_ids/1": "contract_ended",
        "/subscription_ids/2": "already_leaving",
        "/subscription_ids/3": "currency",
        "/subscription_ids/4": "currency",
    }
    assert here.faults(case_id, "offers", **{**offer, "subscription_ids": [erp.id] * 2}, amount=PRICE) == {
        "/subscription_ids/1": "twice"
    }


def test_whoever_drops_everything_does_not_stay(here: Desk) -> None:
    erp, site = here.ana.holds("erp"), here.ana.holds("site")
    case_id = here.opened(erp)
    offer = {"kind": "drop_services", "detail": "All", "subscription_ids": [erp.id, site.id]}
    assert here.faults(case_id, "offers", **offer) == {"/subscription_ids": "nothing_left"}
