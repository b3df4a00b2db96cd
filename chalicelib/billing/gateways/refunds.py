"""What every adapter asks before money is given back, with the codes of refusal that they share."""

from __future__ import annotations

from chalicelib.billing.gateways import ChargeRefused, ProviderPayment, RefundRequest


def check_refund(known: ProviderPayment | None, request: RefundRequest, given: int) -> None:
    """ChargeRefused unless that much of the charge can go back; `given`: minor units gone or on their way."""
    if known is None:
        raise ChargeRefused("charge_unknown", "the provider has no such charge")
    if known.status not in ("paid", "refunded"):
        raise ChargeRefused("charge_not_paid", f"the charge is {known.status}")
    if known.disputed:
        raise ChargeRefused("charge_disputed", "its holder contests the charge: the bank decides")
    left, asked = known.amount.minor - given, request.amount
    if asked.currency != known.amount.currency or not 0 < asked.minor <= left:
        raise ChargeRefused("refund_exceeds_charge", f"{left} minor units of the charge are left")
