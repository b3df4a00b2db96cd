"""The Asaas half of the sandbox: customers, slips, and their webhooks."""

from pathlib import Path

import pytest

from tests.infra.test_sandbox_kit import (
    ASAAS_TOKEN,
    NOON,
    application,
    asaas,
    call,
    new_customer,
    new_session,
    new_slip,
    pay,
    running_sandbox,
    slip_order,
)


@pytest.mark.parametrize("key", ["", "another"])
def test_a_wrong_key_is_refused_in_the_words_of_asaas(key: str) -> None:
    with running_sandbox() as sandbox:
        reply = asaas(sandbox, "GET", "/v3/payments", key=key)
    assert reply.status == 401
    assert reply.json["errors"][0]["code"] == "invalid_access_token"


def test_a_customer_is_found_by_our_reference() -> None:
    with running_sandbox() as sandbox:
        customer = new_customer(sandbox)
        new_customer(sandbox, externalReference="cus_2")
        found = asaas(sandbox, "GET", "/v3/customers?externalReference=cus_1").json
    assert customer["id"].startswith("cus_")
    assert customer["cpfCnpj"] == "52998224725"
    assert (found["object"], found["totalCount"], found["data"]) == ("list", 1, [customer])


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"cpfCnpj": None}, "invalid_object"),
        ({"cpfCnpj": "529.982.247-24"}, "invalid_object"),
        ({"cpfCnpj": 52998224725}, "invalid_object"),
        ({"name": ""}, "invalid_name"),
    ],
)
def test_a_customer_without_a_true_tax_number_or_name_is_refused(
    change: dict[str, object], code: str
) -> None:
    body = {"name": "Ana", "cpfCnpj": "529.982.247-25", **change}
    with running_sandbox() as sandbox:
        reply = asaas(sandbox, "POST", "/v3/customers", body)
        assert asaas(sandbox, "GET", "/v3/customers").json["totalCount"] == 0
    assert (reply.status, reply.json["errors"][0]["code"]) == (400, code)


def test_a_new_slip_is_pending_with_the_fields_of_asaas() -> None:
    with running_sandbox() as sandbox:
        slip = new_slip(sandbox)
        assert asaas(sandbox, "GET", f"/v3/payments/{slip['id']}").json == slip
        assert slip["bankSlipUrl"] == f"{sandbox.url}/asaas/b/{slip['id']}"
    assert len(slip["id"].removeprefix("pay_")) == 16
    assert (slip["object"], slip["status"], slip["billingType"]) == ("payment", "PENDING", "BOLETO")
    assert (slip["value"], slip["netValue"], slip["dueDate"]) == (149.9, 148.91, "2026-11-27")
    assert (slip["externalReference"], slip["deleted"]) == ("pay_1", False)
    assert slip["dateCreated"] == "2026-11-22"
    assert slip["paymentDate"] is slip["clientPaymentDate"] is None


