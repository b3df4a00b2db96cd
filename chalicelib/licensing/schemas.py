"""Requests and answers around licences."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from chalicelib.edge.schema import Instant, Schema
from chalicelib.licensing.decision import AddonAnswer, AddonStatus, Decision, addon_status
from chalicelib.licensing.rules import License

Code = Annotated[str, Field(min_length=1, max_length=64)]


class ValidateIn(Schema):
    """What a tool asks. The key may be typed in any case, with or without hyphens."""

    key: str = Field(min_length=1, max_length=100)
    fingerprint: str | None = Field(None, min_length=1, max_length=200)
    environment: Literal["production", "staging", "local"] = "production"
    addons: list[Code] | None = Field(None, max_length=50)
    nonce: str | None = Field(None, min_length=1, max_length=100)
    client_version: str | None = Field(None, max_length=50)


class ValidatedLicense(Schema):
    """The licence a key belongs to."""

    id: str
    status: str
    expires_at: Instant | None


class ValidatedAddon(Schema):
    """One addon with its own status."""

    code: str
    valid: bool
    status: AddonStatus
    expires_at: Instant | None
    in_grace: bool
    grace_until: Instant | None

    @classmethod
    def of(cls, addon: AddonAnswer) -> ValidatedAddon:
        return cls(**{name: getattr(addon, name) for name in cls.model_fields})


class ValidateOut(Schema):
    """Whether the tool may work, and the signed token that lets it go on through an outage."""

    valid: bool
    code: str
    detail: str
    license: ValidatedLicense | None
    addons: list[ValidatedAddon]
    checked_at: Instant
    next_check_at: Instant
    valid_until: Instant | None
    grace_until: Instant | None
    nonce: str | None
    token: str

    @classmethod
    def of(cls, decision: Decision, detail: str, nonce: str | None, token: str) -> ValidateOut:
        license = decision.license
        return cls(
            valid=decision.valid,
            code=decision.code,
            detail=detail,
            license=ValidatedLicense(id=license.id, status=license.status, expires_at=license.expires_at)
            if license
            else None,
            addons=[ValidatedAddon.of(addon) for addon in decision.addons],
            checked_at=decision.checked_at,
            next_check_at=decision.next_check_at,
            valid_until=decision.valid_until,
            grace_until=decision.grace_until,
            nonce=nonce,
            token=token,
        )


class JwksOut(Schema):
    """A JSON Web Key Set."""

    keys: list[dict[str, str]]


class AddonOut(Schema):
    """One addon as its owner sees it."""

    code: str
    name: str
    status: AddonStatus
    enabled: bool
    expires_at: Instant | None


class LicenseOut(Schema):
    """One licence as its owner sees it, with the key in full (V11)."""

    id: str
    key: str
    product: str
    product_name: str
    installation: str | None
    domain: str | None
    status: str
    expires_at: Instant | None
    order_id: str
    created_at: Instant
    addons: list[AddonOut]

    @classmethod
    def of(cls, license: License, key: str, now: Instant) -> LicenseOut:
        own = {name: getattr(license, name) for name in cls.model_fields if name not in ("key", "addons")}
        addons = [
            AddonOut(
                code=addon.code,
                name=addon.name,
                status=addon_status(addon, now),
                enabled=addon.enabled,
                expires_at=addon.expires_at,
            )
            for addon in license.addons
        ]
        return cls(**own, key=key, addons=addons)


class LicenseList(Schema):
    """One page of a customer's licences."""

    data: list[LicenseOut]
    next_cursor: str | None
