"""The PayPal half of the sandbox: its API as callers see it, its page, and what it signs."""

import base64
import json
import zlib
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from infra.sandbox.paypal import LOCAL_KEYS
from infra.sandbox.server import Sandbox
from tests.infra.test_sandbox_kit import (
    NOON,
    Reply,
    application,
    call,
    configuration,
    control,
    new_slip,
    pay,
    running_sandbox,
    turn,
)

ORDERS = "/v2/checkout/orders"
BASIC = base64.b64encode(f"{LOCAL_KEYS.client_id}:{LOCAL_KEYS.client_secret}".encode()).decode()
AMOUNT = {"currency_code": "EUR", "value": "199.00"}


def token(sandbox: Sandbox, basic: str = BASIC, grant: str = "client_credentials") -> Reply:
    headers = {"Authorization": f"Basic {basic}"}
    return call("POST", f"{sandbox.url}/paypal/v1/oauth2/token", f"grant_type={grant}", headers)


def paypal(sandbox: Sandbox, method: str, path: str, body: object = None, **headers: str) -> Reply:
    """A call to PayPal; `paypal_request_id="k"` becomes the header PayPal-Request-Id."""
    sent = {
        "Authorization": f"Bearer {token(sandbox).json['access_token']}",
        "Content-Type": "application/json",
    }
    sent |= {name.replace("_", "-"): value for name, value in headers.items()}
    return call(method, f"{sandbox.url}/paypal{path}", None if body is None else json.dumps(body), sent)


def order_form(part: dict[str, object] | None = None, **changes: object) -> dict[str, Any]:
    """What a client sends to create an order of EUR 199.00."""
    unit = {"custom_id": "pay_1", "invoice_id": "pay_1", "description": "Supplier", "amount": AMOUNT}
    experience = {"return_url": "https://shop.example.com/done?o=1", "cancel_url": "https://shop.example.com"}
    return {
        "intent": "CAPTURE",
        "purchase_units": [unit | (part or {})],
        "payment_source": {"paypal": {"experience_context": experience}},
        **changes,
    }


def new_order(sandbox: Sandbox, request_id: str = "pay_1") -> Any:
    return paypal(sandbox, "POST", ORDERS, order_form(), paypal_request_id=request_id).json


def issue(reply: Reply) -> tuple[int, str]:
    """The status and what PayPal names as wrong."""
    details = reply.json["details"]
    return reply.status, details[0]["issue"] if details else reply.json["name"]


def test_a_new_order_waits_for_its_payer() -> None:
    with running_sandbox() as sandbox:
        order = new_order(sandbox)
        read = paypal(sandbox, "GET", f"{ORDERS}/{order['id']}").json
        page = f"{sandbox.url}/paypal/checkoutnow/{order['id']}"
    assert read == order
    assert (order["status"], order["intent"]) == ("PAYER_ACTION_REQUIRED", "CAPTURE")
    assert order["purchase_units"][0]["amount"] == AMOUNT
    assert [link["href"] for link in order["links"] if link["rel"] == "payer-action"] == [page]


def test_approving_moves_no_money_and_capturing_does_once() -> None:
    with application() as app, running_sandbox(app.url) as sandbox:
        path = f"{ORDERS}/{new_order(sandbox)['id']}"
        early = paypal(sandbox, "POST", f"{path}/capture", {}, paypal_request_id="a")
        assert pay(sandbox)["status"] == "approved"
        assert pay(sandbox)["status"] == "approved"
        approved = paypal(sandbox, "GET", path).json
        first = paypal(sandbox, "POST", f"{path}/capture", {}, paypal_request_id="a")
        again = paypal(sandbox, "POST", f"{path}/capture", {}, paypal_request_id="a")
        other = paypal(sandbox, "POST", f"{path}/capture", {}, paypal_request_id="b")
        capture = first.json["purchase_units"][0]["payments"]["captures"][0]
        read = paypal(sandbox, "GET", f"/v2/payments/captures/{capture['id']}").json
    assert issue(early) == (422, "ORDER_NOT_APPROVED")
    assert (approved["status"], first.json["status"]) == ("APPROVED", "COMPLETED")
    assert (first.status, again.status, again.json) == (201, 200, first.json)
    assert issue(other) == (422, "ORDER_ALREADY_CAPTURED")
    assert (read["status"], read["amount"], read["custom_id"]) == ("COMPLETED", AMOUNT, "pay_1")
    assert read["supplementary_data"]["related_ids"]["order_id"] == approved["id"]


