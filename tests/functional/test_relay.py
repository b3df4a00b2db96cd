"""The handlers behind stream and queues, called as AWS calls them: nothing is lost when something raises."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from typing import Any

import pytest

from chalicelib.edge.workers import SomeFailed
from chalicelib.flows import events, relay
from chalicelib.mail import events as mail_events
from tests.functional import steps
from tests.functional.steps import LICENSE
from tests.world import World


def _stream(world: World, name: str = "INSERT", kind: str | None = None) -> dict[str, Any]:
    """The table's rows as the stream tells of them: typed images, newest last."""
    items = world.client("dynamodb").scan(TableName=world.table_name)["Items"]
    told = sorted(
        (item for item in items if kind is None or item["kind"]["S"] == kind), key=lambda one: one["sk"]["S"]
    )
    return {"Records": [_record(at, name, item) for at, item in enumerate(told)]}


def _record(at: int, name: str, item: dict[str, Any]) -> dict[str, Any]:
    image = {} if name == "REMOVE" else {"NewImage": item}
    return {
        "eventID": f"{at:032x}",
        "eventName": name,
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": "us-east-1",
        "dynamodb": {
            "ApproximateCreationDateTime": 1795344275.0,
            "Keys": {key: item[key] for key in ("pk", "sk")},
            **image,
            "SequenceNumber": f"{at:021d}",
            "SizeBytes": 300,
            "StreamViewType": "NEW_IMAGE",
        },
        "eventSourceARN": "arn:aws:dynamodb:us-east-1:123456789012:table/vigencia-test/stream/x",
    }


def _messages(*bodies: Any) -> dict[str, Any]:
    return {
        "Records": [
            {
                "messageId": f"m-{at}",
                "receiptHandle": f"r-{at}",
                "body": body if isinstance(body, str) else json.dumps(body),
                "attributes": {},
                "messageAttributes": {},
                "md5OfBody": "",
                "eventSource": "aws:sqs",
                "eventSourceARN": "arn:aws:sqs:us-east-1:123456789012:charges",
                "awsRegion": "us-east-1",
            }
            for at, body in enumerate(bodies)
        ]
    }


# The stream


def test_a_new_event_reaches_its_subscribers_and_is_due_no_more(world: World) -> None:
    _, token = world.customer()
    order = steps.place(world, token, LICENSE)
    relay.relay(_stream(world), None)
    assert steps.waiting(world, "charges") == [{"payment_id": order["payment"]["id"]}]
    assert [row["mail_kind"] for row in world.rows("mail")] == ["invoice_issued"]
    (event,) = world.rows("outbox")
    assert event["done_at"]
    assert "gsi2pk" not in event
    assert event["ttl"]


def test_an_event_that_the_stream_brings_again_is_told_once(world: World) -> None:
    _, token = world.customer()
    steps.place(world, token, LICENSE)
    for _ in range(2):
        relay.relay(_stream(world), None)
    assert len(steps.waiting(world, "charges")) == 1


@pytest.mark.parametrize(("name", "kind"), [("MODIFY", "outbox"), ("REMOVE", "outbox"), ("INSERT", "order")])
def test_what_is_no_new_event_is_ignored(world: World, name: str, kind: str) -> None:
    _, token = world.customer()
    steps.place(world, token, LICENSE)
    before = world.rows()
    relay.relay(_stream(world, name, kind), None)
    assert world.rows() == before
    assert steps.waiting(world, "charges") == []


def test_an_event_that_was_never_committed_is_nothing(world: World) -> None:
    _, token = world.customer()
    steps.place(world, token, LICENSE)
    told = _stream(world)
    steps.delete(world, world.rows("outbox"))
    relay.relay(told, None)
    assert steps.waiting(world, "charges") == []


def test_when_a_subscriber_raises_the_others_are_served_and_the_event_stays_due(world: World) -> None:
    ana, first = world.customer()
    _, second = world.customer("rui@example.com", tax_id="11144477735")
    broken, sound = steps.place(world, first, LICENSE), steps.place(world, second, LICENSE)
    (customer,) = [row for row in world.rows("customer") if row["id"] == ana.id]
    steps.delete(world, [customer])
    with pytest.raises(SomeFailed) as failed:
        relay.relay(_stream(world), None)
    left = [row for row in world.rows("outbox") if "gsi2pk" in row]
    assert [row["subject"] for row in left] == [broken["id"]]
    assert str(failed.value) == left[0]["event_id"]
    told = [message["payment_id"] for message in steps.waiting(world, "charges")]
    assert sound["payment"]["id"] in told

    assert broken["payment"]["id"] in told

    steps.put(world, customer)
    world.reconcile()
    assert [row for row in world.rows("outbox") if "gsi2pk" in row] == []
    assert len(world.rows("mail")) == 2


