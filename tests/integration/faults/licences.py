"""What must never happen to a licence, read from raw rows like the other invariants.

Ends are calculated anew from what was paid, notices from ends: nothing is taken from the code under test.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from tests.integration.faults.seen import Check, Row, Seen

# Where the customers of these stories live, by what they pay in.
ZONES = {"BRL": ZoneInfo("America/Sao_Paulo"), "EUR": ZoneInfo("Europe/Madrid")}
# Days before an end on which its owner is told, and the end itself.
NOTICES = (30, 7, 1, 0)
# What decides on a licence, and so is in the copies of it; of its parts, these fields.
STANDING = frozenset({"id", "status", "expires_at", "paid_until", "grace_days", "seats"})
PARTS = {
    "addons": frozenset({"code", "enabled", "expires_at", "paid_until", "grace_days"}),
    "activations": frozenset({"fingerprint", "environment"}),
    "keys": frozenset({"hash", "retires_at"}),
}
# What an audit row says staff did, and how its owner is told.
COMMANDS = {
    "licence suspend": "suspended",
    "licence reinstate": "reinstated",
    "licence revoke": "revoked",
    "key rotated, the old one works for 0 days": "rotated",
}


def every_key_opens_a_true_copy(seen: Seen) -> Iterator[str]:
    """What validation reads: under each key of a licence, how the licence stands.

    The copy under a key that is none any more says so itself, and leaves the table.
    """
    copies = {row["pk"]: row for row in seen.of("license_key")}
    opened = {f"KEY#{one['hash']}": row for row in seen.of("license") for one in json.loads(row["keys"])}
    yield from (f"there is no copy under {pk}" for pk in opened.keys() - copies.keys())
    for pk, row in copies.items():
        copy = json.loads(row["standing"])
        stands = standing(licensed(opened[pk])) if pk in opened else copy
        differ = sorted(name for name in stands.keys() | copy.keys() if stands.get(name) != copy.get(name))
        if differ:
            yield f"the copy under {pk} of {copy['id']} differs in {differ}"
        if row.get("ttl") != retirement(copy, pk) or (pk not in opened and "ttl" not in row):
            yield f"the copy under {pk} of {copy['id']} leaves the table at {row.get('ttl')}"


def licensed(row: Row) -> Row:
    """The licence in its row, its parts as JSON has them."""
    return {**row, **{name: json.loads(row[name]) for name in (*PARTS, "moves")}}


def standing(license: Row) -> Row:
    """What decides on a licence."""
    parts = {
        part: [{name: value for name, value in one.items() if name in names} for one in license[part]]
        for part, names in PARTS.items()
    }
    return {**{name: license.get(name) for name in STANDING}, **parts}


def retirement(copy: Row, pk: str) -> int | None:
    """The second at which a key stops opening its licence."""
    (at,) = (one["retires_at"] for one in copy["keys"] if pk == f"KEY#{one['hash']}")
    return int(datetime.fromisoformat(at).timestamp()) if at else None


def nobody_takes_more_seats_than_there_are(seen: Seen) -> Iterator[str]:
    """V10: at most `seats` production installations, each activated once."""
    for license in map(licensed, seen.of("license")):
        places = [one["fingerprint"] for one in license["activations"]]
        counted = [one for one in license["activations"] if one["environment"] == "production"]
        if len(counted) > license["seats"] or len(set(places)) != len(places):
            yield f"{license['id']} has {license['seats']} seats for {places}"


def seats_change_as_audited(seen: Seen) -> Iterator[str]:
    """Each installation that came or went has one audit row, and a move was made by somebody who went."""
    for license in map(licensed, seen.of("license")):
        done = [row["action"] for row in seen.of("audit") if row["subject"] == license["id"]]
        came = sum(action.startswith("activated on ") for action in done)
        went = sum(action.startswith(("activation ", "deactivated on ")) for action in done)
        if came - went != len(license["activations"]) or len(license["moves"]) > went:
            yield f"{license['id']} has {license['activations']} and {license['moves']} after {done}"


def ends_move_only_as_paid(seen: Seen) -> Iterator[str]:
    """V10: an end is as many years away as were paid for, unless staff set it (audited, with a reason)."""
    for license in map(licensed, seen.of("license")):
        for thing, code in ((license, None), *((addon, addon["code"]) for addon in license["addons"])):
            wanted = end_by_staff(seen, license["id"], code) or end_as_paid(seen, license, code)
            if datetime.fromisoformat(thing["expires_at"]) != wanted:
                yield f"{code or 'the licence'} of {license['id']} ends {thing['expires_at']}, not {wanted}"


def end_by_staff(seen: Seen, license_id: str, code: str | None) -> datetime | None:
    """The end that staff set last."""
    what = f"addon {code}" if code else "licence"
    mine = sorted(
        (row for row in seen.of("audit") if row["subject"] == license_id), key=lambda row: row["at"]
    )
    setting = re.compile(rf"{what}: .*expires_at \S+ → ([^\s,]+)")
    set_so = (setting.match(row["action"]) for row in mine if "reason" in row)
    ends = [datetime.fromisoformat(found[1]) for found in set_so if found]
    return ends[-1] if ends else None


def end_as_paid(seen: Seen, license: Row, code: str | None) -> datetime:
    """So many years after the day of the first activation as there are paid and activated orders of it."""
    paid = sorted(
        (order["activated_at"], order["total"].partition(" ")[2])
        for order in seen.of("order")
        if "activated_at" in order and any(pays_for(item, order, license, code) for item in items(order))
    )
    activated_at, currency = paid[0]
    zone = ZONES[currency]
    end = years_later(datetime.fromisoformat(activated_at).astimezone(zone).date(), len(paid))
    return datetime(end.year, end.month, end.day, tzinfo=zone).astimezone(UTC)


def pays_for(item: Row, order: Row, license: Row, code: str | None) -> bool:
    """Whether a line of an order buys, or pays again, this licence or this addon of it."""
    new = order["id"] == license["order_id"] and item["license_id"] is None
    if license["id"] not in json.loads(order["license_ids"]) or not (
        new or item["license_id"] == license["id"]
    ):
        return False
    return bool(item["product"] == code if code else item["kind"] == "license")


def items(order: Row) -> list[dict[str, Any]]:
    """The lines of an order."""
    lines: list[dict[str, Any]] = json.loads(order["items"])
    return lines


def years_later(day: date, years: int) -> date:
    """The same day of another year; the 28th for one that is not there."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=28)


