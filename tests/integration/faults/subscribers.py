"""Customers whose subscription goes on after its purchase: it is announced and renewed, or paid in parts.

They keep their card, so that nobody has to do anything. The purchase itself is swept elsewhere.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from chalicelib.flows import renewal_cancellation
from chalicelib.flows.renewal_cancellation import profile_door
from chalicelib.kernel.clock import rfc3339
from chalicelib.kernel.events import Actor
from tests.integration.faults.cloud import STEP
from tests.integration.faults.payers import Payer
from tests.integration.faults.scenario import Run
from tests.world import WORKERS

Work = Callable[[], object]

# The clock of whoever cancels is a little behind.
BEHIND = timedelta(seconds=1)


class Subscriber(Payer):
    """He buys, and then time passes."""

    def finish(self) -> None:
        """He pays his first order; faults begin with what happens later by itself."""
        self.bought()
        self.go_on()
        self.settle_down()

    def bought(self) -> None:
        """Everything up to his first period."""
        self.wire.armed = False
        if not self.world.rows("subscription"):
            super().finish()
        self.wire.armed = True

    def go_on(self) -> None:
        """What happens later."""

    @property
    def contract(self) -> Any:
        """The row of his subscription."""
        (row,) = self.world.rows("subscription")
        return row

    @property
    def due_at(self) -> datetime:
        """When something happens to it next."""
        return datetime.fromisoformat(self.contract["gsi2sk"].partition("#")[0])

    def come_to_what_is_due(self) -> None:
        """Let that instant be the next one."""
        self.world.now = max(self.world.now, self.due_at - STEP)
        self.next_hour = self.world.now
        self.pass_time()


class Renewing(Subscriber):
    """His renewal is announced, charged and paid, and the next period begins; unless staff cancel it."""

    def go_on(self) -> None:
        """First the notice, then the cut-off: one of the two happens; then the period ends."""
        if not self.is_decided():
            self.announced()
        if not self.is_charged_again() and not self.is_decided():
            self.come_to_what_is_due()
        self.wait_for(lambda: self.is_paid_ahead() or self.is_decided())
        if not self.is_decided():
            self.come_to_what_is_due()
        self.wait_for(self.is_decided)
        canceled = not self.contract["auto_renew"]
        assert self.is_charged_again() != canceled, self.contract

    def announced(self) -> None:
        """The notice has left."""
        if not self.contract.get("notice"):
            self.come_to_what_is_due()
        self.wait_for(lambda: self.has_left() or self.is_charged_again())
        self.inspect(self)

    def has_left(self) -> bool:
        """Whether the notice has, as far as is known."""
        notice = json.loads(self.contract.get("notice") or "{}")
        return bool(notice.get("sent_at"))

    def is_charged_again(self) -> bool:
        """Whether there is a second order."""
        return len(self.world.rows("order")) > 1

    def is_paid_ahead(self) -> bool:
        """Whether the next period is paid, and has only to begin."""
        parts = json.loads(self.contract["installments"])
        return any((one["start"], one["status"]) == (self.contract["end"], "paid") for one in parts)

    def is_decided(self) -> bool:
        """Whether the next period has begun, or never will."""
        return self.contract["number"] == 2 or not self.contract["auto_renew"]

    def cancel_renewal(self, subscription_id: str) -> None:
        """Staff cancel his renewal, at the last moment."""
        door = profile_door(Actor("staff", "staff", "he called"), lambda: "Eva")
        renewal_cancellation.cancel(subscription_id, door, self.world.now - BEHIND)


class InParts(Subscriber):
    """He pays the price of his period in parts, each on its day."""

    def go_on(self) -> None:
        """The next one falls due."""
        self.come_to_what_is_due()
        self.wait_for(lambda: self.parts_paid() == 2)

    def parts_paid(self) -> int:
        """How many of them have been paid."""
        return sum(row["status"] == "paid" for row in self.world.rows("order"))


# Invocations that may run at the same instant.


def a_renewal_and_its_cancellation(run: Renewing) -> tuple[Work, Work]:
    """Staff cancel it a second before the cut-off, and the schedule's worker comes a second later."""
    work, subscription_id = renewing(run), run.contract["id"]
    return work, lambda: run.cancel_renewal(subscription_id)


def two_renewals(run: Renewing) -> tuple[Work, Work]:
    """A queue delivers one message twice."""
    work = renewing(run)
    return work, work


def renewing(run: Renewing) -> Work:
    """The worker that renews, at the cut-off; the notice has left in time."""
    run.place()
    run.rest()
    run.bought()
    run.announced()
    run.world.now = run.due_at
    body = {"subscription_id": run.contract["id"], "at": rfc3339(run.due_at)}
    return lambda: WORKERS["settlements"](body, run.world.now)


SUBSCRIBERS: Mapping[str, type[Run]] = {
    "renewing": Renewing,
    "in_parts": InParts,
}
