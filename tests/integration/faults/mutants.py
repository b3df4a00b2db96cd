"""Which bug stands where, and what brings it to light.

This is the one place of the project that replaces its own code: to show that the sweep would notice.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from chalicelib import wiring
from chalicelib.billing import provider_events
from chalicelib.billing import rules as billing_rules
from chalicelib.billing import service as billing_service
from chalicelib.billing import store as billing
from chalicelib.billing import transfers as billing_transfers
from chalicelib.billing.gateways.asaas import Asaas
from chalicelib.flows import (
    activation,
    alerting,
    closing,
    delivery,
    documents,
    entitlements,
    leaving_records,
    leaving_steps,
    reconciliation,
    refunds,
    renewals,
    settlement,
)
from chalicelib.licensing import service as licensing_service
from chalicelib.licensing.rules import License
from chalicelib.mail import rules as mail_rules
from chalicelib.mail import service as mail
from chalicelib.mail.gateways import ses
from chalicelib.storage.transaction import Transaction
from tests.integration.faults import bugs, case_bugs


@dataclass(frozen=True)
class Mutant:
    """A bug: what stands instead of which attributes, and what brings it to light.

    It `breaks` an invariant in purchases by `plan` which one of the `modes` happens to, at calls whose name
    contains `near`; or where a `pair` meets; or in an `outage` of a service; or else in any purchase.
    """

    name: str
    bugs: tuple[tuple[Any, str, Any], ...]
    breaks: str
    modes: tuple[str, ...] = ()
    plan: str = "boleto"
    near: str = ""
    pair: str = ""
    outage: str = ""

    @property
    def hides(self) -> bool:
        """Whether it does no harm as long as nothing goes wrong."""
        return bool(self.modes or self.pair or self.outage)


@contextmanager
def seeded(mutant: Mutant) -> Iterator[None]:
    """The system with the bug in it."""
    originals = [(owner, name, getattr(owner, name)) for owner, name, _ in mutant.bugs]
    for owner, name, bug in mutant.bugs:
        setattr(owner, name, bug)
    wiring.mailer.cache_clear()
    try:
        yield
    finally:
        for owner, name, original in originals:
            setattr(owner, name, original)
        wiring.mailer.cache_clear()


MUTANTS = (
    Mutant(
        "no transaction",
        ((Transaction, "commit", bugs.write_one_by_one),),
        breaks="numbers_have_no_gaps_and_no_repeats",
        modes=("crash_after",),
        near="PutItem",
    ),
    Mutant(
        "conflict swallowed",
        ((Transaction, "commit", bugs.swallow_the_conflict),),
        breaks="does not become quiet",
        modes=("conflict",),
    ),
    Mutant(
        "last writer wins",
        ((Transaction, "commit", bugs.last_writer_wins),),
        breaks="paid_is_paid_everywhere",
        pair="two_settlements_of_one_event",
    ),
    Mutant(
        "no idempotency record",
        ((Transaction, "save", bugs.save_no_answer),),
        breaks="one_request_made_one_order",
    ),
    Mutant(
        "outbox marked before its subscribers ran",
        (
            (delivery, "deliver", bugs.mark_before_telling),
            (reconciliation, "deliver", bugs.mark_before_telling),
        ),
        breaks="every_email_went_out",
        modes=("crash_after",),
        near="UpdateItem",
    ),
    Mutant(
        "outbox not swept",
        ((reconciliation, "due_events", bugs.nothing_due),),
        breaks="does not become quiet",
        outage="SQS",
    ),
    Mutant(
        "webhook acknowledged before it is stored",
        ((billing_service, "receive", bugs.answer_before_storing),),
        breaks="every_acknowledged_event_is_booked",
        modes=("crash_before",),
        near="TransactWriteItems",
    ),
    Mutant(
        "webhook trusted",
        ((settlement, "settle", bugs.trust_the_webhook),),
        breaks="only_real_money_is_accepted",
    ),
    Mutant(
        "events not told apart",
        ((billing, "provider_event_id", bugs.new_event_id),),
        breaks="every_acknowledged_event_is_booked",
    ),
    Mutant(
        "event seen, not done",
        ((settlement, "settle", bugs.seen_is_done),),
        breaks="no_money_comes_to_nothing",
        modes=("crash_after",),
        plan="card_without_stream",
        near="TransactWriteItems",
    ),
    Mutant(
        "early notice settled at once",
        ((provider_events, "PATIENCE", timedelta(0)),),
        breaks="nobody_is_asked_for_nothing",
        plan="late_money",
    ),
    Mutant(
        "late money ignored",
        ((settlement, "NEEDS_A_PERSON", frozenset()),),
        breaks="no_money_comes_to_nothing",
        plan="late_money",
    ),
    Mutant(
        "events not swept",
        ((billing, "events", bugs.NeverDue.of(billing.events)),),
        breaks="does not become quiet",
    ),
    Mutant(
        "charges not swept",
        ((billing, "payments", bugs.NeverDue.of(billing.payments)),),
        breaks="does not become quiet",
        outage="asaas",
    ),
    Mutant(
        "charged without looking for a charge",
        ((Asaas, "_standing", bugs.look_for_no_charge),),
        breaks="a_payment_has_one_charge",
        modes=("crash_after",),
        near="POST /v3/payments",
    ),
    Mutant(
        "documents not swept",
        ((billing, "invoices", bugs.NeverDue.of(billing.invoices)),),
        breaks="does not become quiet",
        outage="S3",
    ),
    Mutant(
        "document noted before it is kept",
        ((documents, "make", bugs.note_before_keeping),),
        breaks="a_noted_document_is_the_one_that_is_kept",
        modes=("crash_before",),
        near="PutObject",
    ),
    Mutant(
        "document noted over what changed meanwhile",
        ((Transaction, "commit", bugs.last_writer_wins),),
        breaks="paid_is_paid_everywhere",
        pair="a_settlement_and_a_document",
    ),
    Mutant(
        "lease of a charge ignored",
        ((billing_rules, "claim", bugs.take_every_lease),),
        breaks="a_payment_has_one_charge",
        pair="two_charge_workers",
    ),
    Mutant(
        "former attempt left open",
        ((closing, "close", bugs.close_nothing),),
        breaks="an_order_can_be_paid_once",
        plan="change_of_mind",
    ),
    Mutant(
        "order given up with its slip still payable",
        ((closing, "money_came", bugs.ask_nobody),),
        breaks="nobody_can_pay_for_nothing",
        plan="unpaid",
    ),
    Mutant(
        "bank lines not told apart",
        ((billing_transfers, "derived_id", bugs.another_id),),
        breaks="bank_lines_add_up",
        plan="transfer",
    ),
    Mutant(
        "refund asked for anew each time",
        ((refunds, "RefundRequest", bugs.another_refund),),
        breaks="only_banks_take_money",
        modes=("crash_after",),
        plan="given_back",
        near="POST /v1/refunds",
    ),
    Mutant(
        "order suspended, and what it bought goes on",
        ((entitlements, "withheld", bugs.withhold_nothing),),
        breaks="nothing_is_active_without_payment",
        plan="contested",
    ),
    Mutant(
        "copies of a licence beside the transaction",
        ((Transaction, "save", bugs.save_copies_at_once),),
        breaks="every_key_opens_a_true_copy",
        modes=("crash_before",),
        plan="care",
        near="TransactWriteItems",
    ),
    Mutant(
        "licences extended before the order is marked",
        ((activation, "_save_licenses", bugs.extend_first),),
        breaks="ends_move_only_as_paid",
        modes=("crash_after",),
        plan="renewal",
        near="TransactWriteItems",
    ),
    Mutant(
        "notice told before it is remembered",
        ((licensing_service, "notify", bugs.tell_before_remembering),),
        breaks="each_notice_is_given_once",
        modes=("crash_after",),
        plan="expiry",
        near="TransactWriteItems",
    ),
    Mutant(
        "alert told before it is remembered",
        ((alerting, "_alert", bugs.alert_before_remembering),),
        breaks="each_alert_is_given_once",
        modes=("crash_after",),
        plan="request",
        near="TransactWriteItems",
    ),
    Mutant(
        "answer written over an alert",
        ((Transaction, "commit", bugs.last_writer_wins),),
        breaks="each_alert_is_given_once",
        pair="an_alert_and_an_answer",
    ),
    Mutant(
        "alert not guarded",
        ((Transaction, "commit", bugs.last_writer_wins),),
        breaks="each_alert_is_given_once",
        pair="two_ticks_of_alerts",
    ),
    Mutant(
        "renewed without a notice",
        ((renewals, "next_step", bugs.renew_unannounced),),
        breaks="every_renewal_was_announced",
        plan="subscription",
    ),
    Mutant(
        "renewed over its cancellation",
        ((Transaction, "commit", bugs.last_writer_wins),),
        breaks="nothing_is_charged_after_a_cancellation",
        pair="a_renewal_and_its_cancellation",
    ),
    Mutant(
        "formal e-mail written whenever asked",
        ((leaving_records, "make", case_bugs.write_whenever_asked),),
        breaks="a_case_has_one_formal_email",
        modes=("duplicate",),
        plan="cancellation",
        near="SQS",
    ),
    Mutant(
        "slip left payable at its provider",
        ((closing, "close", bugs.close_nothing),),
        breaks="a_step_that_is_done_was_performed",
        plan="cancellation",
    ),
    Mutant(
        "step noted before it is performed",
        ((leaving_steps, "_perform", case_bugs.note_before_canceling),),
        breaks="a_step_that_is_done_was_performed",
        modes=("crash_after",),
        plan="cancellation",
        near="TransactWriteItems",
    ),
    Mutant(
        "decided over another decision",
        ((Transaction, "commit", bugs.last_writer_wins),),
        breaks="every_change_is_allowed_and_audited_once",
        pair="a_reversal_and_silence",
    ),
    Mutant(
        "last seat not guarded",
        ((Transaction, "commit", bugs.last_writer_wins),),
        breaks="seats_change_as_audited",
        pair="two_installations_and_one_seat",
    ),
    Mutant(
        "notices due for a stopped licence",
        ((License, "due_at", property(bugs.due_though_stopped)),),
        breaks="due_means_outstanding",
        plan="care",
    ),
    Mutant(
        "e-mail sent before it is claimed",
        ((mail, "deliver", bugs.send_before_claim),),
        breaks="no_email_is_sent_twice",
        modes=("crash_after",),
        near="SES",
    ),
    Mutant(
        "e-mail claimed and never sent again",
        ((mail_rules, "unknown", bugs.never_decide),),
        breaks="does not become quiet",
        modes=("crash_before",),
        near="SES",
    ),
    Mutant(
        "e-mail not swept",
        ((mail, "overdue", bugs.nothing_due),),
        breaks="does not become quiet",
        outage="SES",
    ),
    Mutant(
        "retries of e-mail",
        ((ses, "client_config", bugs.retry_sending),),
        breaks="no_email_is_sent_twice",
        modes=("lost_after",),
        near="SES",
    ),
    Mutant(
        "Send event not waited for",
        ((mail_rules, "UNCERTAIN", timedelta(minutes=1)),),
        breaks="no_email_is_sent_twice",
        modes=("crash_after",),
        near="SES",
    ),
)
