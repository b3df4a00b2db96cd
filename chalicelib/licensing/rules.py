"""A licence for one installation, and the addons that extend it, each with a life of its own (V9, V10)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Literal

from chalicelib.kernel.errors import Conflict, NotFound
from chalicelib.licensing.standing import (
    AddonStanding,
    Environment,
    IssuedKey,
    Lasting,
    LicenseStatus,
    Seat,
    Standing,
)

Command = Literal["suspend", "reinstate", "revoke"]

# So many days before an end its owner is told, and at the end itself.
NOTICE_DAYS = (30, 7, 1, 0)
# So many activations fit into one row of the table, and into one small read.
MOST_SEATS = 100
# One that works, one that still does, one that has just been retired.
MOST_KEYS = 3
# How long a replaced key still works, unless staff says otherwise.
KEY_OVERLAP_DAYS = 7


@dataclass(frozen=True)
class Rest:
    """What was left of the term that an order bought, when its money was contested or went back."""

    order_id: str
    since: datetime
    until: datetime | None


@dataclass(frozen=True)
class Withheld:
    """Terms whose money is contested or gone, and what `paid_until` would be without that."""

    paid_until: datetime | None
    rests: tuple[Rest, ...]


class Announced(Lasting):
    """One whose owner is told of its end; `noticed_until` is the instant of the latest notice."""

    noticed_until: datetime | None
    withheld: Withheld | None

    def open_notices(self) -> list[tuple[datetime, int]]:
        """Instant and days left of the notices about its end that have not been given, in order of time.

        An end that is moved by a renewal brings its own again. While a term is withheld there are none: its
        owner knows better when it ends.
        """
        if self.expires_at is None or self.withheld:
            return []
        every = [(self.expires_at - timedelta(days=days), days) for days in NOTICE_DAYS]
        return [(at, days) for at, days in every if self.noticed_until is None or self.noticed_until < at]


@dataclass(frozen=True)
class Addon(Announced):
    """One addon: `enabled` is the customer's own switch, `expires_at` its own end.

    `paid_until` is set where less than the whole term has been paid for, `withheld` where that is because
    money went back.
    """

    code: str
    name: str
    order_id: str
    expires_at: datetime | None
    grace_days: int = 0
    enabled: bool = True
    paid_until: datetime | None = None
    noticed_until: datetime | None = None
    withheld: Withheld | None = None


@dataclass(frozen=True)
class Activation:
    """One installation that uses the licence.

    `fingerprint` is in its canonical form. With a licence file, it cannot be told to stop before
    `offline_until`.
    """

    id: str
    fingerprint: str
    environment: Environment
    name: str | None
    activated_at: datetime
    offline_until: datetime | None = None


@dataclass(frozen=True)
class Move:
    """A production installation that gave its seat back."""

    fingerprint: str
    at: datetime


@dataclass(frozen=True)
class License(Announced):
    """One licence: `rotation` counts the keys it has had, `key_hint` is the last six characters.

    `seats` is how many production installations it allows, `moves` which of them left their seat.
    """

    id: str
    customer_id: str
    order_id: str
    product: str
    product_name: str
    installation: str | None
    domain: str | None
    status: LicenseStatus
    expires_at: datetime | None
    grace_days: int
    key_hint: str
    created_at: datetime
    addons: tuple[Addon, ...] = ()
    rotation: int = 0
    keys: tuple[IssuedKey, ...] = ()
    seats: int = 1
    moves_per_year: int = 3
    activations: tuple[Activation, ...] = ()
    moves: tuple[Move, ...] = ()
    paid_until: datetime | None = None
    noticed_until: datetime | None = None
    withheld: Withheld | None = None
    version: int | None = None

    @property
    def due_at(self) -> datetime | None:
        """When the next notice about its end, or an addon's, is due; a licence that is stopped has none."""
        if self.status != "active" or self.withheld:
            return None
        return min((at for one in (self, *self.addons) for at, _ in one.open_notices()), default=None)


class LicenseNotFound(NotFound):
    """No such licence, or somebody else's."""

    code = "license_not_found"
    thing = {"en": "licence", "es": "la licencia", "pt-BR": "a licença"}


class AddonNotFound(NotFound):
    """The licence has no such addon."""

    code = "addon_not_found"
    thing = {"en": "addon", "es": "el complemento", "pt-BR": "o complemento"}