def each_notice_is_given_once(seen: Seen) -> Iterator[str]:
    """3. About each end one event and at most one e-mail per notice, and one that it has come."""
    told = [row for row in seen.of("outbox") if row["name"] in ("license.expiring", "license.expired")]
    letters = [row for row in seen.of("mail") if row["mail_kind"] in ("license_expiring", "license_expired")]
    over = (row["subject"].rpartition(":")[0] for row in letters if row["mail_kind"] == "license_expired")
    for what, count in (
        *Counter(("event", row["subject"], row["data"]) for row in told).items(),
        *Counter(("e-mail", row["subject"]) for row in letters).items(),
        *Counter(("e-mail of the end", subject) for subject in over).items(),
    ):
        if count > 1:
            yield f"{count} times: {what}"


def due_for_its_next_notice(row: Row) -> Iterator[str]:
    """7. A licence is due exactly when the next notice about it or an addon is; stopped, it has none."""
    license = licensed(row)
    ends = [at for one in (license, *license["addons"]) for at in open_notices(one)]
    wanted = f"{text(min(ends))}#{row['id']}" if ends and row["status"] == "active" else None
    if row.get("gsi2sk") != wanted or ("gsi2pk" in row) != bool(wanted):
        yield f"{row['id']} ({row['status']}) is due at {row.get('gsi2sk')}, not {wanted}"


def open_notices(thing: Row) -> Iterator[datetime]:
    """When notices about an end are due that have not been given; of what is not paid for, none are."""
    if thing.get("expires_at") and not thing.get("withheld"):
        end, told = datetime.fromisoformat(thing["expires_at"]), thing.get("noticed_until")
        every = (end - timedelta(days=days) for days in NOTICES)
        yield from (at for at in every if not told or at > datetime.fromisoformat(told))


def text(instant: datetime) -> str:
    """As instants are written in keys."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def changes_by_staff(seen: Seen) -> Iterator[tuple[str, str]]:
    """(kind, subject) of the e-mail about each thing that staff did to a licence."""
    for row in seen.of("audit"):
        if change := COMMANDS.get(row["action"]):
            yield "license_changed", f"{row['subject']}:{change}:{row['at']}"


LICENCES: tuple[Check, ...] = (
    every_key_opens_a_true_copy,
    nobody_takes_more_seats_than_there_are,
    seats_change_as_audited,
    ends_move_only_as_paid,
    each_notice_is_given_once,
)
