"""Routes of licences: activation for tools, reading and switching for owners, care by staff.

Validation itself is not here: it has a function of its own, `chalicelib/validator`.
"""

from __future__ import annotations

from datetime import timedelta

from chalice import Blueprint

from chalicelib import wiring
from chalicelib.edge.auth import ANY_STAFF, CUSTOMER
from chalicelib.edge.replies import Reply
from chalicelib.edge.routes import Call, described, route
from chalicelib.edge.schema import ListQuery, ReasonIn
from chalicelib.kernel.errors import Conflict, TooManyRequests, Unavailable
from chalicelib.kernel.events import Actor
from chalicelib.kernel.paging import slice_page
from chalicelib.kernel.plain import json_text
from chalicelib.licensing import service
from chalicelib.licensing.answer import Asked, answer, file_claims
from chalicelib.licensing.decision import Decision
from chalicelib.licensing.keys import derive_key, known_hash
from chalicelib.licensing.rules import Command, License
from chalicelib.licensing.schemas import (
    ActivateIn,
    ActivationList,
    ActivationOut,
    AddonAmendIn,
    FileIn,
    FileOut,
    JwksOut,
    LicenseAmendIn,
    LicenseList,
    LicenseOut,
    RotateIn,
    StaffLicenseOut,
    ValidateIn,
    ValidateOut,
)
from chalicelib.licensing.signing import FILE, armored
from chalicelib.licensing.standing import Place, place_of

bp = Blueprint(__name__)


@described(
    "POST", "/v1/licenses/validate", body=ValidateIn, out=ValidateOut, refuses=(TooManyRequests, Unavailable)
)
def validate() -> None:
    """Validate a licence key and, if named, addons (B1); always 200, the verdict is in `code`."""


@route(
    bp,
    "POST",
    "/v1/licenses/activate",
    body=ActivateIn,
    out=ValidateOut,
    refuses=(Conflict, TooManyRequests),
)
def activate(call: Call, body: ActivateIn) -> Reply:
    """Use a licence in this installation too (B3); again is harmless, the verdict is in `code`."""
    asked, place, wanted = _asked(call, body)
    return _told(service.activate(asked.key_hash, place, body.name, wanted, call.now), asked, call)


@route(
    bp,
    "POST",
    "/v1/licenses/deactivate",
    body=ActivateIn,
    out=ValidateOut,
    refuses=(Conflict, TooManyRequests),
)
def deactivate(call: Call, body: ActivateIn) -> Reply:
    """Give the seat of this installation back (B3); what is valid without it is in `code`."""
    asked, place, wanted = _asked(call, body)
    return _told(service.deactivate(asked.key_hash, place, wanted, call.now), asked, call)


@route(bp, "GET", "/.well-known/jwks.json", out=JwksOut)
def jwks(call: Call) -> Reply:
    """The public keys that verify licence tokens (B2)."""
    return Reply(json_text(wiring.signer().jwks()), headers={"Cache-Control": "public, max-age=300"})


# Owners


@route(bp, "GET", "/v1/licenses", roles=CUSTOMER, query=ListQuery, out=LicenseList)
def list_licenses(call: Call, query: ListQuery) -> LicenseList:
    """One's own licences with their keys, newest first (V11)."""
    page = service.page(call.customer_id, query.limit, query.cursor)
    return LicenseList(data=[_shown(one, call) for one in page.items], next_cursor=page.next_cursor)


@route(bp, "GET", "/v1/licenses/{license_id}", roles=CUSTOMER, out=LicenseOut)
def read_license(call: Call) -> LicenseOut:
    """One of one's own licences with its key (V11)."""
    return _shown(service.get_own(call.path["license_id"], call.customer_id), call)


@route(bp, "POST", "/v1/licenses/{license_id}/addons/{code}/enable", roles=CUSTOMER, out=LicenseOut)
def enable_addon(call: Call) -> LicenseOut:
    """Turn an addon on (V10)."""
    return _switch(call, enabled=True)


@route(bp, "POST", "/v1/licenses/{license_id}/addons/{code}/disable", roles=CUSTOMER, out=LicenseOut)
def disable_addon(call: Call) -> LicenseOut:
    """Turn an addon off; the others stay as they are (V10)."""
    return _switch(call, enabled=False)


@route(
    bp,
    "GET",
    "/v1/licenses/{license_id}/activations",
    roles=CUSTOMER,
    query=ListQuery,
    out=ActivationList,
)
def list_activations(call: Call, query: ListQuery) -> ActivationList:
    """The installations that use one of one's own licences, earliest first (B3)."""
    license = service.get_own(call.path["license_id"], call.customer_id)
    page = slice_page(license.activations, query.limit, query.cursor)
    return ActivationList(data=[ActivationOut.of(one) for one in page.items], next_cursor=page.next_cursor)


@route(
    bp,
    "DELETE",
    "/v1/licenses/{license_id}/activations/{activation_id}",
    roles=CUSTOMER,
    out=LicenseOut,
)
def remove_activation(call: Call) -> LicenseOut:
    """Free an installation's seat, to use the licence elsewhere; so many times a year (B3)."""
    actor = Actor(call.customer_id, "store")
    path = call.path
    license = service.remove_activation(path["license_id"], path["activation_id"], actor, call.now)
    return _shown(license, call)


