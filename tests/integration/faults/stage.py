"""The stage for many runs, each in a fresh world: an emulator that is emptied, and who looks at it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from chalicelib.customers.rules import Customer
from infra.emulator import Emulator, direct
from tests.integration.faults.askers import ASKERS
from tests.integration.faults.cloud import cold_start
from tests.integration.faults.hooks import EACH, Call, Wire
from tests.integration.faults.invariants import LIVENESS, SAFETY, broken
from tests.integration.faults.leavers import LEAVERS, Leaving, with_four_slips
from tests.integration.faults.pairs import Pair
from tests.integration.faults.pasts import Past, Purchase
from tests.integration.faults.payers import PAYERS
from tests.integration.faults.plans import PLANS
from tests.integration.faults.scenario import Run
from tests.integration.faults.schedule import Choose, Next, interleave
from tests.integration.faults.seen import Check, Seen
from tests.integration.faults.stories import STORIES, Expiry
from tests.integration.faults.subscribers import SUBSCRIBERS
from tests.world import World

# As many rows as DynamoDB takes at once.
BATCH = 25
TOKEN_IS_FRESH = timedelta(minutes=30)


class Broken(AssertionError):
    """An invariant does not hold."""


class Stage:
    """An opened world on an emulator of its own."""

    def __init__(self, world: World, emulator: Emulator) -> None:
        self.world = world
        self.emulator = emulator
        self.catalogue = world.client("dynamodb").scan(TableName=world.table_name)["Items"]
        self.providers = world.sandbox.records
        self.known: dict[str, list[Call]] = {}
        self.past: Purchase | None = None
        self.contracts: Past | None = None

    def clear(self, past: Past | None = None) -> None:
        """A deployment as new, or as a purchase left it. Clients stay, as opening them costs most."""
        direct.open(f"{self.emulator.url}/_ministack/reset", b"").close()
        self.world.build()
        puts = [{"PutRequest": {"Item": item}} for item in (past.items if past else self.catalogue)]
        for at in range(0, len(puts), BATCH):
            chunk = {self.world.table_name: puts[at : at + BATCH]}
            self.world.client("dynamodb").batch_write_item(RequestItems=chunk)
        self.world.sandbox.recall(past.providers if past else self.providers)
        if past:
            self.world.client("ssm").put_parameter(**self.secret, Value=past.secret, Overwrite=True)
        # HTTP goes by the clock on the wall, everything else by this one: ahead of it, as time is to pass.
        self.world.now = datetime.now(UTC) + timedelta(minutes=1)
        cold_start()

    def calls(self, plan: str) -> list[Call]:
        """The application's calls of a plan without a fault."""
        if plan not in self.known:
            wire = Wire()
            self.purchase(plan, wire)
            self.known[plan] = wire.calls
        return self.known[plan]

    def purchase(self, plan: str, wire: Wire) -> Run:
        """One plan from beginning to end, with all invariants checked on the way; `Broken`."""
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

    def outage_at_the_end(self, service: str) -> None:
        """A service does not answer in the last half hour of a licence, and the first one after; `Broken`."""
        wire = Wire("lost_before", EACH, lambda call: call.service == service)
        run = self.begin("expiry", wire)
        assert isinstance(run, Expiry)
        with telling(run):
            run.come_to(run.past.end - timedelta(minutes=30))
            self.an_hour_without(run)
            run.wait_for(run.quiet)
            # Without the table nobody can find out in time that a day is left.
            run.told = [0] if service == "DynamoDB" else [1, 0]
            self.check_all(run)
            run.aftermath()
            self.check_all(run)

    def outage_while_leaving(self, service: str) -> None:
        """A service does not answer while people perform their steps of a cancellation; `Broken`."""
        wire = Wire("lost_before", EACH, lambda call: call.service == service)
        run = self.begin("cancellation", wire)
        assert isinstance(run, Leaving)
        with telling(run):
            wire.armed = False
            run.until_people_are_waited_for()
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
        """A run in which two invocations meet, in the order of calls that `choose` gives; `Broken`."""
        run = self.begin(pair.plan, Wire())
        works = pair.meet(run)
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
        """A new purchase in a fresh world; or a story, in a world where things were bought."""
        chosen = PLANS[plan]
        if not chosen.story:
            self.clear()
            return {**PAYERS, **SUBSCRIBERS, **ASKERS}[chosen.payer](
                self.world, chosen, wire, self.check_safety
            )
        if chosen.story in LEAVERS:
            held = self.held()
            self.clear(held)
            return LEAVERS[chosen.story](self.world, chosen, wire, self.check_safety, held)
        past = self.bought()
        self.clear(past)
        return STORIES[chosen.story](self.world, chosen, wire, self.check_safety, past)

    def bought(self) -> Purchase:
        """A purchase to go on from; a new one well before its access token expires."""
        if self.past is None or is_old(self.past):
            run = self.purchase("boleto", Wire())
            (license,) = self.world.rows("license")
            shown = self.world.http("GET", f"/v1/licenses/{license['id']}", token=run.token).json
            self.past = Purchase(
                **vars(self.left(run.customer, run.token, self.seen(run))),
                license_id=license["id"],
                key=shown["key"],
                end=datetime.fromisoformat(shown["expires_at"]),
            )
        return self.past

    def held(self) -> Past:
        """Contracts with boletos that are not paid, to go on from."""
        if self.contracts is None or is_old(self.contracts):
            self.clear()
            self.contracts = self.left(*with_four_slips(self.world))
        return self.contracts

    def left(self, customer: Customer, token: str, seen: Seen) -> Past:
        """The deployment as it is now, to come back to."""
        ssm, table = self.world.client("ssm"), {"TableName": self.world.table_name}
        return Past(
            items=self.world.client("dynamodb").scan(**table)["Items"],
            secret=ssm.get_parameter(Name=self.secret["Name"], WithDecryption=True)["Parameter"]["Value"],
            providers=self.world.sandbox.records,
            customer=customer,
            token=token,
            seen=seen,
        )

    @property
    def secret(self) -> dict[str, str]:
        """The parameter from which licence keys derive."""
        return {"Name": f"/vigencia/{self.world.table_name}/license-secret", "Type": "SecureString"}

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
        return run.seen(self.outbox())

    def outbox(self) -> list[str]:
        """SES's ids of every message that it took."""
        with direct.open(self.emulator.mail_outbox) as answer:
            accounts: dict[str, list[dict[str, Any]]] = json.load(answer)["messages"]
        return [mail["MessageId"] for mails in accounts.values() for mail in mails]


def is_old(past: Past) -> bool:
    """Whether its customer's access token is about to expire."""
    return past.customer.created_at < datetime.now(UTC) - TOKEN_IS_FRESH


@contextmanager
def telling(run: Run, order: Sequence[str] = ()) -> Iterator[None]:
    """Says of a broken invariant what had been done to the application."""
    try:
        yield
    except AssertionError as fault:
        hurt = f"{run.wire.mode} of {run.wire.hit} ({run.wire.at})" if run.wire.hit else "no fault"
        raise Broken(f"{run.plan.name}, {hurt}, {list(order)}: {fault}; raised: {run.failures}") from fault
