"""Uploads for messages in the table; they leave it when they can no longer be attached."""

from __future__ import annotations

from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from chalicelib.storage.attributes import InstantAttribute
from chalicelib.storage.records import Records
from chalicelib.storage.table import Row
from chalicelib.tickets.attachments import AttachmentNotFound, Upload


class UploadRow(Row, discriminator="upload"):
    """One permission to upload a file."""

    id = UnicodeAttribute()
    ticket_id = UnicodeAttribute()
    name = UnicodeAttribute()
    media_type = UnicodeAttribute()
    size = NumberAttribute()
    created_at = InstantAttribute()


uploads = Records("UPL", UploadRow, Upload, AttachmentNotFound, listed_under=lambda upload: None)
