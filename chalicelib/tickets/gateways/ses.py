"""Amazon SES: what its notification about a received mail says, in our words."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from chalicelib.kernel.clock import parse_instant
from chalicelib.tickets.receipts import Receipt, Verdict

# GRAY and PROCESSING_FAILED mean that SES does not know.
VERDICTS: Mapping[str, Verdict] = {"PASS": "pass", "FAIL": "fail"}


def receipt_of(notification: str) -> Receipt | None:
    """The receipt of a mail that SES has put into a bucket; None for any other message of a topic.

    Setting up a receipt rule sends one such message.
    """
    try:
        told = json.loads(notification)
    except ValueError:
        return None
    if not isinstance(told, dict) or told.get("notificationType") != "Received":
        return None
    mail, receipt = told["mail"], told["receipt"]
    return Receipt(
        message_id=mail["messageId"],
        key=receipt["action"]["objectKey"],
        received_at=parse_instant(mail["timestamp"]),
        envelope_sender=str(mail.get("source") or "").strip("<>"),
        senders=tuple(mail.get("commonHeaders", {}).get("from", ())),
        spf=_verdict(receipt, "spf"),
        dkim=_verdict(receipt, "dkim"),
        dmarc=_verdict(receipt, "dmarc"),
        spam=_verdict(receipt, "spam"),
        virus=_verdict(receipt, "virus"),
    )


def _verdict(receipt: Mapping[str, Any], name: str) -> Verdict:
    return VERDICTS.get(receipt.get(f"{name}Verdict", {}).get("status", ""), "unclear")
