"""Verification of the user pool's access tokens: fixed algorithm, our issuer and client, known keys."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

import jwt

from chalicelib.kernel.errors import Unavailable
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


@dataclass(frozen=True)
class TokenVerifier:
    """Verifies access tokens of one user pool client against the pool's published keys."""

    keys: jwt.PyJWKClient
    issuer: str
    client_id: str

    def verify(self, token: str) -> Identity:
        """The identity a token proves; `TokenRefused` for a forged, expired or foreign one.

        `Unavailable` while the pool's keys cannot be had.
        """
        try:
            key = self.keys.get_signing_key_from_jwt(token)
            claims = jwt.decode(
                token,
                key.key,
                algorithms=["RS256"],
                issuer=self.issuer,
                options={"require": ["exp", "iat", "sub", "client_id", "token_use"], "verify_aud": False},
            )
        except jwt.PyJWKClientConnectionError as error:
            # Says nothing about the token: whoever holds it need not sign in again.
            raise Unavailable() from error
        except jwt.PyJWTError as error:
            raise TokenRefused(type(error).__name__) from error
        # An access token has no audience; the client it was issued to plays that part.
        if claims["token_use"] != "access" or claims["client_id"] != self.client_id:
            raise TokenRefused("not an access token of this client")
        sub = str(claims["sub"])
        return Identity(sub, customer_id_of(sub), roles_of(claims.get("cognito:groups", [])))
