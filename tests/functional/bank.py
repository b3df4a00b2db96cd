"""What finance does with a bank: upload a statement, and have lines of it booked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tests.functional import steps
from tests.functional.steps import LICENSE
from tests.world import Answer, World

DAY = "2026-11-24"
HEADER = "Fecha valor;Concepto;Importe;Referencia"


def spaniard(world: World) -> str:
    """A customer who pays in euros; his token."""
    return world.customer("jose@example.com", country="ES", locale="es", tax_id="12345678Z")[1]


def chilean(world: World) -> str:
    """A customer who pays in pesos; his token."""
    return world.customer("ana.soto@example.cl", country="CL", locale="es", tax_id="12345678-5")[1]


def ordered(world: World, token: str) -> Any:
    """An order that waits for a transfer, with the number of its invoice."""
    order = steps.charged(world, token, LICENSE, method="transfer")
    return {**order, "number": steps.read(world, token, f"/v1/invoices/{order['invoice_id']}")["number"]}


def csv(*rows: str, header: str = HEADER) -> bytes:
    """A statement, as the bank's page gives it."""
    return "\r\n".join((header, *rows, "")).encode("cp1252")


def upload(
    world: World,
    raw: bytes,
    *,
    currency: str | None = None,
    media_type: str = "text/csv",
    role: str = "finance",
) -> Answer:
    """Ask what a statement's lines would pay, whatever the answer."""
    path = "/v1/staff/bank_statements" + (f"?currency={currency}" if currency else "")
    headers = {"content-type": media_type}
    return world.http("POST", path, raw=raw, headers=headers, token=world.staff(role))


def proposed(world: World, raw: bytes, currency: str | None = None) -> list[Any]:
    """What a statement's lines would pay."""
    answer = upload(world, raw, currency=currency)
    assert answer.status == 200, answer.text
    found: list[Any] = answer.json["lines"]
    return found


def outcomes(lines: Sequence[Any]) -> list[tuple[str, str | None]]:
    """What lines come to, with what they cover."""
    return [(line["outcome"], line["coverage"]) for line in lines]


def entry_of(line: Any) -> dict[str, Any]:
    """A proposed line as it is sent to be booked."""
    return {name: line[name] for name in ("payment_id", "reference", "value_date", "amount")}


def ask_to_book(world: World, *entries: Any, token: str | None = None, **headers: str) -> Answer:
    """Have lines booked, whatever the answer."""
    token = token or world.staff("finance")
    body = {"entries": list(entries)}
    answer = world.http("POST", "/v1/staff/bank_entries", body, token=token, headers=headers)
    world.settle_down()
    return answer


def book(world: World, lines: Sequence[Any]) -> list[str]:
    """Have all proposed lines booked; what became of each."""
    answer = ask_to_book(world, *(entry_of(line) for line in lines if line["outcome"] == "proposed"))
    assert answer.status == 200, answer.text
    return [entry["outcome"] for entry in answer.json["entries"]]
