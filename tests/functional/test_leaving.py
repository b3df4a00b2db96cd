"""A case from the request to the formal e-mail: what is frozen, ended, voided, owed and told (C8, C14)."""

from __future__ import annotations

import json
import os
from datetime import timedelta
from typing import Any

import pytest

from chalicelib import wiring
from chalicelib.billing import store as billing
from chalicelib.billing.gateways import ProviderUnavailable
from chalicelib.cancellations import steps as progress
from chalicelib.flows import leaving_steps, renewals
from chalicelib.kernel.errors import Invalid
from chalicelib.subscriptions import store as subscriptions
from tests.functional.leaving import ANSWERS, LEO, Leaver, leaver, unfinished
from tests.world import World

DAY = timedelta(days=1)


@pytest.fixture
def ana(world: World) -> Leaver:
    return leaver(world)


def test_nothing_is_charged_from_the_request_on_until_it_is_decided(ana: Leaver) -> None:
    held = ana.holds("multipack")
    case = ana.asks(held)
    assert (case.number, case.status, case.requested_at) == ("C-000001", "open", ana.world.now)
    ana.world.settle_down()
    renewals.run(held.id, wiring.vendor(), ana.world.now + 300 * DAY)
    asked = subscriptions.get(held.id)
    assert [part.status for part in asked.installments] == ["paid", "scheduled", "scheduled"]
    assert (asked.case_id, asked.frozen_at) == (case.id, case.requested_at)
    (letter,) = ana.letters("cancellation_received")
    assert letter["number"] == case.number


def test_a_contract_ends_with_one_formal_email_and_nothing_else_is_written(ana: Leaver) -> None:
    case = ana.asks(ana.holds("erp"), reason_code="price", notes="Too dear")
    ana.decided(case)
    closed = ana.carried_out(case)
    assert (closed.status, closed.due_at, [*unfinished(closed)]) == ("closed", None, [])
    assert ana.kinds() == ["cancellation_confirmed", "cancellation_received"]
    (letter,) = ana.letters("cancellation_confirmed")
    assert [one["name"] for one in letter["ended"]] == [closed.items[0].name]
    over = subscriptions.get(closed.items[0].contract_id)
    assert (over.status, over.ended_because, closed.items[0].ended_at) == (
        "ended",
        "rescinded",
        over.ended_at,
    )
    assert ana.tasks() == [("staff", "open")]
    (notice,) = ana.world.rows("notice")
    assert (notice["status"], notice["reason"], notice["products"]) == (
        "closed",
        "price: Too dear",
        '["erp"]',
    )


def test_the_pdf_of_record_is_kept_and_known_by_its_digest(ana: Leaver) -> None:
    case = ana.asks(ana.holds("erp"))
    ana.decided(case)
    closed = ana.carried_out(case)
    kept = ana.world.documents()
    assert closed.document in kept.values()


@pytest.mark.parametrize("product", ["domain", "corporate-email", "site", "integration"])
def test_every_product_is_carried_through_by_its_sectors(ana: Leaver, product: str) -> None:
    case = ana.asks(ana.holds(product))
    ana.decided(case)
    closed = ana.carried_out(case)
    assert (closed.status, [*unfinished(closed)]) == ("closed", [])
    people = [step.performer for step in closed.plan if step.performer != "system"]
    opened = [*ana.tasks()]
    opened.remove(("staff", "open"))
    assert sorted(opened) == sorted((sector, "done") for sector in people)
    assert ana.letters("cancellation_confirmed")


def test_the_code_of_a_domain_is_kept_only_until_it_has_been_moved(ana: Leaver) -> None:
    case = ana.asks(ana.holds("domain"))
    ana.decided(case)
    closed = ana.carried_out(case)
    assert [one.authorization_code for one in closed.transfers] == [None]
    assert "x1-y2" not in str(ana.world.rows())


def test_a_boleto_that_is_not_owed_is_closed_and_one_that_is_stays_payable(ana: Leaver) -> None:
    site = ana.holds("site", days=40, period="P1Y", installments=12)
    pack = ana.holds("multipack", days=70)
    late, _ = ana.asked_to_pay(pack, -40, 2)
    (forgiven,) = ana.asked_to_pay(site, -15)
    case = ana.asks(site, pack)
    ana.decided(case)
    closed = ana.carried_out(case)
    assert closed.status == "closed"
    assert billing.payments.get(forgiven).status == "canceled"
    assert {ana.charges()[id] for id in (forgiven,)} == {"canceled"}
    assert ana.charges()[late] == "open"
    assert ana.tasks("slip_canceled") == [("finance", "open")]
    (owed,) = ana.letters("cancellation_owed")
    (formal,) = ana.letters("cancellation_confirmed")
    assert len(owed["slips"]) == len(formal["slips"]) == 2
    assert [one["number"] for one in formal["voided"]] != [one["number"] for one in formal["slips"]]
    assert all(one["pay_url"] for one in owed["slips"])


def test_a_case_goes_on_although_no_worker_heard_that_a_step_was_done(ana: Leaver) -> None:
    case = ana.asks(ana.holds("corporate-email"))
    ana.decided(case)
    ana.world.settle_down()
    (step,) = ana.waiting(case)
    leaving_steps.complete(case.id, step.id, ANSWERS[step.action], LEO, ana.world.now)
    ana.world.stream()
    # Its message was received as often as it can be, in vain.
    ana.world.client("sqs").purge_queue(QueueUrl=os.environ["SETTLEMENTS_QUEUE_URL"])
    assert ana.read(case).due_at == ana.world.now
    ana.tick(ana.world.now + timedelta(seconds=1))
    (step,) = ana.waiting(case)
    assert (step.action, ana.read(case).due_at) == ("close_hosting", None)


