"""Asaas, the Brazilian provider of bank slips (boletos): its API v3 and its webhooks.

Its webhook body is not signed, a token only shows who sent it: a notice says what to fetch, nothing more.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping
from dataclasses import replace
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
    Refunded,
    RefundRequest,
    SlipData,
)
from chalicelib.billing.gateways.asaas_reading import (
    AsaasRefund,
    paid_at_once,
    payment_of,
    rank,
    refunds_of,
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
from chalicelib.billing.gateways.pix import PixNotValid, check_pix
from chalicelib.billing.gateways.refunds import check_refund
from chalicelib.kernel.banking import next_banking_day
from chalicelib.kernel.money import Money

CLOSED: tuple[PaymentStatus, ...] = ("paid", "refunded", "canceled")


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
        known = payment_of(payment)
        if known.status != "pending":
            return Charged(known.provider_id, None, None)
        try:
            slip = self._slip(known, payment, request.amount, due)
        except (SlipNotValid, SlipMismatch) as error:
            self._withdraw(known.provider_id)
            raise ChargeRefused("slip_mismatch", str(error)) from error
        return Charged(known.provider_id, None, slip, self._pix(known))

    def fetch(self, provider_id: str) -> ProviderPayment | None:
        """See Gateway.fetch."""
        payment = self._get(provider_id)
        return payment_of(payment) if payment is not None else None

    def find(self, reference: str, provider_id: str | None) -> ProviderPayment | None:
        """See Gateway.find."""
        known = self.fetch(provider_id) if provider_id else None
        if known is not None:
            return known
        payment = min(self._listed(reference), key=rank, default=None)
        return payment_of(payment) if payment is not None else None

    def cancel(self, provider_id: str) -> ProviderPayment | None:
        """See Gateway.cancel; Asaas removes only what is not paid: it is asked before and after."""
        known = self.fetch(provider_id)
        if known is None or known.status in CLOSED:
            return known
        answer = self._api.send("DELETE", f"/v3/payments/{provider_id}")
        known = self.fetch(provider_id) or replace(known, status="canceled")
        if known.status not in CLOSED:
            raise ProviderUnavailable(f"the charge could not be removed: {answer.status}")
        return known

    def refund(self, request: RefundRequest) -> Refunded:
        """See Gateway.refund; only what was paid by Pix or card, and one call at a time per charge.

        Asaas has no idempotency key and gives a refund no id: ours stands first in its description, and is
        looked for before. For a paid slip it wants the payer's bank details and papers on a form of its own,
        and the whole amount: ChargeRefused `refund_not_supported`, so that finance sends a transfer.
        """
        found = self._get(request.provider_id)
        known, payment = (None, {}) if found is None else (payment_of(found), found)
        ours = _refund_of(payment, request)
        if ours is None:
            check_refund(known, request, _promised(payment, known))
            if not paid_at_once(payment):
                raise ChargeRefused("refund_not_supported", "a paid slip is given back by transfer")
            ours = _refund_of(self._give_back(request), request)
        if ours is not None and ours.status == "CANCELLED":
            raise ChargeRefused("refund_failed", "the provider called the refund off")
        return Refunded(request.refund_id, done=ours is not None and ours.status == "DONE")

    def authenticate(self, headers: Mapping[str, str], raw: bytes, now: datetime) -> Notice:
        """See Gateway.authenticate; Asaas gives no time, so `now` is of no use."""
        shown = headers.get("asaas-access-token", "").encode("utf-8", "surrogatepass")
        if not hmac.compare_digest(shown, self._webhook_token.encode()):
            raise NotAuthentic("the token is missing or another")
        return read_notice(raw, "event", lambda event: dig(event, "payment", "id"), _announces_payment)

    def _get(self, provider_id: str) -> Json | None:
        return self._api.get(f"/v3/payments/{provider_id}", {}) if safe_id(provider_id) else None

    def _listed(self, reference: str) -> list[Json]:
        """All payments under our reference."""
        query = {"externalReference": reference, "limit": "100"}
        return _matching(self._api.get("/v3/payments", query), "externalReference", reference)

    def _standing(self, reference: str) -> Json | None:
        """A payment made earlier under our reference and not canceled since."""
        listed = self._listed(reference)
        return min((one for one in listed if payment_of(one).status != "canceled"), key=rank, default=None)

    def _create(self, request: ChargeRequest, due: date, tax_id: str) -> Json:
        wanted = {
            "customer": self._customer(request.payer, tax_id),
            "billingType": "BOLETO",
            "dueDate": due.isoformat(),
            "description": request.description[:500],
            "externalReference": request.payment_id,
            "daysAfterDueDateToRegistrationCancellation": _days_registered(due),
        }
        return self._post("/v3/payments", _with_value(request.amount, wanted))

    def _give_back(self, request: RefundRequest) -> Json:
        wanted = {"description": f"{_mark(request)} {request.reason}"[:500]}
        return self._post(f"/v3/payments/{request.provider_id}/refund", _with_value(request.amount, wanted))

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

    def _pix(self, known: ProviderPayment) -> str | None:
        """The Pix code of the same charge, None when there is none: it never keeps a slip from its payer.

        An account without a Pix key is answered 400; one without leave to use Pix, 403.
        """
        try:
            found = self._api.get(f"/v3/payments/{known.provider_id}/pixQrCode", {})
            return check_pix(dig(found, "payload"), known.amount)
        except (ProviderUnavailable, PixNotValid):
            return None

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


def _days_registered(due: date) -> int:
    """How many days after its due date banks still take the slip: through its last payable day.

    A slip due on a day without banking is payable on the next one. A day more, as Asaas does not tell whether
    it takes the slip off the register in the morning or at night.
    """
    return (next_banking_day(due) - due).days + 1


def _with_value(amount: Money, wanted: Json) -> str:
    """A body with `value`. json.dumps writes a point only for a float, which cannot hold every amount."""
    return f'{{"value": {amount.decimal()}, {json.dumps(wanted)[1:]}'


def _mark(request: RefundRequest) -> str:
    return f"[{request.refund_id}]"


def _refund_of(payment: Json, request: RefundRequest) -> AsaasRefund | None:
    """The refund that an earlier call of the same request made."""
    return next((one for one in refunds_of(payment) if one.description.startswith(_mark(request))), None)


def _promised(payment: Json, known: ProviderPayment | None) -> int:
    """Minor units that have gone back or are on their way; a refund of all may stand in the status alone."""
    gone = known.refunded.minor if known and known.refunded else 0
    return max(gone, sum(one.amount.minor for one in refunds_of(payment) if one.status != "CANCELLED"))


def _announces_payment(event: Json) -> bool:
    return event.get("event") in ("PAYMENT_CONFIRMED", "PAYMENT_RECEIVED")


def _matching(page: Json | None, key: str, value: str) -> list[Json]:
    """The items of a list that are really ours: a filter that a server overlooks must not hand us others."""
    with reading("a list of Asaas"):
        items: list[Any] = page["data"] if page else []
        return [item for item in items if item[key] == value]


def _refusal(answer: Answer) -> ChargeRefused:
    """Asaas answers 400 with a list of errors, each with `code` and `description`."""
    errors = answer.body.get("errors")
    first = errors[0] if isinstance(errors, list) and errors else None
    code, detail = dig(first, "code"), dig(first, "description")
    return ChargeRefused(str(code or f"http_{answer.status}"), str(detail or "no reason given")[:500])