def test_the_line_holds_bank_due_date_and_amount() -> None:
    with running_sandbox() as sandbox:
        slip = new_slip(sandbox)
        reply = asaas(sandbox, "GET", f"/v3/payments/{slip['id']}/identificationField").json
    line, barcode = reply["identificationField"], reply["barCode"]
    assert (len(line), len(barcode)) == (47, 44)
    assert line.startswith("4619")
    assert line.endswith("16430000014990")  # 2026-11-27 and R$ 149,90
    assert barcode[:4] + barcode[5:19] == "4619" + "16430000014990"
    assert reply["nossoNumero"] == slip["nossoNumero"]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"customer": "cus_unknown"}, "invalid_customer"),
        ({"customer": None}, "invalid_customer"),
        ({"billingType": "PIX"}, "invalid_billingType"),
        ({"value": None}, "invalid_value"),
        ({"value": "149.90"}, "invalid_value"),
        ({"value": True}, "invalid_value"),
        ({"value": 4.99}, "invalid_value"),
        ({"value": 10.001}, "invalid_value"),
        ({"value": 1e30}, "invalid_value"),
        ({"value": float("nan")}, "invalid_value"),
        ({"dueDate": "2026-11-21"}, "invalid_dueDate"),
        ({"dueDate": "27/11/2026"}, "invalid_dueDate"),
        ({"dueDate": "20261127"}, "invalid_dueDate"),
        ({"dueDate": None}, "invalid_dueDate"),
        ({"externalReference": 7}, "invalid_object"),
    ],
)
def test_a_faulty_slip_is_refused_and_leaves_nothing(change: dict[str, object], code: str) -> None:
    with running_sandbox() as sandbox:
        order = {**slip_order(new_customer(sandbox)["id"]), **change}
        reply = asaas(sandbox, "POST", "/v3/payments", order)
        assert asaas(sandbox, "GET", "/v3/payments").json["totalCount"] == 0
    assert (reply.status, reply.json["errors"][0]["code"]) == (400, code)


@pytest.mark.parametrize("body", ["", "{", "[]", '{"value": 1e999999999999999999999}'])
def test_a_body_that_is_no_json_object_is_refused(body: str) -> None:
    with running_sandbox() as sandbox:
        headers = {"access_token": "$aact_hmlg_key"}
        reply = call("POST", f"{sandbox.url}/asaas/v3/payments", body, headers)
    assert (reply.status, reply.json["errors"][0]["code"]) == (400, "invalid_object")


def test_the_same_order_sent_twice_makes_two_slips_found_by_one_reference() -> None:
    with running_sandbox() as sandbox:
        order = slip_order(new_customer(sandbox)["id"])
        first, second = (asaas(sandbox, "POST", "/v3/payments", order).json["id"] for _ in range(2))
        listed = asaas(sandbox, "GET", "/v3/payments?externalReference=pay_1").json
    assert first != second
    assert [slip["id"] for slip in listed["data"]] == [second, first]
    assert (listed["hasMore"], listed["totalCount"], listed["limit"], listed["offset"]) == (False, 2, 10, 0)


def test_a_list_comes_in_pages() -> None:
    with running_sandbox() as sandbox:
        order = slip_order(new_customer(sandbox)["id"])
        ids = [asaas(sandbox, "POST", "/v3/payments", order).json["id"] for _ in range(3)]
        listed = asaas(sandbox, "GET", "/v3/payments?limit=1&offset=1").json
        faulty = asaas(sandbox, "GET", "/v3/payments?limit=many")
    assert (listed["hasMore"], [slip["id"] for slip in listed["data"]]) == (True, [ids[1]])
    assert faulty.status == 400


def test_a_slip_past_its_due_date_is_overdue_and_can_still_be_paid(tmp_path: Path) -> None:
    with running_sandbox(state_file=tmp_path / "state.json") as sandbox:
        slip = new_slip(sandbox, dueDate="2026-11-22")
        assert slip["status"] == "PENDING"
    later = NOON.replace(day=23, hour=3)  # 00:00 of the next day in São Paulo
    with running_sandbox(state_file=tmp_path / "state.json", clock=lambda: later) as sandbox:
        assert asaas(sandbox, "GET", f"/v3/payments/{slip['id']}").json["status"] == "OVERDUE"
        with application() as app:
            sandbox.set_webhook_base(app.url)
            pay(sandbox)
        assert asaas(sandbox, "GET", f"/v3/payments/{slip['id']}").json["status"] == "RECEIVED"


def test_a_removed_slip_leaves_the_lists_and_stays_readable() -> None:
    with running_sandbox() as sandbox:
        slip = new_slip(sandbox)
        reply = asaas(sandbox, "DELETE", f"/v3/payments/{slip['id']}")
        assert asaas(sandbox, "GET", "/v3/payments").json["totalCount"] == 0
        assert asaas(sandbox, "GET", f"/v3/payments/{slip['id']}").json["deleted"] is True
        again = asaas(sandbox, "DELETE", f"/v3/payments/{slip['id']}")
    assert (reply.status, reply.json) == (200, {"deleted": True, "id": slip["id"]})
    assert (again.status, again.json["errors"][0]["code"]) == (400, "invalid_action")


