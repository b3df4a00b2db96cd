"""Asaas, the Brazilian provider of bank slips (boletos): its API v3 and its webhooks.

Its webhook body is not signed, a token only shows who sent it: a notice says what to fetch, nothing more.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from urllib3 import PoolManager, Timeout

from chalicelib.billing.boleto import SlipMismatch, SlipNotValid, check_slip
from chalicelib.billing.gateways import (
    Charged,
    ChargeRefused,
    ChargeRequest,
    NotAuthentic,
    Notice,
    Payer,
    PaymentStatus,
    ProviderPayment,
    ProviderUnavailable,
    SlipData,
)
from chalicelib.billing.gateways.http import (
    TIMEOUT,
    Answer,
    Endpoint,
    Json,
    dig,
    id_of,
    read_notice,
    reading,
    safe_id,
    text_of,
)
from chalicelib.kernel.clock import start_of
from chalicelib.kernel.money import Money

ZONE = "America/Sao_Paulo"

# Confirmed: the payer has paid and only the payout is outstanding, so it counts. So does received in cash, as
# the vendor's own staff said so at Asaas, and received by dunning, as the debt was collected. Disputed money
# and whatever Asaas adds some day is unknown, for a person to look at.
STATUSES: dict[str, PaymentStatus] = {
    "RECEIVED": "paid",
    "CONFIRMED": "paid",
    "RECEIVED_IN_CASH": "paid",
    "DUNNING_RECEIVED": "paid",
    "PENDING": "pending",
    "OVERDUE": "pending",
    "AUTHORIZED": "pending",
    "AWAITING_RISK_ANALYSIS": "pending",
    "DUNNING_REQUESTED": "pending",
    "REFUND_REQUESTED": "refunded",
    "REFUND_IN_PROGRESS": "refunded",
    "REFUNDED": "refunded",
}
# Which of several charges under one reference tells most.
RANKS: tuple[PaymentStatus, ...] = ("paid", "pending", "unknown", "refunded", "canceled")


class Asaas:
    """The adapter of Asaas; `webhook_token` is the one we gave it for showing to us."""

    name = "asaas"

    def __init__(
        self, pool: PoolManager, base_url: str, api_key: str, webhook_token: str, timeout: Timeout = TIMEOUT
    ) -> None:
        if not (api_key and webhook_token):
            raise ValueError("Asaas needs an API key and a webhook token")
        headers = {"access_token": api_key, "Content-Type": "application/json"}
        self._api = Endpoint(pool, base_url, headers, timeout)
        self._webhook_token = webhook_token

    def charge(self, request: ChargeRequest) -> Charged:
        """A slip over the amount, due on the due date (see Gateway.charge).

        Asaas has no idempotency key: a charge under our reference is looked for first. It may take a moment
        to show one whose answer was lost, so a repeat should come a minute later, not at once.
        """
        due, tax_id = _terms(request)
        payment = self._standing(request.payment_id) or self._create(request, due, tax_id)
        known = _payment(payment)
        if known.status != "pending":
            return Charged(known.provider_id, None, None)
        try:
            return Charged(known.provider_id, None, self._slip(known, payment, request.amount, due))
        except (SlipNotValid, SlipMismatch) as error:
            self._withdraw(known.provider_id)
            raise ChargeRefused("slip_mismatch", str(error)) from error

    def fetch(self, provider_id: str) -> ProviderPayment | None:
        """See Gateway.fetch."""
        payment = self._api.get(f"/v3/payments/{provider_id}", {}) if safe_id(provider_id) else None
        return _payment(payment) if payment is not None else None

    def find(self, reference: str, provider_id: str | None) -> ProviderPayment | None:
        """See Gateway.find."""
        known = self.fetch(provider_id) if provider_id else None
        if known is not None:
            return known
        payment = min(self._listed(reference), key=_rank, default=None)
        return _payment(payment) if payment is not None else None

    def authenticate(self, headers: Mapping[str, str], raw: bytes, now: datetime) -> Notice:
        """See Gateway.authenticate; Asaas gives no time, so `now` is of no use."""
        shown = headers.get("asaas-access-token", "").encode("utf-8", "surrogatepass")
        if not hmac.compare_digest(shown, self._webhook_token.encode()):
            raise NotAuthentic("the token is missing or another")
        return read_notice(raw, "event", lambda event: dig(event, "payment", "id"), _announces_payment)

    def _listed(self, reference: str) -> list[Json]:
        """All payments under our reference."""
        query = {"externalReference": reference, "limit": "100"}
        return _matching(self._api.get("/v3/payments", query), "externalReference", reference)

    def _standing(self, reference: str) -> Json | None:
        """A payment made earlier under our reference and not canceled since."""
        listed = self._listed(reference)
        return min((one for one in listed if _payment(one).status != "canceled"), key=_rank, default=None)

    def _create(self, request: ChargeRequest, due: date, tax_id: str) -> Json:
        wanted = {
            "customer": self._customer(request.payer, tax_id),
            "billingType": "BOLETO",
            "dueDate": due.isoformat(),
            "description": request.description[:500],
            "externalReference": request.payment_id,
        }
        # json.dumps writes a decimal point only for a float, which cannot hold every amount: so it is put in.
        return self._post("/v3/payments", f'{{"value": {request.amount.decimal()}, {json.dumps(wanted)[1:]}')

    def _customer(self, payer: Payer, tax_id: str) -> str:
        """The payer's id at Asaas: one is made when there is none yet, or his tax id is another one now."""
        query = {"externalReference": payer.customer_id, "limit": "100"}
        known = _matching(self._api.get("/v3/customers", query), "externalReference", payer.customer_id)
        same = [one for one in known if one.get("cpfCnpj") == tax_id and one.get("deleted") is not True]
        with reading("a customer of Asaas"):
            return id_of((same[0] if same else self._create_customer(payer, tax_id))["id"])

    def _create_customer(self, payer: Payer, tax_id: str) -> Json:
        wanted = {
            "name": payer.name,
            "email": payer.email,
            "cpfCnpj": tax_id,
            "externalReference": payer.customer_id,
            # We write to our customers ourselves, once for each occasion.
            "notificationDisabled": True,
        }
        return self._post("/v3/customers", json.dumps(wanted))

    def _post(self, path: str, body: str) -> Json:
        answer = self._api.send("POST", path, body.encode())
        if not answer.ok:
            raise _refusal(answer)
        return answer.body

    def _slip(self, known: ProviderPayment, payment: Json, amount: Money, due: date) -> SlipData:
        """The payment's slip, checked digit by digit; SlipNotValid or SlipMismatch if it is not as asked."""
        found = self._api.get(f"/v3/payments/{known.provider_id}/identificationField", {})
        with reading("a slip of Asaas"):
            line, pdf_url = text_of(dig(found, "identificationField")), text_of(payment["bankSlipUrl"])
        slip = check_slip(line, amount=amount, due=due, reference=due)
        if known.amount != amount:
            raise SlipMismatch(f"the charge is over {known.amount.decimal()}")
        return SlipData(slip.line, slip.barcode, pdf_url)

    def _withdraw(self, provider_id: str) -> None:
        """Take a wrong charge back: banks show a slip to its payer even if we do not."""
        answer = self._api.send("DELETE", f"/v3/payments/{provider_id}")
        if not (answer.ok or answer.status == 404):
            raise ProviderUnavailable(f"the charge could not be taken back: {answer.status}")


