"""A mail that comes in, as SES leaves it: its bytes in the inbox, and what the topic is told about it.

SES itself is the one part of this path that the embedded AWS does not have.
"""

from __future__ import annotations

import json
import mimetypes
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from pathlib import Path
from typing import Any

CHECKS = ("spf", "dkim", "dmarc", "spam", "virus")
# What a forger fails: he has neither the domain's servers nor its keys.
FORGED = dict.fromkeys(("spf", "dkim", "dmarc"), "FAIL")


def written(sender: str, to: str, subject: str, text: str, attachment: Path | None, now: datetime) -> bytes:
    """The bytes of a mail as a mail program makes it."""
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = sender, to, subject
    mail["Date"], mail["Message-ID"] = format_datetime(now), make_msgid(domain="mail.example")
    mail.set_content(text)
    if attachment is not None:
        media_type = mimetypes.guess_type(attachment.name)[0] or "application/octet-stream"
        main, _, sub = media_type.partition("/")
        mail.add_attachment(attachment.read_bytes(), main, sub, filename=attachment.name)
    return mail.as_bytes()


def notification(
    message_id: str, sender: str, to: str, now: datetime, verdicts: Mapping[str, str], **mail: Any
) -> dict[str, Any]:
    """What SES tells about a mail that it has put into a bucket; `verdicts` that differ from PASS, by check.

    `mail` replaces facts of the mail itself, such as its envelope's `source`.
    """
    at = now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    checked = {f"{name}Verdict": {"status": verdicts.get(name, "PASS")} for name in CHECKS}
    return {
        "notificationType": "Received",
        "mail": {
            "timestamp": at,
            "source": sender.rpartition("<")[2].rstrip(">"),
            "messageId": message_id,
            "destination": [to],
            "headersTruncated": False,
            "commonHeaders": {"from": [sender], "to": [to]},
            **mail,
        },
        "receipt": {
            "timestamp": at,
            "recipients": [to],
            **checked,
            "action": {"type": "S3", "objectKeyPrefix": "mail/", "objectKey": f"mail/{message_id}"},
        },
    }


def deliver(s3: Any, bucket: str, sns: Any, topic: str, raw: bytes, told: Mapping[str, Any]) -> None:
    """Leave a mail in the inbox and tell the topic about it, in this order, as SES does."""
    s3.put_object(Bucket=bucket, Key=told["receipt"]["action"]["objectKey"], Body=raw)
    sns.publish(TopicArn=topic, Message=json.dumps(told), Subject="Amazon SES Email Receipt Notification")


def new_message_id() -> str:
    """An id such as SES gives to a mail."""
    return uuid.uuid4().hex
