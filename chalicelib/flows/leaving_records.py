"""The PDF of record of a cancellation, and the formal e-mail with it; safe to repeat at any point (C14)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from chalicelib.billing import service as billing
from chalicelib.billing.documents import digest_of
from chalicelib.billing.gateways import Archive
from chalicelib.billing.rules import Party
from chalicelib.billing.sheets import party_lines
from chalicelib.billing.words import WORDS
from chalicelib.cancellations import service
from chalicelib.cancellations import store as cases
from chalicelib.cancellations.records import Facts
from chalicelib.cancellations.refusals import FormalEmailNotFailed
from chalicelib.cancellations.rules import Case
from chalicelib.customers import store as customers
from chalicelib.flows import leaving_letters
from chalicelib.flows.reach import Reach, Vendor
from chalicelib.kernel.events import Actor, Event
from chalicelib.kernel.markets import market_of
from chalicelib.mail import store as mails
from chalicelib.storage.transaction import Transaction, retrying
from chalicelib.tasks import service as tasks
from chalicelib.tasks.rules import task_id


def make(case_id: str, archive: Archive, reach: Reach, now: datetime) -> None:
    """Draw the record of a case, keep it, note which one it is, and write the formal e-mail with it.

    Nothing if that is written already. Raises `Unavailable`: the message comes again later.
    """
    case = cases.get(case_id)
    if mails.find(leaving_letters.formal_id(case)) is None:
        record = document(case, archive) if case.document else _drawn(case, archive, reach.vendor)
        leaving_letters.formal(case, record, reach, now)


def document(case: Case, archive: Archive) -> bytes:
    """The PDF of record, byte for byte as it was made.

    Raises `DocumentNotReady`, `Unavailable`; `DocumentDamaged` rather than giving out another one.
    """
    return billing.kept(case.document, case.number, key_of(case), archive)


def key_of(case: Case) -> str:
    """Under which key of the archive the record of a case is kept."""
    return f"cancellations/{case.id}.pdf"


def write_anew(case_id: str, actor: Actor, now: datetime) -> Case:
    """Have the formal e-mail written anew, to its customer's present address; the record stays as it is.

    Also of a case that is closed. `CaseNotFound`; `FormalEmailNotFailed` unless it was given up or came back.
    """

    def decide(case: Case) -> Case:
        if not leaving_letters.is_undeliverable(case):
            raise FormalEmailNotFailed(number=case.number)
        # A case that waits for its letter is looked after again.
        look_at = now if case.status == "executing" else None
        return replace(case, letters=case.letters + 1, look_at=look_at)

    def also(writing: Transaction, before: Case, after: Case) -> None:
        for status in ("failed", "bounced", "sent"):
            told = task_id("mail_undelivered", f"{leaving_letters.formal_id(before)}:{status}")
            tasks.put_done(writing, told, actor, now)
        writing.emit(Event("cancellation.letter_wanted", case_id, now))

    return service.change(case_id, decide, "formal e-mail anew", actor, now, also=also)


def request(event: Event, reach: Reach, now: datetime) -> None:
    """Have the formal e-mail of a case written by the worker that has its record."""
    reach.documents({"cancellation_id": event.subject})


def _drawn(case: Case, archive: Archive, vendor: Vendor) -> bytes:
    # Imported here: this worker alone draws, and every function that works on queues imports this module.
    from chalicelib.cancellations import pdf

    # What was kept first stays, also if it was drawn by an earlier release.
    kept = archive.keep(key_of(case), pdf.render(_facts(case, vendor)))
    retrying(lambda: _note(case.id, digest_of(kept)))
    return kept


def _facts(case: Case, vendor: Vendor) -> Facts:
    customer = customers.get(case.customer_id)
    words = WORDS[customer.locale]
    seller = Party(vendor.name, vendor.tax_id, vendor.country, vendor.email, vendor.address)
    buyer = Party(customer.name, customer.tax_id, customer.country, customer.email, customer.address)
    return Facts(
        case=case,
        owed=leaving_letters.owed_of(case),
        vendor=tuple(party_lines(seller, words)),
        customer=tuple(party_lines(buyer, words)),
        locale=customer.locale,
        zone=market_of(customer.country).zone,
    )


def _note(case_id: str, digest: str) -> None:
    case = cases.get(case_id)
    if case.document:
        return
    writing = Transaction()
    writing.save(cases.row(replace(case, document=digest)))
    writing.commit()
