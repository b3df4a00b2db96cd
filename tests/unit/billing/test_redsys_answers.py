"""What Redsys's query answers, read with suspicion: the state of an order, and nonsense."""

from dataclasses import replace
from datetime import UTC, datetime
from xml.sax.saxutils import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.billing.gateways import (
    ProviderPayment,
    ProviderUnavailable,
)
from chalicelib.billing.gateways.http import Answer
from chalicelib.billing.gateways.redsys_query import Operation, operations
from chalicelib.billing.gateways.redsys_signing import SHA256_V1, sign
from chalicelib.kernel.money import Money
from tests.unit.billing.fake_redsys import (
    CODE,
    ID,
    NOTHING,
    ORDER,
    SECRET,
    adapter,
    answered,
    enveloped,
    operation,
    refund,
)
from tests.unit.billing.stub import Reply

DAY = datetime(2026, 11, 21, 23, tzinfo=UTC)


def _fetched(reply: Reply, provider_id: str = ID) -> ProviderPayment | None:
    with adapter(lambda call: reply) as (gateway, _):
        return gateway.fetch(provider_id)


def test_the_query_is_the_one_of_the_manual_and_signed_with_the_only_version_it_knows() -> None:
    with adapter(lambda call: NOTHING) as (gateway, stub):
        gateway.fetch(ID)
    (call,) = stub.calls
    text = call.body.decode()
    asked = text[text.index("<Version") : text.index("<Signature>")]
    assert asked == (
        '<Version Ds_Version="0.0"><Message><Monitor><Ds_MerchantCode>999008881</Ds_MerchantCode>'
        f"<Ds_Terminal>1</Ds_Terminal><Ds_Order>{ORDER}</Ds_Order></Monitor></Message></Version>"
    )
    signature = sign(SHA256_V1, SECRET, ORDER, asked)
    assert f"<Signature>{signature}</Signature><SignatureVersion>HMAC_SHA256_V1</SignatureVersion>" in text
    assert (call.method, call.path) == ("POST", "/apl02/services/SerClsWSConsulta")
    assert (call.headers["soapaction"], call.headers["accept"]) == ("consultaOperaciones", "text/xml")


def test_a_paid_order_is_our_payment_paid_on_its_day() -> None:
    expected = ProviderPayment(ID, "pay_1", Money(14990, "EUR"), "paid", DAY)
    assert _fetched(answered(operation())) == expected


def test_our_payment_id_alone_finds_the_order() -> None:
    with adapter(lambda call: answered(operation())) as (gateway, _):
        assert gateway.find("pay_1", None) == gateway.fetch(ID) == gateway.find("pay_1", ID)


@pytest.mark.parametrize("provider_id", [ORDER, f"{ORDER}-pay_2", f"{ORDER}-../x", f"{ORDER}-"])
def test_an_order_that_does_not_follow_from_our_payment_has_no_reference(provider_id: str) -> None:
    known = _fetched(answered(operation()), provider_id)
    assert known is not None
    assert (known.provider_id, known.reference) == (ORDER, None)


@pytest.mark.parametrize(
    "provider_id", ["", "123", "..", "a/b", "<Ds_Order>", "1234ABCDEFGHI-pay_1", "ñandú"]
)
def test_what_can_be_no_order_is_not_asked_for(provider_id: str) -> None:
    with adapter(lambda call: NOTHING) as (gateway, stub):
        assert gateway.fetch(provider_id) is None
        assert gateway.cancel(provider_id) is None
    assert stub.calls == []


def test_an_order_that_nobody_has_opened_is_nothing() -> None:
    assert _fetched(NOTHING) is None


@pytest.mark.parametrize(
    ("message", "status", "back"),
    [
        (operation(State="S", Response="9998"), "pending", None),
        (operation(State="A", Response=""), "pending", None),
        (operation(State="P", Response="0000"), "pending", None),
        (operation(Response="9999"), "pending", None),
        (operation(Response=""), "pending", None),
        (operation(Response="0099"), "paid", None),
        (operation(Response="0100"), "canceled", None),
        (operation(Response="0190"), "canceled", None),
        (operation(Response="0900"), "canceled", None),
        (operation(Response="9915"), "canceled", None),
        (operation(Response="0190") + operation(), "paid", None),
        (operation() + operation(Response="0190"), "paid", None),
        (operation() + operation(State="A", Response=""), "paid", None),
        (operation(Response="0190") + operation(State="A", Response=""), "pending", None),
        (operation() + refund("4990"), "paid", 4990),
        (operation() + refund("4990") + refund("10000"), "refunded", 14990),
        (operation() + refund("14990"), "refunded", 14990),
        (operation() + refund("14990", Response="0950"), "paid", None),
        (operation() + refund("14990", State="P"), "paid", None),
        (operation(Response="0190") + refund("14990"), "canceled", 14990),
    ],
)
def test_the_operations_tell_how_the_order_stands(message: str, status: str, back: int | None) -> None:
    known = _fetched(answered(message))
    assert known is not None
    assert (known.status, known.refunded) == (status, Money(back, "EUR") if back else None)
    assert (known.paid_at is None) == (status in ("pending", "canceled"))


