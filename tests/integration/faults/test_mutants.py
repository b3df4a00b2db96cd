"""The sweep is only worth what it catches: each of these bugs must be caught by it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

import pytest

from tests.integration.faults.hooks import Call, Wire, applies
from tests.integration.faults.mutants import MUTANTS, Mutant, seeded
from tests.integration.faults.pairs import PAIRS
from tests.integration.faults.schedule import explore
from tests.integration.faults.stage import Broken, Stage


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name.replace(" ", "_"))
def test_a_seeded_bug_breaks_an_invariant(stage: Stage, mutant: Mutant) -> None:
    with seeded(mutant), pytest.raises(Broken) as x:
        hunt(stage, mutant)
    print(mutant.name, str(x.value)[:700])


def hunt(stage: Stage, mutant: Mutant) -> None:
    """Go to where it does harm, until something is `Broken`."""
    if mutant.pair:
        explore(lambda choose: stage.meeting(PAIRS[mutant.pair], choose))
    elif mutant.outage:
        stage.outage(mutant.outage)
    else:
        search(stage, mutant)


def search(stage: Stage, mutant: Mutant) -> None:
    """One purchase without a fault, then one for each likely one."""
    stage.purchase(mutant.plan, Wire())
    for wire in wires(mutant):
        stage.purchase(mutant.plan, wire)


def wires(mutant: Mutant) -> Iterator[Wire]:
    """One fault after another, mode by mode, until there is no further call to hurt."""
    for mode in mutant.modes:

        def hurts(call: Call, mode: str = mode) -> bool:
            return applies(mode, call) and mutant.near in str(call)

        for at in count(1):
            wire = Wire(mode, {at}, hurts)
            yield wire
            if not wire.hit:
                break
