"""The fault sweep: every call goes wrong in every way, and every invariant still holds.

What is swept are purchases, and what happens to a licence later: it is renewed, ends, is moved and cared for.
Each test is one mode over a part of a plan's calls, in a fresh world for each call, so that progress shows
and `-n` spreads the work.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.integration.faults.hooks import EACH_ONCE, MODES, Call, Wire, applies, from_call
from tests.integration.faults.plans import PLANS, Plan
from tests.integration.faults.stage import Stage


def parts(plan: Plan, mode: str) -> int:
    """In how many tests a mode is run, so that each takes about as long."""
    return 5 if plan.hurts_reads and mode == "crash_before" else plan.parts


# (plan, mode, part, parts), named `boleto-crash_after-2of2`
SWEEP = [
    pytest.param(
        plan, mode, part, parts(plan, mode), id=f"{plan.name}-{mode}-{part + 1}of{parts(plan, mode)}"
    )
    for plan in PLANS.values()
    for mode in plan.modes or MODES
    for part in range(parts(plan, mode))
]


@pytest.mark.parametrize("plan", PLANS)
def test_a_purchase_without_faults_meets_every_invariant(stage: Stage, plan: str) -> None:
    assert stage.purchase(plan, Wire()).failures == []


def test_every_service_that_a_purchase_uses_is_on_the_wire(stage: Stage) -> None:
    seen = {str(call) for plan in PLANS for call in stage.calls(plan)}
    dynamodb = {f"DynamoDB {name}" for name in ("GetItem", "Query", "UpdateItem", "TransactWriteItems")}
    others = {"S3 PutObject", "SQS SendMessage", "SSM GetParameter", "SES POST /v2/email/outbound-emails"}
    providers = {"asaas POST /v3/payments", "stripe POST /v1/checkout/sessions"}
    assert seen >= dynamodb | others | providers


@pytest.mark.parametrize("mode", ["lost_before", "lost_after", "throttle", "duplicate"])
def test_every_invariant_survives_that_all_reads_from_aws_go_wrong_once(stage: Stage, mode: str) -> None:
    def hurts(call: Call) -> bool:
        return call.is_aws and call.reads

    reads = sum(map(hurts, stage.calls("boleto")))
    wire = Wire(mode, EACH_ONCE, hurts)
    stage.purchase("boleto", wire)
    assert len(wire.calls) >= reads if mode == "duplicate" else len(wire.calls) >= 2 * reads


@pytest.mark.parametrize(("plan", "mode", "part", "parts"), SWEEP)
def test_every_invariant_survives(
    stage: Stage, plan: Plan, mode: str, part: int, parts: int, record_property: Any
) -> None:
    def hurts(call: Call) -> bool:
        return applies(mode, call) and plan.hurts(call)

    numbers = range(1, sum(map(hurts, stage.calls(plan.name))) + 1)[part::parts]
    for at in numbers:
        wire = Wire(mode, from_call(at, mode), hurts)
        stage.purchase(plan.name, wire)
        assert wire.hit, f"call {at} was never made"
    record_property("done", f"{len(numbers)} runs")