def test_a_subscriber_that_raises_does_not_keep_the_next_one_waiting(world: World) -> None:
    _, token = world.customer()
    steps.place(world, token, LICENSE)
    world.client("sqs").delete_queue(QueueUrl=os.environ["CHARGES_QUEUE_URL"])
    with pytest.raises(SomeFailed):
        relay.relay(_stream(world), None)
    assert [row["mail_kind"] for row in world.rows("mail")] == ["invoice_issued"]
    assert "outbox" in steps.outstanding(world)
    world.client("sqs").create_queue(QueueName=f"{world.table_name}-charges")
    world.reconcile()
    assert "outbox" not in steps.outstanding(world)
    assert len(world.rows("mail")) == 1


# The queues


def test_only_the_failing_message_of_a_batch_goes_back(world: World) -> None:
    _, token = world.customer()
    one, two = (steps.place(world, token, LICENSE)["payment"]["id"] for _ in range(2))
    batch = _messages({"payment_id": one}, {"payment_id": "pay_x"}, "not json", {"payment_id": two}, {})
    answer = events.charge_worker(batch, None)
    failed = [item["itemIdentifier"] for item in answer["batchItemFailures"]]
    assert failed == ["m-1", "m-2", "m-4"]
    assert {row["status"] for row in world.rows("payment")} == {"pending"}


@pytest.mark.parametrize(
    ("worker", "body"),
    [
        (events.charge_worker, {"payment_id": "pay_x"}),
        (events.settlement_worker, {}),
        (mail_events.mail_worker, {"mail_id": "mail_x"}),
        (events.document_worker, {"invoice_id": "inv_x"}),
        (events.document_worker, {"credit_note_id": "crn_x"}),
    ],
    ids=["charges", "settlements", "mails", "invoices", "credit notes"],
)
def test_a_batch_that_fails_altogether_goes_back_message_by_message(
    world: World, worker: Any, body: dict[str, str]
) -> None:
    answer = worker(_messages(body, body), None)
    assert [item["itemIdentifier"] for item in answer["batchItemFailures"]] == ["m-0", "m-1"]


def test_the_workers_carry_a_purchase_through(world: World) -> None:
    _, token = world.customer()
    order = steps.place(world, token, LICENSE)
    assert events.charge_worker(_messages({"payment_id": order["payment"]["id"]}), None) == {
        "batchItemFailures": []
    }
    world.pay(order["payment"]["id"])
    world.webhooks()
    stored = [{"event_id": row["id"]} for row in world.rows("provider_event")]
    assert events.settlement_worker(_messages(*stored), None) == {"batchItemFailures": []}
    world.stream()
    mails = [{"mail_id": row["id"]} for row in world.rows("mail")]
    assert mail_events.mail_worker(_messages(*mails), None) == {"batchItemFailures": []}
    invoice = {"invoice_id": order["invoice_id"]}
    assert events.document_worker(_messages(invoice), None) == {"batchItemFailures": []}
    assert "invoice" not in steps.outstanding(world)
    assert steps.read(world, token, f"/v1/orders/{order['id']}")["status"] == "paid"
    assert {row["status"] for row in world.rows("mail")} == {"sent"}


def test_an_unknown_provider_event_needs_no_settling(world: World) -> None:
    assert events.settlement_worker(_messages({"event_id": "pev_x"}), None) == {"batchItemFailures": []}


# What SES tells


def _told(kind: str, mail_id: str) -> dict[str, Any]:
    detail = {"eventType": kind, "mail": {"messageId": "ses-1", "tags": {"mail_id": [mail_id]}}}
    return {
        **steps.tick(datetime.now(UTC)),
        "source": "aws.ses",
        "detail-type": "Email Sent",
        "detail": detail,
    }


@pytest.mark.parametrize(
    ("kind", "status"), [("Send", "sent"), ("Delivery", "queued"), ("DeliveryDelay", "queued")]
)
def test_only_the_providers_word_that_it_was_sent_marks_a_mail_as_sent(
    world: World, kind: str, status: str
) -> None:
    _, token = world.customer()
    steps.place(world, token, LICENSE)
    world.stream()
    (mail,) = world.rows("mail")
    mail_events.mail_events(_told(kind, mail["id"]), None)
    assert [row["status"] for row in world.rows("mail")] == [status]


# The schedule


def test_the_sweep_takes_now_from_its_events_own_time(world: World) -> None:
    _, token = world.customer()
    steps.place(world, token, LICENSE)
    for time in (datetime(2020, 1, 1, tzinfo=UTC), world.now):
        events.reconcile(steps.tick(time), None)
        assert steps.outstanding(world) == ["invoice", "outbox", "payment"]
    events.reconcile(steps.tick(datetime(2050, 1, 1, tzinfo=UTC)), None)
    assert steps.outstanding(world) == ["invoice", "mail", "payment"]
    (event,) = world.rows("outbox")
    assert event["done_at"].startswith("2050-01-01T00:00:00")
