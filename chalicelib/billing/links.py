"""The address of an invoice's online version: nobody can guess it, and it can be taken back (V8).

The address follows from the invoice's id, the number of its link and a secret, so that the table holds none;
with the next number, the former address opens nothing any more.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from chalicelib.billing.rules import Invoice
from chalicelib.kernel.ids import crockford

PREFIX = "inv_"
# The invoice's own 26 characters, then 130 bits of proof.
TOKEN = re.compile(r"([0-9a-z]{26})([0-9a-z]{26})")


@dataclass(frozen=True)
class Links:
    """Makes and checks addresses below `base_url`, the API's own without `/v1`."""

    base_url: str
    secret: Callable[[], bytes]

    def online(self, invoice: Invoice) -> str:
        """The address of the online invoice."""
        return f"{self.base_url.rstrip('/')}/i/{self.token(invoice)}"

    def webhook(self, provider: str) -> str:
        """Where a provider sends its messages."""
        return f"{self.base_url.rstrip('/')}/v1/webhooks/{provider}"

    def token(self, invoice: Invoice) -> str:
        """What stands in the address."""
        body = invoice.id.removeprefix(PREFIX)
        told = f"online invoice\x1f{invoice.id}\x1f{invoice.link_number}".encode()
        proof = hmac.new(self.secret(), told, hashlib.sha256).digest()
        return f"{body}{crockford(proof, 26).lower()}"

    def opens(self, token: str, invoice: Invoice) -> bool:
        """Whether this is the token of the invoice's present address."""
        return hmac.compare_digest(self.token(invoice).encode(), token.encode("utf-8", "surrogatepass"))


def invoice_id_of(token: str) -> str | None:
    """The invoice that a token claims to open; None for what is no token at all."""
    found = TOKEN.fullmatch(token)
    return f"{PREFIX}{found[1]}" if found else None


def renewed(invoice: Invoice) -> Invoice:
    """The invoice with a new address; the former one is dead."""
    return replace(invoice, link_number=invoice.link_number + 1)
