"""The exploration of orders finds every outcome, and spares orders that make no difference."""

from __future__ import annotations

from collections.abc import Mapping

from tests.integration.faults.hooks import Call
from tests.integration.faults.schedule import Choose, explore

Steps = Mapping[int, list[tuple[str, str]]]


def call(operation: str, row: str) -> Call:
    body = f'{{"Key": {{"pk": {{"S": "{row}"}}, "sk": {{"S": "-"}}}}}}'
    return Call("DynamoDB", operation, {}, body.encode())


def outcomes(steps: Steps) -> tuple[int, set[str]]:
    """How many orders are explored, and what is read in them: each read sees who wrote last before it."""
    found: set[str] = set()

    def run(choose: Choose) -> None:
        waiting = {actor: [call(*step) for step in actor_steps] for actor, actor_steps in steps.items()}
        rows: dict[str, int] = {}
        seen = ""
        while left := {actor: calls[0] for actor, calls in waiting.items() if calls}:
            actor = choose(left)
            now = waiting[actor].pop(0)
            (row,) = now.rows
            if now.reads:
                seen += f"{actor} saw {row} by {rows.get(row)}; "
            else:
                rows[row] = actor
        found.add(f"{seen}{sorted(rows.items())}")

    return explore(run), found


def test_what_touches_nothing_in_common_is_run_in_one_order() -> None:
    runs, _ = outcomes({0: [("GetItem", "a"), ("UpdateItem", "a")], 1: [("UpdateItem", "b")]})
    assert runs == 1


def test_two_writes_of_one_row_are_run_in_both_orders() -> None:
    runs, found = outcomes({0: [("UpdateItem", "a")], 1: [("UpdateItem", "a")]})
    assert (runs, len(found)) == (2, 2)


def test_reading_and_writing_in_two_processes_has_every_outcome_once() -> None:
    both = [("GetItem", "a"), ("UpdateItem", "a")]
    runs, found = outcomes({0: both, 1: both})
    # One after the other (two ways), or both read before anybody writes (two ways to write).
    assert (runs, len(found)) == (4, 4)
