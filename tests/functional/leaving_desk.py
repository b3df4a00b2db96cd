"""Staff that handles a customer's cancellation over HTTP."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from chalicelib.subscriptions.rules import Subscription
from tests.functional import steps
from tests.functional.leaving import Leaver
from tests.world import Answer, World

ROUTE = "/v1/staff/cancellations"
EVA = "6f1d3f0e-6a3f-4f57-9a38-1f4f3f1f7b11"
PHONE = "(11) 91234-5678"
PRICE = {"amount": 9900, "currency": "BRL"}


@dataclass(frozen=True)
class Desk:
    """Eva of the staff, a colleague of IT, and a customer who wants to leave."""

    world: World
    ana: Leaver
    eva: str
    it: str

    def ask(
        self, method: str, path: str, body: Any = None, *, key: str | None = None, by: str | None = None
    ) -> Answer:
        """One request of Eva's, or of whoever else has that token; whatever the answer."""
        headers = {"idempotency-key": key} if key else {}
        return self.world.http(method, ROUTE + path, body, token=by or self.eva, headers=headers)

    def open(self, *held: Subscription, key: str | None = None, **told: Any) -> Answer:
        """The customer has called, and wants to leave these; whatever the answer."""
        ids = [one.id for one in held]
        said = {"customer_id": self.ana.customer_id, "channel": "phone", "subscription_ids": ids, **told}
        return self.ask("POST", "", said, key=key)

    def opened(self, *held: Subscription, **told: Any) -> str:
        """The id of a new case about these."""
        answer = self.open(*held, **told)
        assert answer.status == 201, answer.text
        return str(answer.json["id"])

    def does(self, case_id: str, what: str, **body: Any) -> Any:
        """Something is done with a case; how that stands then."""
        answer = self.ask("POST", f"/{case_id}/{what}", body)
        assert answer.status in (200, 201), answer.text
        return answer.json

    def refused(self, case_id: str, what: str, **body: Any) -> Answer:
        """Something cannot be done with a case, and nothing was changed by the attempt."""
        before = self.world.rows()
        answer = self.ask("POST", f"/{case_id}/{what}", body)
        assert answer.status >= 400, answer.text
        assert self.world.rows() == before
        return answer

    def faults(self, case_id: str, what: str, **body: Any) -> dict[str, str]:
        """The faulty fields of what cannot be done with a case."""
        return steps.faults(self.refused(case_id, what, **body))

    def seen(self, case_id: str, by: str | None = None) -> Any:
        """The case as Eva sees it, or whoever has that token."""
        answer = self.ask("GET", f"/{case_id}", by=by)
        assert answer.status == 200, answer.text
        return answer.json


def desk(world: World) -> Desk:
    """A customer in Brazil with a telephone, and those who deal with his case."""
    customer, token = world.customer(phone=PHONE)
    ana = Leaver(world, customer.id, token)
    answer = world.http("PATCH", "/v1/me", {"default_payment_method": "boleto"}, token=token)
    assert answer.status == 200, answer.text
    return Desk(world, ana, world.keys.token(EVA, "staff"), world.staff("it"))


def timeless(case: Any) -> Any:
    """A case without the instant that its preview was made for."""
    return {**case, "ends": [{**one, "ends_at": None} for one in case["ends"]]}
