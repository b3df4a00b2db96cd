"""Files that go with messages: which are taken, how they are named, and where they are kept (V6)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from chalicelib.kernel.errors import NotFound
from chalicelib.tickets.messages import Attachment

LARGEST = 10 * 1024 * 1024
MOST_PER_MESSAGE = 10
LONGEST_NAME = 100
# How long the addresses for uploading and downloading work, and an upload waits for its message.
LINK_LASTS = timedelta(minutes=10)
UPLOAD_WAITS = timedelta(days=1)

# What is taken, with the endings its files may have: nothing that a browser or an office program would run.
MEDIA_TYPES: Mapping[str, tuple[str, ...]] = {
    "application/json": ("json",),
    "application/pdf": ("pdf",),
    "application/vnd.oasis.opendocument.spreadsheet": ("ods",),
    "application/vnd.oasis.opendocument.text": ("odt",),
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": ("pptx",),
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": ("xlsx",),
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ("docx",),
    "application/xml": ("xml",),
    "application/zip": ("zip",),
    "image/gif": ("gif",),
    "image/jpeg": ("jpg", "jpeg"),
    "image/png": ("png",),
    "image/webp": ("webp",),
    "text/csv": ("csv",),
    "text/plain": ("txt", "log"),
}
# Other names that mail programs have for the same.
_SAME = {
    "text/xml": "application/xml",
    "image/jpg": "image/jpeg",
    "application/x-zip-compressed": "application/zip",
}
_UNKNOWN = ("application/octet-stream", "")
_BY_ENDING = {ending: media_type for media_type, endings in MEDIA_TYPES.items() for ending in endings}
_UNSAFE = re.compile(r'[<>:"|?*%;]')


@dataclass(frozen=True)
class Upload:
    """A file that somebody may upload for a message about a ticket, and then name in it."""

    id: str
    ticket_id: str
    name: str
    media_type: str
    size: int
    created_at: datetime
    version: int | None = None

    @property
    def kept_until(self) -> datetime:
        """After that, nobody can attach it any more."""
        return self.created_at + UPLOAD_WAITS

    @property
    def attachment(self) -> Attachment:
        """It, as part of a message."""
        return Attachment(self.id, self.name, self.media_type, self.size)


class AttachmentNotFound(NotFound):
    """No such file of a message about this ticket."""

    code = "attachment_not_found"
    thing = {"en": "attachment", "es": "el adjunto", "pt-BR": "o anexo"}


def upload_key(ticket_id: str, attachment_id: str) -> str:
    """Where a file is uploaded to; what stays there is removed after a while."""
    return f"uploads/{ticket_id}/{attachment_id}"


def kept_key(ticket_id: str, attachment_id: str) -> str:
    """Where a file is kept that belongs to a message; nobody else's address leads there to write."""
    return f"attachments/{ticket_id}/{attachment_id}"


def media_type_of(name: str, declared: str) -> str | None:
    """The media type of a file that came without our asking, or None if it is none that is taken."""
    known = _SAME.get(declared.lower(), declared.lower())
    if known in _UNKNOWN:
        known = _BY_ENDING.get(_ending(name), "")
    return known if known in MEDIA_TYPES else None


def safe_name(name: str, media_type: str) -> str:
    """A name that means nothing to any file system, and whose ending is one of the media type's."""
    last = unicodedata.normalize("NFC", name).replace("\\", "/").rpartition("/")[2]
    # Without control characters, and without those that turn the direction of what is read.
    shown = "".join(char for char in last if unicodedata.category(char)[0] not in "C")
    plain = _UNSAFE.sub("_", shown).strip(" .") or "file"
    endings = MEDIA_TYPES[media_type]
    if _ending(plain) in endings:
        stem, _, ending = plain.rpartition(".")
    else:
        stem, ending = plain, endings[0]
    return f"{stem[: LONGEST_NAME - len(ending) - 1] or 'file'}.{ending}"


def disposition(name: str) -> str:
    """Saved, never shown, under its name; a program that reads no Unicode gets what of it is ASCII."""
    from urllib.parse import quote

    ascii_name = name.encode("ascii", "replace").decode().replace("?", "_")
    return f"attachment; filename=\"{ascii_name}\"; filename*=UTF-8''{quote(name, safe='')}"


def _ending(name: str) -> str:
    return name.rpartition(".")[2].lower() if "." in name else ""
