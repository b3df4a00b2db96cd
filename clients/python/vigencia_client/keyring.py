"""Which public keys are believed: pinned ones, or the published ones, asked for once a call at most."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, TypeVar

from vigencia_client.cache import Cache, Memory
from vigencia_client.http import Failure
from vigencia_client.timing import KEYS_LAST, recently
from vigencia_client.tokens import Keys, Refused, read_keys

T = TypeVar("T")


class Keyring:
    """Public keys. `fetch` gets the published set, or raises `Failure`; not called if keys are pinned."""

    def __init__(
        self, pinned: Mapping[str, Any] | None, cache: Cache, fetch: Callable[[], dict[str, Any]]
    ) -> None:
        """ValueError if the pinned key set has no usable key."""
        self._pinned = None if pinned is None else read_keys(pinned)
        self._cache, self._fetch = cache, fetch

    def known(self, memory: Memory) -> Keys:
        """What is believed without asking anybody."""
        if self._pinned is not None:
            return self._pinned
        try:
            return read_keys(memory.jwks)
        except ValueError:
            return {}

    def verified(self, check: Callable[[Keys], T], now: int) -> T:
        """What `check` finds with these keys, after one look at the published set if needed; `Refused`."""
        memory = self._cache.load()
        keys = self.known(memory)
        if self._pinned is not None:
            return check(keys)
        if not keys or not recently(memory.jwks_at, now, KEYS_LAST):
            return check(self._published(now) or keys)
        try:
            return check(keys)
        except Refused as refused:
            if refused.reason != "unknown_key":
                raise
        return check(self._published(now) or keys)

    def _published(self, now: int) -> Keys | None:
        """The key set as published now; None if it cannot be had: the old one may still do."""
        try:
            jwks = self._fetch()
            keys = read_keys(jwks)
        except (Failure, ValueError):
            return None
        self._cache.update(lambda memory: replace(memory, jwks=jwks, jwks_at=now))
        return keys
