"""AWS around the application: everything is delivered at least once, and again after a failure.

Stream records come ten times, queue messages five times with their visibility time-out in between, ticks of
the schedule and SES's own, late events three times. Time moves by `World.now`, so that leases and waits run
out.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from chalicelib import wiring
from chalicelib.flows import delivery, reconciliation
from chalicelib.flows.events import boleto_expiry, renewal_sweep
from chalicelib.kernel.clock import rfc3339, sortable
from chalicelib.licensing.events import licence_expiry
from chalicelib.mail import service as mail
from tests.integration.faults.hooks import Crash, Hang, Wire, intercepted
from tests.world import QUEUES, WORKERS, World

STEP = timedelta(minutes=5)
TICK_EVERY = timedelta(minutes=15)
HOUR = timedelta(hours=1)
RETRY_AFTER = timedelta(minutes=3)
RECEIVES = 5
STREAM_ATTEMPTS = 10
# Ticks and SES's events are asynchronous invocations, which AWS tries three times.
ASYNC_ATTEMPTS = 3
# A hanging invocation is ended after the lease of a charge and the stream's head start have run out.
HUNG = timedelta(minutes=5)
# SES's own Send event: late, but within the half hour for which an unclear e-mail waits for it.
NEWS_AFTER = timedelta(minutes=20)
# What is due later is not waited for: asking providers about charges that nobody pays.
SOON = timedelta(hours=3)
PATIENCE = 50


@dataclass
class Message:
    """A queue message on its way to its worker."""

    queue: str
    body: dict[str, str]
    visible_at: datetime
    received: int = 0


@dataclass
class Letter:
    """An e-mail that SES took, and when SES will tell so."""

    mail_id: str
    message_id: str
    news_at: datetime
    told: int = 0


class Cloud:
    """Carries what took effect on the `wire` to whom it is meant for.

    Without `idling`, ticks that would find nothing due are left out: all that they do is to look.
    """

    def __init__(self, world: World, wire: Wire, streaming: bool, idling: bool) -> None:
        self.world = world
        self.wire = wire
        self.streaming = streaming
        self.idling = idling
        self.failures: list[BaseException] = []
        # How often the stream will still bring each record.
        self.records: dict[str, int] = {}
        self.inbox: list[Message] = []
        self.polled = 0
        self.letters: list[Letter] = []
        self.next_tick = world.now + TICK_EVERY
        self.next_hour = world.now + HOUR

    def invoke(self, work: Callable[[], object]) -> bool:
        """One invocation of a function: whether it came to its end, for its sender to know."""
        try:
            with intercepted(self.wire):
                work()
        except (Crash, Exception) as failure:
            self.failures.append(failure)
            if isinstance(failure, Hang):
                self.world.now += HUNG
            if isinstance(failure, Crash):
                self.died()
            return False
        return True

    def died(self) -> None:
        """The next invocation starts in a new container."""
        cold_start()

    # Time

    def wait_for(self, there: Callable[[], bool]) -> None:
        """Let time pass until something is there."""
        for _ in range(PATIENCE):
            if there():
                return
            self.pass_time()
        raise AssertionError("the world does not become quiet")

    def pass_time(self) -> None:
        """A few minutes later."""
        self.world.now += STEP
        if self.world.now >= self.next_tick:
            self.tick()
        self.rest()

    def rest(self) -> None:
        """Let everything move that can move now."""
        for _ in range(PATIENCE):
            if not self.stream() + self.queues() + self.mail_news():
                return
        raise AssertionError("the world does not come to rest")

    def quiet(self) -> bool:
        """Whether nothing is on a queue, still to be heard of, or due soon."""
        if self.inbox or any(letter.told < ASYNC_ATTEMPTS for letter in self.letters):
            return False
        return not self.is_due(self.world.now + SOON)

    def is_due(self, at: datetime) -> bool:
        """Whether anything is due by an instant."""
        found = self.world.client("dynamodb").scan(
            TableName=self.world.table_name,
            ConsistentRead=True,
            Select="COUNT",
            FilterExpression="gsi2sk <= :until",
            ExpressionAttributeValues={":until": {"S": f"{sortable(at)}#~"}},
        )
        # A megabyte at a time: whatever is on the next pages may be due.
        return bool(found["Count"] or "LastEvaluatedKey" in found)

    # What comes by itself

    def tick(self) -> None:
        """The schedules' ticks."""
        finds = self.idling or self.is_due(self.world.now)
        self.next_tick = self.world.now + TICK_EVERY
        if finds:
            self.quarterly_tick()
        if self.world.now >= self.next_hour:
            self.next_hour = self.world.now + HOUR
            if finds:
                self.hourly_tick()

    def quarterly_tick(self) -> None:
        """The tick of the schedule that comes every quarter of an hour."""
        self.told_the_time(partial(reconciliation.reconcile, wiring.reach(), self.world.now))

    def hourly_tick(self) -> None:
        """The ticks of the schedules that come once an hour."""
        self.licence_tick(self.world.now)
        self.told_the_time(partial(boleto_expiry, scheduled(self.world.now), None))
        self.told_the_time(partial(renewal_sweep, scheduled(self.world.now), None))

    def licence_tick(self, at: datetime) -> None:
        """The licences' own tick; EventBridge may bring it late, and more than once."""
        self.told_the_time(partial(licence_expiry, scheduled(at), None))

    def told_the_time(self, work: Callable[[], object]) -> None:
        """One tick, until it is carried out."""
        for _ in range(ASYNC_ATTEMPTS):
            if self.invoke(work):
                return

    def stream(self) -> int:
        """Deliver what is new in the outbox; how many records were tried."""
        for row in self.wire.written:
            if row["kind"] == {"S": "outbox"} and self.streaming:
                self.records.setdefault(row["event_id"]["S"], STREAM_ATTEMPTS)
        new = [event_id for event_id, left in self.records.items() if left]
        for event_id in new:
            done = self.invoke(partial(delivery.deliver, event_id, wiring.reach(), self.world.now))
            self.records[event_id] = 0 if done else self.records[event_id] - 1
        return len(new)

    def queues(self) -> int:
        """Hand visible messages to their workers; how many there were."""
        self.inbox += self.arrived()
        visible = [message for message in self.inbox if message.visible_at <= self.world.now]
        for message in visible:
            message.received += 1
            done = self.invoke(partial(WORKERS[message.queue], message.body, self.world.now))
            if done or message.received >= RECEIVES:
                self.inbox.remove(message)
            else:
                message.visible_at = self.world.now + RETRY_AFTER
        return len(visible)

    def arrived(self) -> Iterator[Message]:
        """Messages new on the queues."""
        names = {os.environ[f"{name.upper()}_QUEUE_URL"]: name for name in QUEUES}
        new, self.polled = self.wire.messages[self.polled :], len(self.wire.messages)
        yield from (Message(names[url], body, self.world.now) for url, body in new)

    def mail_news(self) -> int:
        """SES's Send events whose time has come; how many there were."""
        for mail_id, message_id in self.wire.mails[len(self.letters) :]:
            self.letters.append(Letter(mail_id, message_id, self.world.now + NEWS_AFTER))
        due = [one for one in self.letters if one.told < ASYNC_ATTEMPTS and one.news_at <= self.world.now]
        for letter in due:
            news = partial(mail.confirm, letter.mail_id, letter.message_id, self.world.now)
            done = self.invoke(news)
            letter.told = ASYNC_ATTEMPTS if done else letter.told + 1
            letter.news_at += STEP
        return len(due)

    def repeat(self) -> None:
        """Stream and SES bring everything once more."""
        self.records = dict.fromkeys(self.records, 1)
        for letter in self.letters:
            letter.told, letter.news_at = 0, self.world.now
        self.rest()


def cold_start() -> None:
    """A new container knows no secrets; its clients are kept here, as making them costs most."""
    wiring.gateways.cache_clear()
    wiring.license_secret.cache_clear()
    # It is also read again every few minutes: without this, some runs would have a call more than others.
    wiring._signer.cache_clear()


def scheduled(at: datetime) -> dict[str, Any]:
    """What EventBridge sends a schedule."""
    return {
        "version": "0",
        "id": "53dc4d37-cffa-4f76-80c9-8b7d4a4d2eaa",
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": "000000000000",
        "time": rfc3339(at),
        "region": "us-east-1",
        "resources": [],
        "detail": {},
    }
