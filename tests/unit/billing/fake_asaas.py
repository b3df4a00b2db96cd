"""A small Asaas in memory, and the adapter talking to it over HTTP."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from urllib3 import Timeout

from chalicelib.billing.gateways import Gateway
from chalicelib.billing.gateways.asaas import Asaas
from infra.sandbox.boleto import make_slip
from tests.unit.billing.stub import DUE, PATIENT, Call, Reply, Stub, pooled, serving

Json = dict[str, Any]
TOKEN = "a-webhook-token"


@dataclass
class FakeAsaas:
    """As much of Asaas as a charge needs; `before` may answer in its place, `after` runs once it is done."""

    customers: list[Json] = field(default_factory=list)
    payments: list[Json] = field(default_factory=list)
    slip_amount: int | None = None
    slip_due: date | None = None
    pix: Reply = field(default_factory=lambda: Reply(400, {"errors": [{"code": "invalid_action"}]}))
    before: Callable[[Call], Reply | None] = lambda call: None
    after: Callable[[Call], None] = lambda call: None

    def __call__(self, call: Call) -> Reply:
        reply = self.before(call) or self.answer(call)
        self.after(call)
        return reply

    def answer(self, call: Call) -> Reply:
        """The answer of a healthy Asaas."""
        items = self.customers if "customers" in call.path else self.payments
        if call.path in ("/v3/customers", "/v3/payments"):
            return self._create(call, items) if call.method == "POST" else self._listed(call, items)
        payment = next((one for one in self.payments if one["id"] == call.path.split("/")[3]), None)
        if payment is None:
            return Reply(404, b"")
        if call.method == "DELETE":
            payment["deleted"] = True
            return Reply(200, {"deleted": True, "id": payment["id"]})
        if call.path.endswith("/pixQrCode"):
            return self.pix
        if call.path.endswith("/refund"):
            return self._refund(payment, json.loads(call.body, parse_float=str))
        return Reply(200, self._line(payment) if call.path.endswith("/identificationField") else payment)

    def add(self, **fields: object) -> Json:
        """A payment that exists already."""
        number = len(self.payments) + 1
        payment = {
            "object": "payment",
            "id": f"pay_{number:016d}",
            "value": 149.9,
            "originalValue": None,
            "status": "PENDING",
            "dueDate": DUE.isoformat(),
            "externalReference": "pay_1",
            "bankSlipUrl": "https://asaas.example/b/1",
            "deleted": False,
            **fields,
        }
        self.payments.append(payment)
        return payment

    def _create(self, call: Call, items: list[Json]) -> Reply:
        wanted = json.loads(call.body)
        if items is self.payments:
            return Reply(200, self.add(**wanted))
        items.append({"id": f"cus_{len(items) + 1:012d}", "deleted": False, **wanted})
        return Reply(200, items[-1])

    def _listed(self, call: Call, items: list[Json]) -> Reply:
        wanted = call.query["externalReference"]
        return Reply(200, {"object": "list", "data": [i for i in items if i["externalReference"] == wanted]})

    def _refund(self, payment: Json, wanted: Json) -> Reply:
        payment["refunds"] = [*(payment.get("refunds") or []), {"status": "DONE", **wanted}]
        return Reply(200, payment)

    def _line(self, payment: Json) -> Json:
        due = self.slip_due or date.fromisoformat(payment["dueDate"])
        amount = self.slip_amount or round(payment["value"] * 100)
        slip = make_slip(bank="461", due=due, amount=amount, free_field="7" * 25)
        return {"identificationField": slip.line, "nossoNumero": "7", "barCode": slip.barcode}


@contextmanager
def asaas(answer: Callable[[Call], Reply], timeout: Timeout = PATIENT) -> Iterator[tuple[Gateway, Stub]]:
    """The adapter, talking to a stub that answers so."""
    with serving(answer) as stub, pooled() as pool:
        yield Asaas(pool, stub.url, "a-key", TOKEN, timeout), stub
