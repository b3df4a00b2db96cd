"""What holds for all batches and schemas of the edge."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from pydantic import ValidationError

from chalicelib.edge.cors import headers_for
from chalicelib.edge.schema import Instant, MoneyOut, Schema
from chalicelib.edge.workers import SomeFailed, all_or_raise
from chalicelib.kernel.money import Money

ALLOWED = frozenset({"https://store.example.com"})


def _handle(item: int) -> None:
    if item < 0:
        raise ValueError(item)


def test_every_item_of_a_batch_is_handled_though_some_fail() -> None:
    handled: list[int] = []

    def handle(item: int) -> None:
        handled.append(item)
        _handle(item)

    with pytest.raises(SomeFailed, match=r"^item -1, item -3$"):
        all_or_raise([-1, 2, -3, 4], handle, lambda item: f"item {item}")
    assert handled == [-1, 2, -3, 4]


@pytest.mark.parametrize("batch", [[], [1], [1, 2, 3]])
def test_a_batch_without_failures_raises_nothing(batch: list[int]) -> None:
    all_or_raise(batch, _handle, str)


@pytest.mark.parametrize(
    "origin", [None, "", "null", "https://store.example.com.evil.com", "https://STORE.example.com"]
)
def test_an_unknown_origin_is_told_nothing_but_that_it_matters(origin: str | None) -> None:
    assert headers_for(origin, ALLOWED) == {"Vary": "Origin"}


def test_a_known_origin_is_named_itself_and_never_a_star() -> None:
    headers = headers_for("https://store.example.com", ALLOWED)
    assert headers["Access-Control-Allow-Origin"] == "https://store.example.com"
    assert "*" not in str(headers)


class Shown(Schema):
    """An answer of these tests."""

    at: Instant
    price: MoneyOut


def test_answers_show_instants_in_utc_and_money_in_minor_units() -> None:
    at = datetime(2026, 11, 22, 7, 0, 0, 999999, tzinfo=timezone(timedelta(hours=-3)))
    shown = Shown(at=at, price=MoneyOut.of(Money(19900, "BRL")))
    assert shown.model_dump_json() == (
        '{"at":"2026-11-22T10:00:00Z","price":{"amount":19900,"currency":"BRL"}}'
    )


def test_a_schema_refuses_unknown_fields_and_cannot_be_changed() -> None:
    with pytest.raises(ValidationError, match="extra_forbidden"):
        MoneyOut.model_validate({"amount": 1, "currency": "EUR", "exponent": 2})
    money = MoneyOut(amount=1, currency="EUR")
    with pytest.raises(ValidationError, match="frozen"):
        money.amount = 2
