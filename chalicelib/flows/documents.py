"""Making documents in a worker, safe to repeat at any point: invoices, credit notes (V1), own data (V5), and
records of cancellations (C14).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from chalicelib.billing import store as billing
from chalicelib.billing.documents import digest_of, key_of
from chalicelib.billing.gateways import Archive
from chalicelib.billing.links import Links
from chalicelib.flows import exporting, leaving_records
from chalicelib.flows.reach import Reach
from chalicelib.storage.records import Records
from chalicelib.storage.transaction import Transaction, retrying
from chalicelib.tickets.gateways import Files


def work(message: Mapping[str, str], archive: Archive, reach: Reach, exports: Files, now: datetime) -> None:
    """Make the file of `{"export_id"}`, the record of `{"cancellation_id"}` with the letter that carries it,
    or the document that `make` is asked for. Raises `Unavailable`.
    """
    if "export_id" in message:
        exporting.make(message["export_id"], exports, now)
    elif "cancellation_id" in message:
        leaving_records.make(message["cancellation_id"], archive, reach, now)
    else:
        make(message, archive, reach.links)


def make(message: Mapping[str, str], archive: Archive, links: Links) -> None:
    """Make the document of `{"invoice_id"}` or `{"credit_note_id"}`, keep it, and note which one it is.

    Raises `Unavailable`: the message comes again later.
    """
    if "invoice_id" in message:
        _make(billing.invoices, message["invoice_id"], archive, links.online)
    else:
        _make(billing.credit_notes, message["credit_note_id"], archive, lambda note: "")


def _make(records: Records[Any], id: str, archive: Archive, pay_url: Callable[[Any], str]) -> None:
    # Imported here: this worker alone draws, and every function that works on queues imports this module.
    from chalicelib.billing import pdf

    record = records.get(id)
    if record.document:
        return
    # What was kept first stays, also if it was drawn by an earlier release.
    kept = archive.keep(key_of(record), pdf.render(record, pay_url(record)))
    retrying(lambda: _note(records, id, digest_of(kept)))


def _note(records: Records[Any], id: str, digest: str) -> None:
    record = records.get(id)
    if record.document:
        return
    writing = Transaction()
    writing.save(records.row(replace(record, document=digest)))
    writing.commit()
