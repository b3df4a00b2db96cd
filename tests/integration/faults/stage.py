"""The stage for many purchases, each in a fresh world: an emulator that is emptied, and who looks at it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from infra.emulator import Emulator, direct
from tests.integration.faults.cloud import cold_start
from tests.integration.faults.hooks import EACH, Call, Wire
from tests.integration.faults.invariants import LIVENESS, SAFETY, Check, broken
from tests.integration.faults.pairs import Pair
from tests.integration.faults.plans import PLANS
from tests.integration.faults.scenario import Run
from tests.integration.faults.schedule import Choose, Next, interleave
from tests.integration.faults.seen import Seen
from tests.world import World


class Broken(AssertionError):
    """An invariant does not hold."""


class Stage:
    """An opened world on an emulator of its own."""

    def __init__(self, world: World, emulator: Emulator) -> None:
        self.world = world
        self.emulator = emulator
        self.catalogue = world.client("dynamodb").scan(TableName=world.table_name)["Items"]
        self.known: dict[str, list[Call]] = {}

    def clear(self) -> None:
        """A deployment as new: nothing but the catalogue. Clients stay, as opening them costs most."""
        direct.open(f"{self.emulator.url}/_ministack/reset", b"").close()
        self.world.build()
        puts = [{"PutRequest": {"Item": item}} for item in self.catalogue]
        self.world.client("dynamodb").batch_write_item(RequestItems={self.world.table_name: puts})
        # HTTP goes by the clock on the wall, everything else by this one: ahead of it, as time is to pass.
        self.world.now = datetime.now(UTC) + timedelta(minutes=1)
        cold_start()

    def calls(self, plan: str) -> list[Call]:
        """The application's calls of a purchase without a fault."""
        if plan not in self.known:
            wire = Wire()
            self.purchase(plan, wire)
            self.known[plan] = wire.calls
        return self.known[plan]

    def purchase(self, plan: str, wire: Wire) -> Run:
        """One purchase from beginning to end, with all invariants checked on the way; `Broken`."""
        run = self.begin(plan, wire)
        with telling(run):
            run.buy()
            self.check_all(run)
            run.aftermath()
            self.check_all(run)
        return run

    def outage(self, service: str) -> None:
        """A service does not answer for an hour after the order, and again after the payment; `Broken`."""
        wire = Wire("lost_before", EACH, lambda call: call.service == service)
        run = self.begin("boleto", wire)
        with telling(run):
            wire.armed = False
            run.place()
            self.an_hour_without(run)
            run.wait_for(run.is_charged)
            run.provider_misleads()
            self.world.pay(run.payment_id)
            run.provider_tells()
            self.an_hour_without(run)
            run.finish()
            self.check_all(run)

    def an_hour_without(self, run: Run) -> None:
        """Time passes while the wire hurts what it can."""
        run.wire.armed = True
        until = self.world.now + timedelta(hours=1)
        run.wait_for(lambda: self.world.now >= until)
        run.wire.armed = False
        self.check_safety(run)

    def meeting(self, pair: Pair, choose: Choose) -> None:
        """A purchase in which two invocations meet, in the order of calls that `choose` gives; `Broken`."""
        run = self.begin("boleto", Wire())
        works = pair(run)
        order: list[str] = []

        def noted(waiting: Next) -> int:
            chosen = choose(waiting)
            order.append(f"{'first' if chosen == 0 else 'second'} {waiting[chosen]}")
            return chosen

        with telling(run, order):
            run.failures += interleave(works, run.wire, noted)
            self.check_safety(run)
            run.rest()
            run.finish()
            self.check_all(run)

    def begin(self, plan: str, wire: Wire) -> Run:
        """A new purchase in a fresh world."""
        self.clear()
        return Run(self.world, PLANS[plan], wire, self.check_safety)

    def check_safety(self, run: Run) -> None:
        """What must hold after every step."""
        self.check(run, SAFETY)

    def check_all(self, run: Run) -> None:
        """What must hold when all is quiet."""
        self.check(run, SAFETY + LIVENESS)

    def check(self, run: Run, checks: tuple[Check, ...]) -> None:
        """Raise `Broken` naming everything that is wrong."""
        faults = broken(self.seen(run), checks)
        if len({answer.text for answer in run.answers}) > 1:
            faults.append(f"one request got different answers: {[answer.text for answer in run.answers]}")
        if sum("Idempotent-Replayed" not in answer.headers for answer in run.answers) > 1:
            faults.append("two answers claim to be the first")
        if faults:
            raise Broken("; ".join(faults))

    def seen(self, run: Run) -> Seen:
        """The world as it is now, seen from outside."""
        return Seen(
            rows=self.world.rows(),
            mails=[(to, line) for to, line in self.outbox() if to == run.email],
            charges=run.charges() if run.answers else [],
            acknowledged=frozenset(run.acknowledged),
        )

    def outbox(self) -> list[tuple[str, str]]:
        """(recipient, subject line) of every e-mail that SES took."""
        with direct.open(self.emulator.mail_outbox) as answer:
            accounts: dict[str, list[dict[str, Any]]] = json.load(answer)["messages"]
        return [(mail["To"][0], mail["Subject"]) for mails in accounts.values() for mail in mails]


@contextmanager
def telling(run: Run, order: Sequence[str] = ()) -> Iterator[None]:
    """Says of a broken invariant what had been done to the application."""
    try:
        yield
    except AssertionError as fault:
        hurt = f"{run.wire.mode} of {run.wire.hit} ({run.wire.at})" if run.wire.hit else "no fault"
        raise Broken(f"{run.plan.name}, {hurt}, {list(order)}: {fault}; raised: {run.failures}") from fault
