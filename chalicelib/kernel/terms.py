"""The conditions of a recurring product, frozen into everything that is bought on them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

# How what is delivered under a contract is ended: by which procedure (C10 to C13).
Ending = Literal["domain", "corporate_email", "site", "software"]


@dataclass(frozen=True)
class Terms:
    """`period` is `P1M`, `P1Y` …; its price is charged in `installments`, one each `installment_every`.

    `notice_days` before the end its renewal is announced; `cutoff_days` before the end renewal can last be
    cancelled, by the customer himself where `self_cancel` says so. A declined card is charged anew so many
    days after the last time as `retry_days` says, one after the other. For `grace_days` after the end it
    still works. A licence that is paid again after its end goes on from the day of payment or, where
    `lapsed_renewal` says so, from its old end. `refund_unused`: whoever ends the contract early is given
    back what he has paid for days to come. `freeze_on_request`: from the instant at which a customer asks to
    leave nothing is charged, until it is decided whether he does.
    """

    period: str
    installments: int = 1
    installment_every: str = "P1M"
    auto_renew: bool = True
    notice_days: int = 30
    cutoff_days: int = 0
    self_cancel: bool = False
    retry_days: tuple[int, ...] = (1, 3, 5)
    grace_days: int = 0
    lapsed_renewal: Literal["today", "old_end"] = "today"
    refund_unused: bool = False
    freeze_on_request: bool = True


@dataclass(frozen=True)
class Seating:
    """How many production installations one licence allows, and how often a year its owner may move one."""

    seats: int = 1
    moves_per_year: int = 3
