"""Asking Redsys what happened to an order: the SOAP service `SerClsWSConsulta`, message `Monitor`.

It lists every operation of an order (payment, refunds, failed tries) and takes HMAC_SHA256_V1 only, whatever
the terminal signs with elsewhere. No one outside Redsys knows how its answer is signed: what vouches for it
is TLS, so all that it says is held against what was asked.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from chalicelib.billing.gateways import ProviderUnavailable
from chalicelib.billing.gateways.http import Answer, reading
from chalicelib.billing.gateways.redsys_signing import SHA256_V1, sign
from chalicelib.kernel.clock import start_of

PATH = "/apl02/services/SerClsWSConsulta"
HEADERS = {
    "Content-Type": "text/xml;charset=utf-8",
    "Accept": "text/xml",
    "SOAPAction": "consultaOperaciones",
}
ZONE = "Europe/Madrid"
LONGEST = 1_000_000
NO_OPERATIONS = "XML0024"
PAYMENT, REFUND = "0", "3"

# Waiting for the card's data, for its holder to prove himself, for another operation with the same card.
UNDECIDED = (9997, 9998, 9999)


@dataclass(frozen=True)
class Operation:
    """One operation of an order: `kind` is PAYMENT or REFUND or another; `amount` in minor units.

    `currency` is numeric, `response` is None while there is none, `day` its first instant in Spain.
    """

    kind: str
    amount: int
    currency: str
    finished: bool
    response: int | None
    day: datetime | None

    @property
    def undecided(self) -> bool:
        """Whether it may still go either way."""
        return not self.finished or self.response is None or self.response in UNDECIDED

    @property
    def succeeded(self) -> bool:
        """Whether it moved the money; 900 says so of a refund."""
        authorised = self.response is not None and (
            0 <= self.response <= 99 or (self.kind == REFUND and self.response == 900)
        )
        return self.finished and authorised


def question(merchant_code: str, terminal: str, secret: str, order: str) -> bytes:
    """The SOAP envelope that asks for all operations of an order; its elements have a fixed sequence."""
    version = (
        '<Version Ds_Version="0.0"><Message><Monitor>'
        f"<Ds_MerchantCode>{merchant_code}</Ds_MerchantCode>"
        f"<Ds_Terminal>{terminal}</Ds_Terminal>"
        f"<Ds_Order>{order}</Ds_Order>"
        "</Monitor></Message></Version>"
    )
    signature = sign(SHA256_V1, secret, order, version)
    return (
        '<?xml version="1.0"?><soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"'
        ' xmlns:web="http://webservices.apl02.redsys.es"><soapenv:Header/><soapenv:Body>'
        "<web:consultaOperaciones><cadenaXML><![CDATA["
        f"<Messages>{version}<Signature>{signature}</Signature>"
        f"<SignatureVersion>{SHA256_V1}</SignatureVersion></Messages>"
        "]]></cadenaXML></web:consultaOperaciones></soapenv:Body></soapenv:Envelope>"
    ).encode()


def operations(answer: Answer, merchant_code: str, terminal: str, order: str) -> list[Operation]:
    """The operations that an answer lists, none for an order that Redsys has not seen.

    Raises ProviderUnavailable for an error and for an answer that is not about what was asked.
    """
    if not answer.ok:
        raise ProviderUnavailable(f"the query answered {answer.status}")
    with reading("an answer of Redsys's query"):
        envelope = _parsed(answer.raw.decode("utf-8-sig"))
        message = _parsed(_text(envelope, "consultaOperacionesReturn") or "")
        error = _text(message, "Ds_ErrorCode")
        if error == NO_OPERATIONS:
            return []
        if error is not None:
            raise ProviderUnavailable(f"the query was refused: {error[:20]!r}")
        found = [_operation(one, merchant_code, terminal, order) for one in _named(message, "Response")]
        if not found:
            raise ValueError("neither operations nor an error")
        return found


def same_number(told: object, ours: str) -> bool:
    """Whether a merchant code or a terminal is ours; Redsys fills them up with zeros, or not."""
    return isinstance(told, str) and re.fullmatch("[0-9]{1,12}", told) is not None and int(told) == int(ours)


def response_code(told: object) -> int | None:
    """A `Ds_Response` as a number, None for everything that is not one."""
    if isinstance(told, int) and not isinstance(told, bool):
        told = str(told)
    return int(told) if isinstance(told, str) and re.fullmatch("[0-9]{1,4}", told) else None


def _parsed(text: str) -> Element:
    # A document type is where entities come from, which can be made to explode or to read files.
    if len(text) > LONGEST or re.search(r"<!(?!\[CDATA\[)", text):
        raise ValueError("not the plain XML that was agreed")
    try:
        return ElementTree.fromstring(text.strip())
    except ElementTree.ParseError as error:
        raise ValueError("not XML") from error


def _named(root: Element, name: str) -> Iterator[Element]:
    return (one for one in root.iter() if one.tag.rpartition("}")[2] == name)


def _text(root: Element, name: str) -> str | None:
    """The text of the element with this name; ValueError when there are several."""
    found = [(one.text or "").strip() for one in _named(root, name)]
    if len(found) > 1:
        raise ValueError(f"{name} is there twice")
    return found[0] if found else None


def _operation(element: Element, merchant_code: str, terminal: str, order: str) -> Operation:
    told = {name: _text(element, f"Ds_{name}") for name in ("MerchantCode", "Terminal", "Order")}
    if not (same_number(told["MerchantCode"], merchant_code) and same_number(told["Terminal"], terminal)):
        raise ValueError("an operation of another terminal")
    if told["Order"] != order:
        raise ValueError("an operation of another order")
    amount, day = _text(element, "Ds_Amount") or "", _text(element, "Ds_Date")
    if not re.fullmatch("[0-9]{1,12}", amount):
        raise ValueError("not an amount in minor units")
    return Operation(
        kind=_text(element, "Ds_TransactionType") or "",
        amount=int(amount),
        currency=_text(element, "Ds_Currency") or "",
        finished=_text(element, "Ds_State") == "F",
        response=response_code(_text(element, "Ds_Response")),
        day=_day(day) if day else None,
    )


def _day(text: str) -> datetime | None:
    """`2026-11-22`, or `22/11/2026` as in notifications, as its first instant; None for another form."""
    ordered = "-".join(reversed(text.split("/"))) if "/" in text else text
    try:
        return start_of(date.fromisoformat(ordered), ZONE)
    except ValueError:
        return None
