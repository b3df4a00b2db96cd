"""Customers who ask for something by a form, and are not answered: the team is alerted.

Their vendor is open at all times and answers within an hour, so that the same happens at any hour of any day.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from functools import cache, partial

from chalicelib import wiring
from chalicelib.flows import alerting
from chalicelib.flows.events import sla_alerts
from chalicelib.flows.requesting import Request, open_ticket
from chalicelib.kernel.business import Calendar
from chalicelib.kernel.events import Actor
from chalicelib.mail.rules import KINDS
from chalicelib.storage.idempotency import Repeatable, Replay
from chalicelib.storage.transaction import Transaction
from chalicelib.tickets import service, store
from chalicelib.tickets.calendars import WEEKDAYS, Definition, calendar_of
from chalicelib.tickets.levels import ServiceLevels
from tests.integration.faults.cloud import STEP, scheduled
from tests.integration.faults.scenario import REQUESTS, Run
from tests.integration.faults.seen import Check, Row, Seen

Work = Callable[[], object]

OPEN = Definition("home", "UTC", "ES", week=dict.fromkeys(WEEKDAYS, "00:00-24:00"))
PROMISE = {"default": {"hours": 1, "at_risk_percent": 50}}
CONTACT = "team@example.com"


class Asker(Run):
    """He sends form B, and again until he knows that it has arrived."""

    def buy(self) -> None:
        """Nobody answers, and time passes until the team knows that."""
        self.promise()
        self.wire.armed = True
        self.place()
        self.rest()
        self.inspect(self)
        self.finish()
        (ticket,) = self.world.rows("ticket")
        assert json.loads(ticket["alerts"])["breached_at"], ticket

    def promise(self) -> None:
        """The vendor's service levels."""
        writing = Transaction()
        writing.save(*map(store.calendar_row, [always()]))
        versions = {OPEN.id: always().version}
        writing.save(
            store.levels_row(ServiceLevels((OPEN,), OPEN.id, (CONTACT,), policies=PROMISE, versions=versions))
        )
        writing.commit()

    def place(self) -> None:
        """The client sends the form until he has an answer."""
        for _ in range(REQUESTS):
            if self.invoke(self.send):
                return
        raise AssertionError("no answer")

    def send(self) -> None:
        """The client's request, once."""
        request = Request("review_contract", "My plan", "What does it include?", reason_code="plan")
        repeatable = Repeatable(self.customer.id, "POST /v1/tickets", self.key, b"{}")
        try:
            open_ticket(
                self.customer.id,
                request,
                wiring.vendor(),
                Actor(self.customer.id, "store"),
                self.world.now,
                answer=lambda one: (201, one.id),
                repeatable=repeatable,
            )
        except Replay:
            """He has the answer that he would have had."""

    def finish(self) -> None:
        """Time passes until nothing is outstanding any more."""
        self.wait_for(self.quiet)
        self.wire.armed = False

    def pass_time(self) -> None:
        """A few minutes later the schedule looks after requests."""
        self.alert_tick(self.world.now + STEP)
        super().pass_time()

    def alert_tick(self, at: datetime) -> None:
        """The schedule's tick of a time."""
        self.told_the_time(partial(sla_alerts, scheduled(at), None))

    def aftermath(self) -> None:
        """The form comes once more, and ticks come late."""
        self.place()
        for minutes in (-90, -30, 0, 60):
            self.alert_tick(self.world.now + timedelta(minutes=minutes))
        self.repeat()

    @property
    def ticket_id(self) -> str:
        (row,) = self.world.rows("ticket")
        return str(row["id"])

    def answer(self, ticket_id: str) -> None:
        """Staff answers."""
        staff, now = Actor("staff", "staff"), self.world.now
        said = service.message(ticket_id, "staff", staff, "Two users.", now, id="msg_answer")
        service.write(ticket_id, said, staff, answer=lambda one: (201, one.id))


@cache
def always() -> Calendar:
    """A calendar without closed days."""
    return calendar_of(OPEN, frozenset(), range(2020, 2100))


# Invocations that may run at the same instant.


