"""What the server that received a mail says about it, and whom the mail may speak for (V6).

This comes from the server itself, never from the mail: what a mail says of its own trustworthiness is worth
nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Verdict = Literal["pass", "fail", "unclear"]


@dataclass(frozen=True)
class Receipt:
    """One mail received: its id and place in the inbox, and what was verified of it.

    `envelope_sender` is whom the sending server gave as its sender (empty for bounces), `senders` what the
    receiving server read in `From`.
    """

    message_id: str
    key: str
    received_at: datetime
    envelope_sender: str
    senders: tuple[str, ...]
    spf: Verdict
    dkim: Verdict
    dmarc: Verdict
    spam: Verdict
    virus: Verdict


def speaks_for(receipt: Receipt, address: str) -> bool:
    """Whether a mail is proven to come from the domain of the address that it says to be from.

    DMARC proves just that. Without its verdict, SPF does if the envelope is of the same domain. A DKIM
    signature alone does not: the receipt does not tell whose it is.
    """
    if receipt.dmarc == "fail" or not _same_sender(receipt.senders, address):
        return False
    aligned = _domain(receipt.envelope_sender) == _domain(address)
    return receipt.dmarc == "pass" or (receipt.spf == "pass" and aligned)


def _same_sender(senders: tuple[str, ...], address: str) -> bool:
    """The server verified the domain that it read in `From`; ours must be the same reading."""
    if len(senders) != 1:
        return False
    read = senders[0].strip().lower()
    return read == address or read.endswith(f"<{address}>")


def _domain(address: str) -> str:
    return address.rpartition("@")[2].lower()
