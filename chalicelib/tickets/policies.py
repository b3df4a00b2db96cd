"""Which promise a ticket has, by kind and priority (R7), and what can be wrong with such a list.

It is written as `{"default": {"hours": 48}, "support": {"hours": 16, "mode": "office_hours"}, "support/high":
{"hours": 4, "mode": "office_hours", "at_risk_percent": 50}}`. The most specific name counts; what a promise
leaves out is as usual: 48 hours, `business_days`, 75 percent.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, get_args

from chalicelib.kernel.business import Mode
from chalicelib.kernel.errors import FieldError, Invalid, pointer_step
from chalicelib.kernel.faults import Fault
from chalicelib.tickets.sla import Policy

DEFAULT = "default"
BOUNDS = {"hours": (1, 10_000), "at_risk_percent": (1, 100)}


class PoliciesNotValid(Invalid):
    """A list of promises with faults; `errors` names every faulty field."""

    code = "policies_not_valid"


@dataclass(frozen=True)
class Policies:
    """Promises by `kind/priority`, by `kind`, and for all others by `default`."""

    named: Mapping[str, Policy] = field(default_factory=dict)

    def of(self, kind: str, priority: str) -> Policy:
        """The promise to a ticket."""
        names = (f"{kind}/{priority}", kind, DEFAULT)
        return next((self.named[name] for name in names if name in self.named), Policy())


def read_policies(
    document: Mapping[str, Any], kinds: Collection[str], priorities: Collection[str]
) -> Policies:
    """The promises of a document, for tickets of these kinds and priorities; `PoliciesNotValid`."""
    known = {DEFAULT, *kinds, *(f"{kind}/{priority}" for kind in kinds for priority in priorities)}
    if errors := [fault for name, promise in document.items() for fault in _faults(name, promise, known)]:
        raise PoliciesNotValid(errors=errors)
    return Policies({name: _policy(promise) for name, promise in document.items()})


def _policy(promise: Mapping[str, Any]) -> Policy:
    given = {name: value for name, value in promise.items() if name != "hours"}
    if "hours" in promise:
        given["budget"] = timedelta(hours=promise["hours"])
    return Policy(**given)


def _faults(name: str, promise: Any, known: Collection[str]) -> Iterator[FieldError]:
    pointer = pointer_step(name)
    if name not in known:
        yield FieldError(pointer, Fault("unknown", name=name))
    if not isinstance(promise, Mapping):
        yield FieldError(pointer, Fault("type"))
        return
    for field_name, value in promise.items():
        if fault := _field_fault(field_name, value):
            yield FieldError(pointer + pointer_step(field_name), fault)


def _field_fault(name: str, value: object) -> Fault | None:
    if name == "mode":
        modes = get_args(Mode)
        return None if value in modes else Fault("mode", modes=", ".join(modes))
    if name not in BOUNDS:
        return Fault("unknown.field", name=name)
    least, most = BOUNDS[name]
    # True is an int in Python, and no number to anybody else.
    if isinstance(value, int) and not isinstance(value, bool) and least <= value <= most:
        return None
    return Fault("range", least=least, most=most)
