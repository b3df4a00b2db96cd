"""The sandbox's Stripe beside the hosted card payment: cards on file, lists, what is expanded."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import stripe as sdk

from infra.sandbox.server import Sandbox
from tests.infra.test_sandbox_kit import (
    STRIPE_KEY,
    application,
    call,
    control,
    new_session,
    pay,
    running_sandbox,
    stripe,
    turn,
)

KEEPING = {"customer_creation": "always", "payment_intent_data[setup_future_usage]": "off_session"}


def client(sandbox: Sandbox) -> Any:
    return sdk.StripeClient(
        STRIPE_KEY, base_addresses={"api": f"{sandbox.url}/stripe"}, max_network_retries=0
    ).v1


def pay_by(sandbox: Sandbox, by: str, reference: str = "pay_1") -> None:
    assert control(sandbox, "POST", "/pay", {"reference": reference, "by": by}).status == 200


def on_file(sandbox: Sandbox, behaviour: str = "") -> dict[str, Any]:
    """What charges a card that was kept, and behaves so from now on."""
    session = new_session(sandbox, client_reference_id="pay_first", **KEEPING)
    pay_by(sandbox, behaviour, "pay_first")
    found = client(sandbox).checkout.sessions.retrieve(session["id"], {"expand": ["payment_intent"]})
    return {
        "amount": 900,
        "currency": "eur",
        "customer": found.customer,
        "payment_method": found.payment_intent.payment_method,
        "payment_method_types": ["card"],
        "confirm": True,
        "off_session": True,
        "metadata": {"payment_id": "pay_1"},
    }


def test_the_official_client_charges_a_card_on_file_once() -> None:
    with application() as app, running_sandbox(app.url) as sandbox:
        wanted = on_file(sandbox)
        intents = client(sandbox).payment_intents
        made, again = (intents.create(wanted, {"idempotency_key": "pay_1"}) for _ in range(2))
        listed = intents.list({"customer": wanted["customer"]})
        found = intents.search({"query": "metadata['payment_id']:'pay_1'"})
        read = intents.retrieve(made.id, {"expand": ["latest_charge", "payment_method"]})
    assert (made.id, made.status, made.amount_received) == (again.id, "succeeded", 900)
    assert listed.data[0].id == found.data[0].id == made.id
    assert (len(listed.data), len(found.data)) == (2, 1)
    assert (read.latest_charge.paid, read.payment_method.card.last4) == (True, "4242")


def test_a_card_on_file_is_charged_again_and_again() -> None:
    with application() as app, running_sandbox(app.url) as sandbox:
        wanted, intents = on_file(sandbox), client(sandbox).payment_intents
        made = [intents.create(wanted, {"idempotency_key": f"pay_{at}"}) for at in range(3)]
    assert len({one.id for one in made}) == 3
    assert {one.status for one in made} == {"succeeded"}


def _failed_intent(error: sdk.CardError) -> Any:
    body: Any = error.json_body
    return body["error"]["payment_intent"]["id"]


@pytest.mark.parametrize("code", ["card_declined", "authentication_required"])
def test_a_failing_card_fails_again_for_the_same_key_and_can_be_closed(code: str) -> None:
    with application() as app, running_sandbox(app.url) as sandbox:
        wanted = on_file(sandbox, code)
        intents = client(sandbox).payment_intents
        failed = []
        for _repeat in range(2):
            with pytest.raises(sdk.CardError) as error:
                intents.create(wanted, {"idempotency_key": "pay_1"})
            assert (error.value.http_status, error.value.code) == (402, code)
            failed.append(_failed_intent(error.value))
        closed = intents.cancel(failed[0])
        with pytest.raises(sdk.InvalidRequestError):
            intents.cancel(failed[0])
    assert failed[0] == failed[1]
    assert (closed.status, closed.last_payment_error["code"]) == ("canceled", code)


def test_the_checkout_page_offers_troublesome_cards_only_where_the_card_is_kept() -> None:
    with application() as app, running_sandbox(app.url) as sandbox:
        plain, keeping = new_session(sandbox), new_session(sandbox, client_reference_id="pay_2", **KEEPING)
        assert "?by=" not in call("GET", plain["url"]).text
        page = call("GET", keeping["url"]).text
        assert page.count("?by=") == 2
        assert call("POST", f"{keeping['url']}?by=card_declined").status == 303
        paid = client(sandbox).checkout.sessions.retrieve(keeping["id"])
    assert (paid.payment_status, paid.customer[:4]) == ("paid", "cus_")


def test_the_knob_declines_a_card_on_file() -> None:
    with application() as app, running_sandbox(app.url) as sandbox:
        wanted = on_file(sandbox)
        turn(sandbox, decline=True)
        with pytest.raises(sdk.CardError):
            client(sandbox).payment_intents.create(wanted)


def test_many_calls_with_one_key_charge_a_card_once() -> None:
    with application() as app, running_sandbox(app.url) as sandbox:
        wanted = on_file(sandbox)
        with ThreadPoolExecutor(8) as crowd:
            calls = [
                crowd.submit(client(sandbox).payment_intents.create, wanted, {"idempotency_key": "k"})
                for _ in range(8)
            ]
            assert len({call.result().id for call in calls}) == 1


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"payment_method": "pm_none"}, "resource_missing"),
        ({"customer": "cus_none"}, "resource_missing"),
        ({"amount": "x"}, "parameter_invalid_integer"),
        ({"confirm": "false"}, None),
        ({"off_session": "false"}, None),
        ({"reciept_email": "x"}, "parameter_unknown"),
    ],
)
def test_a_faulty_charge_of_a_card_is_refused(change: dict[str, str], code: str | None) -> None:
    form = {
        "amount": "900",
        "currency": "eur",
        "customer": "cus_1",
        "payment_method": "pm_1",
        "confirm": "true",
        "off_session": "true",
        **change,
    }
    with running_sandbox() as sandbox:
        reply = stripe(sandbox, "POST", "/v1/payment_intents", form)
    assert (reply.status, reply.json["error"].get("code")) == (400, code)


@pytest.mark.parametrize(
    ("change", "param"),
    [
        ({"payment_method_types[0]": "boleto"}, "payment_method_types"),
        (
            {"payment_method_options[boleto][expires_after_days]": "61"},
            "payment_method_options[boleto][expires_after_days]",
        ),
        (
            {"payment_intent_data[setup_future_usage]": "always"},
            "payment_intent_data[setup_future_usage]",
        ),
    ],
)
def test_what_a_session_cannot_be_is_refused(change: dict[str, str], param: str) -> None:
    with running_sandbox() as sandbox:
        error = new_session(sandbox, **change)["error"]
    assert error["param"] == param


@pytest.mark.parametrize("path", ["customer.x", "nothing", "status", "data.nothing"])
def test_what_cannot_be_expanded_is_refused(path: str) -> None:
    with running_sandbox() as sandbox:
        session = new_session(sandbox)
        reply = stripe(sandbox, "GET", f"/v1/checkout/sessions/{session['id']}?expand[0]={path}")
    assert (reply.status, reply.json["error"]["param"]) == (400, "expand")


def test_a_session_is_found_by_its_intent_and_expanded_within_the_list() -> None:
    with application() as app, running_sandbox(app.url) as sandbox:
        session = new_session(sandbox)
        pay(sandbox)
        new_session(sandbox, client_reference_id="pay_2")
        intent = client(sandbox).checkout.sessions.retrieve(session["id"]).payment_intent
        found = client(sandbox).checkout.sessions.list(
            {"payment_intent": intent, "expand": ["data.payment_intent.latest_charge"]}
        )
    assert [one.id for one in found.data] == [session["id"]]
    assert found.data[0].payment_intent.latest_charge.paid is True


@pytest.mark.parametrize(
    "path", ["/v1/refunds?limit=0", "/v1/disputes?limit=many", "/v1/payment_intents/search"]
)
def test_a_faulty_question_is_refused(path: str) -> None:
    with running_sandbox() as sandbox:
        assert stripe(sandbox, "GET", path).status == 400


def test_a_declined_card_stays_declined_in_a_later_run(tmp_path: Path) -> None:
    with application() as app, running_sandbox(app.url, state_file=tmp_path / "state.json") as sandbox:
        wanted = on_file(sandbox, "card_declined")
        with pytest.raises(sdk.CardError):
            client(sandbox).payment_intents.create(wanted, {"idempotency_key": "k"})
    with application() as app, running_sandbox(app.url, state_file=tmp_path / "state.json") as sandbox:
        with pytest.raises(sdk.CardError):
            client(sandbox).payment_intents.create(wanted, {"idempotency_key": "k"})
        assert (
            len(client(sandbox).payment_intents.search({"query": "metadata['payment_id']:'pay_1'"}).data) == 1
        )
