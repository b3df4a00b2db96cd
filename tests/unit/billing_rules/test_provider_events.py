"""How long a provider's event is open, and how long it is kept (B5)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import get_args

import pytest

from chalicelib.billing import provider_events
from chalicelib.billing.gateways import PaymentStatus as ProviderStatus
from chalicelib.billing.provider_events import PATIENCE, ProviderEvent
from chalicelib.billing.rules import SWEEP_AFTER

NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)
EVENT = ProviderEvent("pev_1", "asaas", "PAYMENT_RECEIVED", "p1", "{}", NOW, announces_payment=True)


def test_an_event_is_due_until_it_is_settled_and_kept_for_half_a_year() -> None:
    assert (EVENT.due_at, EVENT.kept_until) == (NOW + SWEEP_AFTER, None)
    settled = provider_events.settled(EVENT, "accept", NOW)
    assert (settled.due_at, settled.outcome, settled.settled_at) == (None, "accept", NOW)
    assert settled.kept_until == NOW + timedelta(days=180)


def test_pauses_between_tries_double_up_to_a_bound() -> None:
    event, pauses = EVENT, []
    for _ in range(8):
        event = provider_events.postponed(event, NOW)
        assert event.due_at
        pauses.append((event.due_at - NOW) // SWEEP_AFTER)
    assert pauses == [2, 4, 8, 16, 32, 32, 32, 32]


@pytest.mark.parametrize("seen", [None, *get_args(ProviderStatus)])
@pytest.mark.parametrize("announces", [True, False])
@pytest.mark.parametrize("late", [True, False])
def test_only_announced_and_unseen_money_is_waited_for_and_not_for_ever(
    seen: str | None, announces: bool, late: bool
) -> None:
    event = replace(EVENT, announces_payment=announces)
    now = NOW + PATIENCE - timedelta(seconds=0 if late else 1)
    waits = announces and seen in (None, "pending") and not late
    assert provider_events.still_to_come(event, seen, now) is waits