def test_what_happens_is_told_by_webhook_in_order() -> None:
    with application() as app:
        app.judge = lambda webhook: 200
        with running_sandbox(app.url) as sandbox:
            order_id = new_order(sandbox)["id"]
            pay(sandbox)
            paypal(sandbox, "POST", f"{ORDERS}/{order_id}/capture", {})
            control(sandbox, "POST", "/redeliver", {"reference": "pay_1"})
    kinds = [webhook.json["event_type"] for webhook in app.received]
    assert kinds[:2] == ["CHECKOUT.ORDER.APPROVED", "PAYMENT.CAPTURE.COMPLETED"]
    assert {webhook.path for webhook in app.received} == {"/v1/webhooks/paypal"}


def test_a_webhook_is_signed_by_the_certificate_that_the_sandbox_serves() -> None:
    with application() as app, running_sandbox(app.url) as sandbox:
        new_order(sandbox)
        pay(sandbox)
        (webhook,) = app.received
        served = call("GET", webhook.headers["paypal-cert-url"])
        other = call("GET", f"{sandbox.url}/paypal/v1/notifications/certs/CERT-other")
        root = x509.load_pem_x509_certificate(sandbox.paypal_root.encode())
    leaf, between = x509.load_pem_x509_certificates(served.text.encode())
    leaf.verify_directly_issued_by(between)
    between.verify_directly_issued_by(root)
    key = leaf.public_key()
    assert isinstance(key, rsa.RSAPublicKey)
    sent = [webhook.headers[f"paypal-transmission-{name}"] for name in ("id", "time")]
    signed = "|".join([*sent, LOCAL_KEYS.webhook_id, str(zlib.crc32(webhook.body))])
    signature = base64.b64decode(webhook.headers["paypal-transmission-sig"])
    key.verify(signature, signed.encode(), padding.PKCS1v15(), hashes.SHA256())
    assert other.status == 404


def test_an_order_that_is_not_captured_lapses_and_a_captured_one_does_not(tmp_path: Path) -> None:
    state = tmp_path / "state.json"
    with application() as app, running_sandbox(app.url, state_file=state) as sandbox:
        kept = new_order(sandbox)["id"]
        pay(sandbox)
        paypal(sandbox, "POST", f"{ORDERS}/{kept}/capture", {})
        lapsing = new_order(sandbox, "pay_2")["id"]
    with running_sandbox(state_file=state, clock=lambda: NOON + timedelta(hours=3)) as sandbox:
        assert paypal(sandbox, "GET", f"{ORDERS}/{kept}").json["status"] == "COMPLETED"
        assert issue(paypal(sandbox, "GET", f"{ORDERS}/{lapsing}")) == (404, "INVALID_RESOURCE_ID")


def test_an_order_with_another_intent_cannot_be_captured() -> None:
    def patch(value: str, path: str = "/intent") -> list[dict[str, str]]:
        return [{"op": "replace", "path": path, "value": value}]

    with running_sandbox() as sandbox:
        path = f"{ORDERS}/{new_order(sandbox)['id']}"
        assert issue(paypal(sandbox, "PATCH", path, patch("x", "/payer"))) == (422, "NOT_PATCHABLE")
        assert issue(paypal(sandbox, "PATCH", path, patch("x"))) == (400, "INVALID_PARAMETER_VALUE")
        assert paypal(sandbox, "PATCH", path, patch("AUTHORIZE")).status == 204
        assert paypal(sandbox, "GET", path).json["intent"] == "AUTHORIZE"
        refused = paypal(sandbox, "POST", f"{path}/capture", {})
        assert issue(refused) == (422, "ACTION_DOES_NOT_MATCH_INTENT")
        assert "can no longer be paid" in pay(sandbox)["error"]


def test_a_declined_capture_sends_the_payer_back() -> None:
    with running_sandbox() as sandbox:
        path = f"{ORDERS}/{new_order(sandbox)['id']}"
        control(sandbox, "POST", "/pay", {"reference": "pay_1", "wait_seconds": 0})
        turn(sandbox, decline=True)
        assert issue(paypal(sandbox, "POST", f"{path}/capture", {})) == (422, "INSTRUMENT_DECLINED")
        assert paypal(sandbox, "GET", path).json["status"] == "PAYER_ACTION_REQUIRED"


