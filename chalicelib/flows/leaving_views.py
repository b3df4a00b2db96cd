"""A case as whoever handles it sees it, and the list of all cases (C1 to C7)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from chalicelib.cancellations import store as cases
from chalicelib.cancellations.checklist import Item, Slip, Step
from chalicelib.cancellations.procedures import Channel, Move, next_moves
from chalicelib.cancellations.rules import Case, Decision, Status
from chalicelib.cancellations.whatsapp import Addressee, Message, message
from chalicelib.customers import store as customers
from chalicelib.flows.leaving_plans import Plan, plan_of
from chalicelib.kernel.clock import place_in_time
from chalicelib.kernel.paging import Page, pick_page
from chalicelib.reports.periods import Period
from chalicelib.reports.reading import no_more_than
from chalicelib.subscriptions.rescinding import Rescission

# As many as are looked through for one page.
MOST_CASES = 5_000


@dataclass(frozen=True)
class View:
    """A case with its steps: planned ones, of what it would take to cancel, until it is decided.

    `ends` is what the end of each contract would mean, `next` what to do now, first what comes first, and
    `whatsapp` the message that is ready to be sent; there is nothing of that once it is decided.
    """

    case: Case
    steps: tuple[Step, ...]
    items: tuple[Item, ...]
    slips: tuple[Slip, ...]
    ends: tuple[Rescission, ...] = ()
    next: tuple[Move, ...] = ()
    whatsapp: Message | None = None


@dataclass(frozen=True)
class CaseFilter:
    """Which cases; None for any."""

    customer_id: str | None = None
    status: Status | None = None
    channel: Channel | None = None

    def admits(self, case: Case) -> bool:
        """Whether a case is one of them."""
        wanted = {"customer_id": self.customer_id, "status": self.status, "channel": self.channel}
        return all(value in (None, getattr(case, name)) for name, value in wanted.items())


def view(case: Case, vendor_name: str, now: datetime, plan: Plan | None = None) -> View:
    """A case as it stands; undecided, with a plan: without one, that of cancelling all of it."""
    if not case.is_undecided:
        return View(case, case.plan, case.items, case.slips)
    planned = plan or plan_of(case, Decision("canceled"), now)
    customer = customers.get(case.customer_id)
    to = Addressee(customer.name, customer.locale, customer.country, customer.phone)
    ready = message(case, to, vendor_name)
    moves = next_moves(
        case.channel,
        case.attempts,
        silent=bool(case.silent_since),
        whatsapp=ready.url is not None,
        heard=case.has_answered,
    )
    return View(case, planned.steps, planned.items, planned.slips, planned.ends, moves, ready)


def page(period: Period, wanted: CaseFilter, limit: int, cursor: str | None) -> Page[Case]:
    """One page of what was asked for in a period, newest first. `NotACursor`, `ReportTooLarge`."""
    found = filter(wanted.admits, _reported(period))
    return pick_page(found, lambda case: place_in_time(case.requested_at, case.id), limit, cursor)


def _reported(period: Period) -> Iterator[Case]:
    return no_more_than(MOST_CASES, cases.reported(period.start, period.end))
