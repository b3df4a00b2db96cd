"""What is in the file of a customer's own data: all of it, nothing of anybody else's, and no secret (V5)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest

from chalicelib import wiring
from chalicelib.cancellations import store as cancellations
from chalicelib.cancellations.procedures import Attempt
from chalicelib.cancellations.retention import Interview
from chalicelib.cancellations.rules import Transfer
from chalicelib.customers.rules import Customer
from chalicelib.flows import exporting, leaving
from chalicelib.flows.leaving import Detail, Leave
from chalicelib.kernel.events import Actor
from chalicelib.storage.table import Row
from chalicelib.storage.transaction import Transaction
from chalicelib.subscriptions import store as subscriptions
from tests.functional import steps, ticketing
from tests.world import World, bucket_of

# Rows that name a customer and are not in his file.
NOT_EXPORTED = {
    "export": "the file itself",
    "inbound_mail": "what it said is a message of its ticket",
}
OTHER = "bruno@example.com"
NOTE = "He sounds like leaving."
AUTHORIZATION = "EPP-code-of-the-domain"
EVA = Actor("eva-of-the-team", "staff")


@dataclass(frozen=True)
class Owner:
    """A customer who has one of everything, and what his file holds."""

    world: World
    customer: Customer
    token: str
    file: dict[str, Any]
    text: str


def _kept(world: World, export_id: str) -> str:
    body = world.client("s3").get_object(Bucket=bucket_of(world.table_name), Key=f"exports/{export_id}.json")[
        "Body"
    ]
    return str(body.read().decode())


def _has_everything(world: World, token: str) -> None:
    steps.bought(world, token, steps.MULTIPACK, method="card", keep_card=True)
    steps.bought(world, token, steps.ERP, method="card")
    order = steps.bought(world, token, steps.LICENSE, steps.ADDON_A, method="card")
    (shown,) = steps.licenses(world, token)
    steps.activate(world, shown["key"], "loja.example.com")
    unpaid = steps.charged(world, token, steps.LICENSE)
    dropped = {"order_id": unpaid["id"], "confirm": True}
    assert world.http("POST", "/v1/withdrawals", dropped, token=token).status == 201
    refund = {"amount": {"amount": 100, "currency": "BRL"}, "reason": "a courtesy"}
    path = f"/v1/staff/payments/{order['payment']['id']}/refund"
    assert world.http("POST", path, refund, token=world.staff("finance")).status < 300
    _speaks(world, token)
    _cancels(world, token)
    _wants_to_leave(world, token)
    world.settle_down()


def _speaks(world: World, token: str) -> None:
    ticket = ticketing.opened(world, token, ticketing.SUPPORT)
    ticketing.tell(world, token, ticket["id"], "Is anybody there?")
    ticketing.done(world, world.staff("staff"), ticket["id"], "messages", text=NOTE, internal=True)
    ticketing.done(world, world.staff("staff"), ticket["id"], "messages", text="We are looking into it.")


def _cancels(world: World, token: str) -> None:
    for subscription in steps.read(world, token, "/v1/subscriptions")["data"]:
        if subscription["can_self_cancel"]:
            path = f"/v1/subscriptions/{subscription['id']}/cancel_renewal"
            assert world.http("POST", path, {"notes": "too dear"}, token=token).status == 200


def _wants_to_leave(world: World, token: str) -> None:
    customer_id = steps.read(world, token, "/v1/me")["id"]
    (erp,) = [one for one in subscriptions.all_of(customer_id) if one.product == "erp"]
    case = leaving.open_case(
        customer_id,
        Leave("form", (erp.id,), world.now, notes=NOTE, details={erp.id: Detail("Branch", "shop.example")}),
        EVA,
        world.now,
        answer=lambda case: (201, case.id),
    )
    writing = Transaction()
    writing.save(
        cancellations.row(
            replace(
                cancellations.get(case.id),
                attempts=(Attempt("phone", "reached", world.now, EVA.id, NOTE),),
                interview=Interview("other_product", "It does more.", "Asana", "It has boards."),
                transfers=(Transfer(erp.id, "registrar-7", AUTHORIZATION),),
            )
        )
    )
    writing.commit()
    notice = {"customer_id": customer_id, "products": ["erp"], "reason": NOTE, "description": NOTE}
    body = {**notice, "sector": "registry"}
    assert world.http("POST", "/v1/staff/notices", body, token=world.staff("staff")).status == 201


@pytest.fixture(scope="module")
def owner(shared_world: World) -> Owner:
    customer, token = shared_world.customer()
    _has_everything(shared_world, token)
    _has_everything(shared_world, shared_world.customer(OTHER, name="Bruno Lima")[1])
    export = shared_world.http("POST", "/v1/me/exports", token=token).json
    shared_world.settle_down()
    text = _kept(shared_world, export["id"])
    return Owner(shared_world, customer, token, json.loads(text), text)


def _own_rows(owner: Owner) -> Iterator[dict[str, Any]]:
    for row in owner.world.rows():
        if row.get("customer_id") == owner.customer.id:
            yield row


def _kinds(row_type: type[Row]) -> Iterator[str]:
    for found in row_type.__subclasses__():
        ours = found.__module__.startswith("chalicelib.")
        if ours and "customer_id" in found.get_attributes():
            yield str(found.kind.get_discriminator(found))
        yield from _kinds(found)


def test_every_kind_of_row_that_names_its_customer_is_in_the_file(owner: Owner) -> None:
    rows = list(_own_rows(owner))
    # A kind that is new is given to the owner here, or to the exceptions with its reason.
    assert {row["kind"] for row in rows} >= set(_kinds(Row)) - NOT_EXPORTED.keys()
    ids = {
        record["id"]
        for name, records in owner.file.items()
        if name in exporting.SECTIONS
        for record in records
        if "id" in record
    }
    missing = [row["kind"] for row in rows if row["id"] not in ids and row["kind"] not in NOT_EXPORTED]
    assert missing == []


def test_every_change_is_on_the_timeline_of_the_file(owner: Owner) -> None:
    told = [one for one in owner.file["timeline"] if "action" in one]
    listed = f"CUS#{owner.customer.id}"
    changes = [row for row in owner.world.rows("audit") if row.get("gsi1pk") == listed]
    made = {"data export made"}
    assert sorted(one["action"] for one in told) == sorted(
        row["action"] for row in changes if row["action"] not in made
    )


def test_the_file_tells_who_he_is_and_what_was_said_to_him(owner: Owner) -> None:
    (profile,) = owner.file["profile"]
    assert (profile["email"], profile["name"]) == (owner.customer.email, owner.customer.name)
    texts = [message["text"] for message in owner.file["messages"]]
    assert {"Is anybody there?", "We are looking into it."} <= set(texts)
    assert NOTE not in owner.text


def test_the_file_is_in_the_forms_of_the_api(owner: Owner) -> None:
    (invoice, *_) = owner.file["invoices"]
    shown = steps.read(owner.world, owner.token, f"/v1/invoices/{invoice['id']}")
    assert invoice["total"] == shown["total"]
    assert invoice["issued_on"] == shown["issued_on"]
    assert invoice["created_at"].endswith("Z")
    assert owner.file["about"] == exporting.ABOUT["pt-BR"]


def test_nothing_of_another_customers_is_in_the_file(owner: Owner) -> None:
    others = [row for row in owner.world.rows() if row.get("customer_id") not in (None, owner.customer.id)]
    assert len(others) > 20
    assert [row["id"] for row in others if str(row["id"]) in owner.text] == []
    for private in (OTHER, "Bruno Lima"):
        assert private not in owner.text


def test_no_secret_is_in_the_file(owner: Owner) -> None:
    (shown, *_) = steps.licenses(owner.world, owner.token)
    (row, *_) = owner.world.rows("license")
    tokens = [card["token"] for card in owner.world.rows("card")]
    hashes = [key["hash"] for one in owner.world.rows("license") for key in json.loads(one["keys"])]
    staff = [row["author_id"] for row in owner.world.rows("message") if row["author"] == "staff"]
    links = [
        wiring.links().online(steps.invoice(invoice["id"])).rpartition("/")[2]
        for invoice in owner.world.rows("invoice")
    ]
    assert row["id"]
    assert all((tokens, hashes, staff, links))
    for secret in (
        shown["key"],
        shown["key"].replace("-", ""),
        owner.token,
        *tokens,
        *hashes,
        *staff,
        *links,
    ):
        assert secret not in owner.text
    assert shown["key_hint"] in owner.text


def test_the_file_tells_what_he_wanted_to_leave_and_why_but_not_what_the_team_made_of_it(
    owner: Owner,
) -> None:
    (case,) = [one for one in owner.file["cancellations"] if one["channel"] == "form"]
    assert case["interview"]["other_product_why"] == "It has boards."
    assert [(one["detail"], one["domain"]) for one in case["items"]] == [("Branch", "shop.example")]
    assert [(one["channel"], one["result"]) for one in case["attempts"]] == [("phone", "reached")]
    internal = {"opened_by", "decided_by", "notes", "plan", "transfers", "look_at", "document", "letters"}
    assert not internal & case.keys()
    # The one of the withdrawal is closed already.
    (notice,) = [one for one in owner.file["notices"] if one["status"] == "open"]
    assert notice["products"] == ["erp"]
    assert not {"reason", "description", "sector", "created_by", "closed_by"} & notice.keys()
    for private in (NOTE, AUTHORIZATION, EVA.id):
        assert private not in owner.text
