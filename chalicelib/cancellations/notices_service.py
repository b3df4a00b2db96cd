"""Use cases of notices ("indicações"): opened, closed; each one transaction with its trace (C9)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from chalicelib.cancellations import notices
from chalicelib.cancellations.notices import Group, Notice, StaffSector
from chalicelib.cancellations.store import notices as store
from chalicelib.kernel.events import Actor, Change
from chalicelib.kernel.ids import derived_id, new_id
from chalicelib.storage.idempotency import Repeatable
from chalicelib.storage.transaction import Transaction, retrying


@dataclass(frozen=True)
class Said:
    """What staff has to say on a customer's file; `closed`: only for the record, nothing is left to do.

    `products` are codes of the catalogue.
    """

    customer_id: str
    products: tuple[str, ...]
    reason: str
    sector: StaffSector
    description: str
    closed: bool = False
    group: Group = "cancellation"


def open_notice(
    said: Said,
    actor: Actor,
    now: datetime,
    *,
    answer: Callable[[Notice], tuple[int, str]],
    repeatable: Repeatable | None = None,
) -> Notice:
    """Put a notice on a customer's file (C9). `answer` is what a repeat of the request gets again.

    `Replay`, `IdempotencyKeyReused`.
    """
    notice = _notice(derived_id("ntc", repeatable.id) if repeatable else new_id("ntc", now), said, actor, now)

    def attempt() -> Notice:
        if repeatable and (earlier := store.find(notice.id)):
            # The answer is kept for 30 days; the notice, for good.
            repeatable.replay()
            return earlier
        writing = Transaction()
        _record(writing, None, notice, "notice opened", actor, now)
        if repeatable:
            writing.save(repeatable.row(*answer(notice), now))
        writing.commit()
        return notice

    return retrying(attempt)


def close(notice_id: str, actor: Actor, now: datetime) -> Notice:
    """Say that nothing is left to be done about a notice; again is harmless. `NoticeNotFound`."""

    def attempt() -> Notice:
        before = store.get(notice_id)
        after = notices.closed(before, actor.id, now)
        if after != before:
            writing = Transaction()
            _record(writing, before, after, "notice closed", actor, now)
            writing.commit()
        return after

    return retrying(attempt)


def _notice(id: str, said: Said, actor: Actor, now: datetime) -> Notice:
    opened = Notice(
        id=id,
        customer_id=said.customer_id,
        group=said.group,
        products=said.products,
        reason=said.reason,
        sector=said.sector,
        description=said.description,
        status="open",
        created_at=now,
        created_by=actor.id,
    )
    return notices.closed(opened, actor.id, now) if said.closed else opened


def _record(
    writing: Transaction, before: Notice | None, after: Notice, action: str, actor: Actor, now: datetime
) -> None:
    status = before.status if before else None
    writing.save(store.row(after))
    writing.audit(Change(after.id, after.customer_id, action, status, after.status, actor, now))
