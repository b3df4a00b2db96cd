"""What was before a run begins: carried out once, without faults, and put back for each run."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from chalicelib.customers.rules import Customer
from infra.sandbox.state import Records
from tests.integration.faults.hooks import Wire
from tests.integration.faults.plans import Plan
from tests.integration.faults.scenario import Run
from tests.integration.faults.seen import Seen
from tests.world import World


@dataclass(frozen=True)
class Past:
    """A deployment as it was left: table, secret, providers, customer, and what was seen of it."""

    items: Sequence[Mapping[str, Any]]
    secret: str
    providers: Records
    customer: Customer
    token: str
    seen: Seen


@dataclass(frozen=True)
class Purchase(Past):
    """One in which a licence was bought, with its key."""

    license_id: str
    key: str
    end: datetime


class Heir(Run):
    """What happens to a customer who has a past."""

    def __init__(
        self, world: World, plan: Plan, wire: Wire, inspect: Callable[[Run], None], past: Past
    ) -> None:
        self.before = past
        super().__init__(world, plan, wire, inspect)

    def enter(self) -> tuple[Customer, str]:
        """He is known already."""
        return self.before.customer, self.before.token

    def seen(self, taken: Sequence[str]) -> Seen:
        """The past is seen too."""
        now, before = super().seen(taken), self.before.seen
        return replace(
            now,
            mails=[*before.mails, *now.mails],
            charges=[*before.charges, *now.charges],
            acknowledged=before.acknowledged | now.acknowledged,
            documents=before.documents | now.documents,
        )
