"""PayPal's webhooks: what is signed and when, and what an event is about."""

import hashlib
import json
import zlib
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.billing.gateways import Notice
from tests.unit.billing.signed_paypal import BODY, CERTS, NOW, WEBHOOK, World, lower, signed_world


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with signed_world() as made:
        assert made.accepts(made.signed())
        yield made


def test_what_paypal_signs_for_us_is_authentic_and_its_certificate_is_fetched_once() -> None:
    with signed_world() as world:
        for _ in range(3):
            assert world.gateway.authenticate(world.signed(), BODY, NOW) == Notice(
                "WH-1", "PAYMENT.CAPTURE.COMPLETED", "CAP1", True
            )
        assert [(call.method, call.path) for call in world.certs.calls] == [
            ("GET", CERTS + world.signer.name)
        ]


def test_the_signature_covers_id_time_webhook_and_checksum_as_paypal_writes_them(world: World) -> None:
    headers = world.signed()
    told = (headers["paypal-transmission-id"], headers["paypal-transmission-time"], WEBHOOK)
    assert told[1] == "2026-11-22T15:00:00Z"
    assert zlib.crc32(b"123456789") == 3421780262  # the checksum's published check value
    assert world.accepts(headers)


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("paypal-transmission-id", ""),
        ("paypal-transmission-id", "another"),
        ("paypal-transmission-id", "a|b"),
        ("paypal-transmission-time", ""),
        ("paypal-transmission-time", "2026-11-22T15:00:01Z"),
        ("paypal-transmission-time", "2026-11-22T15:00:00+00:00"),
        ("paypal-transmission-time", "2026-11-22"),
        ("paypal-transmission-time", "2026-13-22T15:00:00Z"),
        ("paypal-transmission-time", "٢٠٢٦-11-22T15:00:00Z"),
        ("paypal-auth-algo", ""),
        ("paypal-auth-algo", "SHA1withRSA"),
        ("paypal-auth-algo", "none"),
        ("paypal-auth-algo", "sha256withrsa"),
        ("paypal-transmission-sig", ""),
        ("paypal-transmission-sig", "!!!!"),
        ("paypal-transmission-sig", "AAAA"),
        ("paypal-transmission-sig", "é"),
        ("paypal-transmission-sig", "\udcff"),
        ("paypal-transmission-sig", "A" * 100_000),
        ("paypal-cert-url", ""),
    ],
)
def test_any_other_header_is_not_authentic(world: World, header: str, value: str) -> None:
    assert not world.accepts({**world.signed(), header: value})
    assert not world.accepts({name: told for name, told in world.signed().items() if name != header})


def test_names_of_headers_are_those_of_the_door(world: World) -> None:
    assert not world.accepts({name.upper(): value for name, value in world.signed().items()})


@given(place=st.integers(0, len(BODY) - 1), step=st.integers(1, 255))
def test_no_changed_byte_of_the_body_is_accepted(world: World, place: int, step: int) -> None:
    changed = bytearray(BODY)
    changed[place] = (changed[place] + step) % 256
    assert not world.accepts(world.signed(), bytes(changed))


def test_another_body_another_checksum_and_another_webhook_are_not_authentic(world: World) -> None:
    assert not world.accepts(world.signed(b"{}"))
    assert not world.accepts(world.signed(webhook_id="9PT597110X687430L"))
    assert not world.accepts(world.signed(webhook_id=f"{WEBHOOK}|{zlib.crc32(b'{}')}"))
    assert not world.accepts(world.signed(webhook_id=""))


def test_an_id_that_could_be_read_as_other_parts_of_what_is_signed_is_not_authentic(world: World) -> None:
    url = world.base + world.signer.name
    for transmission in ("a|b", "a b", "é"):
        assert not world.accepts(lower(world.signer.headers(BODY, WEBHOOK, url, NOW, transmission)))
    assert world.accepts(lower(world.signer.headers(BODY, WEBHOOK, url, NOW, "a-b")))


