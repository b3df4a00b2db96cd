"""What finance is told of the current month, while a purchase goes on in it (V3)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from chalicelib.kernel.clock import local_date
from tests.functional import steps
from tests.payments import paid, store_payments
from tests.world import World

ROUTE = "/v1/staff/reports/payments"


def test_without_days_it_is_the_current_month(world: World) -> None:
    now = datetime.now(UTC)
    store_payments(paid(1, now), paid(2, now - timedelta(days=32)))
    token = world.staff("finance")
    assert [one["id"] for one in steps.read(world, token, ROUTE)["data"]] == ["pay_0001"]
    today = local_date(now, "Europe/Madrid")
    saved_as = world.http("GET", f"{ROUTE}?format=csv", token=token).headers["Content-Disposition"]
    assert saved_as.startswith(f'attachment; filename="payments_{today.replace(day=1)}_{today:%Y-%m}-')


def test_a_real_purchase_is_reported_as_it_goes_on(world: World) -> None:
    customer, token = world.customer()
    finance = world.staff("finance")
    order = steps.charged(world, token, steps.LICENSE)
    (row,) = steps.read(world, finance, ROUTE)["data"]
    (invoice,) = steps.read(world, token, "/v1/invoices")["data"]
    assert (row["id"], row["status"], row["method"]) == (order["payment"]["id"], "pending", "boleto")
    assert (row["customer_id"], row["customer_name"]) == (customer.id, "Ana Souza")
    assert row["invoice_number"] == invoice["number"]
    world.pay(order["payment"]["id"])
    world.webhooks()
    world.settle_down()
    report = steps.read(world, finance, ROUTE)
    assert [(row["status"], bool(row["paid_at"])) for row in report["data"]] == [("paid", True)]
    assert [(total["paid"], total["open"]["amount"]) for total in report["totals"]] == [(order["total"], 0)]
