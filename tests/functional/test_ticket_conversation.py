"""A conversation: who writes, what it does to the promise, and that a note never shows (V6)."""

from __future__ import annotations

import pytest

from chalicelib.tickets import store
from tests.functional import steps
from tests.functional.ticketing import SUPPORT, do, done, opened, pointers, tell
from tests.world import World

SECRET = "He is about to leave us"


def test_a_conversation_shows_both_sides_newest_first(world: World) -> None:
    _, token = world.customer()
    staff = world.staff("staff")
    ticket = opened(world, token, SUPPORT)["id"]
    said = done(world, staff, ticket, "messages", text=" Start it again. ")
    assert (said["author"], said["channel"], said["internal"]) == ("staff", "staff", False)
    assert tell(world, token, ticket, "That helped").status == 201
    seen = steps.read(world, token, f"/v1/tickets/{ticket}/messages")["data"]
    assert [(one["author"], one["text"]) for one in seen] == [
        ("customer", "That helped"),
        ("staff", "Start it again."),
        ("customer", SUPPORT["description"]),
    ]
    theirs = steps.read(world, staff, f"/v1/staff/tickets/{ticket}/messages")["data"]
    assert [one["id"] for one in theirs] == [one["id"] for one in seen]
    # Who of the team wrote is the team's business.
    assert all("author_id" not in one for one in seen)


def test_a_conversation_is_read_page_by_page(world: World) -> None:
    _, token = world.customer()
    ticket = opened(world, token)["id"]
    for number in range(3):
        tell(world, token, ticket, str(number))
    path = f"/v1/tickets/{ticket}/messages?limit=3"
    first = steps.read(world, token, path)
    rest = steps.read(world, token, f"{path}&cursor={first['next_cursor']}")
    assert [one["text"] for one in first["data"]] == ["2", "1", "0"]
    assert ([len(rest["data"])], rest["next_cursor"]) == ([1], None)


def test_a_note_never_reaches_its_customer(world: World) -> None:
    _, token = world.customer()
    staff = world.staff("staff")
    ticket = opened(world, token)["id"]
    before = steps.read(world, token, f"/v1/tickets/{ticket}")
    note = done(world, staff, ticket, "messages", text=SECRET, internal=True)
    assert note["internal"]
    world.settle_down()
    pages = ["/v1/tickets", *(f"/v1/tickets/{ticket}{part}" for part in ("", "/messages", "/sla"))]
    assert all(SECRET not in world.http("GET", path, token=token).text for path in pages)
    assert all(SECRET not in letter.body for letter in steps.letters())
    assert SECRET not in world.http("GET", f"/v1/staff/tickets/{ticket}/messages", token=staff).text
    (kept,) = steps.read(world, staff, f"/v1/staff/tickets/{ticket}/notes")["data"]
    assert kept == note
    # Nor does it answer or pause anything.
    assert steps.read(world, token, f"/v1/tickets/{ticket}") == before


def test_the_customer_cannot_write_as_staff_does(world: World) -> None:
    _, token = world.customer()
    ticket = opened(world, token)["id"]
    body = {"text": "x", "internal": True, "asks": True}
    answer = world.http("POST", f"/v1/tickets/{ticket}/messages", body, token=token)
    assert pointers(answer) == ["/asks", "/internal"]
    assert len(world.rows("message")) == 1


@pytest.mark.parametrize(
    ("body", "faulty"),
    [
        ({}, ["/text"]),
        ({"text": " "}, ["/text"]),
        ({"text": "x" * 10_001}, ["/text"]),
        ({"text": "", "internal": True, "asks": True}, ["/asks", "/text"]),
        ({"text": "x", "internal": "yes"}, ["/internal"]),
    ],
)
def test_faults_of_a_message_are_named_and_nothing_is_said(
    world: World, body: dict[str, object], faulty: list[str]
) -> None:
    _, token = world.customer("quiet@example.com")
    ticket = opened(world, token)["id"]
    assert pointers(do(world, world.staff("it"), ticket, "messages", body)) == faulty
    assert len(steps.read(world, token, f"/v1/tickets/{ticket}/messages")["data"]) == 1


