"""What happens to a licence after it was bought: it is renewed, comes to its end, is moved and cared for.

The purchase itself is not repeated for each story: it is carried out once, without faults, and its table is
put back.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from tests.integration.faults.cloud import STEP
from tests.integration.faults.hooks import Wire
from tests.integration.faults.pasts import Heir, Purchase
from tests.integration.faults.plans import Plan
from tests.integration.faults.scenario import Run
from tests.integration.faults.seen import Seen
from tests.world import Answer, World

DAY = timedelta(days=1)
ADDON = "supplier-a"


class Owner(Heir):
    """Somebody who bought a licence with an addon, which end on the same day."""

    def __init__(
        self, world: World, plan: Plan, wire: Wire, inspect: Callable[[Run], None], past: Purchase
    ) -> None:
        self.past = past
        super().__init__(world, plan, wire, inspect, past)
        # How many days were left whenever the schedule should have found something to tell.
        self.told: list[int] = []
        # By domain: what the tool there was told last, when it asked for a seat.
        self.verdicts: dict[str, str] = {}
        self.staff = world.staff("staff")
        # As the owner has copied it.
        self.shown_key = past.key

    @property
    def week_before(self) -> datetime:
        """A week before the end."""
        return self.past.end - 7 * DAY

    def as_staff(self, method: str, path: str, body: Mapping[str, Any]) -> Answer:
        """Something that staff does, for a reason."""
        at = f"/v1/staff/licenses/{self.past.license_id}{path}"
        asked, headers = {**body, "reason": "the owner called"}, {"Idempotency-Key": f"{self.key}{path}"}
        return self.world.http(method, at, asked, token=self.staff, headers=headers)

    def seen(self, taken: Sequence[str]) -> Seen:
        """And what should have been told."""
        now = super().seen(taken)
        asked = self.past.seen.orders + bool(self.wanted())
        return replace(now, orders=asked, notices=list(self.notices_told()))

    def notices_told(self) -> Iterator[tuple[str, str]]:
        """(kind, subject) of each e-mail about an end."""
        end = self.past.end.isoformat().replace("+00:00", "Z")
        for days in self.told:
            kind = "license_expiring" if days else "license_expired"
            yield from ((kind, f"{self.past.license_id}:{code}:{end}:{days}") for code in ("", ADDON))


class Renewal(Owner):
    """Licence and addon are paid for another year."""

    def wanted(self) -> Mapping[str, Any]:
        """Another term of each."""
        items = [{"product": code, "license_id": self.past.license_id} for code in ("prestaimport", ADDON)]
        return {"items": items, "payment_method": "boleto"}


class RenewalOfRevoked(Renewal):
    """The money is on its way while staff revoke the licence."""

    def cancel(self) -> None:
        """The licence is gone for good."""
        self.until_answered(partial(self.as_staff, "POST", "/revoke", {}))
        self.rest()


class Holder(Owner):
    """An owner who buys nothing more."""

    def finish(self) -> None:
        """Time passes until nothing is outstanding any more."""
        self.wait_for(self.quiet)
        self.wire.armed = False


class Expiry(Holder):
    """Nobody renews: the schedule has slept until a week before the end, and again until the end."""

    def buy(self) -> None:
        """Time passes."""
        for days in (7, 0):
            self.come_to(self.past.end - days * DAY)
            self.told.append(days)
            self.wait_for(self.quiet)
        self.finish()

    def come_to(self, instant: datetime) -> None:
        """Let that instant be the next one."""
        self.world.now = instant - STEP
        self.pass_time()

    def aftermath(self) -> None:
        """Late ticks and repeated ones, stream and SES once more."""
        for days in (30, 7, 7, 1, 0, -1):
            self.licence_tick(self.past.end - days * DAY)
            self.rest()
        self.repeat()


class Care(Holder):
    """The shop moves to another domain; staff suspend the licence, replace its key and give more time.

    Each request is repeated until its answer arrives.
    """

    def buy(self) -> None:
        """One request after the other."""
        self.activated("old.example.com")
        self.until_answered(self.remove, gone=True)
        del self.verdicts["old.example.com"]
        self.activated("new.example.com")
        for command, body in (("suspend", {}), ("rotate", {"overlap_days": 0}), ("reinstate", {})):
            self.until_answered(partial(self.as_staff, "POST", f"/{command}", body))
            self.rest()
            self.inspect(self)
        self.until_answered(partial(self.as_staff, "PATCH", "", {"expires_at": self.longer}))
        self.finish()

    def finish(self) -> None:
        """Time passes; then the seat is with the tool that was told so, and with nobody else."""
        super().finish()
        (license,) = self.world.rows("license")
        seated = [one["fingerprint"] for one in json.loads(license["activations"])]
        told = [domain for domain, verdict in self.verdicts.items() if verdict == "VALID"]
        assert len(seated) == 1, f"{seated} have a seat, told were {self.verdicts}"
        assert seated == told, f"{seated} have a seat, told were {self.verdicts}"

    @property
    def longer(self) -> str:
        """The new end that staff gives."""
        return (self.past.end + 30 * DAY).isoformat()

    def activated(self, domain: str) -> None:
        """A tool asks for a seat until it hears that it may work."""
        self.until_answered(lambda: self.activate(domain))
        assert self.verdicts[domain] == "VALID", self.verdicts

    def activate(self, domain: str) -> Answer:
        """A tool asks for a seat, once."""
        body = {"key": self.shown_key, "fingerprint": domain}
        answer = self.world.http("POST", "/v1/licenses/activate", body)
        self.verdicts[domain] = answer.json["code"]
        return answer

    def remove(self) -> Answer:
        """The owner frees the seat of his old shop."""
        path = f"/v1/licenses/{self.past.license_id}/activations"
        listed = self.world.http("GET", path, token=self.token).json["data"]
        old = [one["id"] for one in listed if one["fingerprint"] == "old.example.com"]
        return self.world.http("DELETE", f"{path}/{old[0] if old else 'act_none'}", token=self.token)

    def aftermath(self) -> None:
        """The old key opens nothing; with the new one the tool says again that it is there."""
        assert self.activate("new.example.com").json["code"] == "NOT_FOUND"
        shown = self.world.http("GET", f"/v1/licenses/{self.past.license_id}", token=self.token).json
        self.shown_key = shown["key"]
        self.activated("new.example.com")
        self.repeat()


STORIES: Mapping[str, type[Owner]] = {
    "renewal": Renewal,
    "renewal_of_revoked": RenewalOfRevoked,
    "expiry": Expiry,
    "care": Care,
}
