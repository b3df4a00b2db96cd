"""What the sandbox remembers: customers, charges, events, idempotency keys; in one JSON file if asked to."""

import copy
import json
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

from infra.sandbox.wire import Json


@dataclass
class Charge:
    """One slip or one checkout, in words common to both providers.

    `amount` and `skew` are minor units (skew is the error added by a knob); the instants are Unix seconds;
    `status` is open, approved (at PayPal), paid or canceled; `details` is what only the provider's own API
    knows.
    """

    id: str
    provider: str
    reference: str
    amount: int
    currency: str
    created: int
    skew: int = 0
    status: str = "open"
    paid_at: int | None = None
    expires_at: int | None = None
    details: Json = field(default_factory=dict)

    @property
    def shown(self) -> int:
        """The amount that the provider tells, in minor units."""
        return max(0, self.amount + self.skew)

    @property
    def gone(self) -> int:
        """What has gone back, in minor units: by refunds, or all of it by a dispute that was lost."""
        if self.details.get("dispute", {}).get("status") == "lost":
            return self.shown
        made = [one["amount"] if isinstance(one, dict) else one for one in self.details.get("refunds", ())]
        return sum(int(one) for one in made)

    def payable(self, now: int) -> bool:
        """True while it can be paid."""
        return self.status == "open" and (self.expires_at is None or now < self.expires_at)


@dataclass
class Event:
    """One webhook event with the exact text of its body; settled when it was delivered or given up.

    `url` is where it goes, if the charge itself named an address for it.
    """

    id: str
    provider: str
    type: str
    charge_id: str
    body: str
    settled: bool = False
    url: str = ""


@dataclass(frozen=True)
class Replay:
    """The first answer to an idempotency key, and what was asked then."""

    path: str
    parameters: str
    body: str
    status: int = 200


# Customers, charges, events and replays.
Records = tuple[dict[str, Json], dict[str, Charge], dict[str, Event], dict[str, Replay]]


class UnreadableState(Exception):
    """The state file cannot be read; the message says what to do."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"{path} is not a state file of the sandbox; delete it to start with an empty one")


class State:
    """The records, oldest first. Change them inside `change()`, which locks and then writes the file."""

    def __init__(self, path: Path | None) -> None:
        """Reads the file if there is one. Raises UnreadableState."""
        self._path = path
        self._lock = threading.RLock()
        self.customers: dict[str, Json] = {}
        self.charges: dict[str, Charge] = {}
        self.events: dict[str, Event] = {}
        self.replays: dict[str, Replay] = {}
        if path is not None and path.exists():
            self._read(path)

    @contextmanager
    def change(self) -> Iterator[None]:
        """One change: nobody else changes meanwhile, and it is in the file when the block ends."""
        with self._lock:
            yield
            self._write()

    @property
    def records(self) -> Records:
        """A copy of everything that is remembered."""
        with self._lock:
            return copy.deepcopy((self.customers, self.charges, self.events, self.replays))

    def recall(self, records: Records) -> None:
        """Remember what was copied, and nothing else."""
        with self.change():
            self.customers, self.charges, self.events, self.replays = copy.deepcopy(records)

    def find_charges(self, wanted: Callable[[Charge], bool]) -> list[Charge]:
        """The charges that are wanted, newest first."""
        with self._lock:
            return [charge for charge in reversed(self.charges.values()) if wanted(charge)]

    def events_of(self, charge: Charge) -> list[Event]:
        """The events of one charge, oldest first."""
        with self._lock:
            return [event for event in self.events.values() if event.charge_id == charge.id]

    def _read(self, path: Path) -> None:
        try:
            kept = json.loads(path.read_text(encoding="utf-8"))
            self.customers = dict(kept["customers"])
            self.charges = {row["id"]: Charge(**row) for row in kept["charges"]}
            self.events = {row["id"]: Event(**row) for row in kept["events"]}
            self.replays = {key: Replay(**row) for key, row in kept["replays"].items()}
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise UnreadableState(path) from error

    def _write(self) -> None:
        if self._path is None:
            return
        kept = {
            "customers": self.customers,
            "charges": [asdict(charge) for charge in self.charges.values()],
            "events": [asdict(event) for event in self.events.values()],
            "replays": {key: asdict(replay) for key, replay in self.replays.items()},
        }
        self._path.parent.mkdir(parents=True, exist_ok=True)
        # A reader, or a start after a crash, finds the old file or the new one, never half of it.
        unfinished = self._path.with_name(self._path.name + ".new")
        unfinished.write_text(json.dumps(kept, ensure_ascii=False, indent=1), encoding="utf-8")
        os.replace(unfinished, self._path)
