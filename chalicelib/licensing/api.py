"""Routes of licences: validation for tools, reading and switching for owners."""

from __future__ import annotations

from chalice import Blueprint

from chalicelib import wiring
from chalicelib.edge.auth import CUSTOMER
from chalicelib.edge.routes import Call, route
from chalicelib.edge.schema import ListQuery
from chalicelib.kernel.events import Actor
from chalicelib.licensing import service
from chalicelib.licensing.details import DETAILS
from chalicelib.licensing.keys import derive_key
from chalicelib.licensing.rules import License
from chalicelib.licensing.schemas import JwksOut, LicenseList, LicenseOut, ValidateIn, ValidateOut

bp = Blueprint(__name__)


@route(bp, "POST", "/v1/licenses/validate", body=ValidateIn, out=ValidateOut)
def validate(call: Call, body: ValidateIn) -> ValidateOut:
    """Validate a licence key and, if named, addons (B1); always 200, the verdict is in `code`."""
    decision = service.validate(body.key, tuple(body.addons or ()), call.now)
    token = wiring.signer().sign(decision, body.fingerprint, body.nonce)
    return ValidateOut.of(decision, DETAILS[decision.code][call.locale], body.nonce, token)


@route(bp, "GET", "/.well-known/jwks.json", out=JwksOut)
def jwks(call: Call) -> JwksOut:
    """The public keys that verify licence tokens (B2)."""
    return JwksOut(**wiring.signer().jwks())


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


def _switch(call: Call, *, enabled: bool) -> LicenseOut:
    actor = Actor(call.customer_id, "store")
    license = service.switch_addon(call.path["license_id"], call.path["code"], enabled, actor, call.now)
    return _shown(license, call)


def _shown(license: License, call: Call) -> LicenseOut:
    return LicenseOut.of(license, derive_key(wiring.license_secret(), license.id, license.rotation), call.now)