@pytest.mark.parametrize("message", [operation(Currency="840"), operation(Currency=""), refund("10")])
def test_what_is_no_payment_in_euros_is_nothing_of_ours(message: str) -> None:
    assert _fetched(answered(message)) is None


@pytest.mark.parametrize(
    ("day", "paid_at"), [("2026-11-22", DAY), ("22/11/2026", DAY), ("", None), ("22.11.26", None)]
)
def test_a_day_that_cannot_be_read_does_not_keep_a_payment_from_being_one(
    day: str, paid_at: datetime | None
) -> None:
    known = _fetched(answered(operation(Date=day)))
    assert known is not None
    assert (known.status, known.paid_at) == ("paid", paid_at)


BOMB = '<!DOCTYPE a [<!ENTITY b "c">]>'
PAID = f'<Messages><Version Ds_Version="0.0"><Message>{operation()}</Message></Version></Messages>'
DECLARATION, ENVELOPE = answered(operation()).raw().decode().split("?>", 1)


@pytest.mark.parametrize(
    "reply",
    [
        Reply(200, b""),
        Reply(200, b"<html>"),
        Reply(200, b"{}"),
        Reply(200, b"\xff\xfe<\x00a\x00/\x00>\x00"),
        Reply(200, BOMB.encode() + b"<a>&b;</a>"),
        Reply(200, f"{DECLARATION}?>{BOMB}{ENVELOPE}".encode()),
        Reply(200, f"<!-- -->{ENVELOPE}".encode()),
        Reply(200, f"{ENVELOPE}{' ' * 1_000_000}".encode()),
        Reply(200, ENVELOPE.encode("utf-16")),
        Reply(200, b"<a>" * 50_000),
        Reply(200, b"<a>" * 100_000 + b"</a>" * 100_000),
        Reply(200, b"<a>" + b"x" * 1_000_001 + b"</a>"),
        Reply(404, b""),
        Reply(500, b"<soapenv:Fault/>"),
        Reply(302, b"", {"Location": "https://elsewhere.example"}),
        enveloped(""),
        enveloped(escape(BOMB + PAID)),
        enveloped(escape("<!-- -->" + PAID)),
        enveloped(f"<![CDATA[{BOMB}{PAID}]]>"),
        enveloped("&lt;a&gt;"),
        answered(""),
        answered("<ErrorMsg><Ds_ErrorCode>XML0023</Ds_ErrorCode></ErrorMsg>"),
        answered("<ErrorMsg><Ds_ErrorCode></Ds_ErrorCode></ErrorMsg>"),
        answered(operation() + "<ErrorMsg><Ds_ErrorCode>XML0001</Ds_ErrorCode></ErrorMsg>"),
        answered(operation(Order="1234ABCDEFGH")),
        answered(operation() + operation(Order="1234ABCDEFGH")),
        answered(operation(Order="")),
        answered(operation(MerchantCode="999008882")),
        answered(operation(MerchantCode="")),
        answered(operation(Terminal="2")),
        answered(operation(Terminal="")),
        answered(operation(Amount="")),
        answered(operation(Amount="-1")),
        answered(operation(Amount="149.90")),
        answered(operation(Amount="1" * 13)),
        answered(operation().replace("<Ds_Amount>", "<Ds_Amount>1</Ds_Amount><Ds_Amount>")),
    ],
)
def test_an_answer_that_is_not_as_agreed_leaves_everything_to_be_repeated(reply: Reply) -> None:
    with pytest.raises(ProviderUnavailable):
        _fetched(reply)


def test_the_documents_may_come_as_they_stand_with_or_without_a_declaration() -> None:
    expected = _fetched(answered(operation()))
    assert _fetched(enveloped(f"<![CDATA[{PAID}]]>")) == expected
    declared = f'\n<?xml version="1.0" encoding="ISO-8859-1"?>{PAID}\n'
    assert _fetched(enveloped(f"<![CDATA[{declared}]]>")) == expected
    reply = enveloped(f"<![CDATA[{PAID}]]>")
    assert _fetched(replace(reply, body="\ufeff".encode() + reply.raw())) == expected


@given(st.binary(max_size=200) | st.text(alphabet="<>/!&;ab[]", max_size=60).map(str.encode))
def test_no_answer_of_the_query_raises_anything_else(raw: bytes) -> None:
    try:
        found = operations(Answer(200, {}, raw), CODE, "1", ORDER)
    except ProviderUnavailable:
        return
    assert all(isinstance(one, Operation) for one in found)


@pytest.mark.parametrize(
    ("message", "status"),
    [
        (operation(State="S", Response="9998"), "canceled"),
        (operation(Response="0190"), "canceled"),
        (operation(), "paid"),
        (operation() + refund("14990"), "refunded"),
    ],
)
def test_canceling_calls_an_unpaid_order_canceled_and_leaves_a_paid_one_paid(
    message: str, status: str
) -> None:
    with adapter(lambda call: answered(message)) as (gateway, _):
        known = gateway.cancel(ID)
    assert known is not None
    assert known.status == status


def test_canceling_what_nobody_has_opened_is_nothing() -> None:
    with adapter(lambda call: NOTHING) as (gateway, _):
        assert gateway.cancel(ID) is None
