"""What Redsys says about an order, as it words it: signed notifications, and its query service's answers."""

import json
import re
import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime
from html import escape
from urllib.parse import quote_plus, urlencode, urlsplit
from zoneinfo import ZoneInfo

from infra.sandbox.redsys_signing import NEWEST, pack, signature_of
from infra.sandbox.state import Charge, Event
from infra.sandbox.wire import Answer, Json

EUROS = "978"
VERSION, PARAMETERS, SIGNATURE = "Ds_SignatureVersion", "Ds_MerchantParameters", "Ds_Signature"
_LOOPBACK = ("127.0.0.1", "::1", "localhost")
_ENVELOPE = (
    '<?xml version="1.0" encoding="utf-8"?><soapenv:Envelope'
    ' xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Header/><soapenv:Body>'
    '<p259:consultaOperacionesResponse xmlns:p259="http://webservices.apl02.redsys.es">'
    "<consultaOperacionesReturn>{}</consultaOperacionesReturn>"
    "</p259:consultaOperacionesResponse></soapenv:Body></soapenv:Envelope>"
)


@dataclass(frozen=True)
class Terminal:
    """One terminal: its merchant code, number, key and the signature version agreed for it."""

    merchant_code: str
    number: str
    key: str = field(repr=False)
    version: str

    def signs(self, version: str, order: str, text: str) -> str:
        """The signature that the merchant must show for `text`."""
        return signature_of(version, self.key, order, text, answering=False)

    def signed(self, parameters: Json) -> dict[str, str]:
        """The three members of a signed answer."""
        return self.signed_text(str(parameters["Ds_Order"]), pack(self.version, parameters))

    def signed_text(self, order: str, text: str, *, forged: bool = False) -> dict[str, str]:
        """The three members of an answer in `text`; forged, with a signature under another key."""
        key = self.key[::-1] if forged else self.key
        signature = signature_of(self.version, key, order, text)
        return {VERSION: self.version, PARAMETERS: text, SIGNATURE: signature}


# The one that Redsys publishes for trying things out.
TRIAL = Terminal("999008881", "1", "sq7HjrUOBfKmC576ILgskD5srU870gJ7", NEWEST)


def response_of(charge: Charge) -> str:
    """How the payment ended, or 9998: Redsys waits for the card."""
    return {"paid": "0000", "canceled": str(charge.details["response"])}.get(charge.status, "9998")


def result_of(terminal: Terminal, charge: Charge, now: int) -> Json:
    """The parameters of a notification; values are percent-encoded inside."""
    local = _local_time(now)
    facts = {
        "Ds_Date": local.strftime("%d/%m/%Y"),
        "Ds_Hour": local.strftime("%H:%M"),
        "Ds_SecurePayment": "1",
        "Ds_Card_Country": "724",
        "Ds_Amount": str(charge.shown),
        "Ds_Currency": EUROS,
        "Ds_Order": charge.id,
        "Ds_MerchantCode": terminal.merchant_code,
        "Ds_Terminal": terminal.number.zfill(3),
        "Ds_Response": response_of(charge),
        "Ds_MerchantData": charge.reference,
        "Ds_TransactionType": "0",
        "Ds_ConsumerLanguage": charge.details["language"],
        "Ds_AuthorisationCode": charge.details["authorisation"] if charge.status == "paid" else "      ",
        "Ds_Card_Brand": "1",
        "Ds_ProcessedPayMethod": "5",
    }
    return {name: quote_plus(value) for name, value in facts.items()}


def event_of(terminal: Terminal, charge: Charge, now: int) -> Event:
    """The notification of how the payment ended, for the address that the form named.

    A sandbox calls nobody but its own machine: another address is left to where all webhooks go.
    """
    address = charge.details["notify"]
    result = result_of(terminal, charge, now)
    return Event(
        id=f"redsys-{secrets.token_hex(12)}",
        provider="redsys",
        type=f"Ds_Response.{result['Ds_Response']}",
        charge_id=charge.id,
        body=urlencode(terminal.signed(result)),
        url=address if urlsplit(address).hostname in _LOOPBACK else "",
    )


def query_answer(message: str) -> Answer:
    """A SOAP answer; what it carries is XML within XML."""
    inner = f'<Messages><Version Ds_Version="0.0"><Message>{message}</Message></Version></Messages>'
    return Answer(200, _ENVELOPE.format(escape(inner)).encode(), {"Content-Type": "text/xml; charset=utf-8"})


def operations_of(terminal: Terminal, charge: Charge) -> str:
    """All operations of an order: the payment, then the refunds."""
    finished = charge.status != "open"
    payment = _operation(terminal, charge, "0", charge.shown, response_of(charge), finished=finished)
    refunds = (
        _operation(terminal, charge, "3", amount, "0900", finished=True)
        for amount in charge.details["refunds"]
    )
    return payment + "".join(refunds)


def _operation(
    terminal: Terminal, charge: Charge, kind: str, amount: int, response: str, *, finished: bool
) -> str:
    local = _local_time(charge.paid_at or charge.created)
    facts = {
        "Ds_MerchantCode": terminal.merchant_code,
        "Ds_Terminal": terminal.number,
        "Ds_Order": charge.id,
        "Ds_TransactionType": kind,
        "Ds_Date": local.strftime("%Y-%m-%d"),
        "Ds_Hour": local.strftime("%H:%M:%S"),
        "Ds_Amount": str(amount),
        "Ds_Currency": EUROS,
        "Ds_SecurePayment": "1",
        "Ds_State": "F" if finished else "S",
        "Ds_Response": response,
    }
    fields = "".join(f"<{name}>{escape(value)}</{name}>" for name, value in facts.items())
    return f'<Response Ds_Version="0.0">{fields}</Response>'


def read_query(raw: bytes) -> tuple[str, str, str, dict[str, str]] | None:
    """The signed part, the signature, its version and the fields of a question; None if it is not one.

    The real service holds a question against a document type: the sequence of its elements matters.
    """
    text = raw.decode("utf-8", "replace")
    pattern = (
        r"<cadenaXML><!\[CDATA\[<Messages>"
        r'(?P<signed><Version Ds_Version="0\.0"><Message><(?P<kind>Monitor|Transaction)>'
        r"<Ds_MerchantCode>(?P<code>\d{1,9})</Ds_MerchantCode><Ds_Terminal>(?P<terminal>\d{1,3})</Ds_Terminal>"
        r"<Ds_Order>(?P<order>\w{4,12})</Ds_Order>"
        r"(?:<Ds_TransactionType>\d</Ds_TransactionType>)?</(?P=kind)></Message></Version>)"
        r"<Signature>(?P<signature>[^<]*)</Signature><SignatureVersion>(?P<version>\w*)</SignatureVersion>"
        r"</Messages>\]\]></cadenaXML>"
    )
    found = re.search(pattern, text)
    if found is None:
        return None
    fields = {name: found[name] for name in ("code", "terminal", "order")}
    return found["signed"], found["signature"], found["version"], fields


def _local_time(instant: int) -> datetime:
    return datetime.fromtimestamp(instant, UTC).astimezone(ZoneInfo("Europe/Madrid"))


def as_members(raw: bytes) -> Json:
    """The JSON object of a REST call, empty for anything else."""
    try:
        found = json.loads(raw)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
