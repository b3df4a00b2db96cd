"""The sandbox after a payment: money given back, disputes; and slips paid by Pix, vouchers paid late."""

from pathlib import Path
from typing import Any

import pytest
import stripe as sdk

from infra.sandbox.server import Sandbox
from tests.infra.test_sandbox_kit import (
    NOON,
    STRIPE_KEY,
    application,
    asaas,
    call,
    control,
    new_session,
    new_slip,
    pay,
    running_sandbox,
    stripe,
)


def client(sandbox: Sandbox) -> Any:
    return sdk.StripeClient(
        STRIPE_KEY, base_addresses={"api": f"{sandbox.url}/stripe"}, max_network_retries=0
    ).v1


def pay_by(sandbox: Sandbox, by: str, reference: str = "pay_1") -> None:
    assert control(sandbox, "POST", "/pay", {"reference": reference, "by": by}).status == 200


def act(sandbox: Sandbox, act: str, reference: str = "pay_1") -> int:
    return control(sandbox, "POST", "/act", {"reference": reference, "act": act}).status


def refund(sandbox: Sandbox, slip: Any, **body: object) -> Any:
    return asaas(sandbox, "POST", f"/v3/payments/{slip['id']}/refund", body)


def test_a_slip_has_a_pix_code_until_it_is_closed() -> None:
    with application() as app, running_sandbox(app.url) as sandbox:
        slip = new_slip(sandbox)
        found = asaas(sandbox, "GET", f"/v3/payments/{slip['id']}/pixQrCode").json
        pay_by(sandbox, "pix")
        paid = asaas(sandbox, "GET", f"/v3/payments/{slip['id']}").json
        closed = asaas(sandbox, "GET", f"/v3/payments/{slip['id']}/pixQrCode")
    assert found["payload"].startswith("000201")
    assert "5406149.90" in found["payload"]
    assert (paid["billingType"], paid["status"]) == ("PIX", "RECEIVED")
    assert paid["pixTransaction"]
    assert closed.status == 400


def test_the_slip_page_pays_by_pix_too() -> None:
    with application() as app, running_sandbox(app.url) as sandbox:
        slip = new_slip(sandbox)
        page = call("GET", slip["bankSlipUrl"]).text
        address = f"/asaas/b/{slip['id']}?by=pix"
        assert f'action="{address}"' in page
        assert call("POST", sandbox.url + address).status == 303
        assert asaas(sandbox, "GET", f"/v3/payments/{slip['id']}").json["billingType"] == "PIX"
        assert "Pay by Pix" not in call("GET", slip["bankSlipUrl"]).text


def test_what_came_by_pix_goes_back_in_parts_until_all_is_refunded() -> None:
    with application() as app, running_sandbox(app.url) as sandbox:
        slip = new_slip(sandbox)
        pay_by(sandbox, "pix")
        first = refund(sandbox, slip, value=49.9, description="[rfd_1] x").json
        assert refund(sandbox, slip, value=100.01).status == 400
        whole = refund(sandbox, slip).json
        assert refund(sandbox, slip, value=0.01).status == 400
        pay(sandbox)
    assert (first["status"], whole["status"]) == ("RECEIVED", "REFUNDED")
    assert [(one["value"], one["status"], one["description"]) for one in whole["refunds"]] == [
        (49.9, "DONE", "[rfd_1] x"),
        (100.0, "DONE", None),
    ]
    assert app.kinds()[-2:] == ["PAYMENT_PARTIALLY_REFUNDED", "PAYMENT_REFUNDED"]


@pytest.mark.parametrize("by", [None, ""])
def test_a_slip_that_is_open_or_was_paid_as_one_is_not_given_back(by: str | None) -> None:
    with application() as app, running_sandbox(app.url) as sandbox:
        slip = new_slip(sandbox)
        if by is not None:
            pay_by(sandbox, by)
        reply = refund(sandbox, slip, value=10)
    assert (reply.status, reply.json["errors"][0]["code"]) == (400, "invalid_action")


@pytest.mark.parametrize("value", [0, -1, "10", 10.001, True])
def test_a_faulty_value_is_not_given_back(value: object) -> None:
    with application() as app, running_sandbox(app.url) as sandbox:
        slip = new_slip(sandbox)
        pay_by(sandbox, "pix")
        assert refund(sandbox, slip, value=value).status == 400
        assert asaas(sandbox, "GET", f"/v3/payments/{slip['id']}").json["refunds"] is None


@pytest.mark.parametrize(("days", "status"), [(0, 200), (5, 200), (-1, 400), ("5", 400), (True, 400)])
def test_the_days_of_registration_are_a_number(days: object, status: int) -> None:
    with running_sandbox() as sandbox:
        order = {"daysAfterDueDateToRegistrationCancellation": days}
        assert ("errors" in new_slip(sandbox, **order)) == (status == 400)


@pytest.mark.parametrize(("outcome", "status"), [("dispute_won", "RECEIVED"), ("dispute_lost", "REFUNDED")])
def test_a_contested_slip_is_told_and_decided(outcome: str, status: str) -> None:
    with application() as app, running_sandbox(app.url) as sandbox:
        slip = new_slip(sandbox)
        assert act(sandbox, "dispute") == 409
        pay_by(sandbox, "pix")
        assert act(sandbox, outcome) == 409
        assert act(sandbox, "dispute") == 200
        contested = asaas(sandbox, "GET", f"/v3/payments/{slip['id']}").json["status"]
        assert refund(sandbox, slip, value=1).status == 400
        assert act(sandbox, outcome) == 200
        decided = asaas(sandbox, "GET", f"/v3/payments/{slip['id']}").json["status"]
    assert (contested, decided) == ("CHARGEBACK_REQUESTED", status)
    assert "PAYMENT_CHARGEBACK_REQUESTED" in app.kinds()


