"""What of a licence or an addon is paid for when the money for one of its terms is contested or gone. Pure.

A term that is withheld makes the whole shorter by what was left of that term, so that whatever else was paid
for keeps its length. Several terms may be withheld, and set free again, in any order.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TypeVar

from chalicelib.licensing.rules import Addon, License, Rest, Withheld

Part = TypeVar("Part", License, Addon)


def withheld(part: Part, order_id: str, starts: datetime, until: datetime | None, now: datetime) -> Part:
    """The part without the rest of the term that an order bought.

    A term that is over is used up, and what staff has cut off of one cannot be withheld any more.
    """
    paid_until = part.withheld.paid_until if part.withheld else part.paid_until
    end = _first(paid_until, part.expires_at)
    since, until = max(starts, now), _first(until, end) if until else None
    if withholds(part, order_id) or (until is not None and until <= since):
        return part
    return _counted(part, Withheld(paid_until, (*_rests(part), Rest(order_id, since, until))), now)


def set_free(part: Part, order_id: str, now: datetime) -> Part:
    """The part with that term again; as it was before when no other one is withheld."""
    if part.withheld is None or not withholds(part, order_id):
        return part
    rests = tuple(rest for rest in part.withheld.rests if rest.order_id != order_id)
    return _counted(part, replace(part.withheld, rests=rests), now)


def struck_off(part: Part, order_id: str, now: datetime) -> Part:
    """The part after the money for a withheld term has gone for good.

    Where that was its last term and something before it is still paid for, its end is what it was before
    that term was bought, and is announced as such. Otherwise it stays as it is.
    """
    rest = next((one for one in _rests(part) if one.order_id == order_id), None)
    end, paid_until = part.expires_at, part.paid_until
    last = rest and rest.until and end and rest.until >= end
    if not (rest and rest.until and end and last and paid_until and paid_until > now):
        return part
    length = rest.until - rest.since
    shorter = replace(part, expires_at=end - length, noticed_until=None, withheld=_earlier(part, length))
    return set_free(shorter, order_id, now)


def withholds(part: License | Addon, order_id: str) -> bool:
    """Whether the term that an order bought is withheld."""
    return any(rest.order_id == order_id for rest in _rests(part))


def _rests(part: License | Addon) -> tuple[Rest, ...]:
    return part.withheld.rests if part.withheld else ()


def _earlier(part: License | Addon, length: timedelta) -> Withheld | None:
    before = part.withheld
    if before is None or before.paid_until is None:
        return before
    return replace(before, paid_until=before.paid_until - length)


def _counted(part: Part, kept: Withheld, now: datetime) -> Part:
    """The part paid until what is left of it; days of grace are for who is late, not for who took it back."""
    if not kept.rests:
        return replace(part, paid_until=kept.paid_until, withheld=None)
    end = _first(kept.paid_until, part.expires_at)
    for rest in kept.rests:
        end = rest.since if end is None or rest.until is None else end - (rest.until - rest.since)
    if end is not None and end <= now:
        end -= timedelta(days=part.grace_days)
    return replace(part, paid_until=end, withheld=kept)


def _first(*ends: datetime | None) -> datetime | None:
    """The earliest of some ends, None if none of them is one."""
    return min(filter(None, ends), default=None)
