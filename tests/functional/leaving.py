"""A customer who wants to leave, as he, staff, workers and time deal with his case."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from chalicelib import wiring
from chalicelib.billing import store as billing
from chalicelib.cancellations import steps as progress
from chalicelib.cancellations import store as cases
from chalicelib.cancellations.answers import Answers
from chalicelib.cancellations.checklist import Action, Step
from chalicelib.cancellations.procedures import Attempt
from chalicelib.cancellations.rules import Case, Decision
from chalicelib.catalog import store as catalog
from chalicelib.flows import leaving, leaving_outcomes, leaving_steps, renewals
from chalicelib.flows.events import cancellations
from chalicelib.flows.leaving import Detail, Leave
from chalicelib.kernel.clock import local_date
from chalicelib.kernel.events import Actor
from chalicelib.kernel.ids import derived_id
from chalicelib.orders import store as orders
from chalicelib.storage.transaction import Transaction
from chalicelib.subscriptions import changes
from chalicelib.subscriptions import store as subscriptions
from chalicelib.subscriptions.rules import Subscription
from infra.sandbox.wire import Request
from tests.functional import steps
from tests.world import World

EVA, LEO = Actor("usr_eva", "staff"), Actor("usr_leo", "staff")
ZONE = "America/Sao_Paulo"
NAMED = {"domain": "loja.com.br", "corporate-email": "loja.com.br", "site": "loja.com.br"}
ANSWERS: dict[Action, Answers] = {
    "confirm_backup": Answers("He has copied all of it"),
    "find_responsible": Answers(responsible="us"),
    "collect_transfer_data": Answers(registrar_id="ABC12", authorization_code="x1-y2"),
}


@dataclass(frozen=True)
class Leaver:
    """A customer with contracts, who pays by boleto."""

    world: World
    customer_id: str
    token: str

    # What he has

    def holds(self, product: str, days: int = 3, **terms: Any) -> Subscription:
        """A contract that began so many days ago, with its first instalment paid."""
        sold = catalog.get(product)
        price = sold.price("BRL")
        assert sold.terms
        assert price
        subscription = changes.started(
            id=derived_id("sub", self.customer_id, product),
            customer_id=self.customer_id,
            order_id=None,
            product=product,
            name=sold.name("pt-BR"),
            price=price,
            terms=replace(sold.terms, **terms),
            start=self.today - timedelta(days=days),
            zone=ZONE,
            now=self.world.now,
        )
        return self.stored(subscription)

    def stored(self, subscription: Subscription) -> Subscription:
        """The contract as time or staff would have left it."""
        writing = Transaction()
        writing.save(subscriptions.row(subscription))
        writing.commit()
        return subscriptions.get(subscription.id)

    def asked_to_pay(self, subscription: Subscription, *days: int) -> list[str]:
        """Instalments were asked for by boletos whose last days were or will be so many days from now.

        The ids of their payments, in that order. A boleto can be paid for five days.
        """
        renewals.run(subscription.id, wiring.vendor(), self.world.now)
        self.world.settle_down()
        one = subscriptions.get(subscription.id)
        asked = [part for part in one.installments if part.status == "charged"]
        assert len(asked) == len(days), one.installments
        last = {
            part.number: self.today + timedelta(days=many) for part, many in zip(asked, days, strict=True)
        }
        parts = (
            replace(part, due_on=last[part.number] - timedelta(days=5)) if part in asked else part
            for part in one.installments
        )
        self.stored(replace(one, installments=tuple(parts)))
        return [self._due_on(part.order_id or "", last[part.number]) for part in asked]

    def _due_on(self, order_id: str, day: date) -> str:
        payment = billing.payments.get(orders.get(order_id).payment_id)
        writing = Transaction()
        writing.save(billing.payments.row(replace(payment, due_date=day)))
        writing.commit()
        return payment.id

    @property
    def today(self) -> date:
        return local_date(self.world.now, ZONE)

    # His case

    def asks(self, *held: Subscription, channel: Any = "phone", **told: Any) -> Case:
        """Staff takes down what he wants to leave."""
        details = {one.id: Detail(domain=NAMED.get(one.product)) for one in held}
        leave = Leave(channel, tuple(one.id for one in held), self.world.now, details=details)
        asked = replace(leave, **told)
        return leaving.open_case(
            self.customer_id, asked, EVA, self.world.now, answer=lambda case: (201, case.id)
        )

    def tried(self, case: Case, channel: Any = "phone", result: Any = "no_answer") -> Case:
        """Staff tries to reach him."""
        attempt = Attempt(channel, result, self.world.now, EVA.id)
        return leaving_outcomes.attempt(
            case.id, attempt, wiring.vendor(), EVA, answer=lambda one: (201, one.id)
        )

    def decided(self, case: Case, outcome: Any = "canceled", by: Actor = EVA, **told: Any) -> Case:
        """How it ends."""
        return leaving_outcomes.decide(case.id, Decision(outcome, **told), by, self.world.now)

    def read(self, case: Case) -> Case:
        return cases.get(case.id)

    def carried_out(self, case: Case) -> Case:
        """Workers and people do all that can be done."""
        self.world.settle_down()
        while waiting := self.waiting(case):
            for step in waiting:
                answers = ANSWERS.get(step.action, Answers("seen"))
                leaving_steps.complete(case.id, step.id, answers, LEO, self.world.now)
            self.world.settle_down()
        return self.read(case)

    def waiting(self, case: Case) -> list[Step]:
        """The steps that wait for people."""
        ready = progress.ready(self.read(case), self.world.now)
        return [step for step in ready if step.performer != "system"]

    def tick(self, at: datetime) -> None:
        """It is that instant, the schedule of cases runs, and everything follows."""
        self.world.now = max(self.world.now, at)
        cancellations(steps.tick(self.world.now), None)
        self.world.settle_down()

    # What came of it

    def letters(self, kind: str) -> list[Any]:
        """What the e-mails of a kind said."""
        rows = [row for row in self.world.rows("mail") if row["mail_kind"] == kind]
        return [json.loads(row["params"]) for row in rows if row["status"] == "sent"]

    def kinds(self) -> list[str]:
        """The kinds of the e-mails that have left, in alphabetical order."""
        return sorted(row["mail_kind"] for row in self.world.rows("mail") if row["status"] == "sent")

    def tasks(self, kind: str | None = None) -> list[tuple[str, str]]:
        """Sector and status of the tasks of a kind, or of all."""
        rows = [row for row in self.world.rows("task") if kind is None or row["task_kind"] == kind]
        return [(row["sector"], row["status"]) for row in rows]

    def charges(self) -> dict[str, str]:
        """How the charges at the providers stand, by payment."""
        answer = self.world.sandbox.answer(Request("GET", "/_sandbox/charges"))
        return {one["reference"]: one["status"] for one in json.loads(answer.body)["data"]}


def leaver(world: World) -> Leaver:
    """A new customer in Brazil who pays by boleto."""
    customer, token = world.customer()
    answer = world.http("PATCH", "/v1/me", {"default_payment_method": "boleto"}, token=token)
    assert answer.status == 200, answer.text
    return Leaver(world, customer.id, token)


def unfinished(case: Case) -> Iterator[str]:
    """What keeps a case from being rightly closed: its steps, and their order."""
    stamps = {step.id: step.at for step in case.plan if step.at}
    for step in case.plan:
        if step.status == "pending" or (step.status == "skipped" and not step.reason) or step.at is None:
            yield f"{step.id} is {step.status}"
        elif late := [id for id in step.after if stamps[id] > step.at]:
            yield f"{step.id} came before {late}"
