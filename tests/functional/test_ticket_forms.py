"""Forms A, B and C and support: what they need, and every fault named at once (R2 to R5, S8, V5)."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.kernel.errors import LOCALES
from chalicelib.tickets import store
from tests.functional import steps
from tests.functional.ticketing import FORM_A, FORM_B, FORM_C, SUPPORT, opened, pointers, send
from tests.world import World

# What differs from form A as it should be, and the fields that are named.
FAULTS: list[tuple[dict[str, Any], list[str]]] = [
    ({"reason_code": None}, ["/reason_code"]),
    ({"description": None}, ["/description"]),
    ({"description": " \n\t "}, ["/description"]),
    ({"reason_code": None, "description": ""}, ["/description", "/reason_code"]),
    ({"reason_code": "plan"}, ["/reason_code"]),
    ({"kind": "review_contract"}, ["/reason_code"]),
    ({"kind": "review_contract", "reason_code": None, "description": None}, ["/description"]),
    ({"kind": "product_request"}, ["/reason_code"]),
    ({"kind": "product_request", "reason_code": None, "description": None}, ["/description"]),
    ({"kind": "support", "reason_code": None, "description": None}, ["/description"]),
    ({"kind": "data_deletion"}, ["/kind"]),
    ({"kind": "advisory"}, ["/kind"]),
    ({"priority": "high"}, ["/priority"]),
    ({"subject": "x" * 201, "product": "x" * 201}, ["/product", "/subject"]),
    ({"description": "x" * 10_001}, ["/description"]),
    (
        {"reason_code": "nonsense", "description": " ", "subscription_id": "sub_other", "subject": "x" * 201},
        ["/description", "/reason_code", "/subject", "/subscription_id"],
    ),
]


@pytest.mark.parametrize(("changes", "faulty"), FAULTS)
def test_every_faulty_field_is_named_at_once_and_nothing_is_opened(
    world: World, changes: dict[str, Any], faulty: list[str]
) -> None:
    _, token = world.customer("faulty@example.com")
    form = {name: value for name, value in {**FORM_A, **changes}.items() if value is not None}
    before = world.rows()
    assert pointers(send(world, token, form)) == faulty
    assert world.rows() == before


def test_a_subscription_of_somebody_else_is_as_unknown_as_any(world: World) -> None:
    _, owner = world.customer("owner@example.com")
    steps.bought(world, owner, steps.ERP, method="card")
    (subscription,) = steps.read(world, owner, "/v1/subscriptions")["data"]
    _, other = world.customer("other@example.com", tax_id="11144477735")
    form = {**FORM_A, "subscription_id": subscription["id"]}
    refused = send(world, other, form).json["errors"]
    assert [(one["pointer"], one["code"]) for one in refused] == [
        ("/subscription_id", "unknown_subscription")
    ]
    ticket = opened(world, owner, form)
    assert ticket["subscription_id"] == subscription["id"]


@pytest.mark.parametrize(
    ("form", "subject"),
    [
        (FORM_A, "Não uso mais"),
        (FORM_B, "Plano contratado"),
        (FORM_C, "Stock by warehouse"),
        (SUPPORT, "It does not start"),
        ({"kind": "review_contract", "description": "  One line\nand another "}, "One line"),
    ],
)
def test_a_ticket_is_named_after_what_its_customer_said(
    world: World, form: dict[str, Any], subject: str
) -> None:
    _, token = world.customer("named@example.com")
    ticket = opened(world, token, form)
    assert (ticket["subject"], ticket["kind"]) == (subject, form["kind"])
    (said,) = steps.read(world, token, f"/v1/tickets/{ticket['id']}/messages")["data"]
    assert (said["text"], said["author"]) == (form["description"].strip(), "customer")


def test_a_ticket_shows_where_it_came_from_and_by_when_it_is_answered(world: World) -> None:
    customer, token = world.customer()
    ticket = opened(world, token, FORM_C)
    kept = store.get(ticket["id"])
    assert kept.clock is not None
    assert kept.customer_id == customer.id
    assert ticket["sla"] == {
        "due_at": f"{kept.clock.due_at:%Y-%m-%dT%H:%M:%S}Z",
        "mode": "business_days",
        "calendar": "br",
        "paused_since": None,
        "status": "on_track",
    }
    assert ticket["number"] == "T-000001"
    assert (ticket["channel"], ticket["priority"], ticket["status"]) == ("store", "normal", "open")
    assert (ticket["product"], ticket["reason_code"], ticket["outcome"]) == ("Warehouses", None, None)
    assert steps.read(world, token, f"/v1/tickets/{ticket['id']}") == ticket
    assert steps.read(world, token, "/v1/tickets")["data"] == [ticket]


def test_a_form_sent_again_with_its_key_opens_one_ticket(world: World) -> None:
    _, token = world.customer()
    first = send(world, token, FORM_A, key="once")
    again = send(world, token, FORM_A, key="once")
    assert (again.status, again.body) == (201, first.body)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert send(world, token, FORM_B, key="once").json["code"] == "idempotency_key_reused"
    assert len(world.rows("ticket")) == len(world.rows("message")) == 1


def test_a_key_whose_answer_is_forgotten_still_opens_nothing_twice(world: World) -> None:
    _, token = world.customer()
    first = send(world, token, FORM_A, key="once").json
    steps.delete(world, world.rows("idempotency"))
    assert send(world, token, FORM_A, key="once").json["id"] == first["id"]
    assert len(world.rows("ticket")) == 1


@pytest.mark.parametrize(
    ("body", "text"), [({}, "Exclusão dos meus dados"), ({"description": "All of it"}, "All of it")]
)
def test_a_customer_asks_for_the_deletion_of_his_data(world: World, body: dict[str, str], text: str) -> None:
    _, token = world.customer("leaving@example.com")
    answer = world.http("POST", "/v1/me/deletion_request", body, token=token)
    assert answer.status == 201
    ticket = answer.json
    assert (ticket["kind"], ticket["subject"]) == ("data_deletion", "Exclusão dos meus dados")
    (said,) = steps.read(world, token, f"/v1/tickets/{ticket['id']}/messages")["data"]
    assert said["text"] == text


def test_a_deletion_may_be_asked_for_without_a_body_and_with_a_key(world: World) -> None:
    _, token = world.customer()
    answers = [
        world.http("POST", "/v1/me/deletion_request", token=token, headers={"idempotency-key": "k"})
        for _ in range(2)
    ]
    assert [answer.status for answer in answers] == [201, 201]
    assert len(world.rows("ticket")) == 1


@pytest.mark.parametrize("locale", LOCALES)
def test_anybody_can_read_the_reasons_in_his_language(world: World, locale: str) -> None:
    def labels(query: str) -> dict[tuple[str, str], Any]:
        answer = world.http("GET", f"/v1/ticket_reasons{query}", headers={"accept-language": locale})
        return {(one["kind"], one["code"]): one["label"] for one in answer.json["data"]}

    every = labels("")
    assert {kind for kind, _ in every} == {"cancel_contract", "review_contract"}
    assert labels("?kind=cancel_contract") | labels("?kind=review_contract") == every
    assert labels("?kind=support") == {}
    not_used = {"es": "Ya no lo utilizo", "pt-BR": "Não uso mais", "en": "I no longer use it"}
    assert every["cancel_contract", "not_used"] == not_used[locale]


def test_an_unknown_form_has_no_reasons_to_ask_for(world: World) -> None:
    assert pointers(world.http("GET", "/v1/ticket_reasons?kind=x")) == ["/query/kind"]