def _terms(request: ChargeRequest) -> tuple[date, str]:
    """What only a slip needs: its due date and its payer's tax id."""
    if request.amount.currency != "BRL":
        raise ChargeRefused("currency_not_supported", "a slip is paid in reais")
    if request.due_date is None:
        raise ChargeRefused("due_date_missing", "a slip has a due date")
    if request.payer.tax_id is None:
        raise ChargeRefused("tax_id_missing", "a slip names its payer's CPF or CNPJ")
    return request.due_date, request.payer.tax_id


def _announces_payment(event: Json) -> bool:
    return event.get("event") in ("PAYMENT_CONFIRMED", "PAYMENT_RECEIVED")


def _matching(page: Json | None, key: str, value: str) -> list[Json]:
    """The items of a list that are really ours: a filter that a server overlooks must not hand us others."""
    with reading("a list of Asaas"):
        items: list[Any] = page["data"] if page else []
        return [item for item in items if item[key] == value]


def _payment(payment: Json) -> ProviderPayment:
    with reading("a payment of Asaas"):
        status = STATUSES.get(payment["status"], "unknown")
        if payment.get("deleted") is True and status != "paid":
            status = "canceled"
        reference = payment.get("externalReference")
        return ProviderPayment(
            provider_id=id_of(payment["id"]),
            reference=reference if isinstance(reference, str) and reference else None,
            amount=_amount(payment),
            status=status,
            paid_at=_paid_at(payment, status),
        )


def _amount(payment: Json) -> Money:
    """What was charged: after a late payment `value` includes interest, and `originalValue` does not."""
    told = (payment["value"], payment.get("originalValue"))
    amounts = [Money.from_decimal(str(value), "BRL") for value in told if value is not None]
    return min(amounts, key=lambda amount: amount.minor)


def _paid_at(payment: Json, status: PaymentStatus) -> datetime | None:
    """The start of the day on which the payer paid; the days of clearing come later."""
    days = [payment.get(key) for key in ("clientPaymentDate", "confirmedDate", "paymentDate")]
    known = [day for day in days if day is not None]
    return start_of(date.fromisoformat(known[0]), ZONE) if known and status == "paid" else None


def _rank(payment: Json) -> tuple[int, str]:
    known = _payment(payment)
    return RANKS.index(known.status), known.provider_id


def _refusal(answer: Answer) -> ChargeRefused:
    """Asaas answers 400 with a list of errors, each with `code` and `description`."""
    errors = answer.body.get("errors")
    first = errors[0] if isinstance(errors, list) and errors else None
    code, detail = dig(first, "code"), dig(first, "description")
    return ChargeRefused(str(code or f"http_{answer.status}"), str(detail or "no reason given")[:500])
