"""Verification of the user pool's access tokens: fixed algorithm, our issuer and client, known keys."""

from __future__ import annotations

from dataclasses import dataclass

import jwt

from chalicelib.customers.identity import Identity, TokenRefused, customer_id_of, roles_of
from chalicelib.kernel.errors import Unavailable


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
