"""Many at once: one series of numbers without gaps, and one effect of one event or request."""

from __future__ import annotations

import json
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any, TypeVar

import pytest

from app import app
from infra.emulator import Emulator, direct
from tests.integration.conftest import serving_threads
from tests.world import WORKERS, Answer, World

T = TypeVar("T")

ORDER = {
    "items": [
        {"product": "prestaimport", "installation": {"name": "Loja", "domain": "loja.example.com"}},
        {"product": "supplier-a"},
    ],
    "payment_method": "boleto",
}
MAILS = {"invoice_issued", "boleto_to_pay", "payment_received", "license_active"}


@pytest.fixture(autouse=True)
def _one_request_per_thread() -> Iterator[None]:
    with serving_threads(app):
        yield


def at_once(count: int, work: Callable[[int], T]) -> list[T]:
    """`work(0)`, `work(1)`, … all beginning at the same moment; what they returned."""
    start = Barrier(count)

    def wait_and_work(number: int) -> T:
        start.wait(timeout=60)
        return work(number)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(wait_and_work, range(count)))


def order(world: World, token: str, key: str) -> Answer:
    return world.http("POST", "/v1/orders", ORDER, token=token, headers={"Idempotency-Key": key})


def test_fifty_concurrent_orders_take_fifty_consecutive_numbers(world: World) -> None:
    tokens = [world.customer(f"{number}@example.com")[1] for number in range(50)]
    answers = at_once(50, lambda number: order(world, tokens[number], str(uuid.uuid4())))
    assert Counter(answer.status for answer in answers) == {201: 50}
    invoices = world.rows("invoice")
    (series,) = {row["number"].rpartition("-")[0] for row in invoices}
    assert sorted(row["number"] for row in invoices) == [f"{series}-{at:06d}" for at in range(1, 51)]
    assert len({row["order_id"] for row in invoices}) == 50
    assert {row["last"] for row in world.rows("counter")} == {50}


def test_sixteen_concurrent_requests_with_one_key_are_one_order(world: World) -> None:
    _, token = world.customer()
    answers = at_once(16, lambda number: order(world, token, "one key"))
    assert Counter(answer.status for answer in answers) == {201: 16}
    assert len({answer.text for answer in answers}) == 1
    assert sum("Idempotent-Replayed" in answer.headers for answer in answers) == 15
    for kind in ("order", "invoice", "payment", "number", "idempotency"):
        assert len(world.rows(kind)) == 1, kind


def test_sixteen_concurrent_deliveries_of_one_webhook_are_one_activation(
    world: World, emulator: Emulator
) -> None:
    customer, token = world.customer(f"{uuid.uuid4().hex}@example.com")
    placed = order(world, token, "a key").json
    world.settle_down()
    world.pay(placed["payment"]["id"])
    event, headers = world.sandbox.signed_events()[-1]
    path, body = f"/v1/webhooks/{event.provider}", event.body.encode()
    answers = at_once(16, lambda number: world.http("POST", path, raw=body, headers=headers))
    assert Counter(answer.status for answer in answers) == {200: 16}
    (stored,) = world.rows("provider_event")
    at_once(16, lambda number: WORKERS["settlements"]({"event_id": stored["id"]}, world.now))
    world.settle_down()
    (settled,) = world.rows("provider_event")
    assert settled["outcome"] == "accept"
    paid = [row["subject"] for row in world.rows("audit") if row["action"] == "payment received"]
    assert len(paid) == len(set(paid)) == 3
    assert len(world.rows("license")) == len(world.rows("license_key")) == 1
    assert Counter(row["mail_kind"] for row in world.rows("mail")) == dict.fromkeys(MAILS, 1)
    assert len(letters(emulator, customer.email)) == len(MAILS)


def test_sixteen_bookings_at_once_of_the_same_bank_lines_book_each_once(world: World) -> None:
    _, token = world.customer()
    answer = world.http("POST", "/v1/orders", {**ORDER, "payment_method": "transfer"}, token=token)
    payment, half = answer.json["payment"], answer.json["total"]["amount"] // 2
    rest = answer.json["total"]["amount"] - half
    entries = [
        {
            "payment_id": payment["id"],
            "reference": reference,
            "value_date": "2026-11-24",
            "amount": {"amount": minor, "currency": "BRL"},
        }
        for reference, minor in (("N1", half), ("N2", rest))
    ]
    finance, body = world.staff("finance"), {"entries": entries}
    path = "/v1/staff/bank_entries"
    answers = at_once(16, lambda number: world.http("POST", path, body, token=finance))
    told = Counter(entry["outcome"] for answer in answers for entry in answer.json["entries"])
    assert told == {"booked": 2, "already_booked": 30}
    assert len(world.rows("bank_entry")) == 2
    (row,) = world.rows("payment")
    assert (row["status"], row["received"]) == ("paid", f"{half + rest} BRL")
    assert world.rows("task") == []


def letters(emulator: Emulator, to: str) -> list[dict[str, Any]]:
    """The e-mails that SES took for somebody."""
    with direct.open(emulator.mail_outbox) as answer:
        accounts = json.load(answer)["messages"]
    return [mail for mails in accounts.values() for mail in mails if mail["To"] == [to]]
