"""The letters of a ticket: each once, in the customer's language, by his clock (R6, V6, B12)."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Any

import pytest

from chalicelib import wiring
from chalicelib.flows.requesting import Request, open_ticket
from chalicelib.kernel.events import Actor
from tests.functional import steps
from tests.functional.ticketing import FORM_A, FORM_B, FORM_C, SUPPORT, do, done, opened, tell
from tests.world import World

PEOPLE: dict[str, dict[str, str]] = {
    "es": {"country": "CL", "tax_id": "12345678-5"},
    "pt-BR": {"country": "BR", "tax_id": "52998224725"},
    "en": {"country": "ES", "tax_id": "12345678Z"},
}
# An answer to what came on Tuesday 2026-11-03 at 12:00 UTC is due on Thursday, when the same clocks show...
DUE = {
    "es": "antes de: 5 de noviembre de 2026, 09:00 (hora de Santiago)",
    "pt-BR": "antes de: 5 de novembro de 2026, 09:00 (horário de São Paulo)",
    "en": "before: 5 November 2026, 13:00 (Madrid time)",
}


def _kinds(world: World) -> Counter[str]:
    assert {row["status"] for row in world.rows("mail")} <= {"sent"}
    return Counter(row["mail_kind"] for row in world.rows("mail"))


def _settled(world: World) -> Counter[str]:
    """Everything happens, and all of it once more."""
    world.settle_down()
    world.streamed.clear()
    world.settle_down()
    return _kinds(world)


@pytest.mark.parametrize("form", [FORM_A, FORM_B, FORM_C, SUPPORT])
def test_every_kind_is_acknowledged_at_once_and_once(world: World, form: dict[str, Any]) -> None:
    _, token = world.customer()
    opened(world, token, form)
    assert _settled(world) == {"ticket_received": 1}
    (letter,) = steps.letters()
    assert letter.subject.startswith("[T-000001] ")
    assert letter.destinations["ToAddresses"] == ["ana@example.com"]


@pytest.mark.parametrize("locale", PEOPLE)
def test_it_names_number_and_due_instant_by_the_customers_clock(world: World, locale: str) -> None:
    customer, _ = world.customer(locale=locale, **PEOPLE[locale])
    at, actor = datetime.fromisoformat("2026-11-03T12:00:00+00:00"), Actor(customer.id, "store")
    request = Request("support", "Help", "Help")
    open_ticket(customer.id, request, wiring.vendor(), actor, at, answer=lambda one: (201, ""))
    world.settle_down()
    (letter,) = steps.letters()
    assert "[T-000001]" in letter.subject
    assert DUE[locale] in letter.body


def test_a_deletion_request_is_acknowledged_and_a_bought_service_has_its_invoice(world: World) -> None:
    _, token = world.customer()
    world.http("POST", "/v1/me/deletion_request", token=token)
    steps.bought(world, token, steps.ERP)
    steps.place(world, token, steps.ADVISORY)
    assert _settled(world)["ticket_received"] == 1


def test_an_answer_and_a_question_are_sent_as_they_were_written(world: World) -> None:
    _, token = world.customer()
    staff, ticket = world.staff("staff"), opened(world, token)["id"]
    done(world, staff, ticket, "messages", text="First line\nsecond line\n\n\nLast part")
    done(world, staff, ticket, "messages", text="Which one?", asks=True)
    assert _settled(world) == {"ticket_received": 1, "ticket_answered": 2}
    (said,) = [one for one in steps.letters() if "Nossa resposta" in one.subject]
    (asked,) = [one for one in steps.letters() if "Precisamos de algo" in one.subject]
    assert "<p>\nFirst line<br>\nsecond line\n</p>\n<p>\nLast part\n</p>" in said.body
    assert "Aguardamos" in asked.body
    assert "Aguardamos" not in said.body


def test_a_resolution_is_told_with_its_message_and_again_when_it_comes_again(world: World) -> None:
    _, token = world.customer()
    staff, ticket = world.staff("staff"), opened(world, token)["id"]
    done(world, staff, ticket, "resolve", message="It is included.")
    assert _settled(world) == {"ticket_received": 1, "ticket_resolved": 1}
    (letter,) = [one for one in steps.letters() if "Resolvido" in one.subject]
    assert "It is included." in letter.body
    tell(world, token, ticket, "Not quite")
    done(world, staff, ticket, "resolve")
    assert _settled(world) == {"ticket_received": 1, "ticket_resolved": 2}


def test_a_closed_ticket_is_told_with_its_reason(world: World) -> None:
    _, token = world.customer()
    staff, ticket = world.staff("staff"), opened(world, token)["id"]
    for _ in range(2):
        done(world, staff, ticket, "status", status="closed", reason="Asked twice")
    assert _settled(world) == {"ticket_received": 1, "ticket_closed": 1}
    (letter,) = [one for one in steps.letters() if "Fechado" in one.subject]
    assert "Motivo: Asked twice" in letter.body


def test_notes_and_refused_requests_send_nothing(world: World) -> None:
    _, token = world.customer()
    staff, ticket = world.staff("staff"), opened(world, token)["id"]
    done(world, staff, ticket, "messages", text="A note", internal=True)
    done(world, staff, ticket, "assign")
    do(world, staff, ticket, "resolve", {})
    assert _settled(world) == {"ticket_received": 1}
