"""The sandbox's own API, its pages, its state file and its start."""

import json
from pathlib import Path
from urllib.parse import urlencode

import pytest

from infra.sandbox.server import PortInUse
from infra.sandbox.state import UnreadableState
from tests.infra.test_sandbox_kit import (
    application,
    asaas,
    call,
    configuration,
    control,
    new_session,
    new_slip,
    pay,
    running_sandbox,
    session_order,
    stripe,
)


def test_a_started_sandbox_is_healthy() -> None:
    with running_sandbox() as sandbox:
        reply = call("GET", f"{sandbox.url}/health")
    assert (reply.status, reply.json) == (200, {"status": "ok"})


def test_a_busy_port_is_one_clear_sentence() -> None:
    with running_sandbox() as sandbox:
        port = int(sandbox.url.rpartition(":")[2])
        with (
            pytest.raises(PortInUse, match=f"port {port} on 127.0.0.1 is in use"),
            running_sandbox(port=port),
        ):
            pass


def test_secrets_are_not_shown_with_the_configuration() -> None:
    shown = repr(configuration())
    assert "sk_test" not in shown
    assert "whsec" not in shown


def test_a_sandbox_comes_back_to_what_it_remembered() -> None:
    paid = {"reference": "pay_1", "wait_seconds": 0}
    with running_sandbox() as sandbox:
        new_slip(sandbox)
        remembered = sandbox.records
        # Also once more, whatever has happened since.
        for reference in ("pay_2", "pay_3"):
            new_slip(sandbox, externalReference=reference)
            assert control(sandbox, "POST", "/pay", paid).status == 200
            sandbox.recall(remembered)
            (charge,) = control(sandbox, "GET", "/charges").json["data"]
            assert (charge["reference"], charge["status"]) == ("pay_1", "open")
            assert [event.type for event, _ in sandbox.signed_events()] == ["PAYMENT_CREATED"]


@pytest.mark.parametrize("path", ["/pay", "/redeliver"])
def test_a_reference_nobody_has_is_a_clear_404(path: str) -> None:
    with running_sandbox() as sandbox:
        reply = control(sandbox, "POST", path, {"reference": "pay_9"})
    assert reply.status == 404
    assert "no charge with the reference 'pay_9'" in reply.json["error"]


@pytest.mark.parametrize("body", [{}, {"reference": ""}, [], {"reference": "pay_1", "wait_seconds": 99}])
def test_a_faulty_order_to_pay_is_refused(body: object) -> None:
    with running_sandbox() as sandbox:
        new_session(sandbox)
        assert control(sandbox, "POST", "/pay", body).status == 400
        assert control(sandbox, "GET", "/charges").json["data"][0]["status"] == "open"


def test_paying_twice_takes_the_money_once_and_sends_nothing_more() -> None:
    with application() as app, running_sandbox(app.url) as sandbox:
        new_session(sandbox)
        first, second = pay(sandbox), pay(sandbox)
    assert first == second
    assert len(app.received) == 2


def test_of_two_slips_with_one_reference_both_can_be_paid() -> None:
    with application() as app, running_sandbox(app.url) as sandbox:
        slips = [new_slip(sandbox)["id"] for _ in range(2)]
        paid = [pay(sandbox)["id"] for _ in range(2)]
    assert paid == slips[::-1]


def test_a_removed_slip_cannot_be_paid() -> None:
    with running_sandbox() as sandbox:
        slip = new_slip(sandbox)
        asaas(sandbox, "DELETE", f"/v3/payments/{slip['id']}")
        reply = control(sandbox, "POST", "/pay", {"reference": "pay_1"})
    assert reply.status == 409
    assert "can no longer be paid" in reply.json["error"]


def test_redelivery_sends_the_same_events_again() -> None:
    with application() as app, running_sandbox(app.url) as sandbox:
        new_slip(sandbox)
        pay(sandbox)
        report = control(sandbox, "POST", "/redeliver", {"reference": "pay_1"}).json
    bodies = [webhook.body for webhook in app.received]
    assert len(bodies) == 6
    assert bodies[:3] == bodies[3:]
    assert [delivery["status"] for delivery in report["deliveries"]] == ["delivered"] * 3


def test_there_is_nothing_to_redeliver_before_the_first_event() -> None:
    with running_sandbox() as sandbox:
        new_session(sandbox)
        assert control(sandbox, "POST", "/redeliver", {"reference": "pay_1"}).status == 409


def test_the_charges_are_listed_newest_first() -> None:
    with running_sandbox() as sandbox:
        slip, session = new_slip(sandbox), new_session(sandbox, client_reference_id="pay_2")
        listed = control(sandbox, "GET", "/charges").json["data"]
    assert [charge["id"] for charge in listed] == [session["id"], slip["id"]]
    assert listed[1] == {
        "provider": "asaas",
        "id": slip["id"],
        "reference": "pay_1",
        "amount": 14990,
        "currency": "BRL",
        "status": "open",
        "payable": True,
        "gone": 0,
        "disputed": False,
        "page": slip["bankSlipUrl"],
    }


def test_a_later_start_knows_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "run" / "state.json"
    with application() as app:
        with running_sandbox(app.url, state_file=path) as sandbox:
            slip = new_slip(sandbox)
            form = session_order(client_reference_id="pay_2")
            session = stripe(sandbox, "POST", "/v1/checkout/sessions", form, idempotency_key="k").json
            pay(sandbox)
        with running_sandbox(app.url, state_file=path) as sandbox:
            assert asaas(sandbox, "GET", f"/v3/payments/{slip['id']}").json["status"] == "RECEIVED"
            again = stripe(sandbox, "POST", "/v1/checkout/sessions", form, idempotency_key="k").json
            assert again["id"] == session["id"]
            control(sandbox, "POST", "/redeliver", {"reference": "pay_1"})
    assert len(app.received) == 6


