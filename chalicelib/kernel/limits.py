"""How often somebody may ask: what a minute allows may come at once, and is then given back steadily.

The counts are in memory and bound one process, not a whole deployment: every warm container counts for
itself, nothing is written. What they stop is one broken client, or one address that tries keys, from
crowding out the others.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

from chalicelib.kernel.errors import TooManyRequests

SECOND = 10**9
# Whoever has not asked for the longest time is forgotten first.
MOST_REMEMBERED = 10_000


@dataclass
class Allowance:
    """So many requests a minute for each name; `clock` is monotonic, in nanoseconds."""

    per_minute: int
    clock: Callable[[], int]
    # By name, when everything that was taken will have been given back.
    _full_at: OrderedDict[str, int] = field(default_factory=OrderedDict)

    def wait(self, name: str) -> int:
        """Take one; 0, or the nanoseconds until there is one again."""
        now, each = self.clock(), 60 * SECOND // self.per_minute
        full_at = max(self._full_at.pop(name, now), now)
        wait = max(0, full_at - now - (self.per_minute - 1) * each)
        self._full_at[name] = full_at if wait else full_at + each
        if len(self._full_at) > MOST_REMEMBERED:
            self._full_at.popitem(last=False)
        return wait


@dataclass
class Limits:
    """The limits of everything that a licence key opens: per address, and per key."""

    keys: Allowance
    addresses: Allowance

    def take_address(self, address: str) -> None:
        """Count one request of an address; `TooManyRequests` when its minute is used up."""
        _refuse_if(self.addresses.wait(_network(address)))

    def take_key(self, key: str) -> None:
        """Count one use of a key, after its address was let through; `TooManyRequests`."""
        _refuse_if(self.keys.wait(key))


def _refuse_if(wait: int) -> None:
    if wait:
        raise TooManyRequests(retry_after=-(-wait // SECOND))


def _network(address: str) -> str:
    """Who an address belongs to: itself, or in IPv6, where everybody has 2⁶⁴ of them, its first half."""
    if ":" not in address or "." in address:
        return address
    # Imported here: the licence validator hardly ever needs it.
    from ipaddress import IPv6Network

    return str(IPv6Network((address, 64), strict=False))