def test_an_answer_keeps_the_promise(world: World) -> None:
    _, token = world.customer()
    ticket = opened(world, token)["id"]
    done(world, world.staff("staff"), ticket, "messages", text="All of it.")
    shown = steps.read(world, token, f"/v1/tickets/{ticket}")
    assert (shown["status"], shown["sla"]["status"]) == ("in_progress", "met")
    assert store.get(ticket).due_at is None


def test_a_question_pauses_the_promise_until_the_customer_writes(world: World) -> None:
    _, token = world.customer()
    ticket = opened(world, token)["id"]
    done(world, world.staff("staff"), ticket, "messages", text="Which plan?", asks=True)
    waiting = steps.read(world, token, f"/v1/tickets/{ticket}")
    assert waiting["status"] == "waiting_customer"
    assert waiting["sla"]["paused_since"]
    tell(world, token, ticket, "The small one")
    going_on = steps.read(world, token, f"/v1/tickets/{ticket}")
    assert (going_on["status"], going_on["sla"]["paused_since"]) == ("in_progress", None)
    assert store.get(ticket).due_at is not None


def test_what_was_resolved_is_opened_again_by_its_customer(world: World) -> None:
    _, token = world.customer()
    ticket = opened(world, token)["id"]
    assert done(world, world.staff("staff"), ticket, "resolve", message="Done.")["status"] == "resolved"
    assert tell(world, token, ticket, "Not quite").status == 201
    assert steps.read(world, token, f"/v1/tickets/{ticket}")["status"] == "open"


def test_nobody_writes_about_a_closed_ticket(world: World) -> None:
    _, token = world.customer()
    staff = world.staff("staff")
    ticket = opened(world, token)["id"]
    done(world, staff, ticket, "status", status="closed", reason="Asked twice")
    refused = [tell(world, token, ticket, "Hello?"), do(world, staff, ticket, "messages", {"text": "Hello"})]
    assert [(one.status, one.json["code"]) for one in refused] == [(409, "ticket_closed")] * 2
    assert len(world.rows("message")) == 1


def test_the_team_may_still_keep_a_note_about_it(world: World) -> None:
    _, token = world.customer()
    staff = world.staff("staff")
    ticket = opened(world, token)["id"]
    done(world, staff, ticket, "status", status="closed", reason="Asked twice")
    done(world, staff, ticket, "messages", text="He called.", internal=True)
    assert len(steps.read(world, staff, f"/v1/staff/tickets/{ticket}/notes")["data"]) == 1


@pytest.mark.parametrize("forgotten", [False, True])
def test_a_message_sent_again_with_its_key_is_said_once(world: World, forgotten: bool) -> None:
    _, token = world.customer()
    staff = world.staff("staff")
    ticket = opened(world, token)["id"]
    first = [
        tell(world, token, ticket, "Again", key="k"),
        do(world, staff, ticket, "messages", {"text": "Yes"}, key="k"),
        do(world, staff, ticket, "messages", {"text": "Note", "internal": True}, key="n"),
    ]
    if forgotten:
        steps.delete(world, world.rows("idempotency"))
    again = [
        tell(world, token, ticket, "Again", key="k"),
        do(world, staff, ticket, "messages", {"text": "Yes"}, key="k"),
        do(world, staff, ticket, "messages", {"text": "Note", "internal": True}, key="n"),
    ]
    assert [(one.status, one.json) for one in again] == [(201, one.json) for one in first]
    assert len(world.rows("message")) == 4


def test_another_customer_neither_sees_nor_says_anything(world: World) -> None:
    _, token = world.customer()
    ticket = opened(world, token)["id"]
    _, other = world.customer("other@example.com", tax_id="11144477735")
    paths = [f"/v1/tickets/{ticket}{part}" for part in ("", "/messages", "/sla")]
    refused = [world.http("GET", path, token=other) for path in paths] + [tell(world, other, ticket, "Hi")]
    assert [(one.status, one.json["code"]) for one in refused] == [(404, "ticket_not_found")] * 4
    assert len(world.rows("message")) == 1
