"""Lines of a statement are booked each for itself; sending them again books nothing twice (V8)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.functional import bank, steps
from tests.world import World

TOTAL = 12000
KEY = {"idempotency-key": "k"}


def _entry(order: Any, reference: str = "N1", minor: int = TOTAL, **changed: Any) -> dict[str, Any]:
    return {
        "payment_id": order["payment"]["id"],
        "reference": reference,
        "value_date": bank.DAY,
        "amount": {"amount": minor, "currency": "EUR"},
        **changed,
    }


def test_each_line_has_its_result_and_a_refused_one_keeps_no_other_from_being_booked(world: World) -> None:
    token = bank.spaniard(world)
    first, second = bank.ordered(world, token), bank.ordered(world, token)
    answer = bank.ask_to_book(
        world,
        _entry(first, "N1"),
        _entry(first, "N2", payment_id="pay_x"),
        _entry(first, "N3", amount={"amount": TOTAL, "currency": "BRL"}),
        _entry(second, "N1"),
        _entry(first, "N1"),
        _entry(second, "N4", 5000),
    )
    assert answer.status == 200
    told = [(one["reference"], one["outcome"], one["code"]) for one in answer.json["entries"]]
    assert told == [
        ("N1", "booked", None),
        ("N2", "refused", "payment_not_found"),
        ("N3", "refused", "currency"),
        ("N1", "refused", "reference_used"),
        ("N1", "already_booked", None),
        ("N4", "booked", None),
    ]
    shown = [
        one["payment"] and (one["payment"]["id"], one["payment"]["status"]) for one in answer.json["entries"]
    ]
    paid, waiting = (first["payment"]["id"], "paid"), (second["payment"]["id"], "pending")
    assert shown == [paid, None, None, None, paid, waiting]
    assert len(world.rows("bank_entry")) == 2


def test_a_refusal_says_why_in_the_language_asked_for(world: World) -> None:
    order = bank.ordered(world, bank.spaniard(world))
    entries = [_entry(order, "N1", payment_id="pay_x"), _entry(order, "N2", payment_id="pay_x")]
    (one, _) = bank.ask_to_book(world, *entries, **{"accept-language": "es"}).json["entries"]
    assert one["detail"] == "No existe el pago pay_x."


def test_all_lines_sent_again_are_booked_already(world: World) -> None:
    token = bank.spaniard(world)
    entries = [_entry(bank.ordered(world, token), f"N{at}") for at in range(3)]
    first = bank.ask_to_book(world, *entries).json["entries"]
    before = world.rows()
    again = bank.ask_to_book(world, *entries).json["entries"]
    assert again == [{**one, "outcome": "already_booked"} for one in first]
    assert world.rows() == before


def test_what_was_cut_off_is_finished_when_all_is_sent_again(world: World) -> None:
    token = bank.spaniard(world)
    entries = [_entry(bank.ordered(world, token), f"N{at}") for at in range(3)]
    bank.ask_to_book(world, entries[0], **KEY)
    found = bank.ask_to_book(world, *entries, **{"idempotency-key": "other"}).json["entries"]
    assert [one["outcome"] for one in found] == ["already_booked", "booked", "booked"]


def test_the_trail_names_who_booked_each_line(world: World) -> None:
    order = bank.ordered(world, bank.spaniard(world))
    bank.ask_to_book(world, _entry(order, "N1", 5000), _entry(order, "N2", 7000))
    trail = [row for row in world.rows("audit") if row["channel"] == "staff"]
    assert {row["reason"] for row in trail} == {"bank statement N1", "bank statement N2"}
    assert {row["actor"] for row in trail} == {row["booked_by"] for row in world.rows("bank_entry")}


# Idempotency-Key


def test_a_repeat_with_its_key_is_answered_as_before(world: World) -> None:
    order, token = bank.ordered(world, bank.spaniard(world)), world.staff("finance")
    first = bank.ask_to_book(world, _entry(order), token=token, **KEY)
    before = world.rows()
    again = bank.ask_to_book(world, _entry(order), token=token, **KEY)
    assert (again.status, again.text) == (200, first.text)
    assert again.json["entries"][0]["outcome"] == "booked"
    assert again.headers["Idempotent-Replayed"] == "true"
    assert world.rows() == before


def test_the_same_key_with_other_lines_is_refused_and_books_nothing(world: World) -> None:
    order, token = bank.ordered(world, bank.spaniard(world)), world.staff("finance")
    bank.ask_to_book(world, _entry(order, minor=5000), token=token, **KEY)
    before = world.rows()
    other = bank.ask_to_book(world, _entry(order, "N2", 7000), token=token, **KEY)
    assert (other.status, other.json["code"]) == (422, "idempotency_key_reused")
    assert world.rows() == before


def test_a_key_is_not_used_up_while_a_line_is_refused(world: World) -> None:
    token, finance = bank.spaniard(world), world.staff("finance")
    first, second = bank.ordered(world, token), bank.ordered(world, token)
    entries = [_entry(first, "N1"), _entry(second, "N2")]
    missing = [row for row in world.rows("payment") if row["id"] == second["payment"]["id"]]
    steps.delete(world, missing)
    refused = bank.ask_to_book(world, *entries, token=finance, **KEY).json["entries"]
    assert [one["outcome"] for one in refused] == ["booked", "refused"]
    for row in missing:
        steps.put(world, {name: value for name, value in row.items() if name != "version"} | {"version": 1})
    found = bank.ask_to_book(world, *entries, token=finance, **KEY).json["entries"]
    assert [one["outcome"] for one in found] == ["already_booked", "booked"]


# Faults


@pytest.mark.parametrize(
    ("entries", "named"),
    [
        ([], {"/entries": "too_short"}),
        ([{}] * 101, {"/entries": "too_long"}),
        (
            [
                {
                    "payment_id": "",
                    "reference": " ",
                    "value_date": "soon",
                    "amount": {"amount": 0, "currency": "GBP"},
                }
            ],
            {
                "/entries/0/payment_id": "string_too_short",
                "/entries/0/reference": "string_too_short",
                "/entries/0/value_date": "date_from_datetime_parsing",
                "/entries/0/amount/amount": "greater_than",
                "/entries/0/amount/currency": "literal_error",
            },
        ),
    ],
    ids=["none", "too many", "every field"],
)
def test_a_faulty_request_names_its_faults(world: World, entries: list[Any], named: dict[str, str]) -> None:
    assert steps.faults(bank.ask_to_book(world, *entries)) == named


def test_one_entry_of_a_wrong_shape_books_none_of_the_request(world: World) -> None:
    order = bank.ordered(world, bank.spaniard(world))
    answer = bank.ask_to_book(world, _entry(order), _entry(order, "N2", who=1), _entry(order, "N3", 0))
    assert steps.faults(answer) == {
        "/entries/1/who": "extra_forbidden",
        "/entries/2/amount/amount": "greater_than",
    }
    assert world.rows("bank_entry") == []


def test_a_hundred_lines_are_booked_with_one_request(world: World) -> None:
    order = bank.ordered(world, bank.spaniard(world))
    answer = bank.ask_to_book(world, *(_entry(order, f"N{at}", TOTAL // 100) for at in range(100)))
    assert {one["outcome"] for one in answer.json["entries"]} == {"booked"}
    assert answer.json["entries"][-1]["payment"]["status"] == "paid"
    assert world.rows("task") == []
