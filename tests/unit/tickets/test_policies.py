"""Which promise a ticket has (R7)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from chalicelib.tickets.policies import Policies, PoliciesNotValid, read_policies
from chalicelib.tickets.sla import Policy

KINDS, PRIORITIES = ("cancel_contract", "support"), ("normal", "high")
DOCUMENT = {
    "default": {"hours": 72},
    "support": {"hours": 16, "mode": "office_hours"},
    "support/high": {"hours": 4, "mode": "office_hours", "at_risk_percent": 50},
    "cancel_contract/high": {"at_risk_percent": 60},
}


def _read(document: dict[str, Any]) -> Policies:
    return read_policies(document, KINDS, PRIORITIES)


@pytest.mark.parametrize(
    ("kind", "priority", "policy"),
    [
        ("support", "high", Policy(timedelta(hours=4), "office_hours", 50)),
        ("support", "normal", Policy(timedelta(hours=16), "office_hours", 75)),
        ("cancel_contract", "normal", Policy(timedelta(hours=72))),
        ("cancel_contract", "high", Policy(timedelta(hours=48), "business_days", 60)),
    ],
)
def test_the_most_specific_promise_counts(kind: str, priority: str, policy: Policy) -> None:
    assert _read(DOCUMENT).of(kind, priority) == policy


def test_whoever_promises_nothing_else_promises_48_business_hours() -> None:
    for policies in (Policies(), _read({}), _read({"support": {}})):
        assert policies.of("support", "high") == Policy(timedelta(hours=48), "business_days", 75)


@pytest.mark.parametrize(
    ("document", "faulty"),
    [
        ({"sales": {}}, [("/sales", "unknown")]),
        ({"support/urgent": {}}, [("/support~1urgent", "unknown")]),
        ({"default/high": {}}, [("/default~1high", "unknown")]),
        ({"support": 48}, [("/support", "type")]),
        ({"support": {"days": 2}}, [("/support/days", "unknown")]),
        ({"support": {"mode": "calendar_days"}}, [("/support/mode", "mode")]),
        ({"support": {"mode": ["office_hours"]}}, [("/support/mode", "mode")]),
        *(
            ({"support": {"hours": bad}}, [("/support/hours", "range")])
            for bad in (0, -1, True, "4", None, 10_001)
        ),
        *(
            ({"default": {"at_risk_percent": bad}}, [("/default/at_risk_percent", "range")])
            for bad in (0, 101)
        ),
        (
            {"sales": {"hours": 0}, "support/high": {"mode": "", "at_risk_percent": "x"}},
            [
                *(("/sales", "unknown"), ("/sales/hours", "range")),
                *(("/support~1high/mode", "mode"), ("/support~1high/at_risk_percent", "range")),
            ],
        ),
    ],
)
def test_every_faulty_field_is_named(document: dict[str, Any], faulty: list[tuple[str, str]]) -> None:
    with pytest.raises(PoliciesNotValid) as refused:
        _read(document)
    assert [(error.pointer, error.code) for error in refused.value.errors] == faulty
