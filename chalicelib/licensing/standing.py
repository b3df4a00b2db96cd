"""How a licence stands: what decides whether it works, and where; `rules.py` is what changes it.

Validation reads this and nothing else, and starts without the rest.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Literal, TypeVar

from chalicelib.licensing.domains import canonical, environment_of

if TYPE_CHECKING:
    from chalicelib.licensing.rules import Activation, License

LicenseStatus = Literal["active", "suspended", "revoked"]
Environment = Literal["production", "staging", "local"]


class Lasting:
    """What a licence and an addon have in common: an end, a paid part of the way to it, days of grace."""

    expires_at: datetime | None
    paid_until: datetime | None
    grace_days: int

    @property
    def unpaid_first(self) -> bool:
        """Whether what has been paid for ends before the term itself does."""
        paid, end = self.paid_until, self.expires_at
        return paid is not None and (end is None or paid < end)

    @property
    def ends_at(self) -> datetime | None:
        """When it ends: at the end of its term, or of the part of it that has been paid for."""
        return self.paid_until if self.unpaid_first else self.expires_at

    @property
    def grace_until(self) -> datetime | None:
        """Until when it still works after its end."""
        end = self.ends_at
        return end and end + timedelta(days=self.grace_days)


@dataclass(frozen=True)
class AddonStanding(Lasting):
    """What of an addon decides whether it works."""

    code: str
    enabled: bool
    expires_at: datetime | None
    paid_until: datetime | None
    grace_days: int


@dataclass(frozen=True)
class Seat:
    """What of an activation decides."""

    fingerprint: str
    environment: Environment


@dataclass(frozen=True)
class IssuedKey:
    """One key of a licence: only its hash is known here; one that was replaced retires."""

    hash: str
    retires_at: datetime | None = None


@dataclass(frozen=True)
class Standing(Lasting):
    """What of a licence decides whether it works, and nothing else: what validation reads."""

    id: str
    status: LicenseStatus
    expires_at: datetime | None
    paid_until: datetime | None
    grace_days: int
    seats: int
    addons: tuple[AddonStanding, ...]
    activations: tuple[Seat, ...]
    keys: tuple[IssuedKey, ...]


@dataclass(frozen=True)
class Place:
    """Where a tool says it runs: the canonical fingerprint, and the environment if it says one."""

    fingerprint: str
    stated: Environment | None = None

    @property
    def environment(self) -> Environment:
        """As stated, or else as the domain tells."""
        return self.stated or environment_of(self.fingerprint)


A = TypeVar("A", "Activation", Seat)


def opened_by(license: License | Standing, key_hash: str, now: datetime) -> bool:
    """Whether this is one of the licence's keys and has not retired."""
    return any(
        key.hash == key_hash and (key.retires_at is None or now < key.retires_at) for key in license.keys
    )


def place_of(fingerprint: str, stated: Environment | None) -> Place:
    """The place behind what a tool sent; `WWW.Shop.com:443/` and `shop.com` are one."""
    return Place(canonical(fingerprint), stated)


def found(activations: tuple[A, ...], place: Place) -> A | None:
    """The activation of a place; one that takes no seat does not serve a production installation."""
    return next(
        (
            one
            for one in activations
            if one.fingerprint == place.fingerprint
            and (one.environment == "production" or place.environment != "production")
        ),
        None,
    )


def has_room(license: License | Standing, place: Place) -> bool:
    """Whether an installation in this place could (still) be activated; staging and local ones always can."""
    if place.environment != "production":
        return True
    others = (one for one in license.activations if one.fingerprint != place.fingerprint)
    return sum(one.environment == "production" for one in others) < license.seats


def seated(license: License | Standing, activation: Activation | Seat) -> bool:
    """Whether the activation is within the licence's seats, of which the earliest ones have the first."""
    counted = [one for one in license.activations if one.environment == "production"]
    return activation not in counted[license.seats :]
