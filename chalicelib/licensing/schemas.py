"""Requests and answers around licences."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, AwareDatetime, Field, model_validator

from chalicelib.edge.schema import TRIMMED, Instant, ReasonIn, Schema
from chalicelib.kernel.faults import Fault
from chalicelib.licensing.activations import moves_left
from chalicelib.licensing.decision import AddonStatus, Question, addon_status, decide
from chalicelib.licensing.rules import KEY_OVERLAP_DAYS, MOST_SEATS, Activation, License
from chalicelib.licensing.standing import Environment

Code = Annotated[str, Field(min_length=1, max_length=64)]


def _not_blank(text: str) -> str:
    if not text.strip():
        raise Fault("blank")
    return text


Fingerprint = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_not_blank)]
# Far enough for every licence, near enough for days of grace to be added.
EARLIEST, LATEST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
End = Annotated[AwareDatetime, Field(ge=EARLIEST, le=LATEST, strict=True)]


class ValidateIn(Schema):
    """What a tool asks. The key may be typed in any case, with or without hyphens."""

    key: str = Field(min_length=1, max_length=100)
    fingerprint: Fingerprint | None = Field(None, description="the shop's domain, or any id of the machine")
    environment: Environment | None = Field(None, description="without it, as the domain tells")
    addons: list[Code] | None = Field(None, max_length=50)
    nonce: str | None = Field(None, min_length=1, max_length=100)
    client_version: str | None = Field(None, max_length=50)


class ActivateIn(ValidateIn):
    """The installation that asks for a seat, or gives it back."""

    fingerprint: Fingerprint
    name: Annotated[str, TRIMMED, Field(min_length=1, max_length=100)] | None = None


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
    paid_until: Instant | None


class LicenseShown(Schema):
    """One licence without its key."""

    id: str
    key_hint: str = Field(description="the last six characters of the key")
    product: str
    product_name: str
    installation: str | None
    domain: str | None
    status: str
    valid: bool = Field(description="whether a tool is told now that it may work, wherever it runs")
    code: str = Field(description="what a tool is told now, as by validation")
    expires_at: Instant | None
    paid_until: Instant | None
    order_id: str
    created_at: Instant
    seats: int = Field(description="production installations it allows")
    moves_left: int = Field(description="how often its owner can still move it within the year")
    addons: list[AddonOut]

    @classmethod
    def facts(cls, license: License, now: Instant) -> dict[str, Any]:
        """The fields of a licence as it is now."""
        decision = decide(Question(license, (), now))
        derived = {
            "valid": decision.valid,
            "code": decision.code,
            "addons": [
                AddonOut(
                    code=addon.code,
                    name=addon.name,
                    status=addon_status(addon, now),
                    enabled=addon.enabled,
                    expires_at=addon.expires_at,
                    paid_until=addon.paid_until,
                )
                for addon in license.addons
            ],
            "moves_left": moves_left(license, now),
        }
        return {name: getattr(license, name) for name in LicenseShown.model_fields.keys() - derived} | derived


class LicenseOut(LicenseShown):
    """One licence as its owner sees it, with the key in full (V11)."""

    key: str

    @classmethod
    def of(cls, license: License, key: str, now: Instant) -> LicenseOut:
        return cls(**cls.facts(license, now), key=key)


class ActivationOut(Schema):
    """One installation that uses a licence; `staging` and `local` ones take no seat."""

    id: str
    fingerprint: str
    environment: Environment
    name: str | None
    activated_at: Instant
    offline_until: Instant | None = Field(description="until when a licence file holds its seat")

    @classmethod
    def of(cls, activation: Activation) -> ActivationOut:
        return cls(**{name: getattr(activation, name) for name in cls.model_fields})


class StaffLicenseOut(LicenseShown):
    """One licence as staff sees it."""

    customer_id: str
    activations: list[ActivationOut]

    @classmethod
    def of(cls, license: License, now: Instant) -> StaffLicenseOut:
        activations = [ActivationOut.of(one) for one in license.activations]
        return cls(**cls.facts(license, now), customer_id=license.customer_id, activations=activations)


class LicenseList(Schema):
    """One page of a customer's licences."""

    data: list[LicenseOut]
    next_cursor: str | None


class ActivationList(Schema):
    """One page of a licence's activations."""

    data: list[ActivationOut]
    next_cursor: str | None


class FileIn(Schema):
    """For which installation a licence file is, and for how long: one hour to one year."""

    fingerprint: Fingerprint
    environment: Environment | None = None
    valid_hours: int = Field(30 * 24, ge=1, le=366 * 24, strict=True)


class FileOut(Schema):
    """A licence file: save `content` under `file_name`."""

    license_id: str
    fingerprint: str
    file_name: str
    content: str
    expires_at: Instant


class RotateIn(ReasonIn):
    """For how many days the old key still works; 0 when it fell into wrong hands."""

    overlap_days: int = Field(KEY_OVERLAP_DAYS, ge=0, le=90, strict=True)


class AmendIn(ReasonIn):
    """What changes; what is left out stays as it is. No end: it never ends; no `paid_until`: paid in full."""

    expires_at: End | None = None
    paid_until: End | None = None

    @model_validator(mode="after")
    def something_changes(self) -> AmendIn:
        """Refuse a request that would change nothing."""
        if not self.changes():
            raise Fault("value_error.nothing")
        return self

    def changes(self) -> dict[str, Any]:
        """The fields that were given, by name."""
        return {name: getattr(self, name) for name in self.model_fields_set - {"reason"}}


class LicenseAmendIn(AmendIn):
    """Changes to a licence."""

    seats: int = Field(1, ge=1, le=MOST_SEATS, strict=True)
    moves_per_year: int = Field(0, ge=0, le=100, strict=True)


class AddonAmendIn(AmendIn):
    """Changes to one addon."""

    enabled: bool = Field(True, strict=True)