def test_events_left_undelivered_go_out_at_the_next_start(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    with running_sandbox("", state_file=path) as sandbox:
        new_session(sandbox)
        control(sandbox, "POST", "/pay", {"reference": "pay_1", "wait_seconds": 0})
    with application() as app:
        with running_sandbox(app.url, state_file=path) as sandbox:
            report = pay(sandbox)
        with running_sandbox(app.url, state_file=path) as sandbox:
            assert control(sandbox, "GET", "/deliveries").json["data"] == []
    assert app.kinds() == ["payment_intent.succeeded", "checkout.session.completed"]
    assert [delivery["status"] for delivery in report["deliveries"]] == ["delivered"] * 2


@pytest.mark.parametrize("text", ["", "{", "[]", '{"customers": {}}', '{"charges": [{"id": 1}]}'])
def test_a_broken_state_file_is_one_clear_sentence(tmp_path: Path, text: str) -> None:
    path = tmp_path / "state.json"
    path.write_text(text)
    with pytest.raises(UnreadableState, match="delete it"), running_sandbox(state_file=path):
        pass


def test_the_state_file_is_replaced_as_a_whole(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    with running_sandbox(state_file=path) as sandbox:
        new_slip(sandbox)
        assert [file.name for file in tmp_path.iterdir()] == ["state.json"]
        assert len(json.loads(path.read_text())["charges"]) == 1


def test_the_front_page_pays_a_charge_at_a_button() -> None:
    with application() as app, running_sandbox(app.url) as sandbox:
        slip = new_slip(sandbox, externalReference="<b>pay_1")
        page = call("GET", f"{sandbox.url}/")
        reply = call("POST", f"{sandbox.url}/pay/{slip['id']}", "")
        after = call("GET", f"{sandbox.url}/")
    assert (page.status, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert "Pay &lt;b&gt;pay_1" in page.text
    assert "<b>" not in page.text
    assert (reply.status, reply.headers["location"]) == (303, "/")
    assert "<td>paid</td><td></td>" in after.text
    assert app.kinds()[-1] == "PAYMENT_RECEIVED"


def test_the_front_page_turns_the_knobs() -> None:
    form = {"duplicate": "2", "delay_seconds": "0.5", "reorder": "on", "wrong_amount": "", "lost_answer": "0"}
    with running_sandbox() as sandbox:
        reply = call("POST", f"{sandbox.url}/knobs", urlencode(form))
        knobs = control(sandbox, "GET", "/knobs").json
        faulty = call("POST", f"{sandbox.url}/knobs", urlencode({"duplicate": "many", "lost_answer": "-1"}))
        assert control(sandbox, "GET", "/knobs").json == knobs
    assert reply.status == 303
    assert (knobs["duplicate"], knobs["delay_seconds"], knobs["reorder"], knobs["decline"]) == (
        2,
        0.5,
        True,
        False,
    )
    assert faulty.status == 400
    assert "duplicate must be an integer from 0 to 50" in faulty.text
    assert "lost_answer must be" in faulty.text


def test_the_slip_page_shows_the_line_and_pays() -> None:
    with application() as app, running_sandbox(app.url) as sandbox:
        slip = new_slip(sandbox)
        page = call("GET", slip["bankSlipUrl"])
        reply = call("POST", slip["bankSlipUrl"], "")
        after = call("GET", slip["bankSlipUrl"])
    assert " 16430000014990<" in page.text
    assert "BRL 149.90" in page.text
    assert (reply.status, reply.headers["location"]) == (303, f"/asaas/b/{slip['id']}")
    assert "Paid." in after.text
    assert "<button>" not in after.text


def test_the_checkout_page_pays_and_goes_back_to_the_shop() -> None:
    with application() as app, running_sandbox(app.url) as sandbox:
        session = new_session(sandbox)
        page = call("GET", session["url"])
        reply = call("POST", session["url"], "")
    assert "EUR 199.00" in page.text
    assert reply.headers["location"] == f"https://shop.example.com/done?session={session['id']}"
    assert app.kinds()[-1] == "checkout.session.completed"


def test_the_checkout_page_of_an_expired_session_says_so() -> None:
    with running_sandbox() as sandbox:
        session = new_session(sandbox)
        stripe(sandbox, "POST", f"/v1/checkout/sessions/{session['id']}/expire", {})
        page, paying = call("GET", session["url"]), call("POST", session["url"], "")
    assert "can no longer be paid" in page.text
    assert paying.status == 409


def test_unknown_pages_and_calls_are_404() -> None:
    with running_sandbox() as sandbox:
        slip = new_slip(sandbox)
        for path in ("/nowhere", "/asaas/b/pay_0", f"/stripe/pay/{slip['id']}", "/_sandbox/nothing"):
            assert call("GET", f"{sandbox.url}{path}").status == 404


def test_a_body_beyond_a_megabyte_is_refused_unread() -> None:
    with running_sandbox() as sandbox:
        reply = call("POST", f"{sandbox.url}/_sandbox/pay", None, {"Content-Length": "1000001"})
    assert reply.status == 413
