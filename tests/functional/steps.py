"""What people, providers and time do in these tests, one function each."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode, urlsplit

from boto3.dynamodb.types import TypeSerializer
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.ses.models import ses_backends

from chalicelib import wiring
from chalicelib.billing import invoices
from chalicelib.billing import store as billing
from chalicelib.billing.credit_notes import CreditNote
from chalicelib.billing.rules import Invoice
from chalicelib.flows import expiry
from chalicelib.flows.crediting import credit
from chalicelib.kernel.events import Actor
from chalicelib.kernel.money import Money
from chalicelib.licensing import store as licensing
from chalicelib.licensing.events import licence_expiry
from chalicelib.licensing.rules import License
from chalicelib.orders import store as orders
from chalicelib.orders.rules import Order
from chalicelib.storage.transaction import Transaction, retrying
from infra.sandbox.wire import Request
from tests.world import REGION, Answer, World

OPERATOR = Actor("operator", "staff")
LICENSE = {"product": "prestaimport", "installation": {"name": "Loja", "domain": "loja.example.com"}}
ADDON_A = {"product": "supplier-a"}
ADDON_B = {"product": "supplier-b"}
ERP = {"product": "erp"}
MULTIPACK = {"product": "multipack"}
ADVISORY = {"product": "advisory-1h"}


def ask(
    world: World,
    token: str,
    *items: dict[str, Any],
    method: str | None = None,
    key: str | None = None,
    **more: Any,
) -> Answer:
    """Ask for an order, whatever the answer."""
    body: dict[str, Any] = {"items": list(items), **more}
    if method:
        body["payment_method"] = method
    headers = {"idempotency-key": key} if key else {}
    return world.http("POST", "/v1/orders", body, token=token, headers=headers)


def place(world: World, token: str, *items: dict[str, Any], **how: Any) -> Any:
    """Place an order; its answer."""
    answer = ask(world, token, *items, **how)
    assert answer.status == 201, answer.text
    return answer.json


def read(world: World, token: str, path: str) -> Any:
    """What a path shows."""
    answer = world.http("GET", path, token=token)
    assert answer.status == 200, answer.text
    return answer.json


def charged(world: World, token: str, *items: dict[str, Any], **how: Any) -> Any:
    """An order that has its charge at the provider."""
    order = place(world, token, *items, **how)
    world.settle_down()
    return read(world, token, f"/v1/orders/{order['id']}")


def open_form(world: World, payment: Any) -> None:
    """The payer's browser posts the form of a payment to Redsys's page."""
    form = payment["form"]
    raw = urlencode(form["fields"]).encode()
    path = urlsplit(form["url"]).path
    assert world.sandbox.answer(Request("POST", path, {}, {}, raw)).status == 200


def pay(world: World, payment: Any) -> None:
    """The payer does what it takes, and everything follows."""
    if payment["form"]:
        open_form(world, payment)
    world.pay(payment["id"])
    assert {answer.status for answer in world.webhooks()} == {200}
    world.settle_down()


def pay_with(world: World, payment_id: str, by: str) -> None:
    """The payer pays in one of several ways that his provider takes, and everything follows."""
    body = json.dumps({"reference": payment_id, "wait_seconds": 0, "by": by}).encode()
    assert world.sandbox.answer(Request("POST", "/_sandbox/pay", {}, {}, body)).status == 200
    assert {answer.status for answer in world.webhooks()} == {200}
    world.settle_down()


def invoice(invoice_id: str) -> Invoice:
    """The invoice as it is stored."""
    return billing.invoices.get(invoice_id)


def provider_id(payment_id: str) -> str:
    """The provider's id of a charge."""
    found = billing.payments.get(payment_id).provider_id
    assert found
    return found


def expiry_sweep(world: World) -> None:
    """The hourly sweep of overdue orders runs, with everything that follows."""
    expiry.sweep(wiring.reach(), world.now)
    world.settle_down()


def attempt(world: World, token: str, invoice_id: str, method: str, **more: Any) -> Any:
    """Another attempt to pay an invoice, as it stands when its provider has it."""
    asked = {"method": method, **more}
    answer = world.http("POST", f"/v1/invoices/{invoice_id}/payments", asked, token=token)
    assert answer.status == 201, answer.text
    world.settle_down()
    return payment(world, token, answer.json["id"])


def payment(world: World, token: str, payment_id: str) -> Any:
    """One of a customer's payments."""
    found = read(world, token, "/v1/payments?limit=100")["data"]
    return next(one for one in found if one["id"] == payment_id)


def bought(world: World, token: str, *items: dict[str, Any], **how: Any) -> Any:
    """An order that was paid, with everything that follows from it."""
    order = charged(world, token, *items, **how)
    pay(world, order["payment"])
    order = read(world, token, f"/v1/orders/{order['id']}")
    assert order["status"] == "paid"
    return order


def licenses(world: World, token: str) -> list[Any]:
    """A customer's licences, newest first."""
    found: list[Any] = read(world, token, "/v1/licenses")["data"]
    return found


def validate(world: World, key: str, **asked: Any) -> Any:
    """What a tool is told about a key."""
    answer = world.http("POST", "/v1/licenses/validate", {"key": key, **asked})
    assert answer.status == 200, answer.text
    return answer.json


def activate(world: World, key: str, fingerprint: str, **asked: Any) -> Any:
    """What a tool is told that asks for a seat."""
    body = {"key": key, "fingerprint": fingerprint, **asked}
    answer = world.http("POST", "/v1/licenses/activate", body)
    assert answer.status == 200, answer.text
    return answer.json


