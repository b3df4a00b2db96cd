"""Pairs of invocations that may run at the same instant, each with what must have happened before."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from chalicelib import wiring
from chalicelib.flows import activation
from chalicelib.kernel.clock import rfc3339
from chalicelib.kernel.events import Event
from chalicelib.licensing import service as licensing
from tests.integration.faults.askers import an_alert_and_an_answer, two_ticks_of_alerts
from tests.integration.faults.cloud import RETRY_AFTER
from tests.integration.faults.hooks import Wire
from tests.integration.faults.leavers import MEETINGS
from tests.integration.faults.payers import ByTransfer, Returning, Silent, Switching
from tests.integration.faults.scenario import Run
from tests.integration.faults.stories import Care, Expiry, Owner, Renewal
from tests.integration.faults.subscribers import a_renewal_and_its_cancellation, two_renewals
from tests.world import WORKERS

Work = Callable[[], object]


@dataclass(frozen=True)
class Pair:
    """`meet` brings a run of `plan` to the point where two invocations meet, and gives these two."""

    plan: str
    meet: Callable[[Any], tuple[Work, Work]]


def two_orders_with_one_key(run: Run) -> tuple[Work, Work]:
    """The client's impatient retry arrives while his first request is being answered."""
    return run.order, run.order


def two_charge_workers(run: Run) -> tuple[Work, Work]:
    """A queue delivers one message twice."""
    run.place()
    work = worker(run, "charges", payment_id=run.payment_id)
    return work, work


def two_webhooks_of_one_event(run: Run) -> tuple[Work, Work]:
    """A provider repeats an event without waiting for the answer."""
    run.place()
    run.wait_for(lambda: bool(run.charges()))
    created = run.notices()[0]
    return lambda: run.tell(created), lambda: run.tell(created)


def two_settlements_of_one_event(run: Run) -> tuple[Work, Work]:
    """A queue delivers one message twice, after the money came."""
    work = worker(run, "settlements", event_id=until_told(run))
    return work, work


def a_settlement_and_a_late_charge_worker(run: Run) -> tuple[Work, Work]:
    """The first charge worker died with the charge made, and the customer paid before the second came."""
    run.wire = Wire("crash_after", {1}, lambda call: str(call) == "asaas POST /v3/payments")
    event_id = until_told(run)
    run.world.now += RETRY_AFTER
    return worker(run, "settlements", event_id=event_id), worker(run, "charges", payment_id=run.payment_id)


def two_activations(run: Run) -> tuple[Work, Work]:
    """Stream and sweep deliver one event at once."""
    run.invoke(worker(run, "settlements", event_id=until_told(run)))
    work = activations(run, run.world.now)
    return work, work


def two_deliveries_of_one_mail(run: Run) -> tuple[Work, Work]:
    """The message of an e-mail's event and that of the sweep arrive together."""
    run.place()
    run.stream()
    (mail,) = run.world.rows("mail")
    work = worker(run, "mails", mail_id=mail["id"])
    return work, work


def two_workers_with_one_document(run: Run) -> tuple[Work, Work]:
    """The message of an order's event and that of the sweep arrive together."""
    run.place()
    work = documents(run)
    return work, work


def a_settlement_and_a_document(run: Run) -> tuple[Work, Work]:
    """The first worker died before it kept the document, and the second comes as the invoice is paid."""
    run.wire = Wire("crash_before", {1}, lambda call: str(call) == "S3 PutObject")
    event_id = until_told(run)
    return worker(run, "settlements", event_id=event_id), documents(run)


def two_installations_and_one_seat(run: Care) -> tuple[Work, Work]:
    """Two shops are set up with one key at once."""
    return lambda: run.activate("one.example.com"), lambda: run.activate("two.example.com")


def two_ticks_of_licences(run: Expiry) -> tuple[Work, Work]:
    """The schedule is started again while it still runs."""
    run.told = [7]
    work = notices(run)
    return work, work


def a_renewal_and_a_notice(run: Renewal) -> tuple[Work, Work]:
    """The licence is extended while the schedule finds that it ends in a week."""
    run.invoke(worker(run, "settlements", event_id=until_told(run)))
    return activations(run, run.week_before), notices(run)


def an_expiry_and_the_payment(run: Silent) -> tuple[Work, Work]:
    """The boleto is paid at the very moment at which its order is given up."""
    run.place()
    run.rest()
    payment_id = run.payment_id
    return overdue(run), lambda: run.act_meanwhile("pay", payment_id)


def an_expiry_and_a_settlement(run: Silent) -> tuple[Work, Work]:
    """The boleto was paid on the last day, of which the provider tells while the order is given up."""
    event_id = until_told(run)
    return overdue(run), worker(run, "settlements", event_id=event_id)


def two_expiries(run: Silent) -> tuple[Work, Work]:
    """A queue delivers one message twice."""
    run.place()
    run.rest()
    work = overdue(run)
    return work, work


def one_bank_line_confirmed_twice(run: ByTransfer) -> tuple[Work, Work]:
    """Two people in finance have the same statement before them."""
    run.place()
    run.rest()
    run.parts = {"N1": 59_900}
    return lambda: run.confirm("N1", 59_900), lambda: run.confirm("N1", 59_900)


