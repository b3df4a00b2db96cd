"""A ticket: what a customer asked for, who has the next move, and how its promise stands (R2, S3, V6).

open ──▶ in_progress ──▶ resolved ──the customer writes──▶ open
 ▲           │  ▲             closed: for good, with a reason
 └───────────▼──┘
 waiting_customer: its clock is paused
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Literal

from chalicelib.kernel.business import Calendar
from chalicelib.kernel.errors import Conflict, NotFound
from chalicelib.kernel.events import Channel
from chalicelib.tickets import sla
from chalicelib.tickets.alerts import Alerts, next_alert_at
from chalicelib.tickets.sla import Clock

Kind = Literal[
    "advisory", "cancel_contract", "review_contract", "product_request", "support", "data_deletion"
]
Status = Literal["open", "in_progress", "waiting_customer", "resolved", "closed"]
Priority = Literal["high", "normal", "low"]
WaitsFor = Literal["payment", "slots", "agreement", "session"]
RANKS: Mapping[Priority, timedelta] = {
    "high": -timedelta(days=1),
    "normal": timedelta(0),
    "low": timedelta(days=1),
}
OVER: tuple[Status, ...] = ("resolved", "closed")


@dataclass(frozen=True)
class Session:
    """When a bought session takes place, and how one gets in (S6); `access` is what else that takes.

    `sequence` grows with each invitation to it; one that is `called_off` takes place no more.
    """

    starts_at: datetime
    minutes: int
    meeting_url: str
    access: str | None = None
    sequence: int = 0
    called_off: bool = False

    @property
    def ends_at(self) -> datetime:
        """Its exclusive end."""
        return self.starts_at + timedelta(minutes=self.minutes)


@dataclass(frozen=True)
class Ticket:
    """One request of a customer.

    `waits_for` says what must happen before a bought service goes on, `closed_for` why a ticket was closed,
    `outcome` how it was resolved. A ticket without a `clock` promises nothing yet. Of a bought session of so
    many `minutes`, `slots` are the instants that its customer has proposed, the ones he likes best first.
    """

    id: str
    number: str
    kind: Kind
    status: Status
    priority: Priority
    subject: str
    customer_id: str
    created_at: datetime
    channel: Channel = "store"
    reason_code: str | None = None
    subscription_id: str | None = None
    product: str | None = None
    order_id: str | None = None
    waits_for: WaitsFor | None = None
    closed_for: str | None = None
    outcome: str | None = None
    assignee: str | None = None
    clock: Clock | None = None
    alerts: Alerts = field(default_factory=Alerts)
    minutes: int | None = None
    slots: tuple[datetime, ...] = ()
    session: Session | None = None
    version: int | None = None

    @property
    def is_over(self) -> bool:
        """Whether nobody has a next move."""
        return self.status in OVER

    @property
    def agreed(self) -> Session | None:
        """The session that was agreed on and takes place."""
        return None if self.session is None or self.session.called_off else self.session

    @property
    def due_at(self) -> datetime | None:
        """When the team is alerted next."""
        return None if self.clock is None or self.is_over else next_alert_at(self.clock, self.alerts)

    @property
    def ranks_at(self) -> datetime:
        """Its place in the team's queue: when an answer is due, or since when it has been there.

        What is urgent ranks a day earlier, and what came by e-mail a day later: after the same request from
        the client area (V6), and before everything that is due a day after it.
        """
        return (self.clock.due_at if self.clock else self.created_at) + RANKS[self.priority]

    @property
    def reported_at(self) -> datetime:
        """Reports are about the requests of a period."""
        return self.created_at


class TicketNotFound(NotFound):
    """No such ticket, or somebody else's."""

    code = "ticket_not_found"
    thing = {"en": "ticket", "es": "el ticket", "pt-BR": "o ticket"}


class TicketClosed(Conflict):
    """Nothing more can be said or done about it."""

    code = "ticket_closed"
    text = {
        "en": "Ticket {number} is closed; open a new one.",
        "es": "El ticket {number} está cerrado; abra uno nuevo.",
        "pt-BR": "O ticket {number} está fechado; abra um novo.",
    }

    def __init__(self, ticket: Ticket) -> None:
        super().__init__(number=ticket.number)


class TicketNotAnswered(Conflict):
    """It cannot be resolved before its customer was told anything."""

    code = "ticket_not_answered"
    text = {
        "en": "Ticket {number} has had no answer yet; send one with the resolution.",
        "es": "El ticket {number} aún no tiene respuesta; envíe una con la resolución.",
        "pt-BR": "O ticket {number} ainda não teve resposta; envie uma com a resolução.",
    }

    def __init__(self, ticket: Ticket) -> None:
        super().__init__(number=ticket.number)


class AwaitsPayment(Conflict):
    """A bought service is not begun before it is paid (S6)."""

    code = "ticket_awaits_payment"
    text = {
        "en": "Ticket {number} waits for its payment.",
        "es": "El ticket {number} espera su pago.",
        "pt-BR": "O ticket {number} espera o pagamento.",
    }

    def __init__(self, ticket: Ticket) -> None:
        super().__init__(number=ticket.number)


