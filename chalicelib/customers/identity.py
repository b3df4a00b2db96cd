"""Who a user of the pool is: his id here, and his roles. Pure: it does without the library of tokens."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from chalicelib.kernel.ids import crockford

STAFF_GROUPS = frozenset({"staff", "finance", "it"})


class TokenRefused(Exception):
    """The token does not prove anything; the text says why, for the log only."""


@dataclass(frozen=True)
class Identity:
    """What a valid token proves."""

    sub: str
    customer_id: str
    roles: frozenset[str]


def customer_id_of(sub: str) -> str:
    """The customer id that belongs to a user of the pool: the same 128 bits in our spelling.

    Deriving it saves a look-up on every request and makes self-registration safe to repeat.
    """
    try:
        return f"cus_{crockford(uuid.UUID(sub).bytes, 26).lower()}"
    except ValueError:
        raise TokenRefused("sub is not a user id") from None


def roles_of(groups: list[str]) -> frozenset[str]:
    """The roles of a user: his staff groups, or `customer` when he has none."""
    return frozenset(groups) & STAFF_GROUPS or frozenset({"customer"})
