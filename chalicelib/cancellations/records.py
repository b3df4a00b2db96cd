"""What stands in the record of a cancellation, as text and in its customer's language (C14). Pure.

It names no person of the team: who did something is said as his sector. What is for the vendor's own files
alone, as notes on a customer, is not told.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from chalicelib.cancellations.checklist import FORMAL, PAID, Item, Step
from chalicelib.cancellations.rules import Case
from chalicelib.cancellations.words import WORDS
from chalicelib.kernel import formats
from chalicelib.kernel.clock import local_date, rfc3339
from chalicelib.kernel.events import SYSTEM
from chalicelib.kernel.formats import STYLES
from chalicelib.kernel.money import Money

# Evidence that repeats what only the team said of a customer.
INTERNAL = frozenset({"note_on_file"})
NOTHING = "–"


@dataclass(frozen=True)
class Unpaid:
    """What has to be paid still, or not any more; what was not invoiced yet has no `number` and no order."""

    number: str | None
    amount: Money
    due_date: date
    order_id: str | None


@dataclass(frozen=True)
class Facts:
    """What a record is made of; of both sides the first line is the name."""

    case: Case
    owed: tuple[Unpaid, ...]
    vendor: tuple[str, ...]
    customer: tuple[str, ...]
    locale: str
    zone: str


@dataclass(frozen=True)
class Section:
    """A heading with a table below it, or a word for that there is nothing; facts have no `columns`."""

    heading: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    nothing: str = ""


@dataclass(frozen=True)
class Sheet:
    """The text of a record; `page` takes {page} and {pages}."""

    locale: str
    title: str
    number: str
    date: str
    vendor: tuple[str, ...]
    customer_is: str
    customer: tuple[str, ...]
    sections: tuple[Section, ...]
    page: str


@dataclass(frozen=True)
class Language:
    """How things are said and written to a customer."""

    words: Mapping[str, str]
    style: formats.Style
    zone: str

    def moment(self, instant: datetime | None) -> str:
        """An instant where he is."""
        return formats.moment(self.style, rfc3339(instant), self.zone) if instant else NOTHING

    def day(self, day: date) -> str:
        """A day, written out."""
        return formats.day(self.style, day)

    def code(self, kind: str, code: str | None) -> str:
        """What stands for a code of a kind; one that is not known stands for itself."""
        return self.words.get(f"{kind}.{code}", code) if code else self.words["not_told"]


def sheet_of(facts: Facts) -> Sheet:
    """The text of the record of what has ended; its day is that of the last step but its letter."""
    case = facts.case
    language = Language(WORDS[facts.locale], STYLES[facts.locale], facts.zone)
    words = language.words
    last = max(step.at for step in case.plan if step.at and step.action != FORMAL)
    return Sheet(
        locale=facts.locale,
        title=words["title"],
        number=case.number,
        date=language.day(local_date(last, facts.zone)),
        vendor=facts.vendor,
        customer_is=words["customer"],
        customer=facts.customer,
        sections=tuple(_sections(case, facts.owed, language)),
        page=words["page"],
    )


def unpaid(case: Case, *, owed: bool) -> tuple[Unpaid, ...]:
    """What was unpaid when it was decided and is owed, or else is not and was not paid all the same."""
    paid = {step.subject for step in case.plan if step.action == "cancel_slip" and step.evidence == PAID}
    return tuple(
        Unpaid(slip.invoice_number, slip.amount, slip.due_date, slip.order_id)
        for slip in case.slips
        if slip.owed == owed and slip.payment_id not in paid
    )


def _sections(case: Case, owed: tuple[Unpaid, ...], language: Language) -> Iterator[Section]:
    words = language.words
    nothing = words["nothing"]
    yield Section("", (), tuple(_request(case, language)))
    ended = (words["contract"], words["ended_at"], words["refund"])
    yield Section(words["ended"], ended, tuple(_ended(item, language) for item in case.left), nothing)
    yield Section(words["kept"], (words["contract"],), tuple((named(item),) for item in case.kept), nothing)
    slips = (words["invoice"], words["due"], words["amount"])
    yield Section(words["owed"], slips, tuple(_amounts(owed, language)), nothing)
    yield Section(words["voided"], slips, tuple(_amounts(unpaid(case, owed=False), language)), nothing)
    columns = tuple(words[name] for name in ("step", "by", "at", "evidence"))
    yield Section(words["steps"], columns, tuple(_step(case, step, language) for step in case.plan))


def _request(case: Case, language: Language) -> Iterator[tuple[str, str]]:
    words = language.words
    yield words["case"], case.number
    yield words["channel"], language.code("channel", case.channel)
    yield words["requested_at"], language.moment(case.requested_at)
    yield words["reason"], language.code("reason", case.reason_code)
    yield words["decided_at"], language.moment(case.decided_at)
    yield words["decided_by"], language.code("by", _decided_by(case))


def _decided_by(case: Case) -> str:
    if case.decided_by == SYSTEM.id:
        return "silence"
    return "customer" if case.decided_by == case.customer_id else "staff"


def named(item: Item) -> str:
    """A contract as its customer knows it."""
    line = f"{item.name}: {item.detail}" if item.detail else item.name
    return f"{line} ({item.domain})" if item.domain else line


def _ended(item: Item, language: Language) -> tuple[str, str, str]:
    refund = formats.money(language.style, item.refund) if item.refund else NOTHING
    return named(item), language.moment(item.ended_at), refund


def _amounts(those: Iterable[Unpaid], language: Language) -> Iterator[tuple[str, str, str]]:
    for one in those:
        number = one.number or language.words["not_invoiced"]
        yield number, language.day(one.due_date), formats.money(language.style, one.amount)


def _step(case: Case, step: Step, language: Language) -> tuple[str, ...]:
    subject = _subject(case, step)
    action = language.code("action", step.action)
    said = f"{action}: {subject}" if subject else action
    if step.status == "pending":
        # The letter goes with the record; what is agreed with who stays may take longer.
        evidence = language.words["enclosed"] if step.action == FORMAL else NOTHING
        return said, language.code("sector", step.performer), NOTHING, evidence
    return said, language.code("sector", _by(step)), language.moment(step.at), _evidence(step, language)


def _subject(case: Case, step: Step) -> str:
    names = {item.contract_id: named(item) for item in case.items}
    numbers = {slip.payment_id: slip.invoice_number for slip in case.slips}
    return {**names, **numbers}.get(step.subject, "")


def _by(step: Step) -> str:
    """The sector of a person's step; who leaves out one of the system's is of the staff."""
    if step.by == SYSTEM.id:
        return SYSTEM.id
    return "staff" if step.performer == "system" else step.performer


def _evidence(step: Step, language: Language) -> str:
    if step.status == "skipped":
        return language.words["skipped"].format(reason=language.code("evidence", step.reason))
    told = None if step.action in INTERNAL else step.evidence
    return language.code("evidence", told) if told else NOTHING
