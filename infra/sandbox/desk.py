"""What both providers work with: state, knobs, courier and clock; and the way that an event takes."""

import threading
from collections.abc import Callable
from datetime import datetime
from typing import Protocol, runtime_checkable

from infra.sandbox.delivery import Courier, Delivery
from infra.sandbox.knobs import Board, Knobs
from infra.sandbox.state import Charge, Event, State
from infra.sandbox.wire import Answer, Request


class Provider(Protocol):
    """One payment provider."""

    def answer(self, request: Request) -> Answer:
        """Answer a call to the provider's API; the path is without the provider's prefix."""
        ...

    def paid(self, charge: Charge) -> list[Event]:
        """Fill in what the provider adds to a charge just paid, and give its events in order."""
        ...

    def page(self, charge: Charge) -> str:
        """The address of the page where people pay the charge."""
        ...


class Unable(Exception):
    """What was to happen to a charge cannot happen to it; the message says why."""


@runtime_checkable
class Eventful(Protocol):
    """A provider at whom more can happen to a charge than that it is paid."""

    def act(self, charge: Charge, act: str) -> list[Event]:
        """Let it happen, and give its events in order. Raises Unable."""
        ...


class Desk:
    """Shared by the providers, the control API and the pages. `url` is the sandbox's own address."""

    def __init__(self, state: State, board: Board, courier: Courier, clock: Callable[[], datetime]) -> None:
        self.state = state
        self.courier = courier
        self.url = ""
        self._board = board
        self._clock = clock
        self._held: dict[str, list[Event]] = {}
        self._lock = threading.Lock()

    @property
    def knobs(self) -> Knobs:
        """The knobs as they stand now."""
        return self._board.knobs

    def now(self) -> int:
        """Unix seconds."""
        return int(self._clock().timestamp())

    def record(self, events: list[Event]) -> None:
        """Keep new events; call it inside the change that they tell of."""
        self.state.events.update({event.id: event for event in events})

    def deliver(self, events: list[Event]) -> list[Delivery]:
        """Send the events of one charge, as the knobs want it; answers at once with what is on its way."""
        if not events:
            return []
        with self._lock:
            if self.knobs.reorder:
                events = [*self._held.pop(events[0].charge_id, []), *events]
                if len(events) == 1:
                    self._held[events[0].charge_id] = events
                    return []
                events = events[::-1]
        return self._send(events)

    def turn(self, knobs: Knobs) -> None:
        """Set the knobs. Events held back for reordering go out when that knob is off."""
        self._board.set(knobs)
        with self._lock:
            held = [] if knobs.reorder else [event for events in self._held.values() for event in events]
            if held:
                self._held.clear()
        self._send(held)

    def resume(self) -> None:
        """Queue the events that an earlier run of the sandbox left undelivered."""
        self._send([event for event in self.state.events.values() if not event.settled])

    def _send(self, events: list[Event]) -> list[Delivery]:
        knobs = self.knobs
        return [
            delivery
            for event in events
            for delivery in self.courier.send(event, 1 + knobs.duplicate, knobs.delay_seconds)
        ]
