"""Mails that wait for a decision: what staff sees of them, and decides (V6)."""

from __future__ import annotations

from typing import Any

from tests.functional.mailroom import ANA, Mailroom, said, ticket_of, with_files


def staff(mailroom: Mailroom, method: str, path: str, body: Any = None) -> Any:
    return mailroom.world.http(method, f"/v1/staff/inbound_mails{path}", body, token=mailroom.staff())


def test_staff_reads_what_waits_and_what_became_of_the_rest(mailroom: Mailroom) -> None:
    parked, opened = mailroom.receive("who@else.example"), mailroom.receive(ANA)
    (waiting,) = staff(mailroom, "GET", "").json["data"]
    assert waiting == {
        "id": parked["id"],
        "status": "parked",
        "reason": "unknown_sender",
        "sender": "who@else.example",
        "subject": "Ajuda",
        "customer_id": None,
        "ticket_id": None,
        "left_out": [],
        "received_at": "2026-11-20T12:00:00Z",
    }
    (taken,) = staff(mailroom, "GET", "?status=opened").json["data"]
    assert (taken["id"], taken["ticket_id"]) == (opened["id"], opened["ticket_id"])
    one = staff(mailroom, "GET", f"/{parked['id']}").json
    assert one["mail"] == waiting
    assert parked["key"] in one["raw"]["url"]
    assert "X-Amz-Signature" in one["raw"]["url"]
    assert staff(mailroom, "GET", "/inm_nobody").status == 404


def test_staff_says_to_which_ticket_a_parked_mail_belongs(mailroom: Mailroom) -> None:
    ticket = ticket_of(mailroom.receive(ANA))
    parked = mailroom.receive("ana@work.example", "De outro endereço", "Sou eu, Ana.")
    path, body = f"/{parked['id']}/assign", {"ticket_id": ticket.id}
    for _ in range(2):
        answer = staff(mailroom, "POST", path, body)
        assert (answer.status, answer.json["status"], answer.json["ticket_id"]) == (
            200,
            "assigned",
            ticket.id,
        )
    assert [one.text for one in said(ticket.id)] == ["Não consigo entrar.", "Sou eu, Ana."]
    assert mailroom.tasks() == []
    other = ticket_of(mailroom.receive(ANA))
    refused = staff(mailroom, "POST", path, {"ticket_id": other.id})
    assert (refused.status, refused.json["code"]) == (409, "inbound_mail_not_parked")
    assert staff(mailroom, "POST", path, {"ticket_id": "tkt_nobody"}).status == 404


def test_files_that_nobody_looked_through_are_not_passed_on(mailroom: Mailroom) -> None:
    ticket = ticket_of(mailroom.receive(ANA))
    raw = with_files(("a.txt", "text/plain", b"hello"))
    parked = mailroom.receive(ANA, raw=raw, verdicts={"virus": "GRAY"})
    answer = staff(mailroom, "POST", f"/{parked['id']}/assign", {"ticket_id": ticket.id})
    assert answer.json["left_out"] == ["a.txt"]
    assert said(ticket.id)[-1].attachments == ()
