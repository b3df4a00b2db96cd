"""Figures of cases: exact, each counted once in all, and by product as what became of each product."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.cancellations.figures import By, Figures, Group, Revenue, a_year, groups, totals
from chalicelib.cancellations.retention import Offer
from chalicelib.cancellations.rules import Case
from chalicelib.kernel.money import Money
from tests.unit.cancellations.decided import NOW, asked_why, canceled, case, item, reverted

ERP, SITE, DOMAIN = 4900 * 12, 2900 * 12, 1500
GROUPINGS: tuple[By, ...] = get_args(By)


def _eur(minor: int) -> Money:
    return Money(minor, "EUR")


def _revenue(kept: int, lost: int) -> tuple[Revenue, ...]:
    return (Revenue(_eur(kept), _eur(lost)),)


def _counts(figures: Figures) -> tuple[int, int, int, int]:
    return figures.requested, figures.canceled, figures.reverted, figures.undecided


def _by(cases: Iterable[Case], by: By) -> dict[str | None, Group]:
    return {group.value: group for group in groups(cases, by)}


def test_what_is_not_decided_counts_as_asked_and_is_neither_kept_nor_lost() -> None:
    figures = totals([case(1), case(2)])
    assert _counts(figures) == (2, 0, 0, 2)
    assert (figures.retention_rate, figures.revenue) == (None, ())


def test_of_nothing_the_figures_are_noughts() -> None:
    assert totals([]) == Figures(0, 0, 0, ())
    assert groups([], "reason") == ()


@pytest.mark.parametrize(
    ("reverted", "canceled", "rate"),
    [
        (0, 3, "0.0000"),
        (1, 2, "0.3333"),
        (2, 1, "0.6667"),
        (1, 7, "0.1250"),
        (1, 19_999, "0.0001"),
        (1, 20_001, "0.0000"),
        (5, 0, "1.0000"),
    ],
)
def test_the_rate_is_of_those_decided_to_four_decimals(reverted: int, canceled: int, rate: str) -> None:
    assert Figures(canceled, reverted, 99, ()).retention_rate == rate


@pytest.mark.parametrize(
    ("minor", "period", "expected"),
    [
        (4900, "P1M", 58_800),
        (4900, "P3M", 19_600),
        (4900, "P1Y", 4900),
        (4900, "P2Y", 2450),
        (4901, "P2Y", 2451),
        (1000, "P5M", 2400),
        (100, "P7M", 171),
        (4900, "P365D", 4900),
        (100, "P14D", 2607),
        (4900, None, 0),
    ],
)
def test_a_price_for_each_period_is_that_of_a_year_to_the_nearest_minor_unit(
    minor: int, period: str | None, expected: int
) -> None:
    assert a_year(_eur(minor), period) == _eur(expected)


def test_an_unreadable_period_is_no_revenue_but_an_error() -> None:
    with pytest.raises(ValueError, match="fortnight"):
        a_year(_eur(1), "fortnight")


# What is kept, and what is lost


def test_a_cancellation_loses_what_ends_and_keeps_what_goes_on() -> None:
    one = case(1, item("sub_1"), item("sub_2", "site"), item("sub_3", "domain"))
    figures = totals([canceled(one, keeps=["sub_2"])])
    assert _counts(figures) == (1, 1, 0, 0)
    assert figures.revenue == _revenue(SITE, ERP + DOMAIN)


def test_whoever_stays_is_kept_whole() -> None:
    figures = totals([reverted(case(1, item("sub_1"), item("sub_2", "site")), Offer("training", "An hour"))])
    assert _counts(figures) == (1, 0, 1, 0)
    assert (figures.retention_rate, figures.revenue) == ("1.0000", _revenue(ERP + SITE, 0))


def test_what_an_accepted_offer_drops_is_lost_also_if_it_was_not_asked_about() -> None:
    offer = Offer("drop_services", "Without the site", ("sub_2",))
    figures = totals([reverted(case(1), offer, dropped=[item("sub_2", "site")])])
    assert figures.revenue == _revenue(ERP, SITE)


@pytest.mark.parametrize(
    ("amount", "kept", "lost"),
    [
        (_eur(3900), 3900 * 12, 1000 * 12),
        (_eur(5900), 5900 * 12, 0),
        (None, ERP, 0),
    ],
)
def test_a_changed_plan_keeps_what_it_costs_from_then_on(amount: Money | None, kept: int, lost: int) -> None:
    offer = Offer("plan_change", "The small one", ("sub_1",), amount)
    one = case(1, item("sub_1"), item("sub_2", "site"))
    assert totals([reverted(one, offer)]).revenue == _revenue(kept + SITE, lost)


def test_only_what_was_accepted_changes_what_is_kept() -> None:
    offer = Offer("plan_change", "The small one", ("sub_1",), _eur(100))
    assert totals([reverted(case(1, offers=(offer,)))]).revenue == _revenue(ERP, 0)


def test_what_was_bought_once_is_no_recurring_revenue() -> None:
    one = canceled(case(1, item("ord_1", period=None), channel="withdrawal"))
    assert totals([one]).revenue == ()


def test_currencies_stand_side_by_side() -> None:
    abroad = item("sub_2", price=Money(990, "CLP"))
    figures = totals([canceled(case(1)), reverted(case(2, abroad))])
    clp = Revenue(Money(990 * 12, "CLP"), Money(0, "CLP"))
    assert figures.revenue == (clp, *_revenue(0, ERP))


# Groups


def test_a_competitor_is_one_however_it_is_written_and_named_as_at_first() -> None:
    cases = [
        asked_why(case(3, requested_at=NOW + timedelta(days=2)), "TRELLO "),
        asked_why(case(2, requested_at=NOW + timedelta(days=1)), " Trello"),
        asked_why(case(1), "Asana"),
        asked_why(case(4), None),
        case(5),
    ]
    found = groups(cases, "competitor")
    assert [(one.value, one.name, one.figures.requested) for one in found] == [
        ("trello", "Trello", 2),
        (None, "none", 2),
        ("asana", "Asana", 1),
    ]


def test_a_competitor_called_none_is_not_the_same_as_no_answer() -> None:
    found = groups([asked_why(case(1), "None"), case(2)], "competitor")
    assert [(one.value, one.name) for one in found] == [("none", "None"), (None, "none")]


@pytest.mark.parametrize(
    ("by", "values"),
    [
        ("reason", {"price": 2, "closing": 1, None: 2}),
        ("agent", {"eva": 1, "system": 1, "customer": 1, None: 2}),
        ("channel", {"phone": 2, "card": 1, "chat": 1, "withdrawal": 1}),
        ("outcome", {"undecided": 2, "canceled": 2, "reverted": 1}),
    ],
)
def test_a_case_stands_with_those_that_say_the_same(by: By, values: dict[str | None, int]) -> None:
    cases = [
        canceled(case(1, reason_code="price", channel="card"), by="system"),
        reverted(case(2, reason_code="price")),
        case(3, reason_code="closing", channel="chat"),
        case(4),
        canceled(case(5, channel="withdrawal"), by="cus_5"),
    ]
    found = groups(cases, by)
    assert {one.value: one.figures.requested for one in found} == values
    assert [one.figures.requested for one in found] == sorted(values.values(), reverse=True)


def test_by_product_each_counts_as_what_became_of_it_with_its_own_revenue() -> None:
    one = case(1, item("sub_1"), item("sub_2", "site"), item("sub_3", "site"))
    found = _by([canceled(one, keeps=["sub_1", "sub_3"]), case(2)], "product")
    assert _counts(found["erp"].figures) == (2, 0, 1, 1)
    assert _counts(found["site"].figures) == (1, 1, 0, 0)
    assert found["erp"].figures.revenue == _revenue(ERP, 0)
    assert found["site"].figures.revenue == _revenue(SITE, SITE)
    assert (found["erp"].name, found["site"].name) == ("ERP", "SITE")


# All together

CONTRACTS = st.sampled_from(["erp", "site", "domain"])


def _made(number: int, products: list[str], outcome: str, keep: int) -> Case:
    items = [item(f"sub_{number}_{at}", product) for at, product in enumerate(products)]
    one = case(number, *items, requested_at=NOW + timedelta(minutes=number))
    if outcome == "canceled":
        return canceled(one, keeps=[item.contract_id for item in items[1 : 1 + keep]])
    return reverted(one, dropped=items[: min(keep, len(items) - 1)]) if outcome == "reverted" else one


CASES = st.lists(
    st.tuples(
        st.lists(CONTRACTS, min_size=1, max_size=4),
        st.sampled_from(["canceled", "reverted", "undecided"]),
        st.integers(0, 3),
    ),
    max_size=8,
).map(lambda drawn: [_made(number, *one) for number, one in enumerate(drawn)])


def _sums(found: Iterable[Figures]) -> Any:
    money = [one for figures in found for one in figures.revenue]
    return sum(one.kept.minor for one in money), sum(one.lost.minor for one in money)


@given(cases=CASES, by=st.sampled_from(GROUPINGS))
def test_groups_add_up_to_all_and_no_revenue_is_lost_on_the_way(cases: list[Case], by: By) -> None:
    everything, found = totals(cases), [group.figures for group in groups(cases, by)]
    assert _sums(found) == _sums([everything])
    at_stake = sum(
        a_year(one.price, one.period).minor for case in cases if case.outcome for one in case.items
    )
    assert sum(_sums(found)) == at_stake
    if by != "product":
        sums = tuple(map(sum, zip(*map(_counts, found), strict=True))) or (0, 0, 0, 0)
        assert sums == _counts(everything)
    assert groups(reversed(cases), by) == groups(cases, by)