@pytest.mark.parametrize(
    ("off", "accepted"),
    [
        (timedelta(minutes=-6), False),
        (timedelta(minutes=-5), True),
        (timedelta(0), True),
        (timedelta(days=3), True),
        (timedelta(days=3, hours=1, seconds=1), False),
        (timedelta(days=365), False),
    ],
)
def test_a_signature_holds_for_the_three_days_that_paypal_tries(
    world: World, off: timedelta, accepted: bool
) -> None:
    assert world.accepts(world.signed(), now=NOW + off) == accepted


UP = [
    {"rel": "self", "href": "https://x/v2/payments/refunds/REF1"},
    {"rel": "up", "href": "https://x/v2/payments/captures/CAP1"},
]
RELATED = {"related_ids": {"order_id": "ORDER1"}}


@pytest.mark.parametrize(
    ("kind", "resource", "subject"),
    [
        ("CHECKOUT.ORDER.APPROVED", {"id": "ORDER1"}, "ORDER1"),
        ("CHECKOUT.ORDER.COMPLETED", {"id": "ORDER1"}, "ORDER1"),
        ("CHECKOUT.ORDER.APPROVED", {"id": "a/b"}, None),
        ("CHECKOUT.ORDER.APPROVED", {"id": 7}, None),
        ("CHECKOUT.ORDER.APPROVED", None, None),
        ("PAYMENT.CAPTURE.COMPLETED", {"id": "CAP1", "supplementary_data": RELATED}, "ORDER1"),
        ("PAYMENT.CAPTURE.PENDING", {"id": "CAP1", "supplementary_data": RELATED}, "ORDER1"),
        ("PAYMENT.CAPTURE.DENIED", {"id": "CAP1"}, "CAP1"),
        ("PAYMENT.CAPTURE.REFUNDED", {"id": "REF1", "links": UP}, "CAP1"),
        ("PAYMENT.CAPTURE.REVERSED", {"id": "REF1", "links": UP}, "CAP1"),
        ("PAYMENT.REFUND.FAILED", {"id": "REF1", "links": UP}, "CAP1"),
        ("PAYMENT.REFUND.FAILED", {"id": "REF1", "links": [7]}, None),
        ("PAYMENT.REFUND.FAILED", {"id": "REF1", "links": 7}, None),
        ("CUSTOMER.DISPUTE.CREATED", {"disputed_transactions": [{"seller_transaction_id": "CAP1"}]}, "CAP1"),
        ("CUSTOMER.DISPUTE.CREATED", {"disputed_transactions": []}, None),
        ("BILLING.SUBSCRIPTION.CREATED", {"id": "I-1"}, None),
        ("PAYMENT.SALE.COMPLETED", {"id": "SALE1"}, None),
    ],
)
def test_an_event_leads_to_its_order_or_capture(
    world: World, kind: str, resource: object, subject: str | None
) -> None:
    raw = json.dumps({"id": "WH-1", "event_type": kind, "resource": resource}).encode()
    announces = kind == "PAYMENT.CAPTURE.COMPLETED"
    assert world.gateway.authenticate(world.signed(raw), raw, NOW) == Notice("WH-1", kind, subject, announces)


@pytest.mark.parametrize("raw", [b"", b"not json", b"[]", b"7", b"{}", b"\xff\xfe\xfd", b"[" * 99_999])
def test_an_authentic_body_that_cannot_be_read_is_told_from_others_by_its_hash(
    world: World, raw: bytes
) -> None:
    expected = Notice(f"raw-{hashlib.sha256(raw).hexdigest()}", "unreadable", None)
    assert world.gateway.authenticate(world.signed(raw), raw, NOW) == expected


json_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["id", "event_type", "resource", "links", "rel"]), inner)
    ),
    max_leaves=12,
)
KINDS = st.sampled_from(["PAYMENT.CAPTURE.REFUNDED", "CUSTOMER.DISPUTE.CREATED", "CHECKOUT.ORDER.APPROVED"])


@given(KINDS, json_values)
def test_no_authentic_document_raises_anything(world: World, kind: str, resource: Any) -> None:
    raw = json.dumps({"event_type": kind, "resource": resource}).encode()
    assert world.gateway.authenticate(world.signed(raw), raw, NOW).event_id
