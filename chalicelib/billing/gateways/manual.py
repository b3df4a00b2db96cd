"""Bank transfers: no provider at all. The payer is told an account; finance says what arrived (V8).

What arrived is booked by `flows/transfers.py`, so that here nothing ever changes by itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from chalicelib.billing.gateways import (
    Charged,
    ChargeRefused,
    ChargeRequest,
    NotAuthentic,
    Notice,
    ProviderPayment,
    Refunded,
    RefundRequest,
    TransferData,
)


class Manual:
    """Transfers to one account of the vendor's, as text for people: IBAN, bank and holder."""

    name = "manual"

    def __init__(self, account: str) -> None:
        self._account = account

    def charge(self, request: ChargeRequest) -> Charged:
        """Tell where to send the money, and the invoice's number as the reference."""
        told = TransferData(self._account, request.description)
        return Charged(f"transfer:{request.payment_id}", None, None, transfer=told)

    def fetch(self, provider_id: str) -> ProviderPayment | None:
        """Nobody can be asked."""
        return None

    def find(self, reference: str, provider_id: str | None) -> ProviderPayment | None:
        """Nobody can be asked."""
        return None

    def cancel(self, provider_id: str) -> ProviderPayment | None:
        """An account cannot be closed to one payer; what he sends is booked when finance sees it."""
        return None

    def refund(self, request: RefundRequest) -> Refunded:
        """Somebody must send the money back by hand."""
        raise ChargeRefused("refund_by_hand", "a transfer is sent back by finance")

    def authenticate(self, headers: Mapping[str, str], raw: bytes, now: datetime) -> Notice:
        """No bank sends us messages."""
        raise NotAuthentic("no messages about transfers")