@pytest.mark.parametrize("body", [{"reference": "pay_1"}, {"reference": "pay_1", "act": "dance"}])
def test_what_a_provider_does_not_know_does_not_happen(body: object) -> None:
    with application() as app, running_sandbox(app.url) as sandbox:
        for new in (new_slip, new_session):
            new(sandbox)
            pay(sandbox)
            assert control(sandbox, "POST", "/act", body).status == 409
        assert control(sandbox, "POST", "/act", {"reference": "pay_1", "act": 7}).status == 400


def test_the_official_client_gives_money_back_in_parts() -> None:
    with application() as app, running_sandbox(app.url) as sandbox:
        session = new_session(sandbox)
        pay(sandbox)
        intent = client(sandbox).checkout.sessions.retrieve(session["id"]).payment_intent
        refunds = client(sandbox).refunds
        wanted = {"payment_intent": intent, "amount": 9900, "metadata": {"refund_id": "rfd_1"}}
        made, again = (refunds.create(wanted, {"idempotency_key": "rfd_1"}) for _ in range(2))
        with pytest.raises(sdk.InvalidRequestError, match="greater than unrefunded"):
            refunds.create({"payment_intent": intent, "amount": 10001})
        refunds.create({"payment_intent": intent})
        with pytest.raises(sdk.InvalidRequestError) as nothing_left:
            refunds.create({"payment_intent": intent})
        listed = refunds.list({"payment_intent": intent})
        charge = client(sandbox).payment_intents.retrieve(intent, {"expand": ["latest_charge"]}).latest_charge
        pay(sandbox)
    assert made.id == again.id
    assert nothing_left.value.code == "charge_already_refunded"
    assert [one.amount for one in listed.data] == [10000, 9900]
    assert (charge.amount_refunded, charge.refunded) == (19900, True)
    assert app.kinds().count("charge.refunded") == 2


@pytest.mark.parametrize(("outcome", "status"), [("dispute_won", "won"), ("dispute_lost", "lost")])
def test_a_dispute_is_listed_and_decided(outcome: str, status: str) -> None:
    with application() as app, running_sandbox(app.url) as sandbox:
        session = new_session(sandbox)
        assert act(sandbox, "dispute") == 409
        pay(sandbox)
        intent = client(sandbox).checkout.sessions.retrieve(session["id"]).payment_intent
        assert client(sandbox).disputes.list({"payment_intent": intent}).data == []
        assert act(sandbox, "dispute") == 200
        assert act(sandbox, "dispute") == 409
        with pytest.raises(sdk.InvalidRequestError) as contested:
            client(sandbox).refunds.create({"payment_intent": intent})
        assert act(sandbox, outcome) == 200
        (dispute,) = client(sandbox).disputes.list({"payment_intent": intent}).data
    assert contested.value.code == "charge_disputed"
    assert (dispute.status, dispute.amount) == (status, 19900)
    assert [kind for kind in app.kinds() if "created" in kind or "closed" in kind] == [
        "charge.dispute.created",
        "charge.dispute.closed",
    ]


def _boleto(sandbox: Sandbox, days: str = "2") -> Any:
    session = {
        "mode": "payment",
        "success_url": "https://shop.example.com/done",
        "client_reference_id": "pay_1",
        "payment_method_types[0]": "boleto",
        "payment_method_options[boleto][expires_after_days]": days,
        "line_items[0][quantity]": "1",
        "line_items[0][price_data][currency]": "brl",
        "line_items[0][price_data][unit_amount]": "14990",
        "line_items[0][price_data][product_data][name]": "ERP",
    }
    return stripe(sandbox, "POST", "/v1/checkout/sessions", session).json


def test_a_voucher_completes_its_session_unpaid_and_money_comes_later() -> None:
    with application() as app, running_sandbox(app.url) as sandbox:
        session = _boleto(sandbox)
        assert act(sandbox, "voucher") == 200
        assert act(sandbox, "voucher") == 409
        waiting = client(sandbox).checkout.sessions.retrieve(session["id"], {"expand": ["payment_intent"]})
        pay(sandbox)
        paid = client(sandbox).checkout.sessions.retrieve(session["id"])
        with pytest.raises(sdk.InvalidRequestError, match="cannot be refunded"):
            client(sandbox).refunds.create({"payment_intent": paid.payment_intent})
        assert act(sandbox, "dispute") == 409
    assert (waiting.status, waiting.payment_status, waiting.payment_intent.status) == (
        "complete",
        "unpaid",
        "requires_action",
    )
    voucher = waiting.payment_intent.next_action.boleto_display_details
    assert voucher.number.endswith("16400000014990")  # 2026-11-24, two days later
    assert paid.payment_status == "paid"
    assert app.kinds() == [
        "payment_intent.requires_action",
        "checkout.session.completed",
        "payment_intent.succeeded",
        "checkout.session.async_payment_succeeded",
    ]


def test_a_voucher_runs_out_at_the_end_of_its_last_day(tmp_path: Path) -> None:
    with running_sandbox(state_file=tmp_path / "state.json") as sandbox:
        session = _boleto(sandbox)
        assert control(
            sandbox, "POST", "/act", {"reference": "pay_1", "act": "voucher", "wait_seconds": 0}
        ).json
    late = NOON.replace(day=25, hour=3)  # 00:00 of the third day in São Paulo
    with running_sandbox(state_file=tmp_path / "state.json", clock=lambda: late) as sandbox:
        found = client(sandbox).checkout.sessions.retrieve(session["id"], {"expand": ["payment_intent"]})
        assert control(sandbox, "POST", "/pay", {"reference": "pay_1"}).status == 409
    assert (found.status, found.payment_intent.status) == ("complete", "requires_payment_method")
