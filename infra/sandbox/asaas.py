"""The HTTP API of Asaas v3, as far as slips (boletos) need it.

Like the real one it has no idempotency key: the same call made twice creates two payments. It names one
fault at a time, in Portuguese, and a path or object that it does not know gets a bare 404.
"""

import hmac
import json
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any

from infra.sandbox import taxids
from infra.sandbox.asaas_money import contest, give_back, given_back, refund_objects
from infra.sandbox.asaas_objects import (
    customer_object,
    digits,
    event_of,
    local_time,
    payment_object,
    payment_status,
    slip_of,
)
from infra.sandbox.desk import Desk
from infra.sandbox.pix import make_pix
from infra.sandbox.state import Charge, Event
from infra.sandbox.wire import Answer, Json, Refused, Request, Routes, json_answer

_SMALLEST, _LARGEST = Decimal("5.00"), Decimal("9999999.99")


def _refused(code: str, description: str, status: int = 400) -> Refused:
    return Refused(json_answer(status, {"errors": [{"code": code, "description": description}]}))


class Asaas:
    """The provider of slips; `api_key` is what its callers must show."""

    def __init__(self, desk: Desk, api_key: str) -> None:
        self._desk = desk
        self._api_key = api_key
        self._routes = Routes(
            ("POST", "/v3/customers", self._create_customer),
            ("GET", "/v3/customers", self._list_customers),
            ("POST", "/v3/payments", self._create_payment),
            ("GET", "/v3/payments", self._list_payments),
            ("GET", "/v3/payments/{id}", self._get_payment),
            ("DELETE", "/v3/payments/{id}", self._delete_payment),
            ("GET", "/v3/payments/{id}/identificationField", self._get_line),
            ("GET", "/v3/payments/{id}/pixQrCode", self._get_pix),
            ("POST", "/v3/payments/{id}/refund", self._refund),
        )

    def answer(self, request: Request) -> Answer:
        """Answer one call to the API."""
        try:
            if not hmac.compare_digest(
                request.headers.get("access_token", "").encode(), self._api_key.encode()
            ):
                raise _refused("invalid_access_token", "A chave de API informada é inválida.", 401)
            if request.method == "GET" and request.body:
                raise Refused(Answer(403))
            return self._routes.answer(request) or Answer(404)
        except Refused as refusal:
            return refusal.answer

    def paid(self, charge: Charge) -> list[Event]:
        """The customer has paid, then the money has come in."""
        return [
            self._event("PAYMENT_CONFIRMED", charge, "CONFIRMED"),
            self._event("PAYMENT_RECEIVED", charge),
        ]

    def act(self, charge: Charge, act: str) -> list[Event]:
        """What happens to a payment later: `dispute`, `dispute_won`, `dispute_lost`. Raises Unable."""
        return [self._event(contest(charge, act), charge)]

    def page(self, charge: Charge) -> str:
        """The address of the slip."""
        return f"{self._desk.url}/asaas/b/{charge.id}"

    def _create_customer(self, request: Request) -> Answer:
        body = _read(request)
        fields = {name: _text(body, name) for name in ("name", "cpfCnpj", "email", "externalReference")}
        if not fields["name"]:
            raise _refused("invalid_name", "O nome do cliente deve ser informado.")
        number = taxids.clean(fields["cpfCnpj"] or "")
        if not taxids.is_person(number) and not taxids.is_company(number):
            raise _refused("invalid_object", "O CPF/CNPJ informado é inválido.")
        with self._desk.state.change():
            customer = customer_object(fields, self._desk.now())
            self._desk.state.customers[customer["id"]] = customer
        return json_answer(200, customer, created=True)

    def _list_customers(self, request: Request) -> Answer:
        newest_first = list(self._desk.state.customers.values())[::-1]
        return _page(request, newest_first, ("externalReference", "cpfCnpj", "email", "name"))

    def _create_payment(self, request: Request) -> Answer:
        body = _read(request)
        charge = self._read_charge(body)
        if self._desk.knobs.decline:
            raise _refused("invalid_action", "O valor da cobrança excede o seu limite autorizado.")
        with self._desk.state.change():
            self._desk.state.charges[charge.id] = charge
            events = [self._event("PAYMENT_CREATED", charge)]
            self._desk.record(events)
        answer = json_answer(200, self._object(charge), created=True)
        self._desk.deliver(events)
        return answer

    def _read_charge(self, body: Json) -> Charge:
        now = self._desk.now()
        customer = body.get("customer")
        if not isinstance(customer, str) or customer not in self._desk.state.customers:
            raise _refused("invalid_customer", "Customer inválido ou não informado.")
        if body.get("billingType") != "BOLETO":
            raise _refused("invalid_billingType", "A forma de pagamento informada é inválida.")
        details: Json = {
            "customer": customer,
            "due_date": _due_date(body.get("dueDate"), local_time(now).date()),
            "description": _text(body, "description"),
            "nosso_numero": digits(8),
            "days_registered": _days(body.get("daysAfterDueDateToRegistrationCancellation")),
            "paid_by": "",
            "refunds": [],
        }
        return Charge(
            id=f"pay_{digits(16)}",
            provider="asaas",
            reference=_text(body, "externalReference") or "",
            amount=_minor_units(body.get("value")),
            currency="BRL",
            created=now,
            skew=self._desk.knobs.wrong_amount,
            details=details,
        )

    def _list_payments(self, request: Request) -> Answer:
        # A removed payment can still be read by its id, but lists leave it out.
        charges = self._desk.state.find_charges(
            lambda charge: charge.provider == "asaas" and charge.status != "canceled"
        )
        payments = (self._object(charge) for charge in charges)
        return _page(request, payments, ("externalReference", "customer", "status", "billingType"))

    def _get_payment(self, request: Request, payment_id: str) -> Answer:
        return json_answer(200, self._object(self._charge(payment_id)))

    def _delete_payment(self, request: Request, payment_id: str) -> Answer:
        with self._desk.state.change():
            charge = self._charge(payment_id)
            if charge.status != "open":
                raise _refused("invalid_action", "Esta cobrança não pode ser removida.")
            charge.status = "canceled"
            events = [self._event("PAYMENT_DELETED", charge)]
            self._desk.record(events)
        self._desk.deliver(events)
        return json_answer(200, {"deleted": True, "id": charge.id})

    def _get_line(self, request: Request, payment_id: str) -> Answer:
        charge = self._charge(payment_id)
        slip = slip_of(charge)
        answer = {
            "identificationField": slip.line,
            "nossoNumero": charge.details["nosso_numero"],
            "barCode": slip.barcode,
        }
        return json_answer(200, answer)

    def _get_pix(self, request: Request, payment_id: str) -> Answer:
        charge = self._charge(payment_id)
        if charge.status != "open":
            raise _refused("invalid_action", "Esta cobrança não pode ser paga via Pix.")
        code = make_pix(f"pix.sandbox.example/{charge.id}", f"{Decimal(charge.shown) / 100:.2f}")
        due = charge.details["due_date"]
        return json_answer(
            200, {"encodedImage": "", "payload": code, "expirationDate": f"{due} 23:59:59", "success": True}
        )

    def _refund(self, request: Request, payment_id: str) -> Answer:
        """Gives back a part or all, but not what came in by the slip itself: for that there are forms."""
        body = _read(request)
        with self._desk.state.change():
            charge = self._charge(payment_id)
            left = charge.shown - given_back(charge)
            minor = _minor_units(body["value"], Decimal("0.01")) if "value" in body else left
            if payment_status(charge, self._desk.now()) != "RECEIVED" or charge.details["paid_by"] != "pix":
                raise _refused("invalid_action", "Esta cobrança não pode ser estornada.")
            if not 0 < minor <= left:
                raise _refused("invalid_action", "O valor do estorno excede o valor disponível da cobrança.")
            kind = give_back(charge, minor, _text(body, "description"), self._desk.now())
            events = [self._event(kind, charge)]
            self._desk.record(events)
        self._desk.deliver(events)
        return json_answer(200, self._object(charge), created=True)

    def _charge(self, payment_id: str) -> Charge:
        charge = self._desk.state.charges.get(payment_id)
        if charge is None or charge.provider != "asaas":
            raise Refused(Answer(404))
        return charge

    def _object(self, charge: Charge, status: str | None = None) -> Json:
        told = status or payment_status(charge, self._desk.now())
        return {**payment_object(charge, told, self.page(charge)), "refunds": refund_objects(charge)}

    def _event(self, kind: str, charge: Charge, status: str | None = None) -> Event:
        return event_of(kind, self._object(charge, status), self._desk.now())