def test_a_paid_slip_cannot_be_removed() -> None:
    with application() as app, running_sandbox(app.url) as sandbox:
        slip = new_slip(sandbox)
        pay(sandbox)
        reply = asaas(sandbox, "DELETE", f"/v3/payments/{slip['id']}")
    assert (reply.status, reply.json["errors"][0]["code"]) == (400, "invalid_action")


def test_the_webhooks_of_a_paid_slip_carry_the_token_and_the_payment() -> None:
    with application() as app, running_sandbox(app.url) as sandbox:
        slip = new_slip(sandbox)
        report = pay(sandbox)
        stored = asaas(sandbox, "GET", f"/v3/payments/{slip['id']}").json
    created, confirmed, received = app.received
    assert app.kinds() == ["PAYMENT_CREATED", "PAYMENT_CONFIRMED", "PAYMENT_RECEIVED"]
    assert {webhook.path for webhook in app.received} == {"/v1/webhooks/asaas"}
    assert {webhook.headers["asaas-access-token"] for webhook in app.received} == {ASAAS_TOKEN}
    assert {webhook.headers["content-type"] for webhook in app.received} == {"application/json"}
    assert created.json["payment"] == slip
    assert received.json["payment"] == stored
    assert (stored["status"], stored["paymentDate"]) == ("RECEIVED", "2026-11-22")
    paid = confirmed.json["payment"]
    assert (paid["status"], paid["clientPaymentDate"], paid["paymentDate"]) == (
        "CONFIRMED",
        "2026-11-22",
        None,
    )
    assert report == {
        "provider": "asaas",
        "id": slip["id"],
        "reference": "pay_1",
        "status": "paid",
        "deliveries": [
            {"event": "PAYMENT_CONFIRMED", "status": "delivered", "attempts": 1},
            {"event": "PAYMENT_RECEIVED", "status": "delivered", "attempts": 1},
        ],
    }


def test_event_ids_differ_even_where_their_first_half_is_the_same() -> None:
    with application() as app, running_sandbox(app.url) as sandbox:
        for reference in ("pay_1", "pay_2"):
            new_slip(sandbox, externalReference=reference)
            pay(sandbox, reference)
    ids = [webhook.json["id"] for webhook in app.received]
    halves = {webhook.json["id"].split("&")[0] for webhook in app.received}
    assert (len(set(ids)), len(halves)) == (6, 3)
    assert all(webhook.json["dateCreated"] == "2026-11-22 12:00:00" for webhook in app.received)


def test_removing_a_slip_is_told_by_webhook() -> None:
    with application() as app, running_sandbox(app.url) as sandbox:
        slip = new_slip(sandbox)
        asaas(sandbox, "DELETE", f"/v3/payments/{slip['id']}")
        new_slip(sandbox, externalReference="pay_2")
        pay(sandbox, "pay_2")  # the queue is in order: what came before is delivered
    assert app.kinds()[:2] == ["PAYMENT_CREATED", "PAYMENT_DELETED"]


def test_unknown_objects_and_addresses_get_a_bare_404() -> None:
    with running_sandbox() as sandbox:
        session = new_session(sandbox)
        for path in ("/v3/payments/pay_0", f"/v3/payments/{session['id']}", "/v3/unheard"):
            reply = asaas(sandbox, "GET", path)
            assert (reply.status, reply.text) == (404, "")


def test_a_get_with_a_body_is_forbidden() -> None:
    with running_sandbox() as sandbox:
        assert asaas(sandbox, "GET", "/v3/payments", {}).status == 403
