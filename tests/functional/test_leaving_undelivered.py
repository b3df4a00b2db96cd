"""A formal e-mail that does not arrive: never silence, and written anew (C14)."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from chalicelib.cancellations import store as cases
from chalicelib.customers import store as customers
from chalicelib.flows.leaving_letters import formal_id
from chalicelib.mail import service as mail
from chalicelib.mail.gateways import MailRefused, MailUncertain
from chalicelib.mail.rules import UNCERTAIN
from chalicelib.storage.transaction import Transaction
from chalicelib.tasks import service as tasks
from tests.functional import steps
from tests.functional.confirmed import (
    FORMAL,
    Failing,
    anew,
    at_its_letter,
    attached,
    bounce,
    document,
    formals,
    make,
    recorded,
    told,
    undelivered,
)
from tests.functional.leaving import LEO, Leaver, leaver
from tests.world import World


@pytest.fixture
def ana(world: World) -> Leaver:
    return leaver(world)


# What does not arrive


def test_a_formal_letter_of_unknown_outcome_becomes_a_task_and_the_case_waits(ana: Leaver) -> None:
    case = at_its_letter(ana)
    make(ana, case)
    steps.waiting(ana.world, "mails")
    id = formal_id(ana.read(case))
    mail.deliver(id, Failing(MailUncertain("timeout")), ana.world.now)
    ana.world.reconcile(UNCERTAIN)
    ana.world.settle_down()
    assert [status for _, status in formals(ana)] == ["failed"]
    (facts,) = undelivered(ana)
    wanted = {
        "kind": FORMAL,
        "status": "failed",
        "why": "unknown",
        "customer_id": ana.customer_id,
        "mail_id": id,
    }
    wanted |= {"cancellation_id": case.id, "number": case.number, "subject": case.id}
    assert facts == wanted
    ana.tick(ana.world.now)
    assert (ana.read(case).status, ana.read(case).due_at) == ("executing", None)
    assert len([one for one in steps.letters() if case.number in one.subject]) == 1


def test_a_late_send_event_of_a_letter_that_was_given_up_closes_the_case(ana: Leaver) -> None:
    case = at_its_letter(ana)
    make(ana, case)
    steps.waiting(ana.world, "mails")
    id = formal_id(ana.read(case))
    mail.deliver(id, Failing(MailUncertain("timeout")), ana.world.now)
    ana.world.reconcile(UNCERTAIN)
    told("Send", id)
    ana.world.settle_down()
    assert (ana.read(case).status, [status for _, status in formals(ana)]) == ("closed", ["sent"])


def test_a_bounce_of_a_closed_case_leaves_it_closed_with_a_task(ana: Leaver) -> None:
    closed = recorded(ana)
    bounce(formal_id(closed))
    told("Send", formal_id(closed))
    bounce(formal_id(closed))
    ana.world.settle_down()
    assert (ana.read(closed).status, formals(ana)) == ("closed", [("ana@example.com", "bounced")])
    (facts,) = undelivered(ana)
    assert (facts["why"], facts["number"]) == ("bounced: Permanent, NoEmail", closed.number)
    assert "ana@example.com" not in str(facts)


def test_a_bounce_before_the_send_event_keeps_the_case_open_until_it_is_written_anew(ana: Leaver) -> None:
    case = at_its_letter(ana)
    make(ana, case)
    steps.waiting(ana.world, "mails")
    id = formal_id(ana.read(case))
    mail.deliver(id, Failing(MailUncertain("timeout")), ana.world.now)
    bounce(id)
    told("Send", id)
    ana.world.settle_down()
    assert (ana.read(case).status, len(undelivered(ana))) == ("executing", 1)
    assert anew(ana, case).status == 202
    ana.world.settle_down()
    after = ana.read(case)
    assert (after.status, undelivered(ana)) == ("closed", [])
    assert [status for _, status in formals(ana)] == ["bounced", "sent"]


def test_a_bounce_that_may_be_none_is_a_task_once_and_the_letter_counts_as_sent(ana: Leaver) -> None:
    closed = recorded(ana)
    for _ in range(2):
        bounce(formal_id(closed), "Transient")
        ana.world.settle_down()
    assert ([status for _, status in formals(ana)], len(undelivered(ana))) == (["sent"], 1)
    assert anew(ana, closed).status == 409


def test_who_has_dealt_with_a_doubt_is_told_when_it_has_come_back_for_good(ana: Leaver) -> None:
    closed = recorded(ana)
    bounce(formal_id(closed), "Transient")
    ana.world.settle_down()
    (doubt,) = [row for row in ana.world.rows("task") if row["task_kind"] == "mail_undelivered"]
    tasks.finish(doubt["id"], LEO, ana.world.now)
    bounce(formal_id(closed))
    ana.world.settle_down()
    assert len(undelivered(ana)) == 1
    assert anew(ana, closed).status == 202
    assert undelivered(ana) == []


def test_what_is_late_or_complained_about_is_no_task(ana: Leaver) -> None:
    closed = recorded(ana)
    told("DeliveryDelay", formal_id(closed))
    told("Complaint", formal_id(closed))
    (row,) = [row for row in ana.world.rows("mail") if row["mail_kind"] == "cancellation_received"]
    bounce(row["id"], "Transient")
    ana.world.settle_down()
    assert ([status for _, status in formals(ana)], undelivered(ana)) == (["sent"], [])


def test_any_mail_that_comes_back_is_somebodys_task(world: World) -> None:
    _, token = world.customer()
    steps.place(world, token, steps.LICENSE)
    world.settle_down()
    (row,) = [row for row in world.rows("mail") if row["mail_kind"] == "invoice_issued"]
    told("Reject", row["id"], reject={"reason": "Bad content"})
    world.settle_down()
    (task,) = world.rows("task")
    facts = json.loads(task["facts"])
    assert (facts["kind"], facts["why"]) == ("invoice_issued", "rejected: Bad content")
    assert (facts["mail_id"], facts["customer_id"]) == (row["id"], row["customer_id"])
    assert "cancellation_id" not in facts


# Written anew


def test_it_is_written_anew_to_the_present_address_with_the_same_record(ana: Leaver) -> None:
    closed = recorded(ana)
    first = formal_id(closed)
    bounce(first)
    ana.world.settle_down()
    moved_to(ana, "new@example.com")
    answer = anew(ana, closed)
    wanted = {"cancellation_id": closed.id, "number": closed.number, "written_anew": 1}
    assert (answer.status, answer.json) == (202, wanted)
    ana.world.settle_down()
    after = ana.read(closed)
    assert formals(ana) == [("ana@example.com", "bounced"), ("new@example.com", "sent")]
    assert attached(formal_id(after)) == attached(first) == document(ana, closed).body
    assert (after.status, after.closed_at, after.document) == ("closed", closed.closed_at, closed.document)
    assert undelivered(ana) == []


def moved_to(ana: Leaver, email: str) -> None:
    """The customer is reached elsewhere from now on."""
    writing = Transaction()
    writing.save(customers.row(replace(customers.get(ana.customer_id), email=email)))
    writing.commit()


def test_what_was_sent_or_is_on_its_way_is_not_written_anew(ana: Leaver) -> None:
    closed = recorded(ana)
    early = ana.asks(ana.holds("multipack"))
    for case in (closed, early):
        answer = anew(ana, case)
        assert (answer.status, answer.json["code"]) == (409, "formal_email_not_failed")
    bounce(formal_id(closed))
    assert anew(ana, closed).status == 202
    assert anew(ana, closed).status == 409
    ana.world.settle_down()
    assert anew(ana, closed).status == 409
    assert ana.read(closed).letters == 1
    assert [status for _, status in formals(ana)] == ["bounced", "sent"]


def test_what_comes_back_again_is_a_task_again_and_can_be_written_again(ana: Leaver) -> None:
    closed = recorded(ana)
    for many in (1, 2):
        bounce(formal_id(ana.read(closed)))
        ana.world.settle_down()
        assert len(undelivered(ana)) == 1
        assert anew(ana, closed).json["written_anew"] == many
        ana.world.settle_down()
    assert [status for _, status in formals(ana)] == ["bounced", "bounced", "sent"]
    assert cases.get(closed.id).status == "closed"


def test_a_letter_that_ses_will_never_take_is_a_task_and_can_be_written_anew(ana: Leaver) -> None:
    case = at_its_letter(ana)
    make(ana, case)
    steps.waiting(ana.world, "mails")
    refusal = MailRefused("BadRequestException", retryable=False)
    mail.deliver(formal_id(ana.read(case)), Failing(refusal), ana.world.now)
    ana.world.settle_down()
    assert [one["why"] for one in undelivered(ana)] == ["BadRequestException"]
    assert anew(ana, case).status == 202
    ana.world.settle_down()
    assert ana.read(case).status == "closed"