def deactivate(world: World, key: str, fingerprint: str) -> Answer:
    """A tool gives its seat back, whatever the answer."""
    return world.http("POST", "/v1/licenses/deactivate", {"key": key, "fingerprint": fingerprint})


def activations(world: World, token: str, license_id: str) -> list[Any]:
    """The installations that use a licence, earliest first."""
    found: list[Any] = read(world, token, f"/v1/licenses/{license_id}/activations")["data"]
    return found


def tick(time: datetime) -> dict[str, Any]:
    """What EventBridge sends a schedule at some time."""
    return {
        "version": "0",
        "id": "53dc4d37-cffa-4f76-80c9-8b7d4a4d2eaa",
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": "123456789012",
        "time": time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "region": "us-east-1",
        "resources": ["arn:aws:events:us-east-1:123456789012:rule/x"],
        "detail": {},
    }


def expire_sweep(world: World, at: datetime) -> None:
    """Time has come to `at` and the hourly sweep of licences runs, with everything that follows."""
    world.now = at
    licence_expiry(tick(at), None)
    world.settle_down()


def turn(world: World, **knobs: Any) -> None:
    """Make the payment provider misbehave; without knobs, behave."""
    body = json.dumps(knobs).encode()
    answer = world.sandbox.answer(Request("PUT", "/_sandbox/knobs", {}, {}, body))
    assert answer.status == 200, answer.body


def charges(world: World) -> list[Any]:
    """Every charge at the providers, newest first."""
    answer = world.sandbox.answer(Request("GET", "/_sandbox/charges"))
    found: list[Any] = json.loads(answer.body)["data"]
    return found


def charges_stand(world: World) -> dict[str, str]:
    """How each charge stands at its provider, by our payment id."""
    return {one["reference"]: one["status"] for one in charges(world)}


def set_order(order_id: str, **changes: Any) -> Order:
    """The order as another part of the system would have left it."""
    changed = replace(orders.get(order_id), **changes)
    writing = Transaction()
    writing.save(orders.row(changed))
    writing.commit()
    return changed


def set_license(license_id: str, **changes: Any) -> License:
    """The licence as staff or time would have left it."""
    changed = replace(licensing.get(license_id), **changes)
    writing = Transaction()
    # At its beginning no key had retired yet: all its copies are written.
    writing.save(*licensing.rows(changed, changed.created_at))
    writing.commit()
    return changed


def delete(world: World, rows: Iterable[dict[str, Any]]) -> None:
    """Rows that were never written after all."""
    for row in rows:
        key = {name: {"S": row[name]} for name in ("pk", "sk")}
        world.client("dynamodb").delete_item(TableName=world.table_name, Key=key)


def put(world: World, row: dict[str, Any]) -> None:
    """A row that is there again."""
    serialize = TypeSerializer().serialize
    item = {name: serialize(value) for name, value in row.items()}
    world.client("dynamodb").put_item(TableName=world.table_name, Item=item)


def tasks(world: World) -> list[tuple[str, str]]:
    """Kind and sector of every internal task."""
    return sorted((row["task_kind"], row["sector"]) for row in world.rows("task"))


def outstanding(world: World) -> list[str]:
    """The kinds of rows that are due for something, apart from what waits for its day."""
    waiting = ("license", "order", "subscription")
    return sorted(row["kind"] for row in world.rows() if "gsi2pk" in row and row["kind"] not in waiting)


def outcomes(world: World) -> list[str]:
    """What became of the provider's events."""
    return sorted(row.get("outcome", "unsettled") for row in world.rows("provider_event"))


def letters() -> list[Any]:
    """The e-mails that left, oldest first."""
    sent: list[Any] = ses_backends[DEFAULT_ACCOUNT_ID][REGION].sent_messages
    return sent


def waiting(world: World, queue: str) -> list[dict[str, str]]:
    """The messages in a queue, taken out of it."""
    sqs, url = world.client("sqs"), os.environ[f"{queue.upper()}_QUEUE_URL"]
    got = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
    return [json.loads(message["Body"]) for message in got]


def faults(answer: Answer) -> dict[str, str]:
    """The faulty fields that a 422 names, with their codes."""
    assert answer.status == 422, answer.text
    return {error["pointer"]: error["code"] for error in answer.json["errors"]}


def credited(world: World, invoice_id: str, minor: int, subject: str = "a refund") -> CreditNote:
    """What a refund takes off an invoice."""

    def attempt() -> CreditNote:
        invoice, writing = billing.invoices.get(invoice_id), Transaction()
        amount = Money(minor, invoice.total.currency)
        note = credit(writing, invoice, amount, "Devolución", subject, "Europe/Madrid", world.now)
        writing.commit()
        return note

    return retrying(attempt)


def set_payment(payment_id: str, **changes: Any) -> None:
    """The payment as a worker would have left it."""
    writing = Transaction()
    writing.save(billing.payments.row(replace(billing.payments.get(payment_id), **changes)))
    writing.commit()


def void_invoice(invoice_id: str) -> None:
    """The invoice as staff would have left it."""
    writing = Transaction()
    writing.save(billing.invoices.row(invoices.void(billing.invoices.get(invoice_id))))
    writing.commit()


def expired(order_id: str, now: datetime) -> Order:
    """The order as it is closed when its provider says that nothing was paid."""
    order = set_order(order_id, expires_at=now)
    expiry.close(order_id, order.payment_id, now)
    return orders.get(order_id)