def test_refunds_are_of_what_is_left_and_made_once_per_request_id() -> None:
    with application() as app, running_sandbox(app.url) as sandbox:
        path = f"{ORDERS}/{new_order(sandbox)['id']}"
        pay(sandbox)
        done = paypal(sandbox, "POST", f"{path}/capture", {}).json
        capture = f"/v2/payments/captures/{done['purchase_units'][0]['payments']['captures'][0]['id']}"
        part = {"amount": {"currency_code": "EUR", "value": "100.00"}, "custom_id": "rfd_1"}
        first, again, more = (
            paypal(sandbox, "POST", f"{capture}/refund", part, paypal_request_id=key) for key in "aab"
        )
        foreign = {"amount": {"currency_code": "USD", "value": "1.00"}}
        assert issue(paypal(sandbox, "POST", f"{capture}/refund", foreign))[0] == 422
        rest = paypal(sandbox, "POST", f"{capture}/refund", {}).json
        none = paypal(sandbox, "POST", f"{capture}/refund", {})
        status = paypal(sandbox, "GET", capture).json["status"]
    assert (first.json, first.json["custom_id"]) == (again.json, "rfd_1")
    assert issue(more) == (422, "REFUND_AMOUNT_EXCEEDED")
    assert rest["amount"]["value"] == "99.00"
    assert issue(none) == (422, "CAPTURE_FULLY_REFUNDED")
    assert status == "REFUNDED"


@pytest.mark.parametrize(
    ("part", "changes", "status", "named"),
    [
        ({}, {"intent": "AUTHORIZE"}, 400, "INVALID_PARAMETER_VALUE"),
        ({}, {"purchase_units": []}, 400, "INVALID_ARRAY_LENGTH"),
        ({}, {"payment_source": {}}, 400, "INVALID_PARAMETER_SYNTAX"),
        ({"custom_id": "x" * 128}, {}, 400, "INVALID_STRING_LENGTH"),
        ({"amount": {"currency_code": "CLP", "value": "19900"}}, {}, 422, "CURRENCY_NOT_SUPPORTED"),
        ({"amount": {"currency_code": "EUR", "value": "1.001"}}, {}, 422, "DECIMAL_PRECISION"),
        ({"amount": {"currency_code": "EUR", "value": 1}}, {}, 422, "DECIMAL_PRECISION"),
        ({"amount": {"currency_code": "EUR", "value": "0.00"}}, {}, 422, "CANNOT_BE_ZERO_OR_NEGATIVE"),
        ({"amount": None}, {}, 422, "CURRENCY_NOT_SUPPORTED"),
    ],
)
def test_a_faulty_order_is_refused_with_its_issue(
    part: dict[str, object], changes: dict[str, object], status: int, named: str
) -> None:
    with running_sandbox() as sandbox:
        form = order_form(part, **changes)
        assert issue(paypal(sandbox, "POST", ORDERS, form, paypal_request_id="k")) == (status, named)
        assert control(sandbox, "GET", "/charges").json["data"] == []


def test_an_order_needs_a_request_id_and_is_made_once_under_it() -> None:
    with running_sandbox() as sandbox:
        assert issue(paypal(sandbox, "POST", ORDERS, order_form())) == (400, "PAYPAL_REQUEST_ID_REQUIRED")
        assert new_order(sandbox) == new_order(sandbox) != new_order(sandbox, "pay_2")


def test_token_media_type_and_address_are_checked_before_anything_else() -> None:
    with running_sandbox() as sandbox:
        assert token(sandbox, base64.b64encode(b"x:y").decode()).status == 401
        assert token(sandbox, grant="password").status == 400
        assert paypal(sandbox, "GET", f"{ORDERS}/x", Authorization="Bearer x").status == 401
        assert paypal(sandbox, "POST", ORDERS, {}, Content_Type="text/plain").status == 415
        assert paypal(sandbox, "GET", "/v2/unheard").status == 404
        assert paypal(sandbox, "GET", f"{ORDERS}/{new_slip(sandbox)['id']}").status == 404
        assert paypal(sandbox, "GET", "/v2/payments/captures/x").status == 404


def test_the_page_lets_the_payer_approve_and_sends_him_back() -> None:
    with application() as app, running_sandbox(app.url) as sandbox:
        order_id = new_order(sandbox)["id"]
        page = f"{sandbox.url}/paypal/checkoutnow/{order_id}"
        before = call("GET", page)
        back = call("POST", page, "")
        after = call("GET", page)
        missing = call("GET", f"{sandbox.url}/paypal/checkoutnow/x")
    assert "199.00" in before.text
    assert back.status == 303
    target = urlsplit(back.headers["location"])
    assert target.query.startswith(f"o=1&token={order_id}&PayerID=")
    assert "Approved" in after.text
    assert missing.status == 404


def test_nothing_but_what_can_happen_happens() -> None:
    with running_sandbox() as sandbox:
        new_order(sandbox)
        for act in ("clear", "deny", "dispute", "dispute_won", "dispute_lost", "burn"):
            reply = control(sandbox, "POST", "/act", {"reference": "pay_1", "act": act})
            assert reply.status == 409


def test_secrets_are_not_shown_with_the_configuration() -> None:
    assert LOCAL_KEYS.client_secret not in repr(configuration())
