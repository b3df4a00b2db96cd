"""People around a cancellation on the running stack: a customer who leaves, the sectors that let him go."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Any

from pypdf import PdfReader

from infra import commands
from infra.emulator import direct
from infra.local import STACK, Local
from tests.integration.running import Answer, Client, eventually, registered

CASES = "/v1/staff/cancellations"
# What the subjects of the letters say, after the number of the case.
FORMAL, OWED = "Confirmação do seu cancelamento", "O que falta pagar"
CONTACT, CONFIRM = "Não conseguimos falar com você", "Confirme a sua solicitação"


@dataclass(frozen=True)
class Leaver:
    """A customer, with what he holds by product."""

    local: Local
    email: str
    client: Client

    @cached_property
    def id(self) -> str:
        return str(self.client.get("/v1/me")["id"])

    def contracts(self) -> dict[str, Any]:
        return {one["product"]: one for one in self.client.get("/v1/subscriptions")["data"]}

    def letters(self, words: str) -> list[str]:
        """The subjects and texts of the e-mails that he got with these words in their subject."""
        sender = self.local.environment()["MAIL_FROM"]
        with direct.open(self.local.endpoints["mail_outbox"], timeout=10) as answer:
            accounts = json.loads(answer.read())["messages"]
        sent = [one for messages in accounts.values() for one in messages if one["Source"] == sender]
        his = [one for one in sent if self.email in one["To"] and words in one["Subject"]]
        return [f"{one['Subject']}\n{one['BodyText']}" for one in his]

    def charged(self, subscription_id: str, at: datetime) -> Any:
        """The instalment that is due at an instant is asked for, by boleto; its order."""
        before = {one["id"] for one in self.client.get("/v1/orders")["data"]}
        work(self.local, subscription_id=subscription_id, at=at.isoformat())

        def found() -> Any:
            newest = self.client.get("/v1/orders")["data"][0]
            return newest if newest["id"] not in before and newest["payment"]["boleto"] else None

        return eventually("the boleto", found)


def buyer(local: Local, visitor: Client, *products: str, **profile: str) -> Leaver:
    """A new customer who has bought subscriptions and paid for them."""
    leaver = Leaver(local, *registered(visitor, **profile))
    order = {"items": [{"product": product} for product in products]}
    answer = leaver.client.call("POST", "/v1/orders", order)
    assert answer.status == 201, answer
    assert commands.pay(local.home, answer.json["payment"]["id"]) == 0
    eventually("the subscriptions", lambda: len(leaver.contracts()) == len(products))
    return leaver


def work(local: Local, **message: str) -> None:
    """What a schedule would have a worker do, for this one customer alone."""
    queue = local.outputs["SettlementsQueueUrl"]
    local.emulator.client("sqs").send_message(QueueUrl=queue, MessageBody=json.dumps(message))


def was_due(local: Local, subscription_id: str, order_id: str, day: date) -> None:
    """An instalment that was asked for was due on a day that is past: no clock of AWS can be set back."""
    key = {"pk": {"S": f"SUB#{subscription_id}"}, "sk": {"S": "SUB"}}
    dynamodb, table = local.emulator.client("dynamodb"), local.outputs["TableName"]
    row = dynamodb.get_item(TableName=table, Key=key)["Item"]
    installments = json.loads(row["installments"]["S"])
    for one in installments:
        if one.get("order_id") == order_id:
            one["due_on"] = day.isoformat()
    dynamodb.put_item(TableName=table, Item={**row, "installments": {"S": json.dumps(installments)}})


@dataclass(frozen=True)
class Desk:
    """The sectors, each signed in once."""

    local: Local
    staff: Client
    it: Client
    finance: Client

    def opens(self, leaver: Leaver, channel: str, *products: str, **about: Any) -> Case:
        """Somebody takes down that a customer wants to end these contracts."""
        held = leaver.contracts()
        ids = [held[product]["id"] for product in products]
        body = {"customer_id": leaver.id, "channel": channel, "subscription_ids": ids, **about}
        answer = self.staff.call("POST", CASES, body)
        assert answer.status == 201, answer
        return Case(self, leaver, answer.json["id"])

    def tasks(self, sector: str, kind: str, customer_id: str) -> list[Any]:
        """The open tasks of a kind about a customer."""
        found = self.staff.get(f"/v1/staff/tasks?sector={sector}&limit=100")["data"]
        return [one for one in found if (one["kind"], one["facts"]["customer_id"]) == (kind, customer_id)]


@dataclass(frozen=True)
class Case:
    """One cancellation, as the team handles it."""

    desk: Desk
    leaver: Leaver
    id: str

    @property
    def path(self) -> str:
        return f"{CASES}/{self.id}"

    @property
    def shown(self) -> Any:
        return self.desk.staff.get(self.path)

    def call(self, action: str, who: Client | None = None, **body: Any) -> Answer:
        return (who or self.desk.staff).call("POST", f"{self.path}/{action}", body)

    def does(self, action: str, who: Client | None = None, **body: Any) -> Any:
        answer = self.call(action, who, **body)
        assert answer.status in (200, 201), answer
        return answer.json

    def tried(self, channel: str, result: str = "no_answer") -> Any:
        return self.does("attempts", channel=channel, result=result)

    def step(self, action: str) -> Any:
        """The one step of an action."""
        (found,) = [one for one in self.shown["plan"] if one["action"] == action]
        return found

    def completes(self, action: str, who: Client | None = None, **answers: Any) -> Answer:
        return self.call(f"steps/{self.step(action)['step']}/complete", who, **answers)

    def finishes_task(self, action: str, sector: str) -> Any:
        """Somebody of the sector finds the task of a step, as soon as the step is ready, and does it."""
        tasks = eventually(f"the task {action}", lambda: self.desk.tasks(sector, action, self.leaver.id))
        (task,) = [one for one in tasks if one["facts"]["cancellation_id"] == self.id]
        assert self.desk.it.call("POST", f"/v1/staff/tasks/{task['id']}/done").status == 200
        return task

    def over(self, ended: Iterable[str]) -> Any:
        """The case, as soon as it is closed: every step done, all contracts ended, one formal e-mail."""
        shown = eventually(
            "the end of the case", lambda: s if (s := self.shown)["status"] == "closed" else None
        )
        assert shown["closed_at"]
        assert {one["status"] for one in shown["plan"]} <= {"done", "skipped"}
        assert all(one["by"] and one["at"] for one in shown["plan"])
        assert all(one["reason"] for one in shown["plan"] if one["status"] == "skipped")
        *others, last = shown["plan"]
        assert (last["action"], last["status"]) == ("send_formal_email", "done")
        assert last["after"] == [one["step"] for one in others]
        ended_at = {one["product"]: one["ended_at"] for one in shown["items"]}
        assert all(ended_at[product] for product in ended)
        self._written_once(shown)
        return shown

    def _written_once(self, shown: Any) -> None:
        """One letter says it, and the PDF of record with it."""
        (letter,) = self.leaver.letters(f"[{shown['number']}] {FORMAL}")
        document = self.desk.staff.call("GET", f"{self.path}/document", Accept="application/pdf")
        assert (document.status, document.headers["Content-Type"]) == (200, "application/pdf"), document
        text = PdfReader(io.BytesIO(document.body)).pages[0].extract_text()
        for item in shown["items"]:
            assert item["name"] in letter
        assert shown["number"] in text


def tick(local: Local, at: datetime) -> None:
    """The schedule that looks after cancellations runs at an instant."""
    assert commands.tick(local.home, STACK, at.isoformat(), "cancellations") == 0


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


def dead_letters(local: Local) -> dict[str, str]:
    """How much lies in each dead-letter queue that is not empty."""
    cloudformation, sqs = local.emulator.client("cloudformation"), local.emulator.client("sqs")
    pages = cloudformation.get_paginator("list_stack_resources").paginate(StackName=STACK)
    dead = {
        one["LogicalResourceId"]: one["PhysicalResourceId"]
        for page in pages
        for one in page["StackResourceSummaries"]
        if one["LogicalResourceId"].endswith("Dlq")
    }
    name = "ApproximateNumberOfMessages"
    counted = {
        queue: sqs.get_queue_attributes(QueueUrl=url, AttributeNames=[name])["Attributes"][name]
        for queue, url in dead.items()
    }
    assert counted
    return {queue: number for queue, number in counted.items() if number != "0"}
