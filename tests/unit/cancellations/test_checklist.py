"""The checklist of each product: its steps, their order, who does them, and which boletos fall away."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.cancellations.checklist import USUAL, Item, Slip, Step, agreement, checklist, forgiving
from chalicelib.cancellations.retention import Offer
from chalicelib.kernel.money import Money
from chalicelib.kernel.terms import Ending
from tests.unit.cancellations.cases import NOW, TODAY, item, slip

END = ["open_internal_task", "note_on_file", "record_notice"]


def _actions(*items: Item, slips: tuple[Slip, ...] = ()) -> list[str]:
    return [step.action for step in checklist("can_1", items, slips)]


@pytest.mark.parametrize(
    ("ending", "actions"),
    [
        (None, ["end_contract", *END]),
        (
            "domain",
            [
                *("find_responsible", "collect_transfer_data", "transfer_domain", "end_contract"),
                *(*END, "tell_responsible"),
            ],
        ),
        ("corporate_email", ["confirm_backup", "end_contract", "close_hosting", *END]),
        ("site", ["end_contract", "deactivate_users", "close_site", *END]),
        ("software", ["deactivate_beneficiaries", "deactivate_users", "end_contract", *END]),
    ],
)
def test_each_product_is_ended_in_the_order_of_its_procedure(ending: Ending, actions: list[str]) -> None:
    assert _actions(item(ending=ending)) == [*actions, "send_formal_email"]


def test_what_is_not_owed_is_cancelled_and_what_is_owed_is_told() -> None:
    slips = (slip(1, owed=False), slip(2), slip(3, owed=False))
    steps = checklist("can_1", [item()], slips)
    cancelled = [step.subject for step in steps if step.action == "cancel_slip"]
    assert cancelled == ["pay_1", "pay_3"]
    assert [step.action for step in steps][-2:] == ["tell_owed", "send_formal_email"]


def _is_owed(one: Slip, ending: Ending | None) -> bool:
    (final,) = forgiving([one], [item(ending=ending)], USUAL, TODAY)
    return final.owed


@pytest.mark.parametrize(
    ("ending", "days_late", "owed"),
    [
        (None, 40, True),
        ("site", 0, True),
        ("site", 1, False),
        ("site", 15, False),
        ("site", 16, True),
        ("software", 15, False),
        ("software", 16, True),
        ("domain", 1, False),
        ("domain", 400, False),
        ("corporate_email", 400, False),
        ("corporate_email", -3, True),
    ],
)
def test_overdue_boletos_fall_away_as_the_products_procedure_says(
    ending: Ending, days_late: int, owed: bool
) -> None:
    late = slip(1, due_date=TODAY - timedelta(days=days_late))
    assert _is_owed(late, ending) is owed


@pytest.mark.parametrize("ending", [None, *get_args(Ending)])
def test_what_the_contract_does_not_owe_is_never_owed(ending: Ending) -> None:
    for days in (-30, 0, 5, 16, 90):
        one = slip(1, owed=False, due_date=TODAY - timedelta(days=days))
        assert not _is_owed(one, ending)


SLIPS = st.builds(
    slip,
    st.integers(1, 99),
    contract_id=st.sampled_from(["sub_1", "sub_2"]),
    owed=st.booleans(),
    due_date=st.integers(-60, 60).map(lambda days: TODAY + timedelta(days=days)),
)


@given(
    endings=st.lists(st.sampled_from([None, *get_args(Ending)]), min_size=1, max_size=2),
    slips=st.lists(SLIPS, max_size=6, unique_by=lambda one: one.payment_id),
)
def test_every_plan_is_whole_and_in_order(endings: list[Ending | None], slips: list[Slip]) -> None:
    items = [item(number, ending=ending) for number, ending in enumerate(endings, start=1)]
    slips = [one for one in slips if one.contract_id in {one.contract_id for one in items}]
    final = forgiving(slips, items, USUAL, TODAY)
    steps = checklist("can_1", items, final)
    ids = [step.id for step in steps]
    assert len(set(ids)) == len(ids)
    for at, step in enumerate(steps):
        assert set(step.after) <= set(ids[:at])
    assert steps[-1].action == "send_formal_email"
    assert set(steps[-1].after) == set(ids[:-1])
    cancelled = {step.subject for step in steps if step.action == "cancel_slip"}
    owed = {one.payment_id for one in final if one.owed}
    assert cancelled == {one.payment_id for one in slips} - owed
    assert ("tell_owed" in {step.action for step in steps}) == bool(owed)


def test_a_contract_that_is_kept_is_let_go_on_before_the_formal_email() -> None:
    steps = checklist("can_1", [item(1)], [], kept=[item(2)])
    assert [step.id for step in steps][-2:] == ["release_contract:sub_2", "send_formal_email:can_1"]
    assert "release_contract:sub_2" in steps[-1].after


def _agreed(*offers: Offer, agreed: str | None = None, **options: Any) -> tuple[Step, ...]:
    facts: dict[str, Any] = {"dropped": [], "kept": [item(1)], "slips": [], "until": {}, **options}
    return agreement("can_1", facts["dropped"], facts["kept"], offers, agreed, facts["slips"], facts["until"])


def test_who_stays_is_told_at_once_what_was_agreed_and_it_is_carried_out() -> None:
    steps = _agreed(Offer("training", "An hour"), Offer("arguments", "We lead"), agreed="A call in May")
    assert [(step.id, step.performer) for step in steps] == [
        ("tell_agreed:can_1", "system"),
        ("release_contract:sub_1", "system"),
        ("arrange_training:can_1:1", "staff"),
        ("carry_out_agreement:can_1", "staff"),
    ]
    assert all(step.after == () for step in steps)


def test_what_he_does_without_ends_in_the_order_of_its_product() -> None:
    steps = _agreed(dropped=[item(2, ending="site")], slips=[slip(1, contract_id="sub_2")])
    actions = [step.action for step in steps if "sub_2" in step.subject]
    assert actions == ["end_contract", "deactivate_users", "close_site", *END]
    by_action = {step.action: step for step in steps}
    owed, formal = by_action["tell_owed"], by_action["send_formal_email"]
    assert "end_contract:sub_2" in owed.after
    assert owed.id in formal.after
    assert "release_contract:sub_1" not in formal.after


def test_another_price_is_set_for_each_contract_that_it_was_agreed_for() -> None:
    offer = Offer("plan_change", "The small plan", ("sub_1",), amount=Money(1900, "EUR"))
    assert "change_price:sub_1" in [step.id for step in _agreed(offer)]


def test_a_pause_ends_on_its_day() -> None:
    steps = _agreed(Offer("pause", "A month"), until={"sub_1": NOW})
    assert [step.not_before for step in steps] == [None, NOW]
