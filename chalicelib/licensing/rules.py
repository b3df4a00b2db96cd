"""A licence for one installation, and the addons that extend it, each with a life of its own (V10)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from chalicelib.kernel.errors import NotFound

LicenseStatus = Literal["active", "suspended", "revoked"]


@dataclass(frozen=True)
class Addon:
    """One addon: `enabled` is the customer's own switch, `expires_at` its own end."""

    code: str
    name: str
    order_id: str
    expires_at: datetime | None
    grace_days: int = 0
    enabled: bool = True

    @property
    def grace_until(self) -> datetime | None:
        """Until when it still works after its end."""
        return _after_grace(self.expires_at, self.grace_days)


@dataclass(frozen=True)
class License:
    """One licence: `rotation` counts the keys it has had, `key_hint` is the last six characters."""

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
    version: int | None = None

    @property
    def grace_until(self) -> datetime | None:
        """Until when it still works after its end."""
        return _after_grace(self.expires_at, self.grace_days)


class LicenseNotFound(NotFound):
    """No such licence, or somebody else's."""

    code = "license_not_found"
    thing = {"en": "licence", "es": "la licencia", "pt-BR": "a licença"}


class AddonNotFound(NotFound):
    """The licence has no such addon."""

    code = "addon_not_found"
    thing = {"en": "addon", "es": "el complemento", "pt-BR": "o complemento"}


def usable(license: License, now: datetime) -> bool:
    """Whether the licence itself works: neither suspended, revoked nor past its grace."""
    return license.status == "active" and (license.grace_until is None or now < license.grace_until)


def runs_on_from(license: License, code: str, now: datetime) -> datetime | None:
    """From where an addon bought again continues: its old end, or None (from now) once that has passed."""
    ends = (addon.expires_at for addon in license.addons if addon.code == code)
    return next((end for end in ends if end and end > now), None)


def with_addon(license: License, addon: Addon) -> License:
    """The licence extended by an addon; bought again, it stays switched as it was."""
    others = tuple(other for other in license.addons if other.code != addon.code)
    before = next((other for other in license.addons if other.code == addon.code), None)
    if before is not None:
        addon = replace(addon, enabled=before.enabled)
    return replace(license, addons=tuple(sorted((*others, addon), key=lambda one: one.code)))


def switched(license: License, code: str, enabled: bool) -> License:
    """The licence with one addon turned on or off, the others untouched; `AddonNotFound`."""
    if all(addon.code != code for addon in license.addons):
        raise AddonNotFound(id=code)
    return replace(
        license,
        addons=tuple(replace(one, enabled=enabled) if one.code == code else one for one in license.addons),
    )


def _after_grace(end: datetime | None, days: int) -> datetime | None:
    return end + timedelta(days=days) if end else None
