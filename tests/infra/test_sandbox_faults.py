"""The knobs, and the delivery of webhooks when the application does not take them at once."""

import http.client
from typing import Any

import pytest

from infra.sandbox.server import Sandbox
from tests.infra.test_sandbox_kit import (
    ASAAS_TOKEN,
    Webhook,
    application,
    asaas,
    call,
    control,
    new_customer,
    new_session,
    new_slip,
    pay,
    running_sandbox,
    session_order,
    slip_order,
    stripe,
    turn,
)


def deliveries(sandbox: Sandbox) -> list[Any]:
    return list(control(sandbox, "GET", "/deliveries").json["data"])


def test_the_knobs_start_at_rest_and_are_set_together() -> None:
    with running_sandbox() as sandbox:
        rest = control(sandbox, "GET", "/knobs").json
        turn(sandbox, duplicate=2, reorder=True)
        set_once = control(sandbox, "GET", "/knobs").json
        turn(sandbox, delay_seconds=0.5)
        set_again = control(sandbox, "GET", "/knobs").json
    assert rest == {
        "duplicate": 0,
        "delay_seconds": 0.0,
        "reorder": False,
        "wrong_amount": 0,
        "bad_signature": False,
        "lost_answer": 0,
        "decline": False,
    }
    assert set_once == {**rest, "duplicate": 2, "reorder": True}
    assert set_again == {**rest, "delay_seconds": 0.5}


def test_faulty_knobs_are_all_named_and_none_is_set() -> None:
    wanted = {
        "duplicate": -1,
        "delay_seconds": "1",
        "reorder": 1,
        "lost_answer": True,
        "speed": 1,
        "decline": True,
    }
    with running_sandbox() as sandbox:
        reply = control(sandbox, "PUT", "/knobs", wanted)
        assert control(sandbox, "GET", "/knobs").json["decline"] is False
    assert reply.status == 400
    named = [error["knob"] for error in reply.json["errors"]]
    assert named == ["duplicate", "delay_seconds", "reorder", "lost_answer", "speed"]


@pytest.mark.parametrize("body", ["", "{", "[]", '{"delay_seconds": NaN}'])
def test_knobs_come_as_a_json_object_of_real_numbers(body: str) -> None:
    with running_sandbox() as sandbox:
        assert call("PUT", f"{sandbox.url}/_sandbox/knobs", body).status == 400


def test_duplicate_sends_extra_copies_with_the_same_id() -> None:
    with application() as app, running_sandbox(app.url) as sandbox:
        new_session(sandbox)
        turn(sandbox, duplicate=2)
        report = pay(sandbox)
    assert app.kinds() == ["payment_intent.succeeded"] * 3 + ["checkout.session.completed"] * 3
    assert len({webhook.json["id"] for webhook in app.received}) == 2
    assert len(report["deliveries"]) == 6


def test_delay_makes_the_delivery_wait() -> None:
    with application() as app, running_sandbox(app.url) as sandbox:
        new_session(sandbox)
        turn(sandbox, delay_seconds=60)
        body = {"reference": "pay_1", "wait_seconds": 0}
        report = control(sandbox, "POST", "/pay", body).json
    assert report["status"] == "paid"
    assert [delivery["status"] for delivery in report["deliveries"]] == ["pending", "pending"]
    assert app.received == []


def test_reorder_holds_an_event_and_sends_the_later_ones_first() -> None:
    with application() as app, running_sandbox(app.url) as sandbox:
        turn(sandbox, reorder=True)
        new_slip(sandbox)
        assert deliveries(sandbox) == []
        pay(sandbox)
    assert app.kinds() == ["PAYMENT_RECEIVED", "PAYMENT_CONFIRMED", "PAYMENT_CREATED"]


def test_a_held_event_goes_out_when_reorder_is_turned_off() -> None:
    with application() as app, running_sandbox(app.url) as sandbox:
        turn(sandbox, reorder=True)
        new_slip(sandbox)
        turn(sandbox)
        pay(sandbox)
    assert app.kinds() == ["PAYMENT_CREATED", "PAYMENT_CONFIRMED", "PAYMENT_RECEIVED"]


def test_wrong_amount_shows_in_the_object_and_in_the_event_and_stays() -> None:
    with application() as app, running_sandbox(app.url) as sandbox:
        slip, session = new_slip(sandbox), new_session(sandbox, client_reference_id="pay_2")
        turn(sandbox, wrong_amount=-100)
        pay(sandbox)
        pay(sandbox, "pay_2")
        turn(sandbox)
        slip = asaas(sandbox, "GET", f"/v3/payments/{slip['id']}").json
        session = stripe(sandbox, "GET", f"/v1/checkout/sessions/{session['id']}").json
    assert (slip["value"], session["amount_total"]) == (148.9, 19800)
    assert app.received[2].json["payment"]["value"] == 148.9
    assert app.received[4].json["data"]["object"]["amount_total"] == 19800


def test_wrong_amount_applies_to_new_charges_too() -> None:
    with running_sandbox() as sandbox:
        turn(sandbox, wrong_amount=1)
        slip = new_slip(sandbox)
        line = asaas(sandbox, "GET", f"/v3/payments/{slip['id']}/identificationField").json
        assert slip["value"] == 149.91
        assert line["identificationField"].endswith("0000014991")
        assert new_session(sandbox)["amount_total"] == 19901