class LicenseRevoked(Conflict):
    """A revoked licence stays revoked."""

    code = "license_revoked"
    text = {
        "en": "Licence {id} was revoked, for good.",
        "es": "La licencia {id} fue revocada definitivamente.",
        "pt-BR": "A licença {id} foi revogada definitivamente.",
    }


def standing_of(license: License) -> Standing:
    """What of a licence decides."""
    return Standing(
        id=license.id,
        status=license.status,
        expires_at=license.expires_at,
        paid_until=license.paid_until,
        grace_days=license.grace_days,
        seats=license.seats,
        addons=tuple(
            AddonStanding(one.code, one.enabled, one.expires_at, one.paid_until, one.grace_days)
            for one in license.addons
        ),
        activations=tuple(Seat(one.fingerprint, one.environment) for one in license.activations),
        keys=license.keys,
    )


def addon_of(license: License, code: str) -> Addon:
    """One addon of the licence; `AddonNotFound`."""
    found = next((addon for addon in license.addons if addon.code == code), None)
    if found is None:
        raise AddonNotFound(id=code)
    return found


def endless_parts(license: License) -> frozenset[str]:
    """The codes of what has no end to pay on from, of the licence's product and its addons."""
    ends = {license.product: license.ends_at, **{one.code: one.ends_at for one in license.addons}}
    return frozenset(code for code, end in ends.items() if end is None)


def with_addon(license: License, addon: Addon) -> License:
    """The licence with this addon in place of the one of the same code, or beside the others."""
    others = tuple(other for other in license.addons if other.code != addon.code)
    return replace(license, addons=tuple(sorted((*others, addon), key=lambda one: one.code)))


def switched(license: License, code: str, enabled: bool) -> License:
    """The licence with one addon turned on or off, the others untouched; `AddonNotFound`."""
    return with_addon(license, replace(addon_of(license, code), enabled=enabled))


def commanded(license: License, command: Command) -> License:
    """The licence after staff suspended, reinstated or revoked it; again is harmless.

    Its keys, addons and activations stay as they are: what was paid is there again when it is reinstated.
    `LicenseRevoked` for anything but revoking once it is revoked.
    """
    after: Mapping[Command, LicenseStatus] = {
        "suspend": "suspended",
        "reinstate": "active",
        "revoke": "revoked",
    }
    if command != "revoke":
        _refuse_revoked(license)
    return replace(license, status=after[command])


def amended(license: License, changes: Mapping[str, Any]) -> License:
    """The licence with its end, paid part, seats or moves set by staff; `LicenseRevoked`."""
    _refuse_revoked(license)
    return replace(license, **_announced_anew(license, changes))


def amended_addon(license: License, code: str, changes: Mapping[str, Any]) -> License:
    """The licence with one addon's end, paid part or switch set by staff.

    `AddonNotFound`, `LicenseRevoked`.
    """
    _refuse_revoked(license)
    addon = addon_of(license, code)
    return with_addon(license, replace(addon, **_announced_anew(addon, changes)))


def rotated(license: License, key_hash: str, hint: str, overlap_days: int, now: datetime) -> License:
    """The licence with a new key; the one before it works for `overlap_days` more, or not at all.

    Any key before that retires at once, so that a licence never has more than `MOST_KEYS`. `LicenseRevoked`.
    """
    _refuse_revoked(license)
    *older, latest = live_keys(license, now)
    retiring = replace(latest, retires_at=now + timedelta(days=overlap_days))
    retired = tuple(replace(key, retires_at=now) for key in older)
    keys = (*retired, retiring, IssuedKey(key_hash))
    return replace(license, rotation=license.rotation + 1, keys=keys, key_hint=hint)


def live_keys(license: License, now: datetime) -> tuple[IssuedKey, ...]:
    """The keys that work, the current one last."""
    return tuple(key for key in license.keys if key.retires_at is None or now < key.retires_at)


def _announced_anew(thing: Announced, changes: Mapping[str, Any]) -> Mapping[str, Any]:
    """The changes; an end set anew is announced anew, a paid part set anew is what is paid, come what may."""
    moved = "expires_at" in changes and changes["expires_at"] != thing.expires_at
    announced = {"noticed_until": None} if moved else {}
    return {**changes, **announced, **({"withheld": None} if "paid_until" in changes else {})}


def _refuse_revoked(license: License) -> None:
    if license.status == "revoked":
        raise LicenseRevoked(id=license.id)
