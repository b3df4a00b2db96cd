"""Placing an order: what is charged, what is written, and what is not (S2, S3)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from chalicelib.kernel.clock import local_date
from tests.functional import steps
from tests.functional.steps import ADDON_A, ADDON_B, ADVISORY, ERP, LICENSE
from tests.world import World


def _in_five_days() -> set[date]:
    """Today + 5 in São Paulo; two days while the test passes midnight there."""
    now = datetime.now(UTC)
    days = (local_date(at, "America/Sao_Paulo") for at in (now - timedelta(minutes=1), now))
    return {day + timedelta(days=5) for day in days}


def test_a_preview_shows_prices_and_due_date_and_writes_nothing(world: World) -> None:
    _, token = world.customer()
    before = world.rows()
    shown = world.http("POST", "/v1/orders/preview", {"items": [LICENSE, ADDON_A]}, token=token)
    assert shown.status == 200
    assert shown.json["total"] == {"amount": 89800, "currency": "BRL"}
    assert [(one["product"], one["amount"]["amount"]) for one in shown.json["items"]] == [
        ("prestaimport", 59900),
        ("supplier-a", 29900),
    ]
    assert shown.json["payment"]["method"] == "boleto"
    assert date.fromisoformat(shown.json["payment"]["due_date"]) in _in_five_days()
    assert world.rows() == before


def test_an_order_costs_what_its_preview_said(world: World) -> None:
    _, token = world.customer()
    shown = world.http("POST", "/v1/orders/preview", {"items": [LICENSE, ADDON_B]}, token=token).json
    order = steps.place(world, token, LICENSE, ADDON_B)
    assert (order["items"], order["total"]) == (shown["items"], shown["total"])
    assert order["payment"]["amount"] == shown["total"]
    assert order["payment"]["due_date"] == shown["payment"]["due_date"]


def test_everything_of_an_order_is_written_together(world: World) -> None:
    customer, token = world.customer()
    steps.bought(world, token, ERP)
    before = {(row["pk"], row["sk"]) for row in world.rows()}
    order = steps.place(world, token, ADVISORY)
    written = [row for row in world.rows() if (row["pk"], row["sk"]) not in before]
    kinds = sorted(row["kind"] for row in written)
    assert kinds == [
        *["audit"] * 4,
        "counter",
        *["invoice", "number", "number", "order", "outbox", "outbox", "payment", "ticket", "ticket_place"],
    ]
    trail = {
        row["subject"]: (row["after"], row["actor"], row["channel"])
        for row in written
        if row["kind"] == "audit"
    }
    assert trail == {
        order["id"]: ("pending_payment", customer.id, "store"),
        order["invoice_id"]: ("open", customer.id, "store"),
        order["payment"]["id"]: ("requested", customer.id, "store"),
        order["tickets"][0]: ("open", customer.id, "store"),
    }


def test_invoices_are_numbered_without_gaps_and_say_who_sold_what_to_whom(world: World) -> None:
    _, token = world.customer()
    for _ in range(3):
        steps.place(world, token, LICENSE)
    steps.ask(world, token, {"product": "no-such"})
    steps.place(world, token, LICENSE, ADDON_A)
    listed = steps.read(world, token, "/v1/invoices")["data"]
    year = local_date(world.now, "Europe/Madrid").year
    assert [one["number"] for one in listed] == [f"A-{year}-{number:06d}" for number in (4, 3, 2, 1)]
    invoice = steps.read(world, token, f"/v1/invoices/{listed[0]['id']}")
    assert invoice["seller"]["tax_id"] == "B12345674"
    assert (invoice["buyer"]["name"], invoice["buyer"]["tax_id"]) == ("Ana Souza", "52998224725")
    assert [line["description"] for line in invoice["lines"]] == ["PrestaImport", "Fornecedor A"]
    assert (invoice["status"], invoice["total"]["amount"]) == ("open", 89800)


def test_orders_and_payments_are_listed_newest_first_page_by_page(world: World) -> None:
    _, token = world.customer()
    placed = [steps.place(world, token, LICENSE) for _ in range(5)][::-1]
    for path, ids in (
        ("/v1/orders", [order["id"] for order in placed]),
        ("/v1/payments", [order["payment"]["id"] for order in placed]),
    ):
        first = steps.read(world, token, f"{path}?limit=2")
        second = steps.read(world, token, f"{path}?limit=3&cursor={first['next_cursor']}")
        assert [one["id"] for one in first["data"] + second["data"]] == ids
        assert second["next_cursor"] is None


# Services


def test_a_service_opens_a_ticket_and_its_payment_moves_it_on(world: World) -> None:
    _, token = world.customer()
    steps.bought(world, token, ERP)
    order = steps.charged(world, token, ADVISORY)
    (ticket_id,) = order["tickets"]
    waiting = steps.read(world, token, f"/v1/tickets/{ticket_id}")
    assert (waiting["status"], waiting["waits_for"], waiting["product"]) == ("open", "payment", "advisory-1h")
    world.pay(order["payment"]["id"])
    world.webhooks()
    world.settle_down()
    moved = steps.read(world, token, f"/v1/tickets/{ticket_id}")
    assert (moved["status"], moved["waits_for"]) == ("waiting_customer", "slots")


def test_every_session_bought_has_a_ticket_of_its_own(world: World) -> None:
    _, token = world.customer()
    steps.bought(world, token, ERP)
    order = steps.place(world, token, ADVISORY, LICENSE, {"product": "advisory-3h"}, ADVISORY)
    shown = [steps.read(world, token, f"/v1/tickets/{one}") for one in order["tickets"]]
    assert [one["product"] for one in shown] == ["advisory-1h", "advisory-3h", "advisory-1h"]
    first = int(shown[0]["number"].removeprefix("T-"))
    assert [one["number"] for one in shown] == [f"T-{first + at:06d}" for at in range(3)]
