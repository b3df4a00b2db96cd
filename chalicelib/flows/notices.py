"""Notices ("indicações") on customers' files: opened about what there is, listed and filtered (C9)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from chalicelib.cancellations import notices_service
from chalicelib.cancellations.notices import Notice, NoticeFilter
from chalicelib.cancellations.notices_service import Said
from chalicelib.cancellations.store import notices
from chalicelib.catalog import store as catalog
from chalicelib.customers import store as customers
from chalicelib.kernel.clock import place_in_time
from chalicelib.kernel.errors import FieldError, Invalid
from chalicelib.kernel.events import Actor
from chalicelib.kernel.faults import Fault
from chalicelib.kernel.paging import Page, pick_page
from chalicelib.reports.periods import Period
from chalicelib.reports.reading import no_more_than
from chalicelib.storage.idempotency import Repeatable

# What can be read well within the API's time limit.
MOST_NOTICES = 5_000


@dataclass(frozen=True)
class Asked:
    """Which notices: of one customer, or of all; `ReportTooLarge` when the period has more than `most`."""

    period: Period
    wanted: NoticeFilter
    customer_id: str | None = None
    most: int = MOST_NOTICES


def open_notice(
    said: Said,
    actor: Actor,
    now: datetime,
    *,
    answer: Callable[[Notice], tuple[int, str]],
    repeatable: Repeatable | None = None,
) -> Notice:
    """Put a notice on a customer's file. `Invalid` names every product, and customer, that there is not.

    `answer` is what a repeat of the request gets again: `Replay`, `IdempotencyKeyReused`.
    """
    if errors := [*_faults(said)]:
        raise Invalid(errors=errors)
    return notices_service.open_notice(said, actor, now, answer=answer, repeatable=repeatable)


def page(asked: Asked, limit: int, cursor: str | None) -> Page[Notice]:
    """One page of the notices of a period, newest first. `NotACursor`, `ReportTooLarge`."""
    found = filter(asked.wanted.admits, no_more_than(asked.most, _reported(asked)))
    return pick_page(found, lambda one: place_in_time(one.created_at, one.id), limit, cursor)


def _reported(asked: Asked) -> Iterator[Notice]:
    start, end = asked.period.start, asked.period.end
    if asked.customer_id is None:
        return notices.reported(start, end)
    return (one for one in notices.all_of(asked.customer_id) if start <= one.created_at < end)


def _faults(said: Said) -> Iterator[FieldError]:
    if customers.find(said.customer_id) is None:
        yield FieldError("/customer_id", Fault("unknown_customer", id=said.customer_id))
    known = {product.code for product in catalog.everything()}
    for at, code in enumerate(said.products):
        if code not in known:
            yield FieldError(f"/products/{at}", Fault("unknown_product", product=code))
        elif code in said.products[:at]:
            yield FieldError(f"/products/{at}", Fault("repeated.product"))
