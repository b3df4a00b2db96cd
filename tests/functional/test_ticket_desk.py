"""The team's desk: the queue, who has a ticket, how urgent it is, and how it ends (V6, R5, R7)."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.customers.rules import Customer
from chalicelib.kernel.paging import encode_cursor
from chalicelib.tickets import store
from tests.functional import advising, steps
from tests.functional.ticketing import FORM_A, FORM_B, FORM_C, SUPPORT, do, done, opened, pointers
from tests.world import World


def _queue(world: World, staff: str, query: str = "") -> list[str]:
    return [one["id"] for one in steps.read(world, staff, f"/v1/staff/tickets{query}")["data"]]


@pytest.fixture
def ana(world: World) -> tuple[Customer, str]:
    return world.customer()


@pytest.fixture
def staff(world: World) -> str:
    return world.staff("staff")


def test_the_queue_is_in_order_of_what_is_due_and_filtered_by_what_is_asked(
    world: World, ana: tuple[Customer, str], staff: str
) -> None:
    mine = [opened(world, ana[1], form)["id"] for form in (FORM_A, FORM_B, SUPPORT)]
    done(world, staff, mine[1], "assign")
    done(world, staff, mine[2], "priority", priority="high")
    done(world, staff, mine[0], "messages", text="Why?", asks=True)
    # What is urgent ranks a day earlier; nobody is promised anything else by that.
    assert _queue(world, staff) == [mine[2], *mine[:2]]
    assert _queue(world, staff, "?kind=support") == _queue(world, staff, "?priority=high") == [mine[2]]
    assert _queue(world, staff, "?assignee=me") == _queue(world, staff, "?status=open&kind=review_contract")
    assert _queue(world, staff, "?status=waiting_customer") == [mine[0]]
    assert _queue(world, staff, "?kind=review_contract&priority=high") == []
    assert _queue(world, world.staff("it"), "?assignee=me") == []


def test_what_is_over_is_a_queue_of_its_own(world: World, ana: tuple[Customer, str], staff: str) -> None:
    mine = [opened(world, ana[1])["id"] for _ in range(3)]
    done(world, staff, mine[0], "resolve", message="Done.")
    done(world, staff, mine[1], "status", status="closed", reason="Twice")
    assert _queue(world, staff) == [mine[2]]
    assert _queue(world, staff, "?status=resolved") == [mine[0]]
    assert _queue(world, staff, "?status=closed") == [mine[1]]


def test_the_queue_is_read_page_by_page(world: World, ana: tuple[Customer, str], staff: str) -> None:
    mine = [opened(world, ana[1])["id"] for _ in range(3)]
    first = steps.read(world, staff, "/v1/staff/tickets?limit=2")
    rest = steps.read(world, staff, f"/v1/staff/tickets?limit=2&cursor={first['next_cursor']}")
    assert [one["id"] for one in first["data"] + rest["data"]] == mine
    assert rest["next_cursor"] is None


@pytest.mark.parametrize(
    ("query", "faulty"),
    [
        ("status=gone&kind=x&priority=y", ["/query/kind", "/query/priority", "/query/status"]),
        ("limit=0", ["/query/limit"]),
        ("cursor=x", ["/query/cursor"]),
        (f"cursor={encode_cursor({'after': ''})}", ["/query/cursor"]),
    ],
)
def test_a_queue_that_nobody_can_ask_for_is_refused(
    world: World, staff: str, query: str, faulty: list[str]
) -> None:
    assert pointers(world.http("GET", f"/v1/staff/tickets?{query}", token=staff)) == faulty


def test_a_search_for_what_is_rare_goes_on_from_page_to_page(world: World, ana: tuple[Customer, str]) -> None:
    tickets = [opened(world, ana[1])["id"] for _ in range(5)]
    pages: list[list[str]] = []
    cursor = None
    while not pages or cursor:
        one = store.queue(False, lambda place: place.ticket_id == tickets[-1], 20, cursor, most=2)
        pages.append([ticket.id for ticket in one.items])
        cursor = one.next_cursor
    assert len(pages) == 3
    assert [id for page in pages for id in page] == tickets[-1:]


def test_a_ticket_of_an_earlier_release_is_read_and_takes_its_place_when_it_moves(
    world: World, ana: tuple[Customer, str], staff: str
) -> None:
    ticket = opened(world, ana[1])["id"]
    table, added = world.client("dynamodb"), "channel, alerts, clock, gsi2pk, gsi2sk, gsi3pk, gsi3sk, slots"
    named: dict[str, Any] = {"TableName": world.table_name}
    row, place = ({"pk": {"S": f"TKT#{ticket}"}, "sk": {"S": sk}} for sk in ("TKT", "PLACE"))
    table.update_item(**named, Key=row, UpdateExpression=f"REMOVE {added}")
    table.delete_item(**named, Key=place)
    assert steps.read(world, ana[1], "/v1/tickets")["data"][0]["channel"] == "store"
    assert _queue(world, staff) == []
    done(world, staff, ticket, "assign")
    assert _queue(world, staff) == [ticket]


def test_staff_sees_whose_ticket_it_is(world: World, ana: tuple[Customer, str], staff: str) -> None:
    customer, token = ana
    ticket = opened(world, token)
    shown = steps.read(world, staff, f"/v1/staff/tickets/{ticket['id']}")
    assert shown == {**ticket, "customer_id": customer.id, "assignee": None}


def test_a_ticket_is_the_callers_somebody_elses_or_nobodys(
    world: World, ana: tuple[Customer, str], staff: str
) -> None:
    ticket = opened(world, ana[1])["id"]
    mine = done(world, staff, ticket, "assign")["assignee"]
    assert mine
    assert done(world, staff, ticket, "assign", assignee="colleague-1")["assignee"] == "colleague-1"
    assert done(world, staff, ticket, "assign", assignee=None)["assignee"] is None
    assert pointers(do(world, staff, ticket, "assign", {"assignee": "not a name!"})) == ["/assignee"]
    done_by = [row["actor"] for row in world.rows("audit") if row["action"] == "assigned"]
    assert done_by == [mine] * 3


def test_a_promise_stays_when_a_ticket_becomes_urgent(
    world: World, ana: tuple[Customer, str], staff: str
) -> None:
    ticket = opened(world, ana[1])
    urgent = done(world, staff, ticket["id"], "priority", priority="high")
    assert (urgent["priority"], urgent["sla"]) == ("high", ticket["sla"])
    assert pointers(do(world, staff, ticket["id"], "priority", {"priority": "urgent"})) == ["/priority"]


@pytest.mark.parametrize("status", ["open", "in_progress", "waiting_customer"])
def test_staff_says_where_a_ticket_stands(
    world: World, ana: tuple[Customer, str], staff: str, status: str
) -> None:
    ticket = opened(world, ana[1])["id"]
    moved = done(world, staff, ticket, "status", status=status)
    assert moved["status"] == status
    assert bool(moved["sla"]["paused_since"]) == (status == "waiting_customer")
    rows = world.rows()
    assert done(world, staff, ticket, "status", status=status)["status"] == status
    assert world.rows() == rows


@pytest.mark.parametrize(
    ("body", "faulty"),
    [
        ({}, ["/status"]),
        ({"status": "closed"}, ["/reason"]),
        ({"status": "closed", "reason": "  "}, ["/reason"]),
        ({"status": "resolved"}, ["/status"]),
        ({"status": "gone", "reason": ""}, ["/reason", "/status"]),
    ],
)
def test_faults_of_a_status_are_named_and_nothing_is_moved(
    world: World, ana: tuple[Customer, str], staff: str, body: dict[str, Any], faulty: list[str]
) -> None:
    ticket = opened(world, ana[1])["id"]
    rows = world.rows()
    assert pointers(do(world, staff, ticket, "status", body)) == faulty
    assert world.rows() == rows


def test_a_ticket_is_closed_once_and_for_good(world: World, ana: tuple[Customer, str], staff: str) -> None:
    ticket = opened(world, ana[1])["id"]
    closed = done(world, staff, ticket, "status", status="closed", reason="Twice")
    again = done(world, staff, ticket, "status", status="closed", reason="Another reason")
    assert (closed["status"], closed["closed_for"], again) == ("closed", "Twice", closed)
    (event,) = [row for row in world.rows("outbox") if row["name"] == "ticket.closed"]
    assert event["subject"] == ticket
    (told,) = [row for row in world.rows("audit") if row["action"] == "closed"]
    assert (told["before"], told["after"], told["reason"]) == ("open", "closed", "Twice")
    for what, body in (("status", {"status": "open"}), ("resolve", {"message": "x"})):
        refused = do(world, staff, ticket, what, body)
        assert (refused.status, refused.json["code"]) == (409, "ticket_closed")


def test_nothing_is_resolved_unanswered(world: World, ana: tuple[Customer, str], staff: str) -> None:
    ticket = opened(world, ana[1])["id"]
    rows = world.rows()
    refused = do(world, staff, ticket, "resolve", {})
    assert (refused.status, refused.json["code"]) == (409, "ticket_not_answered")
    assert world.rows() == rows
    done(world, staff, ticket, "messages", text="Yes.")
    assert done(world, staff, ticket, "resolve")["status"] == "resolved"


def test_a_last_message_is_an_answer(world: World, ana: tuple[Customer, str], staff: str) -> None:
    ticket = opened(world, ana[1])["id"]
    resolved = done(world, staff, ticket, "resolve", message="It is included.")
    assert (resolved["status"], resolved["sla"]["status"]) == ("resolved", "met")
    said = steps.read(world, ana[1], f"/v1/tickets/{ticket}/messages")["data"]
    assert [one["text"] for one in said] == ["It is included.", FORM_B["description"]]


@pytest.mark.parametrize("outcome", ["meeting", "steps_sent"])
def test_a_product_request_ends_in_one_of_two_ways_and_it_is_recorded_which(
    world: World, ana: tuple[Customer, str], staff: str, outcome: str
) -> None:
    ticket = opened(world, ana[1], FORM_C)["id"]
    for body in ({"message": "Done."}, {"message": "Done.", "outcome": "sold"}):
        assert pointers(do(world, staff, ticket, "resolve", body)) == ["/outcome"]
    assert done(world, staff, ticket, "resolve", message="Done.", outcome=outcome)["outcome"] == outcome
    assert steps.read(world, ana[1], f"/v1/tickets/{ticket}")["outcome"] == outcome


def test_other_requests_have_no_outcomes(world: World, ana: tuple[Customer, str], staff: str) -> None:
    ticket = opened(world, ana[1], FORM_B)["id"]
    rows = world.rows()
    refused = do(world, staff, ticket, "resolve", {"message": "Done.", "outcome": "meeting"})
    assert pointers(refused) == ["/outcome"]
    assert world.rows() == rows


@pytest.mark.parametrize("forgotten", [False, True])
def test_a_resolution_sent_again_with_its_key_says_its_message_once(
    world: World, ana: tuple[Customer, str], staff: str, forgotten: bool
) -> None:
    ticket = opened(world, ana[1])["id"]
    first = do(world, staff, ticket, "resolve", {"message": "Done."}, key="k")
    if forgotten:
        steps.delete(world, world.rows("idempotency"))
    again = do(world, staff, ticket, "resolve", {"message": "Done."}, key="k")
    assert (again.status, again.json) == (200, first.json)
    assert len(world.rows("message")) == 2
    assert len([row for row in world.rows("outbox") if row["name"] == "ticket.resolved"]) == 1


def test_what_is_resolved_already_is_left_alone(world: World, ana: tuple[Customer, str], staff: str) -> None:
    ticket = opened(world, ana[1])["id"]
    done(world, staff, ticket, "resolve", message="Done.")
    rows = world.rows()
    assert done(world, staff, ticket, "resolve")["status"] == "resolved"
    assert world.rows() == rows


def test_a_service_that_is_not_paid_is_neither_moved_nor_resolved(
    world: World, ana: tuple[Customer, str], staff: str
) -> None:
    steps.bought(world, ana[1], steps.ERP)
    (ticket,) = steps.place(world, ana[1], steps.ADVISORY)["tickets"]
    for what, body in (("status", {"status": "in_progress"}), ("resolve", {"message": "Done."})):
        refused = do(world, staff, ticket, what, body)
        assert (refused.status, refused.json["code"]) == (409, "ticket_awaits_payment")
    assert len(world.rows("message")) == 0


def test_a_service_is_not_resolved_before_its_session(world: World) -> None:
    session = advising.paid(world)
    refused = session.do("resolve", message="Done.")
    assert (refused.status, refused.json["code"]) == (409, "ticket_awaits_session")
    assert (session.stands, world.rows("message")) == (("waiting_customer", "slots"), [])


@pytest.mark.parametrize("what", ["assign", "priority", "status", "resolve", "messages"])
def test_there_is_nothing_to_do_with_an_unknown_ticket(world: World, staff: str, what: str) -> None:
    bodies = {"priority": {"priority": "low"}, "status": {"status": "open"}, "messages": {"text": "x"}}
    refused = do(world, staff, "tkt_none", what, bodies.get(what, {}))
    assert (refused.status, refused.json["code"]) == (404, "ticket_not_found")


@pytest.mark.parametrize("part", ["", "/messages", "/notes", "/sla"])
def test_there_is_nothing_to_read_of_an_unknown_ticket(world: World, staff: str, part: str) -> None:
    assert world.http("GET", f"/v1/staff/tickets/tkt_none{part}", token=staff).status == 404
