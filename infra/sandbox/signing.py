"""The headers by which a webhook proves where it comes from, as the real providers make them.

Asaas repeats a token that both sides know; the body is not signed. Stripe signs time and body with a shared
secret.
"""

import hashlib
import hmac


def asaas_headers(token: str) -> dict[str, str]:
    """The header of an Asaas webhook."""
    return {"asaas-access-token": token}


def stripe_headers(secret: str, timestamp: int, body: bytes) -> dict[str, str]:
    """The header of a Stripe webhook sent at `timestamp` (Unix seconds) with exactly this body."""
    digest = hmac.new(secret.encode(), f"{timestamp}.".encode() + body, hashlib.sha256).hexdigest()
    return {"Stripe-Signature": f"t={timestamp},v1={digest}"}
