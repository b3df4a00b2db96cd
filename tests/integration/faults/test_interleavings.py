"""Two invocations at the same instant: every order of their calls leaves every invariant standing."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integration.faults.pairs import PAIRS
from tests.integration.faults.schedule import explore
from tests.integration.faults.stage import Stage


@pytest.mark.parametrize("pair", PAIRS)
def test_every_order_of_two_invocations_ends_well(stage: Stage, pair: str, record_property: Any) -> None:
    orders = explore(lambda choose: stage.meeting(PAIRS[pair], choose))
    # Fewer would mean that the two never met.
    assert orders > 1
    record_property("done", f"{orders} orders of calls")