def two_ticks_of_alerts(run: Asker) -> tuple[Work, Work]:
    """The schedule is started again while it still runs."""
    work = alerting_at_the_breach(run)
    return work, work


def an_alert_and_an_answer(run: Asker) -> tuple[Work, Work]:
    """The answer comes at the very moment at which it is late."""
    work, ticket_id = alerting_at_the_breach(run), run.ticket_id
    return work, lambda: run.answer(ticket_id)


def alerting_at_the_breach(run: Asker) -> Work:
    """What the schedule does about a request that is overdue."""
    run.promise()
    run.place()
    run.rest()
    ticket_id, run.world.now = run.ticket_id, run.world.now + timedelta(hours=1)
    return lambda: alerting.alert(ticket_id, wiring.reach(), run.world.now)


# What must never happen, read from raw rows


def each_alert_is_given_once(seen: Seen) -> Iterator[str]:
    """4. One event per alert, and one that the ticket knows of."""
    given = Counter((row["subject"], *step_of(row)) for row in alerted(seen))
    yield from (f"{alert} was given {count} times" for alert, count in given.items() if count > 1)
    known = {(row["id"], level, step) for row in promised(seen) for level, step, _, _ in known_alerts(row)}
    if known != set(given):
        yield f"tickets know of {sorted(known)}, given were {sorted(given)}"


def no_alert_is_early_or_late(seen: Seen) -> Iterator[str]:
    """4. Not before its instant, at most two ticks after, and none at risk after one overdue."""
    for row in promised(seen):
        for level, step, at, due_at in known_alerts(row):
            if not due_at <= at <= due_at + 2 * STEP:
                yield f"{row['id']}: {level} {step} was due at {due_at} and given at {at}"
        alerts = json.loads(row["alerts"])
        if alerts["at_risk_at"] and alerts["breached_at"] and alerts["at_risk_at"] > alerts["breached_at"]:
            yield f"{row['id']} was at risk after it was overdue"


def known_alerts(ticket: Row) -> Iterator[tuple[str, str, datetime, datetime]]:
    """Level, step, when it was given and when it was due, of each alert that a ticket knows of."""
    clock, alerts = json.loads(ticket["clock"]), json.loads(ticket["alerts"])
    for level, instant in (("at_risk", "warns_at"), ("breached", "due_at")):
        if at := alerts[f"{level}_at"]:
            yield level, "0", datetime.fromisoformat(at), datetime.fromisoformat(clock[instant])


def alerted(seen: Seen) -> list[Row]:
    """The events of alerts."""
    return [row for row in seen.of("outbox") if row["name"] == "ticket.alerted"]


def promised(seen: Seen) -> list[Row]:
    """The tickets to which an answer was promised."""
    return [row for row in seen.of("ticket") if "clock" in row]


def step_of(event: Row) -> tuple[str, str]:
    """Level and step of an alert's event."""
    data = json.loads(event["data"]) if isinstance(event["data"], str) else event["data"]
    return data["level"], data["step"]


def is_alerted_next(ticket: Row) -> bool:
    """Whether there will be another alert about a ticket."""
    if "clock" not in ticket or ticket["status"] in ("resolved", "closed"):
        return False
    alerts, step = json.loads(ticket["alerts"]), json.loads(ticket["clock"])["ledger"][-1]["step"]
    runs = step in ("started", "resumed")
    return runs and (not alerts["breached_at"] or alerts["escalates_at"] is not None)


def ticket_mails(seen: Seen) -> Iterator[tuple[str, str]]:
    """(kind, subject) of the e-mails about tickets; of kinds that there are."""
    wanted = [("sla_alert", ":".join((row["subject"], *step_of(row)))) for row in alerted(seen)]
    wanted += [("ticket_received", row["id"]) for row in promised(seen)]
    replies = (json.loads(row["data"]) for row in seen.of("outbox") if row["name"] == "ticket.replied")
    wanted += [("ticket_answered", data["message_id"]) for data in replies]
    return ((kind, subject) for kind, subject in wanted if kind in KINDS)


ASKERS: Mapping[str, type[Run]] = {"asking": Asker}
ALERTS: tuple[Check, ...] = (each_alert_is_given_once, no_alert_is_early_or_late)
