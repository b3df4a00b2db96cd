"""Who is calling: the API's authorizer verifies a Cognito access token; routes check roles (V4).

The authorizer answers "who", never "may he": a valid token is let through to every route and the typed
route asks for roles, so that a wrong role is our 403 and somebody else's object our 404.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from chalice import AuthResponse, Blueprint
from chalice.app import AuthRequest

from chalicelib import wiring
from chalicelib.customers.identity import TokenRefused
from chalicelib.edge import log

bp = Blueprint(__name__)

STAFF_ROLES = frozenset({"staff", "finance", "it"})
CUSTOMER = frozenset({"customer"})
FINANCE = frozenset({"finance"})
IT = frozenset({"it"})
ANY_STAFF = STAFF_ROLES


@dataclass(frozen=True)
class Caller:
    """The verified caller of a request."""

    sub: str
    customer_id: str
    roles: frozenset[str]


# Chalice hands its authorizers no other way to refuse with 401: API Gateway looks for this very text.
class Unauthorized(Exception):
    """Raised with the text `Unauthorized`, which API Gateway answers with 401."""


@bp.authorizer(ttl_seconds=60)
def authorize(request: AuthRequest) -> AuthResponse:
    """Verify `Authorization: Bearer <access token>`; 401 for anything else."""
    scheme, _, token = request.token.partition(" ")
    try:
        if scheme.lower() != "bearer":
            raise TokenRefused("not a bearer token")
        identity = wiring.tokens().verify(token)
    except TokenRefused as refused:
        log.line("token refused", why=str(refused))
        raise Unauthorized("Unauthorized") from None
    log.line("token accepted", sub=identity.sub)
    return AuthResponse(
        routes=["*"],
        principal_id=identity.sub,
        context={"customer_id": identity.customer_id, "roles": ",".join(sorted(identity.roles))},
    )


def caller_of(request_context: Mapping[str, Any]) -> Caller | None:
    """The caller whom the authorizer verified, or None on a public route."""
    verified = request_context.get("authorizer") or {}
    if not verified.get("customer_id"):
        return None
    roles = frozenset(role for role in verified.get("roles", "").split(",") if role)
    return Caller(verified["principalId"], verified["customer_id"], roles)
