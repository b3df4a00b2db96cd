"""Years of a subscription through HTTP, queues, providers and e-mails; and what an empty tick costs."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from chalicelib.flows.events import renewal_sweep
from chalicelib.kernel.clock import parse_instant
from chalicelib.kernel.periods import add_period
from tests.asked import heard
from tests.functional import steps
from tests.functional.renewing import DAY, HOUR, MONTHLY, subscribed
from tests.world import World

QUARTERLY = replace(MONTHLY, period="P3M", installments=2, cutoff_days=10)
# The due index is kept in so many parts.
PARTS = 4


def test_three_years_are_announced_charged_and_invoiced_each_once(world: World) -> None:
    contract = subscribed(world, QUARTERLY)
    first = contract.now
    contract.live(first.start_of(add_period(first.anchor, "P3M", 12)))
    now, orders = contract.now, contract.orders
    assert (now.status, now.number, now.start) == ("active", 13, add_period(first.anchor, "P3M", 12))
    assert {one["status"] for one in orders} == {"paid"}
    # The second half of the first period, two of each that followed, and the first half of this one.
    assert len(orders) == 1 + 11 * 2 + 1
    notes = [one["lines"][0]["description"] for one in contract.invoices]
    assert len(set(notes)) == len(orders)
    assert sum(one["total"]["amount"] for one in orders) == first.price.minor * 12
    sent = sorted(parse_instant(row["claimed_at"]) for row in contract.mails("renewal_notice"))
    renewed = (one for one, note in zip(orders, notes, strict=True) if "(1/2)" in note)
    charged = sorted(parse_instant(one["created_at"]) for one in renewed)
    assert len(sent) == len(charged) == 12
    assert min(at - before for at, before in zip(charged, sent, strict=True)) >= timedelta(days=14, hours=23)
    assert steps.tasks(world) == []


def test_a_tick_without_anything_due_asks_the_index_and_nothing_else(world: World) -> None:
    contract = subscribed(world, replace(MONTHLY, period="P1Y"))
    before = world.rows()
    for hours in range(3):
        with heard() as asked:
            renewal_sweep(steps.tick(world.now + 100 * DAY + hours * HOUR), None)
        assert dict(asked.counts) == {"Query": PARTS}
    assert world.rows() == before
    assert steps.waiting(world, "settlements") == []
    assert contract.now.number == 1
