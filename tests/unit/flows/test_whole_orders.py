"""An order is activated as a whole: with what was revoked meanwhile, and however large it is (V2)."""

from __future__ import annotations

import json

import pytest

from chalicelib.flows.activation import activate
from chalicelib.flows.quote import LARGEST_ORDER
from chalicelib.kernel.events import Event
from chalicelib.licensing import store as licensing
from chalicelib.licensing.rules import (
    MOST_KEYS,
    License,
    commanded,
    rotated,
)
from tests.unit.flows.activating import (
    DAY,
    FIRST_END,
    NOW,
    REACH,
    activated_order,
    an_item,
    bought_license,
    save,
)
from tests.unit.storage.conftest import Rows

# Revoked while its order was on its way


def _revoked() -> License:
    bought = bought_license()
    save(*licensing.rows(commanded(bought, "revoke"), NOW))
    return licensing.get(bought.id)


def test_what_is_paid_for_a_licence_revoked_meanwhile_is_given_to_finance(rows: Rows) -> None:
    revoked = _revoked()
    order = activated_order(2, an_item(license_id=revoked.id), an_item("addon", license_id=revoked.id))
    assert (order.activated_at, order.license_ids) == (NOW, ())
    assert licensing.get(revoked.id) == revoked
    opened = [row for row in rows() if row["kind"] == "task"]
    assert {(row["sector"], row["task_kind"], row["subject"], row["status"]) for row in opened} == {
        ("finance", "paid_for_revoked_license", f"ord_2:{at}", "open") for at in range(2)
    }
    facts = {"order_id": "ord_2", "license_id": revoked.id, "customer_id": "cus_1"}
    assert sorted((json.loads(row["facts"]) for row in opened), key=lambda one: str(one["product"])) == [
        {**facts, "product": "prestaimport"},
        {**facts, "product": "supplier-a"},
    ]
    assert not _told(rows, "ord_2")


def test_finance_is_told_once_however_often_the_order_is(rows: Rows) -> None:
    activated_order(2, an_item(license_id=_revoked().id))
    before = rows()
    activate(Event("order.paid", "ord_2", NOW), REACH, NOW + DAY)
    assert rows() == before


def test_of_one_order_everything_but_the_revoked_licence_is_activated(rows: Rows) -> None:
    revoked = _revoked()
    order = activated_order(2, an_item(license_id=revoked.id), an_item())
    (made,) = order.license_ids
    assert _told(rows, "ord_2") == [made]
    assert len([row for row in rows() if row["kind"] == "task"]) == 1


def _told(rows: Rows, order_id: str) -> list[str]:
    """The licences of which an event tells that this order activated them."""
    told = [row for row in rows() if row["kind"] == "outbox" and order_id in str(row)]
    return [row["subject"] for row in told if row["name"] == "license.activated"]


# How much fits into one transaction


@pytest.mark.parametrize("rotations", [0, 1, 2, 5])
def test_the_largest_order_renews_at_once_whatever_keys_its_licences_had(rows: Rows, rotations: int) -> None:
    order = activated_order(1, an_item(quantity=LARGEST_ORDER))
    for license_id in order.license_ids:
        license = licensing.get(license_id)
        for number in range(rotations):
            license = rotated(license, f"{license_id}-{number}", "123456", 7, NOW)
        save(*licensing.rows(license, NOW))
    before = {row["pk"] + row["sk"]: row for row in rows()}
    renewed = activated_order(2, *(an_item(license_id=one) for one in order.license_ids))
    assert renewed.license_ids == order.license_ids
    changed = [row for row in rows() if before.get(row["pk"] + row["sk"]) != row]
    keys = min(rotations, MOST_KEYS - 1) + 1
    # Each licence with its copies, its trace and its event; the order and its own trace.
    assert len(changed) == LARGEST_ORDER * (keys + 3) + 2 <= 100
    assert {licensing.get(one).expires_at for one in order.license_ids} == {FIRST_END.replace(year=2028)}
