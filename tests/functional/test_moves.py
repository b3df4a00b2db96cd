"""Seats that are given back: a customer moves an installation himself, so many times a year (V10, B3)."""

from __future__ import annotations

from datetime import timedelta

from chalicelib.kernel.clock import rfc3339, utc_now
from chalicelib.licensing import store as licensing
from chalicelib.licensing.rules import Move
from tests.functional import steps
from tests.functional.held import OTHER, SHOP, Held

DAY = timedelta(days=1)


def test_a_removed_activation_frees_its_seat_and_the_trail_says_who_did_it(held: Held) -> None:
    held.activate()
    (activation,) = steps.activations(held.world, held.token, held.id)
    shown = held.remove()
    assert (shown.status, shown.json["moves_left"]) == (200, 2)
    assert held.installed() == []
    assert held.trail()[1:] == [(f"activation {activation['id']} removed", held.customer_id, "store")]
    assert held.activate(OTHER)["code"] == "VALID"
    assert held.code() == "FINGERPRINT_MISMATCH"


def test_an_activation_that_was_removed_is_unknown(held: Held) -> None:
    held.activate()
    (activation,) = steps.activations(held.world, held.token, held.id)
    assert held.remove().status == 200
    path = f"/v1/licenses/{held.id}/activations/{activation['id']}"
    again = held.world.http("DELETE", path, token=held.token)
    assert (again.status, again.json["code"]) == (404, "activation_not_found")


def test_somebody_elses_activations_are_unknown(held: Held) -> None:
    held.activate()
    (activation,) = steps.activations(held.world, held.token, held.id)
    _, other = held.world.customer("rui@example.com", tax_id="11144477735")
    before = held.world.rows()
    path = f"/v1/licenses/{held.id}/activations"
    for method, asked in (("GET", path), ("DELETE", f"{path}/{activation['id']}")):
        answer = held.world.http(method, asked, token=other)
        assert (answer.status, answer.json["code"]) == (404, "license_not_found")
    assert held.world.rows() == before


def test_the_fourth_move_within_a_year_is_refused_and_told_from_when_on_it_works(held: Held) -> None:
    for number in range(3):
        held.activate(f"shop{number}.example.com")
        assert held.remove(f"shop{number}.example.com").status == 200
    held.activate("shop3.example.com")
    before = held.world.rows()
    first = licensing.get(held.id).moves[0].at
    for refused in (held.remove("shop3.example.com"), held.deactivate("shop3.example.com")):
        assert (refused.status, refused.json["code"]) == (409, "moves_exhausted")
        assert rfc3339(first + 365 * DAY) in refused.json["detail"]
    assert held.world.rows() == before
    assert held.shown()["moves_left"] == 0


def test_a_move_of_more_than_a_year_ago_counts_no_more(held: Held) -> None:
    held.activate()
    now = utc_now()
    moves = tuple(Move(f"shop{days}.example.com", now - days * DAY) for days in (366, 200, 100))
    steps.set_license(held.id, moves=moves)
    assert held.shown()["moves_left"] == 1
    assert held.remove().json["moves_left"] == 0


def test_coming_back_to_ones_own_seat_is_no_move(held: Held) -> None:
    held.activate()
    for _ in range(5):
        assert held.remove().status == 200
        assert held.activate()["code"] == "VALID"
    assert held.shown()["moves_left"] == 3


def test_copies_are_removed_as_often_as_one_likes(held: Held) -> None:
    for number in range(5):
        held.activate(f"dev{number}.{SHOP}")
        assert held.remove(f"dev{number}.{SHOP}").status == 200
    assert held.shown()["moves_left"] == 3


def test_where_a_product_allows_no_moves_its_owner_must_ask(held: Held) -> None:
    held.activate()
    steps.set_license(held.id, moves_per_year=0)
    refused = held.remove()
    assert (refused.status, refused.json["code"]) == (409, "no_moves_allowed")


def test_a_tool_gives_its_own_seat_back_and_again_is_harmless(held: Held) -> None:
    held.activate()
    assert held.deactivate(f"https://{SHOP}/").json["code"] == "NOT_ACTIVATED"
    assert held.trail()[1:] == [(f"deactivated on {SHOP}", "tool", "system")]
    before = held.world.rows()
    assert held.deactivate(SHOP).json["code"] == "NOT_ACTIVATED"
    assert held.world.rows() == before


def test_a_production_installation_does_not_escape_its_move_by_calling_itself_a_copy(held: Held) -> None:
    steps.set_license(held.id, moves_per_year=0)
    held.activate()
    held.activate(environment="staging")
    assert held.activate(OTHER)["code"] == "TOO_MANY_ACTIVATIONS"
