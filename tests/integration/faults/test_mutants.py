"""The sweep is only worth what it catches: each of these bugs must be caught by it, for what it breaks.

Most of them do no harm as long as nothing goes wrong, which is tried first.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

import pytest

from tests.integration.faults.hooks import Call, Wire, applies, from_call
from tests.integration.faults.mutants import MUTANTS, Mutant, seeded
from tests.integration.faults.pairs import PAIRS
from tests.integration.faults.schedule import explore
from tests.integration.faults.stage import Broken, Stage


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name.replace(" ", "_"))
def test_a_seeded_bug_breaks_an_invariant(stage: Stage, mutant: Mutant) -> None:
    # Stories go on from a purchase that had nothing of the bug.
    stage.bought()
    with seeded(mutant):
        if mutant.hides:
            stage.purchase(mutant.plan, Wire())
        with pytest.raises(Broken, match=mutant.breaks):
            hunt(stage, mutant)


def hunt(stage: Stage, mutant: Mutant) -> None:
    """Go to where it does harm, until something is `Broken`."""
    if mutant.pair:
        explore(lambda choose: stage.meeting(PAIRS[mutant.pair], choose))
    elif mutant.outage:
        stage.outage(mutant.outage)
    elif mutant.modes:
        for wire in wires(mutant):
            stage.purchase(mutant.plan, wire)
    else:
        stage.purchase(mutant.plan, Wire())


def wires(mutant: Mutant) -> Iterator[Wire]:
    """One fault after another, mode by mode, until there is no further call to hurt."""
    for mode in mutant.modes:

        def hurts(call: Call, mode: str = mode) -> bool:
            return applies(mode, call) and mutant.near in str(call)

        for at in count(1):
            wire = Wire(mode, from_call(at, mode), hurts)
            yield wire
            if not wire.hit:
                break
