"""The Stripe half of the sandbox, checked with Stripe's own SDK where it can be."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest
import stripe as sdk

from infra.sandbox.server import Sandbox
from tests.infra.test_sandbox_kit import (
    NOON,
    STRIPE_KEY,
    STRIPE_SECRET,
    application,
    call,
    new_session,
    new_slip,
    pay,
    running_sandbox,
    session_order,
    stripe,
)


def client(sandbox: Sandbox, key: str = STRIPE_KEY) -> sdk.StripeClient:
    return sdk.StripeClient(key, base_addresses={"api": f"{sandbox.url}/stripe"}, max_network_retries=0)


def test_the_official_client_creates_reads_and_expires_a_session() -> None:
    with running_sandbox() as sandbox:
        sessions = client(sandbox).v1.checkout.sessions
        made = sessions.create(
            {
                "mode": "payment",
                "success_url": "https://shop.example.com/done",
                "client_reference_id": "pay_1",
                "metadata": {"order": "ord_1"},
                "payment_intent_data": {"metadata": {"payment": "pay_1"}},
                "line_items": [
                    {
                        "quantity": 2,
                        "price_data": {
                            "currency": "eur",
                            "unit_amount": 9950,
                            "product_data": {"name": "PrestaImport"},
                        },
                    }
                ],
            }
        )
        read = sessions.retrieve(made.id)
        expired = sessions.expire(made.id)
    assert isinstance(read, sdk.checkout.Session)
    assert (read.id, read.amount_total, read.currency) == (made.id, 19900, "eur")
    assert (read.client_reference_id, str(read.metadata)) == ("pay_1", '{\n  "order": "ord_1"\n}')
    assert (read.status, expired.status, expired.url) == ("open", "expired", None)


def test_the_official_client_understands_the_refusals() -> None:
    with running_sandbox() as sandbox:
        with pytest.raises(sdk.AuthenticationError):
            client(sandbox, "sk_test_other").v1.checkout.sessions.retrieve("cs_test_1")
        with pytest.raises(sdk.InvalidRequestError) as missing:
            client(sandbox).v1.checkout.sessions.retrieve("cs_test_1")
        with pytest.raises(sdk.InvalidRequestError) as unnamed:
            client(sandbox).v1.checkout.sessions.create({"mode": "payment"})
    assert (missing.value.http_status, missing.value.code) == (404, "resource_missing")
    assert (unnamed.value.param, unnamed.value.code) == ("line_items", "parameter_missing")


def test_the_official_client_accepts_the_webhooks() -> None:
    with application() as app, running_sandbox(app.url, clock=lambda: datetime.now(UTC)) as sandbox:
        session = new_session(sandbox)
        pay(sandbox)
        paid = client(sandbox).v1.checkout.sessions.retrieve(session["id"])
        intent = client(sandbox).v1.payment_intents.retrieve(str(paid.payment_intent))
    events = [
        sdk.Webhook.construct_event(webhook.body, webhook.headers["stripe-signature"], STRIPE_SECRET)
        for webhook in app.received
    ]
    assert [event.type for event in events] == ["payment_intent.succeeded", "checkout.session.completed"]
    assert events[0].data.object.to_dict() == intent.to_dict()
    assert {webhook.path for webhook in app.received} == {"/v1/webhooks/stripe"}


def test_a_retried_webhook_is_signed_for_the_time_of_its_sending() -> None:
    ticks = iter(range(1_000_000))
    start = time.time()
    with application() as app:
        app.script = [500]
        clock = lambda: datetime.fromtimestamp(start + next(ticks), UTC)  # noqa: E731
        with running_sandbox(app.url, clock=clock) as sandbox:
            new_session(sandbox)
            pay(sandbox)
    first, second = (webhook for webhook in app.received if webhook.kind == "payment_intent.succeeded")
    assert first.body == second.body
    assert first.headers["stripe-signature"] != second.headers["stripe-signature"]


def test_a_new_session_is_open_and_unpaid() -> None:
    with running_sandbox() as sandbox:
        session = new_session(sandbox)
        assert session["url"] == f"{sandbox.url}/stripe/pay/{session['id']}"
    assert session["id"].startswith("cs_test_")
    assert (session["amount_total"], session["currency"]) == (19900, "eur")
    assert (session["status"], session["payment_status"]) == ("open", "unpaid")
    assert (session["payment_intent"], session["livemode"]) == (None, False)
    assert session["expires_at"] - session["created"] == 86400


def test_a_paid_session_is_complete_and_names_its_intent() -> None:
    with application() as app, running_sandbox(app.url) as sandbox:
        session = new_session(sandbox, **{"payment_intent_data[metadata][payment]": "pay_1"})
        assert pay(sandbox)["status"] == "paid"
        paid = stripe(sandbox, "GET", f"/v1/checkout/sessions/{session['id']}").json
        intent = stripe(sandbox, "GET", f"/v1/payment_intents/{paid['payment_intent']}").json
        expiry = stripe(sandbox, "POST", f"/v1/checkout/sessions/{session['id']}/expire", {})
    assert (paid["status"], paid["payment_status"], paid["url"]) == ("complete", "paid", None)
    assert (intent["object"], intent["status"]) == ("payment_intent", "succeeded")
    assert (intent["amount_received"], intent["currency"]) == (19900, "eur")
    assert intent["metadata"] == {"payment": "pay_1"}
    event = app.received[1].json
    assert (event["object"], event["livemode"], event["data"]["object"]) == ("event", False, paid)
    assert (expiry.status, expiry.json["error"]["type"]) == (400, "invalid_request_error")


def test_a_session_ends_by_itself_after_a_day(tmp_path: Path) -> None:
    with running_sandbox(state_file=tmp_path / "state.json") as sandbox:
        session = new_session(sandbox)
    with running_sandbox(state_file=tmp_path / "state.json", clock=lambda: NOON.replace(day=23)) as sandbox:
        assert stripe(sandbox, "GET", f"/v1/checkout/sessions/{session['id']}").json["status"] == "expired"
        assert "can no longer be paid" in pay(sandbox)["error"]


def test_expiring_a_session_is_told_by_webhook() -> None:
    with application() as app, running_sandbox(app.url) as sandbox:
        session = new_session(sandbox)
        stripe(sandbox, "POST", f"/v1/checkout/sessions/{session['id']}/expire", {})
        new_session(sandbox, client_reference_id="pay_2")
        pay(sandbox, "pay_2")
    assert app.kinds()[0] == "checkout.session.expired"


def test_an_idempotency_key_used_again_brings_the_first_session() -> None:
    with running_sandbox() as sandbox:
        first, again = (
            stripe(sandbox, "POST", "/v1/checkout/sessions", session_order(), idempotency_key="pay_1")
            for _ in range(2)
        )
        other = stripe(sandbox, "POST", "/v1/checkout/sessions", session_order(), idempotency_key="pay_2")
    assert again.json == first.json != other.json
    assert "idempotent-replayed" not in first.headers
    assert again.headers["idempotent-replayed"] == "true"


def test_calls_at_the_same_time_with_one_idempotency_key_make_one_session() -> None:
    with running_sandbox() as sandbox, ThreadPoolExecutor(16) as crowd:
        calls = [
            crowd.submit(
                stripe, sandbox, "POST", "/v1/checkout/sessions", session_order(), idempotency_key="k"
            )
            for _ in range(16)
        ]
        replies = [each.result() for each in calls]
    assert len({reply.json["id"] for reply in replies}) == 1
    assert sum("idempotent-replayed" in reply.headers for reply in replies) == 15


@pytest.mark.parametrize("path", ["/v1/checkout/sessions", "/v1/checkout/sessions/cs_test_1/expire"])
def test_an_idempotency_key_used_for_something_else_is_refused(path: str) -> None:
    with running_sandbox() as sandbox:
        stripe(sandbox, "POST", "/v1/checkout/sessions", session_order(), idempotency_key="k")
        reply = stripe(sandbox, "POST", path, session_order(client_reference_id="x"), idempotency_key="k")
    assert (reply.status, reply.json["error"]["type"]) == (400, "idempotency_error")


def test_a_refusal_is_not_remembered_for_its_idempotency_key() -> None:
    with running_sandbox() as sandbox:
        form = session_order()
        faulty = {**form, "mode": ""}
        assert stripe(sandbox, "POST", "/v1/checkout/sessions", faulty, idempotency_key="k").status == 400
        assert stripe(sandbox, "POST", "/v1/checkout/sessions", form, idempotency_key="k").status == 200


_PRICE = "line_items[0][price_data]"


@pytest.mark.parametrize(
    ("name", "value", "param", "code"),
    [
        ("mode", None, "mode", "parameter_missing"),
        ("mode", "", "mode", "parameter_invalid_empty"),
        ("mode", "subscription", "mode", None),
        ("ui_mode", "embedded", "ui_mode", None),
        ("success_url", None, "success_url", "parameter_missing"),
        ("success_url", "javascript:alert(1)", "success_url", "url_invalid"),
        ("cancel_url", "https://shop.example.com/\r\nX: y", "cancel_url", "url_invalid"),
        ("line_items[0][quantity]", None, "line_items[0][quantity]", "parameter_missing"),
        ("line_items[0][quantity]", "1.5", "line_items[0][quantity]", "parameter_invalid_integer"),
        ("line_items[0][price]", "price_1", "line_items[0][price]", "resource_missing"),
        (f"{_PRICE}[unit_amount]", "-1", f"{_PRICE}[unit_amount]", "parameter_invalid_integer"),
        (f"{_PRICE}[unit_amount]", None, f"{_PRICE}[unit_amount]", "parameter_missing"),
        (f"{_PRICE}[currency]", "euro", f"{_PRICE}[currency]", None),
        (f"{_PRICE}[currency]", "brl", "line_items", None),
        (f"{_PRICE}[product_data][name]", None, f"{_PRICE}[product_data][name]", "parameter_missing"),
        ("line_items[2]", "text", "line_items[2]", None),
        ("metadata", "text", "metadata", None),
        ("metadata[a][b]", "c", "metadata[a]", None),
        ("client_reference_id[a]", "c", "client_reference_id", None),
        ("expires_at", "1", "expires_at", None),
        ("refernce", "pay_1", "refernce", "parameter_unknown"),
        ("a]b", "c", None, None),
    ],
)
def test_a_faulty_session_is_refused_with_its_parameter(
    name: str, value: str | None, param: str | None, code: str | None
) -> None:
    form = session_order()
    form.pop(name, None)
    if name == "client_reference_id[a]" or (name == "metadata" and value):
        form = {key: text for key, text in form.items() if not key.startswith(name.partition("[")[0])}
    if value is not None:
        form[name] = value
    with running_sandbox() as sandbox:
        reply = stripe(sandbox, "POST", "/v1/checkout/sessions", form)
    error = reply.json["error"]
    assert (reply.status, error["type"]) == (400, "invalid_request_error")
    assert (error.get("param"), error.get("code")) == (param, code)


def test_list_items_may_be_written_without_numbers() -> None:
    with running_sandbox() as sandbox:
        form = {**session_order(), "payment_method_types[]": "card", "locale": "es"}
        reply = stripe(sandbox, "POST", "/v1/checkout/sessions", form)
    assert reply.json["payment_method_types"] == ["card"]


def test_the_key_and_the_form_are_checked_before_anything_else() -> None:
    with running_sandbox() as sandbox:
        url = f"{sandbox.url}/stripe/v1/checkout/sessions"
        keyless = call("POST", url, "", {"Content-Type": "application/x-www-form-urlencoded"})
        json_body = stripe(sandbox, "POST", "/v1/checkout/sessions", {}, content_type="application/json")
        as_json = call("POST", url, "{}", {"Authorization": f"Bearer {STRIPE_KEY}"})
        odd_version = stripe(sandbox, "GET", "/v1/checkout/sessions/x", stripe_version="tomorrow")
        unknown = stripe(sandbox, "GET", "/v1/unheard")
    assert (keyless.status, keyless.json["error"]["type"]) == (401, "invalid_request_error")
    assert json_body.status == as_json.status == odd_version.status == 400
    assert unknown.status == 404


def test_the_version_asked_for_is_told_back() -> None:
    with running_sandbox() as sandbox:
        reply = stripe(sandbox, "GET", "/v1/checkout/sessions/x", stripe_version="2025-09-30.clover")
    assert reply.headers["stripe-version"] == "2025-09-30.clover"
    assert reply.headers["request-id"].startswith("req_")


def test_a_slip_is_not_a_session() -> None:
    with running_sandbox() as sandbox:
        slip = new_slip(sandbox)
        assert stripe(sandbox, "GET", f"/v1/checkout/sessions/{slip['id']}").status == 404
        assert stripe(sandbox, "GET", "/v1/payment_intents/pi_0").status == 404
