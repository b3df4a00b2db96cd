"""Delivers webhooks in the background: one at a time, and again after anything but 200, up to a bound."""

import heapq
import http.client
import itertools
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from infra.sandbox.state import Event
from infra.sandbox.wire import Json

# Fifteen tries, as Asaas makes; its own pauses grow from 30 seconds to 3 hours, too long for a demo.
RETRY_DELAYS = (0.2, 0.4, 0.8, 1.5, 2.5, 4.0, 6.0, 8.0, 10.0, 10.0, 15.0, 15.0, 20.0, 30.0)
_PATIENCE = 10.0  # seconds that a provider waits for the answer
_LOG_LENGTH = 2000


@dataclass
class Delivery:
    """One event on its way to the application; status is pending, delivered or gave_up."""

    event: Event
    status: str = "pending"
    attempts: int = 0
    answers: list[str] = field(default_factory=list)

    def summary(self) -> Json:
        """How it went, for people and tests."""
        return {"event": self.event.type, "status": self.status, "attempts": self.attempts}


class Courier:
    """The delivery queue. Without a target it keeps everything until it gets one.

    `sign` gives the headers of one attempt and `body` its body; `settled` is told of each event delivered or
    given up; `retry_delays` are the pauses in seconds between the tries of one delivery.
    """

    def __init__(
        self,
        target: str,
        sign: Callable[[Event], dict[str, str]],
        settled: Callable[[Event], None],
        retry_delays: Iterable[float] = RETRY_DELAYS,
        body: Callable[[Event], bytes] = lambda event: event.body.encode(),
    ) -> None:
        self._target = target
        self._sign = sign
        self._settled = settled
        self._body = body
        self._delays = tuple(retry_delays)
        self._due: list[tuple[float, int, Delivery]] = []
        self._ticket = itertools.count()
        self._changed = threading.Condition()
        self._stopping = False
        self._thread = threading.Thread(target=self._work, name="sandbox-courier", daemon=True)
        self._log: deque[Delivery] = deque(maxlen=_LOG_LENGTH)

    def start(self) -> None:
        """Begin to deliver."""
        self._thread.start()

    def stop(self) -> None:
        """Stop after the attempt at hand; what is still queued is not delivered."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        self._thread.join(timeout=2)

    def aim(self, target: str) -> None:
        """Deliver to another application from now on; `target` is its base URL, without /v1."""
        with self._changed:
            self._target = target
            self._changed.notify_all()

    def send(self, event: Event, copies: int = 1, delay: float = 0.0) -> list[Delivery]:
        """Queue an event; answers at once with its deliveries, one for each copy."""
        deliveries = [Delivery(event) for _ in range(copies)]
        with self._changed:
            for delivery in deliveries:
                self._log.append(delivery)
                self._queue(delivery, delay)
            self._changed.notify_all()
        return deliveries

    def wait(self, deliveries: list[Delivery], seconds: float) -> None:
        """Return when none of them is pending any more, or the time is up, or the courier stops."""
        with self._changed:
            self._changed.wait_for(
                lambda: self._stopping or all(delivery.status != "pending" for delivery in deliveries),
                seconds,
            )

    def log(self) -> list[Delivery]:
        """The latest deliveries, oldest first."""
        with self._changed:
            return list(self._log)

    def _queue(self, delivery: Delivery, delay: float) -> None:
        heapq.heappush(self._due, (time.monotonic() + delay, next(self._ticket), delivery))

    def _work(self) -> None:
        while (delivery := self._next()) is not None:
            self._attempt(delivery)

    def _next(self) -> Delivery | None:
        """Wait for the next delivery that is due; None when stopping."""
        with self._changed:
            while not self._stopping:
                ready = bool(self._due and self._target)
                pause = self._due[0][0] - time.monotonic() if ready else None
                if pause is not None and pause <= 0:
                    return heapq.heappop(self._due)[2]
                self._changed.wait(pause)
        return None

    def _attempt(self, delivery: Delivery) -> None:
        answer = self._post(delivery.event)
        last = delivery.attempts == len(self._delays)
        status = "delivered" if answer == "200" else "gave_up" if last else "pending"
        if status != "pending":
            self._settled(delivery.event)
        with self._changed:
            if status == "pending":
                self._queue(delivery, self._delays[delivery.attempts])
            delivery.attempts += 1
            delivery.answers.append(answer)
            delivery.status = status
            self._changed.notify_all()

    def _post(self, event: Event) -> str:
        """Post the event once: the status of the answer, or the name of what went wrong."""
        target = urlsplit(event.url or f"{self._target.rstrip('/')}/v1/webhooks/{event.provider}")
        kind = http.client.HTTPSConnection if target.scheme == "https" else http.client.HTTPConnection
        connection = kind(target.hostname or "", target.port, timeout=_PATIENCE)
        headers = {"Content-Type": "application/json", "User-Agent": "sandbox/1.0", **self._sign(event)}
        path = f"{target.path}?{target.query}" if target.query else target.path
        try:
            connection.request("POST", path, self._body(event), headers)
            return str(connection.getresponse().status)
        except (OSError, http.client.HTTPException) as error:
            return type(error).__name__
        finally:
            connection.close()