@route(bp, "POST", "/v1/licenses/{license_id}/file", roles=CUSTOMER, body=FileIn, out=FileOut)
def issue_file(call: Call, body: FileIn) -> FileOut:
    """A signed file for an installation without network; it holds a seat until it ends (B2)."""
    place = place_of(body.fingerprint, body.environment)
    actor = Actor(call.customer_id, "store")
    valid_for = timedelta(hours=body.valid_hours)
    made = service.issue_file(call.path["license_id"], place, valid_for, actor, call.now)
    asked = Asked(made.license.keys[-1].hash, body.fingerprint, place)
    signer = wiring.signer()
    token = signer.sign(file_claims(made.decision, asked, signer.issuer, made.until), FILE)
    return FileOut(
        license_id=made.license.id,
        fingerprint=body.fingerprint,
        file_name=f"{made.license.id}.vigencia",
        content=armored(token),
        expires_at=made.until,
    )


# Staff


@route(bp, "GET", "/v1/staff/licenses/{license_id}", roles=ANY_STAFF, out=StaffLicenseOut)
def read_license_as_staff(call: Call) -> StaffLicenseOut:
    """A customer's licence, without its key."""
    return StaffLicenseOut.of(service.get(call.path["license_id"]), call.now)


@route(
    bp, "POST", "/v1/staff/licenses/{license_id}/suspend", roles=ANY_STAFF, body=ReasonIn, out=StaffLicenseOut
)
def suspend_license(call: Call, body: ReasonIn) -> StaffLicenseOut:
    """Stop a licence for the time being; its owner is told."""
    return _command(call, "suspend", body)


@route(
    bp,
    "POST",
    "/v1/staff/licenses/{license_id}/reinstate",
    roles=ANY_STAFF,
    body=ReasonIn,
    out=StaffLicenseOut,
)
def reinstate_license(call: Call, body: ReasonIn) -> StaffLicenseOut:
    """Let a suspended licence work again, with everything it had."""
    return _command(call, "reinstate", body)


@route(
    bp, "POST", "/v1/staff/licenses/{license_id}/revoke", roles=ANY_STAFF, body=ReasonIn, out=StaffLicenseOut
)
def revoke_license(call: Call, body: ReasonIn) -> StaffLicenseOut:
    """Stop a licence for good."""
    return _command(call, "revoke", body)


@route(
    bp,
    "POST",
    "/v1/staff/licenses/{license_id}/rotate",
    roles=ANY_STAFF,
    body=RotateIn,
    out=StaffLicenseOut,
    repeatable=True,
)
def rotate_license_key(call: Call, body: RotateIn) -> StaffLicenseOut:
    """Give a licence a new key; the old one works on for a while."""
    license = service.rotate(
        call.path["license_id"],
        body.overlap_days,
        wiring.license_secret(),
        _staff(call, body),
        call.now,
        answer=lambda after: (200, StaffLicenseOut.of(after, call.now).model_dump_json()),
        repeatable=call.repeatable,
    )
    return StaffLicenseOut.of(license, call.now)


@route(
    bp,
    "POST",
    "/v1/staff/licenses/{license_id}/activations/{activation_id}/clear",
    roles=ANY_STAFF,
    body=ReasonIn,
    out=StaffLicenseOut,
)
def clear_activation(call: Call, body: ReasonIn) -> StaffLicenseOut:
    """Free an installation's seat for the customer, past moves and licence files."""
    license_id, activation_id = call.path["license_id"], call.path["activation_id"]
    license = service.clear_activation(license_id, activation_id, _staff(call, body), call.now)
    return StaffLicenseOut.of(license, call.now)


@route(
    bp,
    "PATCH",
    "/v1/staff/licenses/{license_id}",
    roles=ANY_STAFF,
    body=LicenseAmendIn,
    out=StaffLicenseOut,
)
def amend_license(call: Call, body: LicenseAmendIn) -> StaffLicenseOut:
    """Set a licence's end, paid part or seats."""
    license = service.amend(call.path["license_id"], body.changes(), _staff(call, body), call.now)
    return StaffLicenseOut.of(license, call.now)


@route(
    bp,
    "PATCH",
    "/v1/staff/licenses/{license_id}/addons/{code}",
    roles=ANY_STAFF,
    body=AddonAmendIn,
    out=StaffLicenseOut,
)
def amend_addon(call: Call, body: AddonAmendIn) -> StaffLicenseOut:
    """Set one addon's end, paid part or switch; the others stay as they are."""
    license_id, code, actor = call.path["license_id"], call.path["code"], _staff(call, body)
    license = service.amend_addon(license_id, code, body.changes(), actor, call.now)
    return StaffLicenseOut.of(license, call.now)


def _asked(call: Call, body: ActivateIn) -> tuple[Asked, Place, tuple[str, ...]]:
    hashed = known_hash(body.key)
    limits = wiring.limits()
    limits.take_address(call.address)
    limits.take_key(hashed or body.key)
    place = place_of(body.fingerprint, body.environment)
    return Asked(hashed, body.fingerprint, place, body.nonce), place, tuple(body.addons or ())


def _told(decision: Decision, asked: Asked, call: Call) -> Reply:
    return Reply(json_text(answer(decision, asked, wiring.signer(), call.locale)))


def _switch(call: Call, *, enabled: bool) -> LicenseOut:
    actor = Actor(call.customer_id, "store")
    license = service.switch_addon(call.path["license_id"], call.path["code"], enabled, actor, call.now)
    return _shown(license, call)


def _command(call: Call, what: Command, body: ReasonIn) -> StaffLicenseOut:
    license = service.command(call.path["license_id"], what, _staff(call, body), call.now)
    return StaffLicenseOut.of(license, call.now)


def _staff(call: Call, body: ReasonIn) -> Actor:
    return Actor(call.staff_id, "staff", body.reason)


def _shown(license: License, call: Call) -> LicenseOut:
    return LicenseOut.of(license, derive_key(wiring.license_secret(), license.id, license.rotation), call.now)
