"""What holds for all batches: every item is handled, and every failure is told."""

from __future__ import annotations

import pytest

from chalicelib.edge.workers import SomeFailed, all_or_raise


def _handle(item: int) -> None:
    if item < 0:
        raise ValueError(item)


def test_every_item_of_a_batch_is_handled_though_some_fail() -> None:
    handled: list[int] = []

    def handle(item: int) -> None:
        handled.append(item)
        _handle(item)

    with pytest.raises(SomeFailed, match=r"^item -1, item -3$"):
        all_or_raise([-1, 2, -3, 4], handle, lambda item: f"item {item}")
    assert handled == [-1, 2, -3, 4]


@pytest.mark.parametrize("batch", [[], [1], [1, 2, 3]])
def test_a_batch_without_failures_raises_nothing(batch: list[int]) -> None:
    all_or_raise(batch, _handle, str)
