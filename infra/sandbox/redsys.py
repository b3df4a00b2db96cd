"""Redsys as a merchant's terminal sees it: the form that opens an order, the query service, REST refunds.

An order is known from the moment a payer posts its form; the page then lives for half an hour.
"""

import hmac
import re
import secrets
from urllib.parse import parse_qsl, urlencode

from infra.sandbox.desk import Desk
from infra.sandbox.redsys_objects import (
    EUROS,
    PARAMETERS,
    SIGNATURE,
    VERSION,
    Terminal,
    as_members,
    event_of,
    operations_of,
    query_answer,
    read_query,
    result_of,
)
from infra.sandbox.redsys_signing import OLDEST, unpack
from infra.sandbox.state import Charge, Event
from infra.sandbox.wire import Answer, Json, Request, Routes, json_answer

_PAGE_LIVES = 1800  # seconds
_DENIED = "0190"


class Refusal(Exception):
    """What Redsys will not do, by its own code (SIS…)."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Redsys:
    """The provider of card payments at Spanish banks."""

    def __init__(self, desk: Desk, terminal: Terminal) -> None:
        self._desk = desk
        self._terminal = terminal
        self._routes = Routes(
            ("POST", "/sis/rest/trataPeticionREST", self._refund),
            ("POST", "/apl02/services/SerClsWSConsulta", self._query),
        )

    def answer(self, request: Request) -> Answer:
        """Answer one call of the merchant; a refusal is a 200 with its code."""
        try:
            return self._routes.answer(request) or Answer(404)
        except Refusal as refusal:
            return json_answer(200, {"errorCode": refusal.code})

    def paid(self, charge: Charge) -> list[Event]:
        """The card was charged."""
        charge.details["authorisation"] = f"{secrets.randbelow(1_000_000):06d}"
        return [event_of(self._terminal, charge, self._desk.now())]

    def page(self, charge: Charge) -> str:
        """The address of the page that a payer is on."""
        return f"{self._desk.url}/redsys/pay/{charge.id}"

    def open(self, form: dict[str, str]) -> Charge:
        """The order of a form that a payer has posted, the same when it is posted again. Raises Refusal."""
        wanted = self._read(form)
        if wanted.get("DS_MERCHANT_TRANSACTIONTYPE") != "0":
            raise Refusal("SIS0022")
        if self._desk.knobs.decline:
            raise Refusal("SIS0001")
        state, order = self._desk.state, wanted["DS_MERCHANT_ORDER"]
        if not re.fullmatch("[0-9]{4}[0-9A-Za-z]{0,8}", order):
            raise Refusal("SIS0014")
        with state.change():
            known = state.charges.get(order)
            if known is None:
                state.charges[order] = self._order(wanted)
            elif known.details["form"] != form[PARAMETERS] or not known.payable(self._desk.now()):
                raise Refusal("SIS0051")
            return state.charges[order]

    def decline(self, charge: Charge) -> list[Event]:
        """The issuer denies the card: the order is over. Nothing happens to one that is over already."""
        with self._desk.state.change():
            if not charge.payable(self._desk.now()):
                return []
            charge.status, charge.details["response"] = "canceled", _DENIED
            events = [event_of(self._terminal, charge, self._desk.now())]
            self._desk.record(events)
        return events

    def way_back(self, charge: Charge) -> str:
        """The merchant's address for a payer who is done, with the signed result in its query."""
        address = str(charge.details["ok" if charge.status == "paid" else "ko"])
        result = self._terminal.signed(result_of(self._terminal, charge, self._desk.now()))
        return f"{address}{'&' if '?' in address else '?'}{urlencode(result)}"

    def body(self, event: Event) -> bytes:
        """A notification as it is sent now: forged while that knob is on."""
        if not self._desk.knobs.bad_signature:
            return event.body.encode()
        members = dict(parse_qsl(event.body))
        return urlencode(
            self._terminal.signed_text(event.charge_id, members[PARAMETERS], forged=True)
        ).encode()

    def _read(self, members: Json) -> dict[str, str]:
        """The parameters of a signed request to this terminal. Raises Refusal."""
        texts = [members.get(name) for name in (VERSION, PARAMETERS, SIGNATURE)]
        version, text, signature = (one if isinstance(one, str) else "" for one in texts)
        wanted = unpack(self._terminal.version, text)
        if version != self._terminal.version or wanted is None:
            raise Refusal("SIS0430")
        order = wanted.get("DS_MERCHANT_ORDER", "")
        expected = self._terminal.signs(version, order, text)
        if not hmac.compare_digest(expected.encode(), signature.encode("utf-8", "replace")):
            raise Refusal("SIS0042")
        whose = (wanted.get("DS_MERCHANT_MERCHANTCODE"), wanted.get("DS_MERCHANT_TERMINAL"))
        if whose != (self._terminal.merchant_code, self._terminal.number):
            raise Refusal("SIS0026")
        if wanted.get("DS_MERCHANT_CURRENCY") != EUROS:
            raise Refusal("SIS0027")
        if not re.fullmatch("[1-9][0-9]{0,11}", wanted.get("DS_MERCHANT_AMOUNT", "")):
            raise Refusal("SIS0018")
        return {**wanted, "form": text}

    def _order(self, wanted: dict[str, str]) -> Charge:
        now = self._desk.now()
        details = {
            "notify": wanted.get("DS_MERCHANT_MERCHANTURL", ""),
            "ok": wanted.get("DS_MERCHANT_URLOK", ""),
            "ko": wanted.get("DS_MERCHANT_URLKO", ""),
            "language": wanted.get("DS_MERCHANT_CONSUMERLANGUAGE", "1"),
            "description": wanted.get("DS_MERCHANT_PRODUCTDESCRIPTION", ""),
            "form": wanted["form"],
            "response": "9915",
            "authorisation": "",
            "refunds": [],
        }
        return Charge(
            id=wanted["DS_MERCHANT_ORDER"],
            provider="redsys",
            reference=wanted.get("DS_MERCHANT_MERCHANTDATA", ""),
            amount=int(wanted["DS_MERCHANT_AMOUNT"]),
            currency="EUR",
            created=now,
            skew=self._desk.knobs.wrong_amount,
            expires_at=now + _PAGE_LIVES,
            details=details,
        )

    def _refund(self, request: Request) -> Answer:
        wanted = self._read(as_members(request.body))
        if wanted.get("DS_MERCHANT_TRANSACTIONTYPE") != "3":
            raise Refusal("SIS0022")
        state, amount = self._desk.state, int(wanted["DS_MERCHANT_AMOUNT"])
        with state.change():
            charge = state.charges.get(wanted["DS_MERCHANT_ORDER"])
            if charge is None or charge.provider != "redsys":
                raise Refusal("SIS0054")
            if charge.status != "paid":
                raise Refusal("SIS0056")
            if sum(charge.details["refunds"]) + amount > charge.shown:
                raise Refusal("SIS0057")
            charge.details["refunds"].append(amount)
        result = result_of(self._terminal, charge, self._desk.now())
        refund = {"Ds_Amount": str(amount), "Ds_Response": "0900", "Ds_TransactionType": "3"}
        return json_answer(200, self._terminal.signed({**result, **refund}), created=True)

    def _query(self, request: Request) -> Answer:
        asked = read_query(request.body)
        if asked is None:
            return _error("XML0001")
        signed, signature, version, fields = asked
        # The query service knows the oldest signature alone, whatever the terminal signs with elsewhere.
        expected = self._terminal.signs(OLDEST, fields["order"], signed)
        if version != OLDEST or not hmac.compare_digest(expected.encode(), signature.encode()):
            return _error("XML0023" if version == OLDEST else "XML0030")
        charge = self._desk.state.charges.get(fields["order"])
        ours = (fields["code"], fields["terminal"]) == (self._terminal.merchant_code, self._terminal.number)
        if charge is None or charge.provider != "redsys" or not ours:
            return _error("XML0024")
        return query_answer(operations_of(self._terminal, charge))


def _error(code: str) -> Answer:
    return query_answer(f"<ErrorMsg><Ds_ErrorCode>{code}</Ds_ErrorCode></ErrorMsg>")
