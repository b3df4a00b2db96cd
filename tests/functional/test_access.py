"""Who may call what: every route × every role, and every object × another customer.

Both matrices are generated from the declared routes; a new route fails here until it is placed.
"""

from __future__ import annotations

import re
from typing import Any

import pytest

from app import app
from chalicelib.edge.auth import CUSTOMER
from chalicelib.edge.routes import SPECS, RouteSpec
from tests.functional import steps
from tests.functional.access import ACCESS, PUBLIC
from tests.functional.advising import slots, soon
from tests.functional.mailroom import enclosed
from tests.world import Answer, World

# Answered by a function of its own, past Chalice and its authorizer.
OUTSIDE = {"POST /v1/licenses/validate"}
# What a route needs in its body before it looks for the object.
BODIES = {
    "/v1/licenses/{license_id}/file": {"fingerprint": "host-1"},
    "/v1/invoices/{invoice_id}/payments": {"method": "paypal"},
    "/v1/tickets/{ticket_id}/messages": {"text": "Hello"},
    "/v1/tickets/{ticket_id}/slots": slots(soon()),
    "/v1/tickets/{ticket_id}/attachments": {"name": "a.txt", "media_type": "text/plain", "size": 1},
}
# Lists that show what belongs to nobody, or to oneself alone.
NOT_OWNED = {"/v1/me", "/v1/me/products"}
REFUSED = {"not_authenticated": "401", "forbidden": "403"}


@pytest.fixture(scope="module")
def tokens(shared_world: World) -> dict[str, str | None]:
    staff = {group: shared_world.staff(group) for group in ("staff", "finance", "it")}
    return {"nobody": None, "customer": shared_world.customer()[1], **staff}


def _called(world: World, spec: RouteSpec, token: str | None, **ids: str) -> Answer:
    path = re.sub(r"{(\w+)}", lambda name: ids.get(name[1], "x"), spec.path)
    body = BODIES.get(spec.path, {}) if spec.body else None
    return world.http(spec.method, path, body, token=token)


def _outcome(answer: Answer) -> str:
    """A public route may well refuse a password or a signature; that is not a matter of roles."""
    return REFUSED.get(answer.json.get("code"), "let in") if answer.status in (401, 403) else "let in"


def test_every_route_lets_in_exactly_the_roles_of_its_row(
    shared_world: World, tokens: dict[str, str | None]
) -> None:
    found = {
        f"{spec.method} {spec.path}": {
            who: _outcome(_called(shared_world, spec, token)) for who, token in tokens.items()
        }
        for spec in SPECS
    }
    assert found == ACCESS


def test_the_gateway_asks_the_authorizer_for_exactly_the_routes_that_need_a_role() -> None:
    guarded = {
        f"{method} {path}": bool(entry.authorizer)
        for path, methods in app.routes.items()
        for method, entry in methods.items()
        if method != "OPTIONS"
    }
    assert guarded == {route: row is not PUBLIC for route, row in ACCESS.items() if route not in OUTSIDE}


def test_two_staff_groups_add_up_and_a_member_of_staff_is_no_customer(shared_world: World) -> None:
    token = shared_world.staff("finance", "it")
    assert shared_world.http("GET", "/v1/staff/tasks", token=token).status == 200
    refused = shared_world.http("GET", "/v1/me", token=token)
    assert (refused.status, refused.json["detail"]) == (403, "This needs one of the roles: customer.")


@pytest.fixture(scope="module")
def objects(shared_world: World) -> tuple[str, dict[str, str]]:
    """A customer who has one of everything, and the ids of it."""
    _, token = shared_world.customer("owner@example.com")
    subscribed = steps.bought(shared_world, token, steps.ERP, method="card", keep_card=True)
    open_order = steps.charged(shared_world, token, steps.LICENSE)
    (card,) = steps.read(shared_world, token, "/v1/me/cards")["data"]
    order = steps.bought(shared_world, token, steps.LICENSE, steps.ADDON_A, steps.ADVISORY)
    (subscription,) = steps.read(shared_world, token, "/v1/subscriptions")["data"]
    assert subscription["order_id"] == subscribed["id"]
    (shown,) = steps.licenses(shared_world, token)
    steps.activate(shared_world, shown["key"], "loja.example.com")
    dropped = {"order_id": steps.charged(shared_world, token, steps.LICENSE)["id"], "confirm": True}
    withdrawal = shared_world.http("POST", "/v1/withdrawals", dropped, token=token).json
    export = shared_world.http("POST", "/v1/me/exports", token=token).json
    note = steps.credited(shared_world, order["invoice_id"], 100)
    attachment_id = enclosed(order["tickets"][0])
    shared_world.settle_down()
    (activation,) = steps.activations(shared_world, token, shown["id"])
    return token, {
        "activation_id": activation["id"],
        "attachment_id": attachment_id,
        "credit_note_id": note.id,
        "order_id": order["id"],
        "invoice_id": open_order["invoice_id"],
        "card_id": card["id"],
        "license_id": order["licenses"][0],
        "code": "supplier-a",
        "subscription_id": subscription["id"],
        "ticket_id": order["tickets"][0],
        "withdrawal_id": withdrawal["id"],
        "export_id": export["id"],
    }


def _told(answer: Answer) -> Any:
    """An answer without what differs between any two requests."""
    said = dict(answer.json)
    return answer.status, {**said, "request_id": "", "detail": re.sub(r"\S+\.$", "", said["detail"])}


OWN = [spec for spec in SPECS if spec.roles == CUSTOMER and "{" in spec.path]


@pytest.mark.parametrize("spec", OWN, ids=lambda spec: f"{spec.method} {spec.path}")
def test_an_object_is_its_owners_and_unknown_to_everybody_else(
    shared_world: World, objects: tuple[str, dict[str, str]], spec: RouteSpec
) -> None:
    owner, ids = objects
    wanted = {name: ids[name] for name in re.findall(r"{(\w+)}", spec.path)}
    (first, real), *_ = wanted.items()
    before = shared_world.rows()
    _, other = shared_world.customer("other@example.com", tax_id="11144477735")
    added = {row["pk"] for row in shared_world.rows()} - {row["pk"] for row in before}
    refused = _called(shared_world, spec, other, **wanted)
    unknown = _called(shared_world, spec, other, **{**wanted, first: real[:-4] + "zzzz"})
    assert refused.status == 404
    assert _told(refused) == _told(unknown)
    assert [row for row in shared_world.rows() if row["pk"] not in added] == before
    assert _called(shared_world, spec, owner, **wanted).status == spec.status


@pytest.mark.parametrize(
    "path",
    [spec.path for spec in SPECS if spec.roles == CUSTOMER and spec.method == "GET" and "{" not in spec.path],
)
def test_a_list_shows_its_owners_things_and_nobody_elses(
    shared_world: World, objects: tuple[str, dict[str, str]], path: str
) -> None:
    owner, _ = objects
    if path == "/v1/me/cards":
        # The one that was kept was taken back above.
        steps.bought(shared_world, owner, steps.LICENSE, method="card", keep_card=True)
    _, other = shared_world.customer("another@example.com", tax_id="11144477735")
    if path not in NOT_OWNED:
        assert steps.read(shared_world, owner, path)["data"]
        assert steps.read(shared_world, other, path) == {"data": [], "next_cursor": None}
