"""Redsys in a few lines: notifications signed by its community's library, the query's answers, refunds."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode
from xml.sax.saxutils import escape

from redsys.crypto import get_signer
from redsys.models import decode_merchant_parameters
from urllib3 import PoolManager, Timeout

from chalicelib.billing.gateways import NotAuthentic, Notice
from chalicelib.billing.gateways.redsys import Redsys
from chalicelib.billing.gateways.redsys_reading import order_of
from chalicelib.billing.gateways.redsys_signing import V2
from chalicelib.kernel.money import Money
from tests.unit.billing.stub import CARD, PATIENT, Call, Reply, Stub, pooled, serving

Json = dict[str, Any]
CODE, TERMINAL, SECRET = "999008881", "1", "sq7HjrUOBfKmC576ILgskD5srU870gJ7"
NOTIFY = "https://api.shop.example/v1/webhooks/redsys"
EUROS = replace(CARD, amount=Money(14990, "EUR"), description="Licencia ERP", notify_url=NOTIFY)
ORDER = order_of("pay_1")
ID = f"{ORDER}-pay_1"
NOW = datetime(2026, 11, 22, 15, 0, tzinfo=UTC)


def result(**changes: Any) -> Json:
    """What a notification tells of a payment of 149.90 euros; None takes a parameter away."""
    told = {
        "Ds_Date": "22%2F11%2F2026",
        "Ds_Hour": "16%3A00",
        "Ds_Amount": "14990",
        "Ds_Currency": "978",
        "Ds_Order": ORDER,
        "Ds_MerchantCode": CODE,
        "Ds_Terminal": "001",
        "Ds_Response": "0000",
        "Ds_MerchantData": "pay_1",
        "Ds_TransactionType": "0",
        **changes,
    }
    return {name: value for name, value in told.items() if value is not None}


def members(told: Json, version: str = V2, secret: str = SECRET) -> dict[str, str]:
    """The signed members, as the library signs them."""
    signer = get_signer(secret, version)
    text = signer.encode_parameters(told)
    signature = signer.sign(str(told.get("Ds_Order", "")), text)
    return {
        "Ds_SignatureVersion": version,
        "Ds_MerchantParameters": text.decode(),
        "Ds_Signature": signature.decode(),
    }


def offline(version: str = V2) -> Redsys:
    """An adapter that calls nobody."""
    return Redsys(PoolManager(), "https://sis.redsys.es", CODE, TERMINAL, SECRET, version)


def read(form: dict[str, str] | list[tuple[str, str]] | bytes, version: str = V2) -> Notice:
    """The notice of a form, by the adapter of a terminal with this version."""
    raw = form if isinstance(form, bytes) else urlencode(form).encode()
    return offline(version).authenticate({}, raw, NOW)


def accepts(form: dict[str, str] | list[tuple[str, str]] | bytes, version: str = V2) -> bool:
    """Whether the form is authentic."""
    try:
        read(form, version)
    except NotAuthentic:
        return False
    return True


def operation(**changes: str) -> str:
    """One operation as the query lists it, an authorised payment; an empty text takes a field away."""
    told = {
        "MerchantCode": CODE,
        "Terminal": "1",
        "Order": ORDER,
        "TransactionType": "0",
        "Date": "2026-11-22",
        "Hour": "16:00",
        "Amount": "14990",
        "Currency": "978",
        "State": "F",
        "Response": "0000",
        **changes,
    }
    fields = "".join(f"<Ds_{name}>{escape(value)}</Ds_{name}>" for name, value in told.items() if value)
    return f'<Response Ds_Version="0.0">{fields}</Response>'


def refund(amount: str, **changes: str) -> str:
    """A refund as the query lists it."""
    return operation(**{"TransactionType": "3", "Amount": amount, "Response": "0900", **changes})


def answered(message: str) -> Reply:
    """An answer of the query with this message in it."""
    inner = f'<Messages><Version Ds_Version="0.0"><Message>{message}</Message></Version></Messages>'
    return enveloped(escape(inner))


def enveloped(content: str) -> Reply:
    """A SOAP answer with this content, as it stands."""
    text = (
        '<?xml version="1.0" encoding="utf-8"?>'
        '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body>'
        '<p259:consultaOperacionesResponse xmlns:p259="http://webservices.apl02.redsys.es">'
        f"<consultaOperacionesReturn>{content}</consultaOperacionesReturn>"
        "</p259:consultaOperacionesResponse></soapenv:Body></soapenv:Envelope>"
    )
    return Reply(200, text.encode())


NOTHING = answered("<ErrorMsg><Ds_ErrorCode>XML0024</Ds_ErrorCode></ErrorMsg>")


@dataclass
class FakeRedsys:
    """Knows one paid order, and gives back what it is asked to; `after` runs when a refund was made."""

    refunds: list[str] = field(default_factory=list)
    after: Callable[[], None] = lambda: None

    def __call__(self, call: Call) -> Reply:
        if call.path.endswith("SerClsWSConsulta"):
            return answered(operation() + "".join(refund(amount) for amount in self.refunds))
        asked = parameters(json.loads(call.body))
        self.refunds.append(asked["DS_MERCHANT_AMOUNT"])
        self.after()
        return Reply(200, members(given_back(asked["DS_MERCHANT_AMOUNT"])))


def given_back(amount: str, **changes: Any) -> Json:
    """What a refund's answer tells."""
    return result(Ds_TransactionType="3", Ds_Amount=amount, Ds_Response="0900", **changes)


def parameters(form: Json) -> Json:
    """The parameters of a form that we made with HMAC_SHA512_V2."""
    return dict(decode_merchant_parameters(form["Ds_MerchantParameters"].encode()))


@contextmanager
def adapter(answer: Callable[[Call], Reply], timeout: Timeout = PATIENT) -> Iterator[tuple[Redsys, Stub]]:
    """The adapter, talking to a stub that answers so."""
    with serving(answer) as stub, pooled() as pool:
        yield Redsys(pool, stub.url, CODE, TERMINAL, SECRET, timeout=timeout), stub