def test_what_a_case_leaves_on_file_is_no_change_of_its_contract(ana: Leaver) -> None:
    case = ana.asks(ana.holds("erp"), reason_code="price")
    ana.decided(case)
    ana.carried_out(case)
    (note,) = [row for row in ana.world.rows("audit") if row["action"] == "cancelled"]
    assert (note["subject"], note["before"], note["after"]) == (case.id, "executing", "executing")
    assert "price" in note["reason"]


def test_money_for_what_was_not_owed_is_given_back_and_not_told_as_cancelled(ana: Leaver) -> None:
    held = ana.holds("integration", days=40, period="P1Y", installments=12)
    (not_owed,) = ana.asked_to_pay(held, -15)
    case = ana.asks(held)
    ana.decided(case)
    ana.world.settle_down()
    ana.world.pay(not_owed)
    ana.world.webhooks()
    closed = ana.carried_out(case)
    assert billing.payments.get(not_owed).status == "paid"
    assert (ana.tasks("not_owed_but_paid"), ana.tasks("slip_canceled")) == ([("finance", "open")], [])
    (formal,) = ana.letters("cancellation_confirmed")
    assert (closed.status, formal["voided"]) == ("closed", [])


class Down:
    """A provider that does not answer."""

    def __getattr__(self, name: str) -> Any:
        raise ProviderUnavailable(name)


def test_a_provider_that_does_not_answer_keeps_nothing_but_its_slip_from_being_done(ana: Leaver) -> None:
    pack, erp = ana.holds("multipack", days=40), ana.holds("erp")
    (not_owed,) = ana.asked_to_pay(pack, 5)
    case = ana.decided(ana.asks(pack, erp))
    down: Any = dict.fromkeys(("asaas",), Down())
    with pytest.raises(ProviderUnavailable):
        leaving_steps.run(case.id, down, wiring.reach(), ana.world.now)
    assert subscriptions.get(erp.id).status == "ended"
    assert f"cancel_slip:{not_owed}" in [step.id for step in progress.ready(ana.read(case), ana.world.now)]
    due_at = ana.read(case).due_at
    assert due_at
    ana.tick(due_at + timedelta(seconds=1))
    assert ana.carried_out(case).status == "closed"
    assert ana.charges()[not_owed] == "canceled"


def test_what_is_given_back_is_told_in_the_letter_and_asked_of_finance(ana: Leaver) -> None:
    held = ana.holds("erp", refund_unused=True)
    case = ana.asks(held)
    ana.decided(case)
    closed = ana.carried_out(case)
    (task,) = [row for row in ana.world.rows("task") if row["task_kind"] == "rescission_refund"]
    refund = closed.items[0].refund
    assert refund
    assert json.loads(task["facts"])["amount"] == str(refund)
    (letter,) = ana.letters("cancellation_confirmed")
    assert letter["ended"][0]["refund"] == {"amount": refund.minor, "currency": "BRL"}


def test_what_is_owed_never_blocks_the_end(ana: Leaver) -> None:
    held = ana.holds("multipack", days=40)
    (owed,) = ana.asked_to_pay(held, -10)
    case = ana.asks(held)
    ana.decided(case)
    assert ana.carried_out(case).status == "closed"
    assert billing.payments.get(owed).status == "pending"


def test_a_contract_that_has_ended_by_itself_meanwhile_still_ends_its_case(ana: Leaver) -> None:
    held = ana.holds("erp", auto_renew=False)
    case = ana.asks(held)
    ana.world.settle_down()
    ana.world.now = subscriptions.get(held.id).start_of(held.end) + DAY
    renewals.run(held.id, wiring.vendor(), ana.world.now)
    ana.decided(case)
    closed = ana.carried_out(case)
    assert closed.status == "closed"
    assert subscriptions.get(held.id).ended_because == "not_renewable"
    assert ana.kinds() == ["cancellation_confirmed", "cancellation_received"]


def test_some_of_what_was_asked_about_may_go_on(ana: Leaver) -> None:
    erp, site = ana.holds("erp"), ana.holds("site")
    case = ana.asks(erp, site)
    ana.decided(case, keeps=(erp.id,))
    closed = ana.carried_out(case)
    assert [one.contract_id for one in closed.left] == [site.id]
    kept = subscriptions.get(erp.id)
    assert (kept.status, kept.case_id, kept.frozen_at, kept.auto_renew) == ("active", None, None, True)
    (letter,) = ana.letters("cancellation_confirmed")
    assert [one["name"] for one in letter["kept"]] == [erp.name]


def test_nobody_leaves_what_he_does_not_have_or_leaves_already(ana: Leaver) -> None:
    held = ana.holds("erp")
    first = ana.asks(held)
    before = ana.world.rows()
    with pytest.raises(Invalid) as refused:
        ana.asks(held)
    assert [(error.pointer, error.code) for error in refused.value.errors] == [
        ("/subscription_ids/0", "already_leaving")
    ]
    assert ana.world.rows() == before
    assert ana.read(first).status == "open"
