"""Uploading files, naming them in a message, and reading them again (V6)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial

from chalicelib.kernel.errors import FieldError, Invalid
from chalicelib.kernel.faults import Fault
from chalicelib.kernel.ids import derived_id, new_id
from chalicelib.kernel.paging import Page, all_pages
from chalicelib.storage.idempotency import Repeatable
from chalicelib.storage.transaction import Transaction, retrying
from chalicelib.tickets import rules, store
from chalicelib.tickets.attachments import (
    LINK_LASTS,
    MOST_PER_MESSAGE,
    AttachmentNotFound,
    Upload,
    disposition,
    kept_key,
    safe_name,
    upload_key,
)
from chalicelib.tickets.attachments_store import uploads
from chalicelib.tickets.gateways import Files, UploadTarget
from chalicelib.tickets.messages import Attachment, Message
from chalicelib.tickets.rules import Ticket

# One page of a list of messages: from a cursor, so many.
Listing = Callable[[str, int, str | None], Page[Message]]


def announce(
    ticket: Ticket,
    name: str,
    media_type: str,
    size: int,
    files: Files,
    now: datetime,
    *,
    answer: Callable[[Upload, UploadTarget], tuple[int, str]],
    repeatable: Repeatable | None = None,
) -> tuple[Upload, UploadTarget]:
    """Permit the upload of one file for a message about a ticket.

    `answer` gives the status and body that a repeat of the request gets again. `TicketClosed`, `Replay`,
    `IdempotencyKeyReused`.
    """
    id = derived_id("att", repeatable.id) if repeatable else new_id("att", now)
    upload = Upload(id, ticket.id, safe_name(name, media_type), media_type, size, now)
    target = files.upload(upload_key(ticket.id, id), media_type, size, LINK_LASTS)

    def attempt() -> tuple[Upload, UploadTarget]:
        if repeatable:
            repeatable.replay()
        rules.check_not_closed(ticket)
        writing = Transaction()
        # An answer is kept for 30 days: after that, the same request announces the file once more.
        known = uploads.find(id)
        writing.save(uploads.row(replace(upload, version=known.version if known else None)))
        if repeatable:
            writing.save(repeatable.row(*answer(upload, target), now))
        writing.commit()
        return upload, target

    return retrying(attempt)


def attached(
    ticket_id: str, ids: Sequence[str], files: Files, repeatable: Repeatable | None = None
) -> tuple[Attachment, ...]:
    """The files that a message about a ticket names, after they were uploaded.

    They are put where no permission to upload leads, so that nobody changes them afterwards. `Invalid` names
    every one that is not there, as `/attachments/0`, and keeps none. `Replay` for a message that was written
    before, as its uploads may be gone.
    """
    if not ids:
        return ()
    if repeatable:
        repeatable.replay()
    if len(ids) > MOST_PER_MESSAGE:
        fault = Fault("too_many.files", most=MOST_PER_MESSAGE)
        raise Invalid(errors=[FieldError("/attachments", fault)])
    known = uploads.find_all(ids)
    if faults := list(_faults(ticket_id, ids, known, files)):
        raise Invalid(errors=faults)
    for id in ids:
        files.keep(upload_key(ticket_id, id), kept_key(ticket_id, id))
    return tuple(known[id].attachment for id in ids)


def _faults(
    ticket_id: str, ids: Sequence[str], known: dict[str, Upload], files: Files
) -> Iterator[FieldError]:
    for at, id in enumerate(ids):
        upload = known.get(id)
        if upload is None or upload.ticket_id != ticket_id:
            yield FieldError(f"/attachments/{at}", Fault("unknown_attachment", id=id))
        elif id in ids[:at]:
            yield FieldError(f"/attachments/{at}", Fault("repeated.file", id=id))
        elif files.size(upload_key(ticket_id, id)) != upload.size:
            fault = Fault("not_uploaded", name=upload.name, size=upload.size)
            yield FieldError(f"/attachments/{at}", fault)


def link(ticket_id: str, attachment_id: str, lists: Sequence[Listing], files: Files) -> str:
    """Where a file of a message can be downloaded for a while; only messages in `lists` are looked at.

    So what goes with a note is found by nobody who does not read notes. `AttachmentNotFound`.
    """
    for message in _messages(ticket_id, lists):
        for file in message.attachments:
            if file.id == attachment_id:
                key = kept_key(ticket_id, file.id)
                return files.download(key, file.media_type, disposition(file.name), LINK_LASTS)
    raise AttachmentNotFound(id=attachment_id)


PUBLIC: Sequence[Listing] = (store.conversation,)
ALL: Sequence[Listing] = (store.conversation, store.notes)


def _messages(ticket_id: str, lists: Sequence[Listing]) -> Iterator[Message]:
    for listing in lists:
        yield from all_pages(partial(listing, ticket_id))
