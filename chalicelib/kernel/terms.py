"""The conditions of a recurring product, frozen into everything that is bought on them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Terms:
    """`period` is `P1M`, `P1Y` …; `cutoff_days` before the end renewal can last be cancelled;
    `grace_days` after the end a licence or addon still works."""

    period: str
    installments: int = 1
    auto_renew: bool = True
    notice_days: int = 30
    cutoff_days: int = 0
    self_cancel: bool = False
    grace_days: int = 0
