"""Whatever order, repetition and delay a provider's events arrive in, the end is the same (B5)."""

from __future__ import annotations

import json
import uuid
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from infra.sandbox.state import Event
from tests.functional import steps
from tests.functional.conftest import opened
from tests.functional.steps import ADDON_A, LICENSE
from tests.world import Keys, World

SPAIN = {"country": "ES", "locale": "es", "tax_id": "12345678Z"}
METHODS = {"boleto": {}, "card": SPAIN, "paypal": SPAIN, "redsys": SPAIN}
# Tell one of the events that there are by then (counted round), let what moves by itself move, let time pass.
MOVES = st.lists(
    st.one_of(
        st.tuples(st.just("tell"), st.integers(0, 5)),
        st.tuples(st.just("rest"), st.just(0)),
        st.tuples(st.just("minutes"), st.sampled_from([11, 31, 400])),
    ),
    max_size=12,
)
# Who pays by a form has a day for it: after that his attempt has been given up, and he was told so.
WITHIN_A_DAY = MOVES.filter(lambda moves: sum(how for what, how in moves if what == "minutes") < 24 * 60)


class Purchase:
    """One order of a new customer, and what its provider has to tell of it."""

    def __init__(self, world: World, method: str) -> None:
        self.world = world
        email = f"{uuid.uuid4().hex}@example.com"
        customer, self.token = world.customer(email, **METHODS[method])
        self.customer_id = customer.id
        self.order = steps.charged(world, self.token, LICENSE, ADDON_A, method=method)
        self.charges = {steps.provider_id(self.order["payment"]["id"]).partition("-")[0]}

    def pay(self) -> None:
        """The customer pays."""
        if self.order["payment"]["form"]:
            steps.open_form(self.world, self.order["payment"])
        self.world.pay(self.order["payment"]["id"])

    def events(self) -> list[tuple[Event, dict[str, str]]]:
        """What the provider has told or could tell by now."""
        return [one for one in self.world.sandbox.signed_events() if one[0].charge_id in self.charges]

    def tell(self, at: int) -> None:
        """One of these events, whether or not it was told before."""
        found = self.events()
        if found:
            event, headers = found[at % len(found)]
            raw = event.body.encode()
            path = f"/v1/webhooks/{event.provider}"
            assert self.world.http("POST", path, raw=raw, headers=headers).status == 200

    def move(self, what: str, how: int) -> None:
        """One move of the world."""
        if what == "tell":
            self.tell(how)
        elif what == "rest":
            self.world.settle_down()
        else:
            self.world.reconcile(timedelta(minutes=how))

    def come_to_rest(self) -> None:
        """Every event is told in the end, and those that follow from the answers."""
        for _ in range(2):
            for at in range(len(self.events())):
                self.tell(at)
            self.world.settle_down()

    def state(self) -> dict[str, Any]:
        """Everything that the events could have made different."""
        rows = self.world.rows()
        mine = [row for row in rows if row.get("customer_id") == self.customer_id]
        known = {row["id"] for row in mine} | {self.customer_id}
        about = [row for row in rows if row["kind"] == "task" and json.loads(row["facts"])]
        return {
            "states": sorted((row["kind"], row["status"]) for row in mine if "status" in row),
            "mails": sorted(row["mail_kind"] for row in mine if row["kind"] == "mail"),
            "audits": Counter(
                (row["action"], row["after"])
                for row in rows
                if row["kind"] == "audit" and row["subject"] in known
            ),
            "tasks": [row["task_kind"] for row in about if known & set(json.loads(row["facts"]).values())],
            "due": [row["kind"] for row in mine if "gsi2pk" in row and row["kind"] != "license"],
        }


def _usual(world: World, method: str) -> dict[str, Any]:
    purchase = Purchase(world, method)
    purchase.pay()
    purchase.come_to_rest()
    return purchase.state()


@pytest.fixture(scope="module")
def usual(keys: Keys, jwks_url: str) -> dict[str, dict[str, Any]]:
    """How a purchase by each method ends when everything goes as it should."""
    ends = {}
    for method in METHODS:
        with opened(keys, jwks_url) as world:
            ends[method] = _usual(world, method)
    return ends


@pytest.mark.parametrize("method", METHODS)
def test_the_usual_end_is_a_paid_order_and_its_licence(usual: dict[str, dict[str, Any]], method: str) -> None:
    end = usual[method]
    assert {("order", "paid"), ("invoice", "paid"), ("payment", "paid")} <= set(end["states"])
    assert ("license", "active") in end["states"]
    assert (end["tasks"], end["due"]) == ([], [])


@pytest.mark.parametrize("method", METHODS)
@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(before=WITHIN_A_DAY, after=MOVES)
def test_any_order_repetition_and_delay_of_events_ends_in_the_same_state(
    keys: Keys,
    jwks_url: str,
    usual: dict[str, dict[str, Any]],
    method: str,
    before: list[tuple[str, int]],
    after: list[tuple[str, int]],
) -> None:
    # A world of its own for each history: they get slower as they fill up.
    with opened(keys, jwks_url) as world:
        purchase = Purchase(world, method)
        for move in before:
            purchase.move(*move)
        purchase.pay()
        for move in after:
            purchase.move(*move)
        purchase.come_to_rest()
        assert purchase.state() == usual[method]
