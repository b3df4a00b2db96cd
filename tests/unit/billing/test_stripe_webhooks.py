"""Stripe's webhooks: signatures held against the official SDK, limits of time, and what they are about."""

import hashlib
import hmac
import json
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import stripe
from hypothesis import given
from hypothesis import strategies as st
from urllib3 import PoolManager

from chalicelib.billing.gateways import NotAuthentic, Notice
from chalicelib.billing.gateways.stripe import Stripe

SECRET = "whsec_test_secret"
BODY = b'{"id":"evt_1","object":"event","type":"checkout.session.async_payment_succeeded"}'
V1 = "a3840a514288cd8132d3fec28847b5476d1c7b63fc575f52a5f85bb17bc03d8d"
T = 1700000000

adapter = Stripe(PoolManager(), "https://api.stripe.com", "sk_test_key", SECRET)
official = stripe.WebhookSignature


def _read(raw: bytes, header: str, now: int = T) -> Notice:
    return adapter.authenticate({"stripe-signature": header}, raw, datetime.fromtimestamp(now, UTC))


def _accepts(raw: bytes, header: str, now: int = T) -> bool:
    try:
        _read(raw, header, now)
    except NotAuthentic:
        return False
    return True


def _sdk_accepts(raw: bytes, header: str, tolerance: int | None = None) -> bool:
    try:
        return bool(official.verify_header(raw, header, SECRET, tolerance))
    except stripe.SignatureVerificationError:
        return False


def _signed(raw: bytes, t: int = T) -> str:
    return str(official.generate_signature_header(raw.decode(), SECRET, t))


def test_the_published_vector_is_authentic() -> None:
    assert _read(BODY, f"t={T},v1={V1}") == Notice("evt_1", "checkout.session.async_payment_succeeded", None)
    assert _sdk_accepts(BODY, f"t={T},v1={V1}")


@given(st.text(max_size=200), st.integers(1, 4_000_000_000))
def test_what_the_official_sdk_signs_is_accepted(body: str, t: int) -> None:
    raw = body.encode("utf-8", "replace")
    assert _accepts(raw, _signed(raw, t), now=t)


@given(
    st.lists(
        st.sampled_from(
            [f"t={T}", f"t={T + 1}", "t=", "t=x", f"v1={V1}", "v1=", "v1=" + "0" * 64, f"v0={V1}", "v1", ""]
        ),
        max_size=6,
    )
)
def test_no_header_is_accepted_that_the_official_sdk_refuses(items: list[str]) -> None:
    header = ",".join(items)
    if _accepts(BODY, header):
        assert _sdk_accepts(BODY, header)


@given(st.permutations([f"t={T}", f"v1={V1}", "v1=" + "0" * 64, "v0=" + "f" * 64, "v2=new"]))
def test_any_of_several_signatures_suffices_in_any_order(items: list[str]) -> None:
    header = ",".join(items)
    assert _accepts(BODY, header)
    assert _sdk_accepts(BODY, header)


@given(st.integers(0, len(f"t={T},v1={V1}") - 1), st.characters(codec="latin-1"))
def test_no_changed_character_of_the_header_is_accepted(place: int, character: str) -> None:
    header = f"t={T},v1={V1}"
    changed = header[:place] + character + header[place + 1 :]
    assert _accepts(BODY, changed) == (changed == header)


@given(st.integers(0, len(BODY) - 1), st.integers(1, 255))
def test_no_changed_byte_of_the_body_is_accepted(place: int, step: int) -> None:
    changed = bytearray(BODY)
    changed[place] = (changed[place] + step) % 256
    assert not _accepts(bytes(changed), f"t={T},v1={V1}")


@pytest.mark.parametrize(
    "header",
    [
        "",
        "nonsense",
        f"v1={V1}",
        f"t={T}",
        f"t={T},v0={V1}",
        f"t={T},v1={V1.upper()}",
        f"t={T},t={T},v1={V1}",
        f"t={T + 1},v1={V1}",
        f"t=+{T},v1={V1}",
        f"t=0{T},v1={V1}",
        f"t={T}.0,v1={V1}",
        f"t=1_700_000_000,v1={V1}",
        f"t=١٧٠٠٠٠٠٠٠٠,v1={V1}",
        f"t={'9' * 5000},v1={V1}",
        f"t={T},v1=\udcff",
        f"t={T},v1={V1},v1",
        f"t={T},v1={V1},",
        f"t={T};v1={V1}",
    ],
)
def test_any_other_header_is_not_authentic(header: str) -> None:
    assert not _accepts(BODY, header)


def test_no_header_is_not_authentic() -> None:
    with pytest.raises(NotAuthentic):
        adapter.authenticate({"Stripe-Signature": f"t={T},v1={V1}"}, BODY, datetime.fromtimestamp(T, UTC))


def test_another_secret_is_not_authentic() -> None:
    digest = hmac.new(b"whsec_other", f"{T}.".encode() + BODY, hashlib.sha256).hexdigest()
    assert not _accepts(BODY, f"t={T},v1={digest}")


@pytest.mark.parametrize(
    ("off", "accepted"), [(-301, False), (-300, True), (0, True), (300, True), (301, False), (86400, False)]
)
def test_a_signature_holds_300_seconds_before_and_after(off: int, accepted: bool) -> None:
    assert _accepts(BODY, f"t={T},v1={V1}", now=T + off) == accepted


