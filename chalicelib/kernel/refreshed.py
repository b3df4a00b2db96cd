"""A value from outside that may change: kept for a while, and kept on while it cannot be had anew."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

T = TypeVar("T")

# How soon to try again to get what could not be had.
AGAIN_SECONDS = 60


@dataclass
class Refreshed(Generic[T]):
    """Calling it gives the value, loaded again when it is older than `seconds`; the first load may raise."""

    load: Callable[[], T]
    seconds: float
    clock: Callable[[], float]
    _held: list[T] = field(default_factory=list)
    _until: float = 0

    def __call__(self) -> T:
        now = self.clock()
        if self._held and now < self._until:
            return self._held[0]
        try:
            self._held, self._until = [self.load()], now + self.seconds
        except Exception:
            if not self._held:
                raise
            # An old key still signs; no key at all would stop every shop. The load may have taken long.
            self._until = self.clock() + AGAIN_SECONDS
        return self._held[0]