def test_a_badly_signed_webhook_is_signed_well_once_the_knob_is_off() -> None:
    with application() as app, running_sandbox(app.url) as sandbox:

        def judge(webhook: Webhook) -> int:
            if webhook.headers["asaas-access-token"] == ASAAS_TOKEN:
                return 200
            turn(sandbox)
            return 401

        app.judge = judge
        turn(sandbox, bad_signature=True)
        new_slip(sandbox)
        pay(sandbox)
        pay(sandbox)  # changes nothing, and waits for all deliveries of the charge
        sent = deliveries(sandbox)
    answers = [answer for delivery in sent for answer in delivery["answers"]]
    assert sorted(answers) == ["200", "200", "200", "401"]
    assert {delivery["status"] for delivery in sent} == {"delivered"}


def test_forged_signatures_differ_from_the_true_ones() -> None:
    with application() as app, running_sandbox(app.url) as sandbox:
        turn(sandbox, bad_signature=True)
        new_session(sandbox)
        pay(sandbox)
        turn(sandbox)
        control(sandbox, "POST", "/redeliver", {"reference": "pay_1"})
    forged, _, true, _ = app.received
    assert forged.body == true.body
    assert forged.headers["stripe-signature"] != true.headers["stripe-signature"]


def test_a_lost_answer_has_taken_effect() -> None:
    with running_sandbox() as sandbox:
        order = slip_order(new_customer(sandbox)["id"])
        turn(sandbox, lost_answer=1)
        with pytest.raises(http.client.RemoteDisconnected):
            asaas(sandbox, "POST", "/v3/payments", order)
        found = asaas(sandbox, "GET", "/v3/payments?externalReference=pay_1").json
        assert found["totalCount"] == 1
        assert asaas(sandbox, "POST", "/v3/payments", order).status == 200
        assert control(sandbox, "GET", "/knobs").json["lost_answer"] == 0


def test_a_refusal_does_not_use_up_a_lost_answer() -> None:
    with running_sandbox() as sandbox:
        turn(sandbox, lost_answer=1)
        assert asaas(sandbox, "POST", "/v3/payments", {}).status == 400
        assert control(sandbox, "GET", "/knobs").json["lost_answer"] == 1


def test_after_a_lost_answer_the_idempotency_key_brings_the_session() -> None:
    with running_sandbox() as sandbox:
        turn(sandbox, lost_answer=2)
        for _ in range(2):
            with pytest.raises(http.client.RemoteDisconnected):
                stripe(sandbox, "POST", "/v1/checkout/sessions", session_order(), idempotency_key="k")
        again = stripe(sandbox, "POST", "/v1/checkout/sessions", session_order(), idempotency_key="k")
        charges = control(sandbox, "GET", "/charges").json["data"]
    assert again.headers["idempotent-replayed"] == "true"
    assert [charge["id"] for charge in charges] == [again.json["id"]]


def test_decline_is_the_refusal_of_each_provider() -> None:
    with running_sandbox() as sandbox:
        turn(sandbox, decline=True)
        customer = new_customer(sandbox)
        slip = asaas(sandbox, "POST", "/v3/payments", slip_order(customer["id"]))
        session = stripe(sandbox, "POST", "/v1/checkout/sessions", session_order(), idempotency_key="k")
        assert control(sandbox, "GET", "/charges").json["data"] == []
        turn(sandbox)
        assert (
            stripe(sandbox, "POST", "/v1/checkout/sessions", session_order(), idempotency_key="k").status
            == 200
        )
    assert (slip.status, slip.json["errors"][0]["code"]) == (400, "invalid_action")
    assert (session.status, session.json["error"]["param"]) == (400, "payment_method_types")


def test_a_webhook_comes_again_until_it_is_answered_200() -> None:
    with application() as app, running_sandbox(app.url) as sandbox:
        new_session(sandbox)
        app.script = [500, 404, 201, 302]
        report = pay(sandbox)
        answers = [delivery["answers"] for delivery in deliveries(sandbox)]
    assert sum(delivery["attempts"] for delivery in report["deliveries"]) == 6
    assert {delivery["status"] for delivery in report["deliveries"]} == {"delivered"}
    assert sorted(answer for each in answers for answer in each) == ["200", "200", "201", "302", "404", "500"]


def test_a_webhook_is_given_up_after_fifteen_tries() -> None:
    with application() as app, running_sandbox(app.url) as sandbox:
        new_session(sandbox)
        app.script = [500] * 30
        report = pay(sandbox)
    assert [(delivery["status"], delivery["attempts"]) for delivery in report["deliveries"]] == [
        ("gave_up", 15)
    ] * 2
    assert len(app.received) == 30


def test_webhooks_survive_an_application_that_is_not_there_yet() -> None:
    with application() as app:
        gone = app.url
    with application() as app, running_sandbox(gone, retry_delays=(0.01,) * 500) as sandbox:
        new_session(sandbox)
        control(sandbox, "POST", "/pay", {"reference": "pay_1", "wait_seconds": 0.05})
        sandbox.set_webhook_base(app.url)
        report = pay(sandbox)
    assert {delivery["status"] for delivery in report["deliveries"]} == {"delivered"}
    assert sorted(app.kinds()) == ["checkout.session.completed", "payment_intent.succeeded"]


def test_without_a_target_webhooks_wait_untried() -> None:
    with application() as app, running_sandbox("") as sandbox:
        new_session(sandbox)
        waiting = control(sandbox, "POST", "/pay", {"reference": "pay_1", "wait_seconds": 0}).json
        sandbox.set_webhook_base(f"{app.url}/api/")
        report = pay(sandbox)
    assert [delivery["attempts"] for delivery in waiting["deliveries"]] == [0, 0]
    assert [delivery["attempts"] for delivery in report["deliveries"]] == [1, 1]
    assert app.received[0].path == "/api/v1/webhooks/stripe"