def test_fractions_of_a_second_do_not_matter() -> None:
    late = datetime.fromtimestamp(T + 300, UTC) + timedelta(milliseconds=900)
    assert adapter.authenticate({"stripe-signature": f"t={T},v1={V1}"}, BODY, late).event_id == "evt_1"


def test_a_signature_from_the_future_is_refused_though_the_official_sdk_accepts_it() -> None:
    now = int(time.time())
    header = _signed(BODY, now + 3600)
    assert _sdk_accepts(BODY, header, tolerance=300)
    assert not _accepts(BODY, header, now)


def test_a_signature_from_long_ago_is_refused_as_the_official_sdk_does() -> None:
    now = int(time.time())
    header = _signed(BODY, now - 3600)
    assert not _sdk_accepts(BODY, header, tolerance=300)
    assert not _accepts(BODY, header, now)


def _event(kind: object, subject: object) -> bytes:
    return json.dumps({"id": "evt_1", "object": "event", "type": kind, "data": {"object": subject}}).encode()


@pytest.mark.parametrize(
    ("kind", "subject", "notice"),
    [
        ("checkout.session.completed", {"id": "cs_1"}, Notice("evt_1", "checkout.session.completed", "cs_1")),
        ("checkout.session.expired", {"id": "cs_1"}, Notice("evt_1", "checkout.session.expired", "cs_1")),
        (
            "checkout.session.completed",
            {"id": "cs_1", "payment_status": "paid"},
            Notice("evt_1", "checkout.session.completed", "cs_1", True),
        ),
        ("checkout.session.completed", {"id": 7}, Notice("evt_1", "checkout.session.completed", None)),
        ("checkout.session.completed", {"id": "a/b"}, Notice("evt_1", "checkout.session.completed", None)),
        ("checkout.session.completed", None, Notice("evt_1", "checkout.session.completed", None)),
        ("payment_intent.succeeded", {"id": "pi_1"}, Notice("evt_1", "payment_intent.succeeded", None)),
        ("charge.refunded", {"id": "ch_1"}, Notice("evt_1", "charge.refunded", None)),
        (
            "charge.refunded",
            {"id": "ch_1", "payment_intent": "pi_1"},
            Notice("evt_1", "charge.refunded", "pi_1"),
        ),
        (
            "charge.dispute.created",
            {"id": "du_1", "charge": "ch_1", "payment_intent": "pi_1"},
            Notice("evt_1", "charge.dispute.created", "pi_1"),
        ),
        (
            "refund.failed",
            {"id": "re_1", "payment_intent": "pi_1"},
            Notice("evt_1", "refund.failed", "pi_1"),
        ),
        ("refund.failed", {"id": "re_1", "payment_intent": None}, Notice("evt_1", "refund.failed", None)),
        ("charge.succeeded", {"payment_intent": "pi_1"}, Notice("evt_1", "charge.succeeded", None)),
        (
            "payment_intent.succeeded",
            {"id": "pi_1", "metadata": {"payment_id": "pay_1"}},
            Notice("evt_1", "payment_intent.succeeded", None),
        ),
        (
            "payment_intent.succeeded",
            {"id": "pi_1", "metadata": {"payment_id": "pay_1", "card": "on_file"}},
            Notice("evt_1", "payment_intent.succeeded", "pi_1", True),
        ),
        (
            "payment_intent.payment_failed",
            {"id": "pi_1", "metadata": {"payment_id": "pay_1", "card": "on_file"}},
            Notice("evt_1", "payment_intent.payment_failed", "pi_1"),
        ),
        (None, {"id": "cs_1"}, Notice("evt_1", "unreadable", None)),
    ],
)
def test_only_events_about_what_we_charge_name_something_to_fetch(
    kind: object, subject: object, notice: Notice
) -> None:
    raw = _event(kind, subject)
    assert _read(raw, _signed(raw)) == notice


@pytest.mark.parametrize(
    ("kind", "payment_status", "announces"),
    [
        ("checkout.session.completed", "paid", True),
        ("checkout.session.async_payment_succeeded", "paid", True),
        ("checkout.session.completed", "unpaid", False),
        ("checkout.session.expired", "unpaid", False),
        ("payment_intent.succeeded", "paid", False),
    ],
)
def test_only_a_paid_session_announces_money(kind: str, payment_status: str, announces: bool) -> None:
    raw = _event(kind, {"id": "cs_1", "payment_status": payment_status})
    assert _read(raw, _signed(raw)).announces_payment == announces


@pytest.mark.parametrize("raw", [b"", b"not json", b"[]", b"7", b"{}", b"\xff\xfe\xfd", b"[" * 99_999])
def test_an_authentic_body_that_cannot_be_read_is_told_from_others_by_its_hash(raw: bytes) -> None:
    digest = hmac.new(SECRET.encode(), f"{T}.".encode() + raw, hashlib.sha256).hexdigest()
    expected = Notice(f"raw-{hashlib.sha256(raw).hexdigest()}", "unreadable", None)
    assert _read(raw, f"t={T},v1={digest}") == expected


json_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["id", "type", "data", "object"]), inner)
    ),
    max_leaves=12,
)


@given(json_values)
def test_no_authentic_document_raises_anything(document: Any) -> None:
    raw = json.dumps(document).encode()
    assert _read(raw, _signed(raw)).event_id
