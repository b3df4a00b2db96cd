"""Redsys, the gateway behind Spanish banks' card terminals (Ruralvía's too): a signed form, a signed notice.

A charge is a form that the payer's browser posts; Redsys learns of it only then. What became of it is asked
from its query service: a notice says what to ask for, nothing more.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, unquote_plus

from urllib3 import PoolManager, Timeout

from chalicelib.billing.gateways import (
    Charged,
    ChargeRefused,
    ChargeRequest,
    NotAuthentic,
    Notice,
    PostForm,
    ProviderPayment,
    ProviderUnavailable,
    Refunded,
    RefundRequest,
)
from chalicelib.billing.gateways import redsys_query as query
from chalicelib.billing.gateways import redsys_signing as signing
from chalicelib.billing.gateways.http import TIMEOUT, Answer, Endpoint, Json
from chalicelib.billing.gateways.redsys_query import PAYMENT, REFUND, Operation, response_code, same_number
from chalicelib.billing.gateways.redsys_reading import (
    CURRENCIES,
    ORDER,
    joined,
    order_of,
    parted,
    payment_of,
    refund_made,
)
from chalicelib.kernel.money import Money

PAGE, REST = "/sis/realizarPago", "/sis/rest/trataPeticionREST"
VERSION, PARAMETERS, SIGNATURE = "Ds_SignatureVersion", "Ds_MerchantParameters", "Ds_Signature"
LANGUAGES = {"es": "1", "en": "2", "pt-BR": "9"}
LONGEST_ADDRESS = 250
# No such operation, several, not authorised, too much: Redsys will never do it.
REFUSALS = ("SIS0054", "SIS0055", "SIS0056", "SIS0057")
# The system or the issuer does not answer, or something is still going on.
TROUBLE = (909, 912, 944, 9912, *query.UNDECIDED)


class Redsys:
    """The adapter of one terminal at Redsys: `secret` is its key, `version` the signature agreed for it."""

    name = "redsys"

    def __init__(
        self,
        pool: PoolManager,
        base_url: str,
        merchant_code: str,
        terminal: str,
        secret: str,
        version: str = signing.V2,
        timeout: Timeout = TIMEOUT,
    ) -> None:
        if not (re.fullmatch("[0-9]{1,9}", merchant_code) and re.fullmatch("[0-9]{1,3}", terminal)):
            raise ValueError("Redsys needs a merchant code and a terminal, both numbers")
        if version not in signing.VERSIONS:
            raise ValueError(f"Redsys signs with one of {', '.join(signing.VERSIONS)}")
        signing.check_secret(secret)
        self._api = Endpoint(pool, base_url, {}, timeout)
        self._page = base_url.rstrip("/") + PAGE
        self._merchant_code, self._terminal = merchant_code, terminal
        self._secret, self._version = secret, version

    def charge(self, request: ChargeRequest) -> Charged:
        """The signed form to post the payer with (see Gateway.charge); no call is made.

        The same payment gives the same order number, so that Redsys takes the money for it once. Cards are
        not kept: the query, from which alone we book, does not tell their tokens.
        """
        _check(request)
        order = order_of(request.payment_id)
        wanted = self._common(order, request.amount, PAYMENT) | {
            "DS_MERCHANT_MERCHANTDATA": request.payment_id,
            "DS_MERCHANT_URLOK": request.return_url,
            "DS_MERCHANT_URLKO": request.return_url,
            "DS_MERCHANT_PRODUCTDESCRIPTION": request.description[:125],
            "DS_MERCHANT_TITULAR": request.payer.name[:60],
            "DS_MERCHANT_CONSUMERLANGUAGE": LANGUAGES.get(request.payer.locale, LANGUAGES["es"]),
        }
        if request.notify_url:
            wanted["DS_MERCHANT_MERCHANTURL"] = request.notify_url
        form = PostForm(self._page, self._signed(order, wanted))
        return Charged(joined(order, request.payment_id), None, None, form=form)

    def fetch(self, provider_id: str) -> ProviderPayment | None:
        """See Gateway.fetch; an order that nobody has posted a form of is not there."""
        order, reference = parted(provider_id)
        return payment_of(order, reference, self._operations(order)) if order else None

    def find(self, reference: str, provider_id: str | None) -> ProviderPayment | None:
        """See Gateway.find; our payment id is enough, as the order number follows from it."""
        return self.fetch(joined(order_of(reference), reference))

    def cancel(self, provider_id: str) -> ProviderPayment | None:
        """See Gateway.cancel; an unpaid order is given as canceled, though Redsys cannot withdraw a form.

        A payer who is on its page may pay until the page lapses, 30 minutes after he came: that is announced
        and found as every payment, and late for the caller to judge. After that only a form that was kept
        and posted anew could be paid, so the caller gives out none for what was canceled.
        """
        known = self.fetch(provider_id)
        return replace(known, status="canceled") if known and known.status == "pending" else known

    def refund(self, request: RefundRequest) -> Refunded:
        """See Gateway.refund; a repeat should come a minute later, not at once.

        Redsys has neither an idempotency key nor ids for refunds, so what went back is asked first. Where a
        refund of the same amount is there and another one would not be too much, it cannot be told which
        refund it was: no money moves, and it is not done for certain. `fetch` tells the total for a person.
        """
        order, reference = parted(request.provider_id)
        operations = self._operations(order) if order else []
        done = refund_made(request, payment_of(order, reference, operations), operations)
        if done is None:
            self._give_back(order, request.amount)
        return Refunded(order, done is not False)

    def authenticate(self, headers: Mapping[str, str], raw: bytes, now: datetime) -> Notice:
        """See Gateway.authenticate; `raw` is the form of a notification, or the query of a payer's return.

        Redsys signs no time, so `now` is of no use: an old message is told by its event id, and leads to the
        order as it stands today.
        """
        version, text, signature = _members(raw)
        told = self._proven(version, text, signature)
        if told is None:
            raise NotAuthentic("not signed for this terminal, with the version agreed for it")
        response = response_code(told.get("Ds_Response"))
        return Notice(
            event_id=f"sha256-{hashlib.sha256(text.encode()).hexdigest()}",
            name="unreadable" if response is None else f"Ds_Response.{response:04d}",
            provider_id=_subject(told),
            announces_payment=_is_payment(told) and response is not None and response <= 99,
        )

    def _common(self, order: str, amount: Money, kind: str) -> dict[str, str]:
        return {
            "DS_MERCHANT_AMOUNT": str(amount.minor),
            "DS_MERCHANT_CURRENCY": CURRENCIES[amount.currency],
            "DS_MERCHANT_MERCHANTCODE": self._merchant_code,
            "DS_MERCHANT_ORDER": order,
            "DS_MERCHANT_TERMINAL": self._terminal,
            "DS_MERCHANT_TRANSACTIONTYPE": kind,
        }

    def _signed(self, order: str, parameters: Mapping[str, str]) -> dict[str, str]:
        text = signing.encode(self._version, parameters)
        signature = signing.sign(self._version, self._secret, order, text)
        return {VERSION: self._version, PARAMETERS: text, SIGNATURE: signature}

    def _proven(self, version: str, text: str, signature: str) -> Json | None:
        """What Redsys tells in signed parameters of this terminal; None when it was not Redsys, or another's.

        The order is read from `Ds_Order` only: the payer holds a form that we signed, under other names.
        """
        told = {name: _unquoted(value) for name, value in (signing.decode(text) or {}).items()}
        order = told.get("Ds_Order")
        if version != self._version or not (isinstance(order, str) and ORDER.fullmatch(order)):
            return None
        if not signing.fits(self._version, self._secret, order, text, signature):
            return None
        ours = same_number(told.get("Ds_MerchantCode"), self._merchant_code)
        return told if ours and same_number(told.get("Ds_Terminal"), self._terminal) else None

    def _operations(self, order: str) -> list[Operation]:
        asked = query.question(self._merchant_code, self._terminal, self._secret, order)
        answer = self._api.send("POST", query.PATH, asked, query.HEADERS)
        return query.operations(answer, self._merchant_code, self._terminal, order)

    def _give_back(self, order: str, amount: Money) -> None:
        """One refund. Raises ChargeRefused where it was not made for certain, else ProviderUnavailable."""
        body = json.dumps(self._signed(order, self._common(order, amount, REFUND))).encode()
        answer = self._api.send("POST", REST, body, {"Content-Type": "application/json"})
        told = self._told(answer)
        asked = (order, REFUND, str(amount.minor), CURRENCIES[amount.currency])
        named = ("Ds_Order", "Ds_TransactionType", "Ds_Amount", "Ds_Currency")
        response = response_code(told.get("Ds_Response"))
        if response is None or tuple(str(told.get(name)) for name in named) != asked:
            raise ProviderUnavailable("the refund's answer is about something else")
        if response in TROUBLE:
            raise ProviderUnavailable(f"the refund could not be made now: {response}")
        if response != 900:
            raise ChargeRefused(f"response_{response:04d}", "the refund was denied")

    def _told(self, answer: Answer) -> Json:
        code = answer.body.get("errorCode")
        if answer.ok and code in REFUSALS:
            raise ChargeRefused(str(code), "Redsys does not make this refund")
        members = [answer.body.get(name) for name in (VERSION, PARAMETERS, SIGNATURE)]
        version, text, signature = (one if isinstance(one, str) else "" for one in members)
        told = self._proven(version, text, signature) if answer.ok else None
        if told is None:
            raise ProviderUnavailable(f"the refund's answer proves nothing: {answer.status}")
        return told


def _check(request: ChargeRequest) -> None:
    """ChargeRefused for what no form can ask for."""
    if request.amount.currency not in CURRENCIES:
        raise ChargeRefused("currency_not_supported", "the terminal is for euros")
    if request.card is not None:
        raise ChargeRefused("stored_card_not_supported", "no cards are kept at Redsys")
    if max(len(request.return_url), len(request.notify_url)) > LONGEST_ADDRESS:
        raise ChargeRefused("address_too_long", f"an address has at most {LONGEST_ADDRESS} characters")


def _members(raw: bytes) -> list[str]:
    """Version, parameters and signature, each of which is there once."""
    try:
        pairs = parse_qsl(raw.decode("ascii"), keep_blank_values=True, max_num_fields=50)
    except ValueError as error:
        raise NotAuthentic("not a form") from error
    found = [[value for key, value in pairs if key == name] for name in (VERSION, PARAMETERS, SIGNATURE)]
    if any(len(values) != 1 for values in found):
        raise NotAuthentic("a member is missing, or there twice")
    return [value for (value,) in found]


def _unquoted(value: Any) -> Any:
    """Values come percent-encoded inside of what is base64."""
    return unquote_plus(value) if isinstance(value, str) else value


def _is_payment(told: Json) -> bool:
    return str(told.get("Ds_TransactionType", PAYMENT)) == PAYMENT


def _subject(told: Json) -> str:
    """The order and, if it was made from it, the payment id that the form carried."""
    order, reference = told["Ds_Order"], told.get("Ds_MerchantData")
    return joined(*parted(f"{order}-{reference}" if isinstance(reference, str) else order))
