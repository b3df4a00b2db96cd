"""What requests may say and what a licence shows (B1, B3, V11)."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from pydantic import BaseModel, ValidationError

from chalicelib.edge.schema import refusal_of
from chalicelib.kernel.errors import Invalid
from chalicelib.licensing.decision import Question, decide
from chalicelib.licensing.rules import MOST_SEATS, License
from chalicelib.licensing.schemas import (
    ActivateIn,
    AddonAmendIn,
    FileIn,
    LicenseAmendIn,
    LicenseOut,
    StaffLicenseOut,
    ValidateIn,
)

from .made import LICENSES, NOW, a_license, an_activation

KEY = "VIG-00000-00000-00000-00000-00000-00000"


def _faults(schema: type[BaseModel], body: dict[str, Any]) -> list[tuple[str, str]]:
    """Pointers and codes of what is wrong with a body."""
    try:
        schema.model_validate_json(json.dumps(body))
    except ValidationError as error:
        refusal = refusal_of(error)
        assert isinstance(refusal, Invalid)
        return [(one.pointer, one.code) for one in refusal.errors]
    return []


@pytest.mark.parametrize("blank", [" ", "\t\n", "\u2003\u3000 "])
@pytest.mark.parametrize(
    ("schema", "besides"), [(ValidateIn, {"key": KEY}), (ActivateIn, {"key": KEY}), (FileIn, {})]
)
def test_blanks_name_no_installation(schema: type[BaseModel], besides: dict[str, str], blank: str) -> None:
    assert _faults(schema, {**besides, "fingerprint": blank}) == [("/fingerprint", "blank")]
    assert _faults(schema, {**besides, "fingerprint": f"{blank}x"}) == []


@pytest.mark.parametrize("schema", [LicenseAmendIn, AddonAmendIn])
@pytest.mark.parametrize("field", ["expires_at", "paid_until"])
@pytest.mark.parametrize(
    ("end", "fits"),
    [
        ("1999-12-31T23:59:59Z", False),
        ("2000-01-01T00:00:00Z", True),
        ("2000-01-01T00:00:00+01:00", False),
        ("2200-01-01T00:00:00Z", True),
        ("2200-01-01T00:00:01Z", False),
        ("9999-12-31T23:59:59-12:00", False),
        ("2027-01-01T00:00:00", False),
    ],
)
def test_an_end_lies_between_2000_and_2200(schema: type[BaseModel], field: str, end: str, fits: bool) -> None:
    faults = _faults(schema, {"reason": "asked for", field: end})
    assert [pointer for pointer, _ in faults] == ([] if fits else [f"/{field}"])


def test_the_latest_end_with_the_longest_grace_is_still_an_instant() -> None:
    latest = datetime.fromisoformat("2200-01-01T00:00:00Z")
    license = a_license(expires_at=latest, grace_days=36_500)
    assert decide(Question(license, (), NOW)).valid


def test_a_licence_has_a_hundred_seats_at_most() -> None:
    assert MOST_SEATS == 100
    seats = {number: bool(_faults(LicenseAmendIn, {"reason": "r", "seats": number})) for number in (1, 100)}
    assert seats == {1: False, 100: False}
    for number in (0, 101):
        assert [pointer for pointer, _ in _faults(LicenseAmendIn, {"reason": "r", "seats": number})] == [
            "/seats"
        ]


@given(LICENSES)
def test_owner_and_staff_are_shown_the_verdict_that_tools_get(license: License) -> None:
    decision = decide(Question(license, (), NOW))
    for shown in (LicenseOut.of(license, KEY, NOW), StaffLicenseOut.of(license, NOW)):
        assert (shown.valid, shown.code) == (decision.valid, decision.code)
        assert [(one.code, one.status) for one in shown.addons] == [
            (one.code, one.status) for one in decision.addons
        ]


def test_staff_sees_who_uses_a_licence_and_its_owner_sees_the_key() -> None:
    license = a_license(activations=(an_activation(),))
    staff, owner = StaffLicenseOut.of(license, NOW), LicenseOut.of(license, KEY, NOW)
    assert [one.fingerprint for one in staff.activations] == ["shop.com"]
    assert KEY not in staff.model_dump_json()
    assert owner.key == KEY
    assert owner.moves_left == staff.moves_left == 3