def two_bank_lines_at_once(run: ByTransfer) -> tuple[Work, Work]:
    """Each of two people confirms one of the two parts."""
    run.place()
    run.rest()
    return lambda: run.confirm("N1", 10_000), lambda: run.confirm("N2", 49_900)


def a_change_of_mind_and_the_payment(run: Switching) -> tuple[Work, Work]:
    """The former attempt is paid while its successor is about to be charged."""
    run.place()
    run.rest()
    former = run.payment_id
    run.switch()
    return worker(run, "charges", payment_id=run.payment_id), lambda: run.act_meanwhile("pay", former)


def two_changes_of_mind(run: Switching) -> tuple[Work, Work]:
    """The client's impatient retry arrives while his first request is being answered."""
    run.place()
    run.rest()
    return run.switch, run.switch


def a_refund_and_a_chargeback(run: Returning) -> tuple[Work, Work]:
    """The payer's bank takes the money back while the provider is asked to give it back."""
    work, payment_id = worker(run, "settlements", refund_id=refund_asked(run)), run.payment_id
    return work, lambda: run.act_meanwhile("act", payment_id, act="dispute")


def a_refund_and_a_review(run: Returning) -> tuple[Work, Work]:
    """The provider tells of the refund that we have asked it for, before we have heard of its answer."""
    refund_id = refund_asked(run)
    return worker(run, "settlements", refund_id=refund_id), worker(
        run, "settlements", payment_id=run.payment_id
    )


def two_workers_of_one_refund(run: Returning) -> tuple[Work, Work]:
    """A queue delivers one message twice."""
    work = worker(run, "settlements", refund_id=refund_asked(run))
    return work, work


def two_refunds_at_once(run: Returning) -> tuple[Work, Work]:
    """Two people in finance give all of it back."""
    paid_for(run)
    return partial(run.give_back, "one"), partial(run.give_back, "two")


PAIRS: dict[str, Pair] = {
    meet.__name__: Pair(plan, meet)
    for plan, meets in (
        (
            "boleto",
            (
                two_orders_with_one_key,
                two_charge_workers,
                two_webhooks_of_one_event,
                two_settlements_of_one_event,
                a_settlement_and_a_late_charge_worker,
                two_activations,
                two_deliveries_of_one_mail,
                two_workers_with_one_document,
                a_settlement_and_a_document,
            ),
        ),
        ("unpaid", (an_expiry_and_the_payment, an_expiry_and_a_settlement, two_expiries)),
        ("transfer", (one_bank_line_confirmed_twice, two_bank_lines_at_once)),
        ("change_of_mind", (a_change_of_mind_and_the_payment, two_changes_of_mind)),
        (
            "given_back",
            (
                a_refund_and_a_chargeback,
                a_refund_and_a_review,
                two_workers_of_one_refund,
                two_refunds_at_once,
            ),
        ),
        ("care", (two_installations_and_one_seat,)),
        ("expiry", (two_ticks_of_licences,)),
        ("renewal", (a_renewal_and_a_notice,)),
        ("request", (two_ticks_of_alerts, an_alert_and_an_answer)),
        ("subscription", (a_renewal_and_its_cancellation, two_renewals)),
        ("cancellation", MEETINGS),
    )
    for meet in meets
}


def activations(run: Run, now: datetime) -> Work:
    """The subscriber that activates the run's order."""
    paid = Event("order.paid", run.order_id, now, {"payment_id": run.payment_id})
    return lambda: activation.activate(paid, wiring.reach(), now)


def overdue(run: Silent) -> Work:
    """The worker that gives an order up, at the instant from which it may."""
    (order,) = run.world.rows("order")
    run.world.now = datetime.fromisoformat(order["expires_at"])
    at = rfc3339(run.world.now)
    return worker(run, "settlements", order_id=order["id"], at=at)


def paid_for(run: Returning) -> None:
    """An order that was paid, with everything that follows from it."""
    run.place()
    run.rest()
    run.pay_first()


def refund_asked(run: Returning) -> str:
    """A refund of all that was paid, which no worker has taken up."""
    paid_for(run)
    run.give_back()
    (refund,) = run.world.rows("refund")
    return str(refund["id"])


def notices(run: Owner) -> Work:
    """The schedule of licences, a week before the end."""
    return lambda: licensing.notify(run.past.license_id, run.week_before)


def worker(run: Run, queue: str, **body: str) -> Work:
    """The worker of a queue with one message."""
    return lambda: WORKERS[queue](body, run.world.now)


def documents(run: Run) -> Work:
    """The worker that makes the document of the run's invoice."""
    return worker(run, "documents", invoice_id=run.answers[0].json["invoice_id"])


def until_told(run: Run) -> str:
    """Everything up to the provider's notice that the money is there; our id of that event."""
    run.place()
    run.rest()
    run.wait_for(lambda: bool(run.charges()))
    run.world.pay(run.payment_id)
    run.provider_tells()
    unsettled = (row for row in run.world.rows("provider_event") if "settled_at" not in row)
    return next(str(row["id"]) for row in unsettled if row["announces_payment"])
