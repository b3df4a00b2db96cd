"""Every record survives being written to its row and read back."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.billing import rules as billing_rules
from chalicelib.billing import store as billing
from chalicelib.billing.cards import Card
from chalicelib.billing.credit_notes import Credited, CreditNote
from chalicelib.billing.provider_events import ProviderEvent
from chalicelib.billing.refunds import Refund
from chalicelib.billing.transfers import BookedEntry
from chalicelib.cancellations import store as cancellations
from chalicelib.cancellations.notices import Notice
from chalicelib.cancellations.rules import Case
from chalicelib.catalog import store as catalog
from chalicelib.catalog.rules import Product
from chalicelib.customers import store as customers
from chalicelib.customers.exports import Export
from chalicelib.customers.rules import Customer
from chalicelib.kernel.money import EXPONENTS, Money
from chalicelib.kernel.terms import Terms
from chalicelib.licensing import store as licensing
from chalicelib.licensing.rules import License
from chalicelib.mail import store as mail
from chalicelib.mail.rules import Mail
from chalicelib.orders import store as orders
from chalicelib.orders.rules import Order
from chalicelib.orders.withdrawals import Withdrawal
from chalicelib.storage.attributes import RecordAttribute
from chalicelib.storage.records import to_record, to_row
from chalicelib.storage.table import Copy, Row
from chalicelib.subscriptions import store as subscriptions
from chalicelib.subscriptions.crm_tasks import CrmTask
from chalicelib.subscriptions.rules import Subscription
from chalicelib.subscriptions.trace import Trace
from chalicelib.tasks import store as tasks
from chalicelib.tasks.rules import Task
from chalicelib.tickets import attachments_store, inbound_store
from chalicelib.tickets import store as tickets
from chalicelib.tickets.attachments import Upload
from chalicelib.tickets.calendars import Definition
from chalicelib.tickets.inbound import InboundMail, SenderHour
from chalicelib.tickets.levels import ServiceLevels
from chalicelib.tickets.messages import Message
from chalicelib.tickets.rules import Ticket
from chalicelib.tickets.sla import Clock, Entry, Policy

# Long before any key has retired.
BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
PAIRS: list[tuple[type[Row], type[Any], Callable[[Any], Row] | None]] = [
    (billing.InvoiceRow, billing_rules.Invoice, billing.invoices.row),
    (billing.CreditNoteRow, CreditNote, billing.credit_notes.row),
    (billing.CreditedRow, Credited, billing.credited.row),
    (billing.PaymentRow, billing_rules.Payment, billing.payments.row),
    (billing.CardRow, Card, billing.cards.row),
    (billing.RefundRow, Refund, billing.refunds.row),
    (billing.BankEntryRow, BookedEntry, billing.entries.row),
    (billing.ProviderEventRow, ProviderEvent, billing.events.row),
    (cancellations.CaseRow, Case, cancellations.row),
    (cancellations.NoticeRow, Notice, cancellations.notices.row),
    (catalog.ProductRow, Product, None),
    (customers.CustomerRow, Customer, customers.row),
    (customers.ExportRow, Export, customers.exports.row),
    (licensing.LicenseRow, License, lambda license: next(licensing.rows(license, BEGINNING))),
    (mail.MailRow, Mail, mail.row),
    (orders.OrderRow, Order, orders.row),
    (orders.WithdrawalRow, Withdrawal, orders.withdrawals.row),
    (subscriptions.SubscriptionRow, Subscription, subscriptions.row),
    (subscriptions.TraceRow, Trace, subscriptions.traces.row),
    (subscriptions.CrmTaskRow, CrmTask, subscriptions.crm_tasks.row),
    (tasks.TaskRow, Task, tasks.row),
    (attachments_store.UploadRow, Upload, attachments_store.uploads.row),
    (inbound_store.InboundMailRow, InboundMail, inbound_store.mails.row),
    (inbound_store.SenderHourRow, SenderHour, inbound_store.hours.row),
    (tickets.TicketRow, Ticket, lambda ticket: tickets.rows(ticket)[0]),
    (tickets.MessageRow, Message, tickets.messages.row),
    (tickets.LevelsRow, ServiceLevels, tickets.levels_row),
]
JSON = st.recursive(
    st.text() | st.integers() | st.none(), lambda inner: st.lists(inner, max_size=2), max_leaves=3
)
STRATEGIES: dict[type[Any], st.SearchStrategy[Any]] = {
    datetime: st.datetimes(datetime(1970, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC)),
    date: st.dates(date(1970, 1, 1), date(2200, 1, 1)),
    Money: st.builds(Money, st.integers(-(10**12), 10**12), st.sampled_from(sorted(EXPONENTS))),
}
# When a subscription is due follows from these, and from the start of a day somewhere.
DAYS = st.integers(0, 366)
STRATEGIES[Terms] = st.builds(
    Terms, st.just("P1M"), st.integers(1, 12), notice_days=DAYS, cutoff_days=DAYS, grace_days=DAYS
)
STRATEGIES[Policy] = st.just(Policy())
STRATEGIES[Clock] = st.builds(
    Clock, ledger=st.lists(st.deferred(lambda: st.from_type(Entry)), min_size=1).map(tuple)
)
for known, strategy in STRATEGIES.items():
    st.register_type_strategy(known, strategy)


TEXTS = st.dictionaries(st.text(), st.text(), max_size=3)
RECORDS: dict[type[Any], st.SearchStrategy[Any]] = {
    Mail: st.builds(Mail, params=st.dictionaries(st.text(), JSON, max_size=3)),
    Subscription: st.builds(Subscription, zone=st.sampled_from(["Europe/Madrid", "America/Santiago"])),
    ProviderEvent: st.builds(ProviderEvent, tries=st.integers(0, 99)),
    ServiceLevels: st.builds(
        ServiceLevels,
        calendars=st.lists(st.builds(Definition, week=TEXTS, own_days=TEXTS, half_days=TEXTS)).map(tuple),
        by_country=TEXTS,
        policies=st.dictionaries(st.text(), JSON, max_size=3),
        versions=TEXTS,
    ),
    Task: st.builds(Task, facts=st.dictionaries(st.text(), st.text(), max_size=3)),
}


@pytest.mark.parametrize(
    ("row_type", "record_type", "row"), PAIRS, ids=lambda one: getattr(one, "__name__", "")
)
@given(data=st.data())
def test_a_record_read_back_is_the_record_written(
    row_type: type[Row], record_type: type[Any], row: Callable[[Any], Row] | None, data: st.DataObject
) -> None:
    record = data.draw(RECORDS.get(record_type, st.from_type(record_type)))
    written = row(record) if row else to_row(row_type, record, {"pk": "CAT", "sk": "PRODUCT#x"})
    read = row_type.from_raw_data(written.to_dynamodb_dict())
    assert to_record(read, record_type) == record


def test_every_row_with_a_record_is_in_the_table_above() -> None:
    have_no_record = {
        "audit",
        "calendar",
        "counter",
        "idempotency",
        "license_key",
        "number",
        "outbox",
        "ticket_place",
    }
    every = {*Row.__subclasses__(), *Copy.__subclasses__()} - {Copy}
    ours = [one for one in every if one.__module__.startswith("chalicelib.")]
    kinds = {row_type.kind.get_discriminator(row_type) for row_type, _, _ in PAIRS}
    assert kinds | have_no_record == {one.kind.get_discriminator(one) for one in ours}


@pytest.mark.parametrize(
    ("row_type", "record_type", "row"), PAIRS, ids=lambda one: getattr(one, "__name__", "")
)
def test_a_row_holds_the_fields_of_its_record_and_nothing_else(
    row_type: type[Row], record_type: type[Any], row: object
) -> None:
    own = set(row_type.get_attributes()) - set(Row.get_attributes())
    fields = {field.name for field in dataclasses.fields(record_type)} - {"version"}
    renamed = {name.rpartition("_")[2] if name.endswith("_kind") else name for name in own}
    assert renamed == fields


def test_a_field_that_a_newer_release_wrote_is_overlooked() -> None:
    shape = RecordAttribute(tuple[Terms, ...])
    assert shape.deserialize('[{"period": "P1Y", "colour": "red"}]') == (Terms("P1Y"),)
