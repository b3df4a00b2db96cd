"""The traces of each door, to the letter (A6, A7, A8)."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from chalicelib.subscriptions.trace import (
    Outcome,
    TraceFilter,
    Wording,
    from_profile,
    from_store,
    from_task,
    trace,
)
from tests.unit.subscriptions.made import BOUGHT, a_subscription

VALIDITY = "cancelación de la renovación automática de Multipack anual válido del 31/01/2026 al 30/01/2027"


def test_option_1_is_written_as_the_crm_has_it() -> None:
    assert from_profile(a_subscription(), "eva@example.com") == Wording(
        channel="staff",
        task="renovación automática",
        user="eva@example.com",
        outcome_label="Cancelación Renovación Automática",
        notes=VALIDITY,
    )


@pytest.mark.parametrize(
    ("said", "notes"),
    [
        (None, "Cancelación de la renovación del 30/01/2027"),
        ("", "Cancelación de la renovación del 30/01/2027"),
        ("Multipack: se muda", "Cancelación de la renovación del 30/01/2027 Multipack: se muda"),
    ],
)
def test_option_2_bears_the_name_of_its_task_and_what_staff_says(said: str | None, notes: str) -> None:
    assert from_task(a_subscription(), "eva@example.com", "Bajas de enero", said) == Wording(
        channel="staff",
        task="Bajas de enero",
        user="eva@example.com",
        outcome_label="Cancelación Renovación Automática",
        notes=notes,
    )


def test_self_service_names_the_customer_in_parentheses() -> None:
    assert from_store(a_subscription(), "Ana Souza") == Wording(
        channel="store",
        task="renovación automática",
        user="(Ana Souza)",
        outcome_label="renovación automática cancelada",
        notes=VALIDITY,
    )


def test_dates_have_two_digits_and_the_last_day_is_the_one_before_the_end() -> None:
    short = a_subscription(start=date(2028, 2, 1), end=date(2028, 3, 1))
    assert from_store(short, "Ana").notes.endswith("válido del 01/02/2028 al 29/02/2028")


def test_the_code_beneath_is_one_for_every_door() -> None:
    subscription = a_subscription()
    doors = (
        from_profile(subscription, "eva@example.com"),
        from_task(subscription, "eva@example.com", "Bajas", None),
        from_store(subscription, "Ana"),
    )
    made = [trace(f"trc_{at}", subscription, "Ana", said, BOUGHT) for at, said in enumerate(doors)]
    assert {one.outcome for one in made} == {"auto_renewal_canceled"}
    assert {(one.customer_id, one.customer_name, one.subscription_id) for one in made} == {
        ("cus_1", "Ana", "sub_1")
    }
    assert {one.reported_at for one in made} == {BOUGHT}


OUTCOME: Outcome = "auto_renewal_canceled"


@pytest.mark.parametrize(
    ("asked", "admitted"),
    [
        ({}, "profile task store"),
        ({"outcome": OUTCOME}, "profile task store"),
        ({"task": "Bajas"}, "task"),
        ({"task": "renovación automática"}, "profile store"),
        ({"channel": "staff"}, "profile task"),
        ({"channel": "store"}, "store"),
        ({"channel": "store", "task": "Bajas"}, ""),
    ],
)
def test_a_filter_admits_what_fits_all_of_it(asked: dict[str, Any], admitted: str) -> None:
    subscription = a_subscription()
    doors = {
        "profile": from_profile(subscription, "eva@example.com"),
        "task": from_task(subscription, "eva@example.com", "Bajas", None),
        "store": from_store(subscription, "Ana"),
    }
    wanted = TraceFilter(**asked)
    found = [
        name for name, said in doors.items() if wanted.admits(trace("t", subscription, "Ana", said, BOUGHT))
    ]
    assert " ".join(found) == admitted
