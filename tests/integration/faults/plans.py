"""What is bought in the sweep, and which of the world's habits each purchase meets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Plan:
    """One purchase.

    `holds`: products that staff granted before. Without `streaming` the table's stream has lost its place,
    and only sweeps deliver. `misled`: an authentic message tells of the money before it is there, and when
    the provider is `silent`, no other does, until the very end. `hasty`: the customer pays at his bank as
    soon as the provider has the charge, maybe before we know of it; faults stop there. `canceled`: staff
    cancel the order before it is paid; faults start there.

    `hurts_reads`: calls without an effect are hurt too. One plan is enough for that: what dies at a read
    leaves the same world behind as what dies right after its latest effect.
    """

    name: str
    order: Mapping[str, Any]
    holds: tuple[str, ...] = ()
    streaming: bool = True
    misled: bool = False
    silent: bool = False
    hasty: bool = False
    canceled: bool = False
    hurts_reads: bool = False


LICENSE = {"product": "prestaimport", "installation": {"name": "Loja", "domain": "loja.example.com"}}
BY_BOLETO = {"items": [LICENSE], "payment_method": "boleto"}
EVERYTHING = {
    "items": [{"product": "supplier-a"}, LICENSE, {"product": "advisory-1h"}],
    "payment_method": "boleto",
}
BY_CARD = {"items": [LICENSE], "payment_method": "card"}

PLANS = {
    plan.name: plan
    for plan in (
        Plan("boleto", EVERYTHING, holds=("erp",), misled=True, hurts_reads=True),
        Plan("boleto_paid_at_once", BY_BOLETO, hasty=True),
        Plan("card_without_stream", BY_CARD, streaming=False),
        Plan("late_money", BY_BOLETO, misled=True, silent=True, canceled=True),
    )
}