def _read(request: Request) -> Json:
    try:
        # Decimal, so that 149.90 stays 149.90.
        body = json.loads(request.body, parse_float=Decimal)
    except (ValueError, ArithmeticError):  # the latter: a decimal beyond all bounds
        body = None
    if not isinstance(body, dict):
        raise _refused("invalid_object", "O corpo da requisição deve ser um objeto JSON.")
    return body


def _text(body: Json, name: str) -> str | None:
    value = body.get(name)
    if value is not None and not isinstance(value, str):
        raise _refused("invalid_object", f"O campo {name} deve ser um texto.")
    return value


def _days(value: Any) -> int | None:
    if value is None or (isinstance(value, int) and not isinstance(value, bool) and value >= 0):
        return value
    raise _refused("invalid_object", "Os dias para cancelamento do registro devem ser um número inteiro.")


def _minor_units(value: Any, smallest: Decimal = _SMALLEST) -> int:
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise _refused("invalid_value", "O campo value deve ser informado.")
    if not smallest <= value <= _LARGEST:
        raise _refused(
            "invalid_value", "O valor da cobrança não pode ser menor que R$ 5,00 nem exceder o limite."
        )
    if value * 100 % 1:
        raise _refused("invalid_value", "O valor da cobrança deve ter no máximo duas casas decimais.")
    return int(value * 100)


def _due_date(value: Any, today: date) -> str:
    try:
        due = date.fromisoformat(value)
    except (TypeError, ValueError):
        due = None
    if due is None or due.isoformat() != value:
        raise _refused("invalid_dueDate", "A data de vencimento deve ser informada no formato AAAA-MM-DD.")
    if due < today:
        raise _refused("invalid_dueDate", "Não é permitido data de vencimento inferior a hoje.")
    return due.isoformat()


def _page(request: Request, objects: Iterable[Json], filters: tuple[str, ...]) -> Answer:
    """One page of a list, with the query's filters, `limit` (at most 100) and `offset`."""
    wanted = {name: request.query[name] for name in filters if name in request.query}
    found = [item for item in objects if all(item[name] == value for name, value in wanted.items())]
    try:
        limit, offset = int(request.query.get("limit", "10")), int(request.query.get("offset", "0"))
    except ValueError:
        limit = offset = -1
    if not 0 < limit <= 100 or offset < 0:
        raise _refused("invalid_object", "Os parâmetros limit e offset devem ser números, limit de 1 a 100.")
    answer = {
        "object": "list",
        "hasMore": offset + limit < len(found),
        "totalCount": len(found),
        "limit": limit,
        "offset": offset,
        "data": found[offset : offset + limit],
    }
    return json_answer(200, answer)
