"""A session that was bought, as its customer, staff and the passing of time deal with it."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from chalicelib.kernel.clock import rfc3339
from chalicelib.storage.transaction import Transaction
from chalicelib.tickets import store
from chalicelib.tickets.rules import Ticket
from tests.functional import steps, ticketing
from tests.functional.steps import ADVISORY, ERP
from tests.world import Answer, World

ROOM = "https://meet.example.com/abc-defg-hij"
SPAIN = {"country": "ES", "locale": "es", "tax_id": "12345678Z", "name": "José Núñez"}


def soon(days: int = 7, hour: int = 14) -> str:
    """An hour of a day that is soon."""
    day = datetime.now(UTC) + timedelta(days=days)
    return rfc3339(day.replace(hour=hour, minute=0, second=0, microsecond=0))


def slots(*starts: str) -> dict[str, Any]:
    """Slots as they are sent."""
    return {"slots": [{"starts_at": one} for one in starts]}


@dataclass(frozen=True)
class Advised:
    """One bought session with its customer and somebody of the staff."""

    world: World
    token: str
    staff: str
    order: Any

    @property
    def id(self) -> str:
        return str(self.order["tickets"][0])

    @property
    def shown(self) -> Any:
        return steps.read(self.world, self.token, f"/v1/tickets/{self.id}")

    @property
    def stored(self) -> Ticket:
        return store.get(self.id)

    @property
    def stands(self) -> tuple[str, str | None]:
        """Status, and what it waits for."""
        return self.shown["status"], self.shown["waits_for"]

    def propose(self, *starts: str, key: str | None = None) -> Answer:
        """The customer proposes, whatever the answer."""
        headers = {"idempotency-key": key} if key else {}
        path = f"/v1/tickets/{self.id}/slots"
        return self.world.http("POST", path, slots(*starts), token=self.token, headers=headers)

    def do(self, what: str, key: str | None = None, **body: Any) -> Answer:
        """Staff does something, whatever the answer."""
        return ticketing.do(self.world, self.staff, self.id, what, body, key)

    def schedule(self, starts_at: str, key: str | None = None, **more: Any) -> Answer:
        """Staff agrees on a slot, whatever the answer."""
        return self.do("schedule", key, **{"starts_at": starts_at, "meeting_url": ROOM, **more})

    def agreed(self, starts_at: str | None = None) -> None:
        """The customer has proposed a slot, and staff has agreed on it."""
        starts_at = starts_at or soon()
        assert self.propose(starts_at).status == 200
        assert self.schedule(starts_at).status == 200
        self.world.settle_down()

    def begun(self) -> None:
        """Its time has come."""
        session = self.stored.session
        assert session
        self.set(session=replace(session, starts_at=self.world.now - timedelta(minutes=5)))

    def set(self, **changes: Any) -> None:
        """The ticket as time would have left it."""
        writing = Transaction()
        writing.save(*store.rows(replace(self.stored, **changes)))
        writing.commit()

    def mails(self, kind: str) -> list[Any]:
        """The e-mails of a kind as they are stored."""
        return [row for row in self.world.rows("mail") if row["mail_kind"] == kind]

    def told(self, kind: str) -> list[Any]:
        """What was said in the e-mails of a kind."""
        return [json.loads(row["params"]) for row in self.mails(kind)]

    def calendars(self, kind: str) -> list[str]:
        """The calendar files that went with the e-mails of a kind."""
        return [file["text"] for row in self.mails(kind) for file in json.loads(row["attachments"])]

    def trail(self) -> list[tuple[str, str, str]]:
        """Action, channel and reason of all that was done with it."""
        rows = [row for row in self.world.rows("audit") if row["subject"] == self.id]
        ordered = sorted(rows, key=lambda row: str(row["sk"]))
        return [(row["action"], row["channel"], row.get("reason", "")) for row in ordered]


def ordered(world: World, *, email: str = "ana@example.com", **profile: str) -> Advised:
    """A session that was ordered and is to be paid by its customer's usual method."""
    _, token = world.customer(email, **profile)
    steps.bought(world, token, ERP)
    return Advised(world, token, world.staff("staff"), steps.charged(world, token, ADVISORY))


def paid(world: World, **profile: str) -> Advised:
    """The same, paid."""
    advised = ordered(world, **profile)
    steps.pay(world, advised.order["payment"])
    return advised
