"""The conditions of a recurring product, frozen into everything that is bought on them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Terms:
    """`period` is `P1M`, `P1Y` …; `cutoff_days` before the end renewal can last be cancelled;
    `grace_days` after the end a licence or addon still works; paid again after its end, it goes on from
    the day of payment or, where `lapsed_renewal` says so, from its old end."""

    period: str
    installments: int = 1
    auto_renew: bool = True
    notice_days: int = 30
    cutoff_days: int = 0
    self_cancel: bool = False
    grace_days: int = 0
    lapsed_renewal: Literal["today", "old_end"] = "today"


@dataclass(frozen=True)
class Seating:
    """How many production installations one licence allows, and how often a year its owner may move one."""

    seats: int = 1
    moves_per_year: int = 3
