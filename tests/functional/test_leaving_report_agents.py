"""Cases as they are opened and decided in earnest, in the report, by who decided (C2)."""

from __future__ import annotations

from urllib.parse import urlencode

from chalicelib import wiring
from chalicelib.cancellations.rules import Decision
from chalicelib.flows import leaving, leaving_outcomes
from chalicelib.flows.leaving import Leave
from chalicelib.kernel.clock import local_date
from chalicelib.kernel.events import SYSTEM, Actor
from tests.functional import steps
from tests.functional.conftest import Pool
from tests.functional.subscribed import subscribe


def test_a_case_as_it_is_decided_in_earnest_is_counted_at_once_and_names_who_did_it(pool: Pool) -> None:
    world = pool.world
    customer, _ = world.customer()
    first, second = (subscribe(world, customer, code=code) for code in ("erp", "site"))
    directory = wiring.directory()
    bea = Actor(directory.sign_up("bea@example.com", "Vigencia-demo-1", {}), "staff")
    stays, leaves = (
        leaving.open_case(
            customer.id,
            Leave("phone", (one.id,), world.now, reason_code="price"),
            bea,
            world.now,
            answer=lambda case: (201, case.id),
        )
        for one in (first, second)
    )
    leaving_outcomes.decide(stays.id, Decision("reverted", agreed="An hour of training"), bea, world.now)
    leaving_outcomes.decide(leaves.id, Decision("canceled"), SYSTEM, world.now)
    pool.join("bea@example.com", "staff")
    directory.confirm_now("bea@example.com")
    token = directory.sign_in("bea@example.com", "Vigencia-demo-1").access_token
    today = local_date(world.now, wiring.vendor().zone)
    query = urlencode({"from": str(today), "to": str(today), "by": "agent"})
    told = steps.read(world, token, f"/v1/staff/reports/cancellations?{query}")
    assert {(one["value"], one["name"], one["retention_rate"]) for one in told["data"]} == {
        (bea.id, "bea@example.com", "1.0000"),
        ("system", "system", "0.0000"),
    }
    (revenue,) = told["totals"]["revenue_a_year"]
    assert (revenue["kept"]["amount"], revenue["lost"]["amount"]) == (first.price.minor, second.price.minor)
