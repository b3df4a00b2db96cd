"""What must hold of subscriptions that have lived for years, read from what an outsider has seen.

Periods are counted anew here, without the product's help. Each check yields everything that is wrong.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date

from chalicelib.kernel.clock import local_date
from chalicelib.kernel.money import total
from chalicelib.subscriptions.rules import Subscription
from tests.unit.subscriptions.habits import DAY
from tests.unit.subscriptions.time_travel import World

MONTHS = {"P1M": 1, "P3M": 3, "P6M": 6, "P1Y": 12}


def wrong(world: World) -> list[str]:
    """Everything that is not as it must be."""
    found = []
    for one in world.subscriptions.values():
        found += [f"{check.__name__} {fault}: {one}" for check in CHECKS for fault in check(world, one)]
    return found


def every_period_follows_the_calendar(world: World, one: Subscription) -> Iterator[object]:
    wanted = [(_nth(one, at), _nth(one, at + 1)) for at in range(one.number)]
    if world.ledgers[one.id].periods != wanted or (one.start, one.end) != wanted[-1]:
        yield world.ledgers[one.id].periods


def every_part_is_invoiced_once_or_for_a_reason_not(world: World, one: Subscription) -> Iterator[object]:
    charged = Counter((charge.start, charge.number) for charge in world.ledgers[one.id].charges)
    yield from (twice for twice, count in charged.items() if count > 1)
    left = {(part.start, part.number): part for part in one.installments}
    for start, _ in world.ledgers[one.id].periods:
        for number in range(1, one.terms.installments + 1):
            part = left.get((start, number))
            waits = part and part.status == "scheduled" and (one.start_of(part.due_on) > world.now)
            given_up = part and part.status == "canceled" and one.ended_because
            stopped = part and part.status == "scheduled" and one.status == "suspended"
            if (start, number) not in charged and not (waits or given_up or stopped):
                yield start, number


def parts_make_the_price(world: World, one: Subscription) -> Iterator[object]:
    parts = {(part.start, part.number): part.amount for part in one.installments}
    parts |= {(charge.start, charge.number): charge.amount for charge in world.ledgers[one.id].charges}
    for start, _ in world.ledgers[one.id].periods:
        mine = [amount for (begun, _), amount in parts.items() if begun == start]
        if len(mine) != one.terms.installments or total(mine, one.price.currency) != one.price:
            yield start, mine


def every_renewal_was_announced_fifteen_days_before(world: World, one: Subscription) -> Iterator[object]:
    ledger = world.ledgers[one.id]
    for charge in ledger.charges:
        if charge.number == 1 and charge.start != one.anchor:
            sent_at = ledger.sent.get(charge.start)
            if not sent_at or local_date(charge.at, one.zone) - local_date(sent_at, one.zone) < 15 * DAY:
                yield charge, sent_at


def nothing_is_charged_after_a_cancellation(world: World, one: Subscription) -> Iterator[object]:
    ledger = world.ledgers[one.id]
    for end, at in ledger.canceled.items():
        if any(charge.start == end for charge in ledger.charges):
            yield end, at


def what_has_ended_says_why(world: World, one: Subscription) -> Iterator[object]:
    ended = one.status == "ended"
    if {ended} != {one.ended_because is not None, one.ended_at is not None} or (ended and one.auto_renew):
        yield one.ended_because
    if ended and any(part.start == one.end and part.is_owed for part in one.installments):
        yield one.installments


def nothing_is_forgotten(world: World, one: Subscription) -> Iterator[object]:
    """Nothing is overdue, and whatever has not ended goes on by itself; unless its money is contested."""
    if one.due_at and one.due_at <= world.now:
        yield one.due_at
    if one.status not in ("ended", "suspended") and one.due_at is None:
        yield one.status


def a_card_is_tried_as_often_as_agreed(world: World, one: Subscription) -> Iterator[object]:
    for part, times in world.ledgers[one.id].retries.items():
        if times > len(one.terms.retry_days):
            yield part, times


def _nth(one: Subscription, number: int) -> date:
    """The first day of a period, counted in months from the first one, without the product's help."""
    months = one.anchor.year * 12 + one.anchor.month - 1 + number * MONTHS[one.terms.period]
    for day in range(one.anchor.day, 27, -1):
        try:
            return date(months // 12, months % 12 + 1, day)
        except ValueError:
            continue
    return date(months // 12, months % 12 + 1, one.anchor.day)


CHECKS = (
    every_period_follows_the_calendar,
    every_part_is_invoiced_once_or_for_a_reason_not,
    parts_make_the_price,
    every_renewal_was_announced_fifteen_days_before,
    nothing_is_charged_after_a_cancellation,
    what_has_ended_says_why,
    nothing_is_forgotten,
    a_card_is_tried_as_often_as_agreed,
)
