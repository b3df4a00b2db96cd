"""What customers and staff do with tickets in these tests, one function each."""

from __future__ import annotations

from typing import Any

from tests.world import Answer, World

FORM_A = {"kind": "cancel_contract", "reason_code": "not_used", "description": "We closed the shop."}
FORM_B = {"kind": "review_contract", "reason_code": "plan", "description": "What does my plan include?"}
FORM_C = {"kind": "product_request", "description": "Stock by warehouse", "product": "Warehouses"}
SUPPORT = {"kind": "support", "subject": "It does not start", "description": "Since today.\n\nHelp!"}


def send(world: World, token: str, form: dict[str, Any], key: str | None = None) -> Answer:
    """Send a form, whatever the answer."""
    headers = {"idempotency-key": key} if key else {}
    return world.http("POST", "/v1/tickets", form, token=token, headers=headers)


def opened(world: World, token: str, form: dict[str, Any] = FORM_B, **changes: Any) -> Any:
    """The ticket of a form."""
    answer = send(world, token, {**form, **changes})
    assert answer.status == 201, answer.text
    return answer.json


def tell(world: World, token: str, ticket_id: str, text: str, key: str | None = None) -> Answer:
    """A customer writes, whatever the answer."""
    headers = {"idempotency-key": key} if key else {}
    return world.http(
        "POST", f"/v1/tickets/{ticket_id}/messages", {"text": text}, token=token, headers=headers
    )


def do(
    world: World, staff: str, ticket_id: str, what: str, body: dict[str, Any], key: str | None = None
) -> Answer:
    """Staff does something with a ticket, whatever the answer."""
    headers = {"idempotency-key": key} if key else {}
    return world.http("POST", f"/v1/staff/tickets/{ticket_id}/{what}", body, token=staff, headers=headers)


def done(world: World, staff: str, ticket_id: str, what: str, **body: Any) -> Any:
    """What the answer is when staff does something with a ticket."""
    answer = do(world, staff, ticket_id, what, body)
    assert answer.status in (200, 201), answer.text
    return answer.json


def pointers(answer: Answer) -> list[str]:
    """The faulty fields that a refusal names, which is all that it does."""
    assert answer.status == 422, answer.text
    return sorted(error["pointer"] for error in answer.json["errors"])