class AwaitsSession(Conflict):
    """A bought session is done when it was held, and not before (S6)."""

    code = "ticket_awaits_session"
    text = {
        "en": "Ticket {number} is resolved once its session was held.",
        "es": "El ticket {number} se resuelve cuando su sesión se haya realizado.",
        "pt-BR": "O ticket {number} é resolvido quando a sessão for realizada.",
    }

    def __init__(self, ticket: Ticket) -> None:
        super().__init__(number=ticket.number)


def answered(ticket: Ticket, at: datetime) -> Ticket:
    """The team has given an answer, which keeps the promise, or breaks it late. `TicketClosed`."""
    check_not_closed(ticket)
    begins = ticket.status == "open" and ticket.waits_for != "payment"
    status: Status = "in_progress" if begins else ticket.status
    return replace(ticket, status=status, clock=ticket.clock and sla.answered(ticket.clock, at))


def asked(ticket: Ticket, at: datetime) -> Ticket:
    """The customer is asked for something: the promise is paused until he replies. `TicketClosed`.

    It is his money that an unpaid service waits for, whatever else he is asked.
    """
    check_not_closed(ticket)
    if ticket.waits_for == "payment":
        return ticket
    clock = ticket.clock and sla.paused(ticket.clock, at)
    return replace(ticket, status="waiting_customer", outcome=_lasting_outcome(ticket), clock=clock)


def replied(ticket: Ticket, calendar: Calendar | None, at: datetime) -> Ticket:
    """The customer has written, which also opens again what was resolved. `TicketClosed`, `CalendarEnds`.

    `calendar` is what the promise goes on by, if there is one.
    """
    check_not_closed(ticket)
    if ticket.status == "resolved":
        return replace(ticket, status="open", outcome=_lasting_outcome(ticket))
    return going_on(ticket, calendar, at) if ticket.status == "waiting_customer" else ticket


def going_on(ticket: Ticket, calendar: Calendar | None, at: datetime) -> Ticket:
    """The team has the next move again. `CalendarEnds`."""
    clock = sla.resumed(ticket.clock, calendar, at) if ticket.clock and calendar else ticket.clock
    return replace(ticket, status="in_progress", clock=clock)


def moved(ticket: Ticket, status: Status, calendar: Calendar | None, at: datetime) -> Ticket:
    """Staff says where an unresolved ticket stands. `TicketClosed`, `AwaitsPayment`, `CalendarEnds`."""
    check_not_closed(ticket)
    check_paid(ticket)
    if status == "waiting_customer":
        return asked(ticket, at)
    return replace(going_on(ticket, calendar, at), status=status, outcome=_lasting_outcome(ticket))


def _lasting_outcome(ticket: Ticket) -> str | None:
    """What is still true of a ticket that is opened again: a session that was held stays held."""
    return ticket.outcome if ticket.kind == "advisory" else None


def resolved(ticket: Ticket, outcome: str | None, at: datetime) -> Ticket:
    """What was asked for is done. `TicketClosed`, `AwaitsPayment`, `AwaitsSession`, `TicketNotAnswered`."""
    check_not_closed(ticket)
    check_paid(ticket)
    if ticket.waits_for:
        raise AwaitsSession(ticket)
    if ticket.clock and not ticket.clock.answered_at:
        raise TicketNotAnswered(ticket)
    return replace(ticket, status="resolved", outcome=outcome or ticket.outcome)


def assigned(ticket: Ticket, assignee: str | None) -> Ticket:
    """It is somebody's, or nobody's."""
    return replace(ticket, assignee=assignee)


def ranked(ticket: Ticket, priority: Priority) -> Ticket:
    """It is more or less urgent than was said; what was promised stays."""
    return replace(ticket, priority=priority)


def closed(ticket: Ticket, reason: str, at: datetime) -> Ticket:
    """What it waits for will not come, or nobody can answer it; its promise stands still."""
    clock = ticket.clock and sla.paused(ticket.clock, at)
    return replace(ticket, status="closed", closed_for=reason, clock=clock)


def unlocked(ticket: Ticket, calendar: Calendar | None, at: datetime) -> Ticket:
    """Its service has been paid (S6): it is where it was when its money was contested. `CalendarEnds`.

    At first that is where the customer is asked for dates and times.
    """
    back = replace(ticket, waits_for=_step(ticket), closed_for=None)
    if back.waits_for == "slots":
        return replace(back, status="waiting_customer")
    return going_on(back, calendar, at)


def _step(ticket: Ticket) -> WaitsFor:
    if ticket.agreed:
        return "session"
    return "agreement" if ticket.slots else "slots"


def locked(ticket: Ticket, at: datetime) -> Ticket:
    """The money of its service is contested: it waits for its payment again, unless it is over already."""
    if ticket.is_over:
        return ticket
    clock = ticket.clock and sla.paused(ticket.clock, at)
    return replace(ticket, status="open", waits_for="payment", clock=clock)


def check_not_closed(ticket: Ticket) -> None:
    """`TicketClosed` for a closed ticket."""
    if ticket.status == "closed":
        raise TicketClosed(ticket)


def check_paid(ticket: Ticket) -> None:
    """`AwaitsPayment` for a bought service that is not paid."""
    if ticket.waits_for == "payment":
        raise AwaitsPayment(ticket)
