"""Installations: activating is an upsert that burns nothing, and only production takes seats (B3, V10)."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.licensing.activations import (
    MOST_UNCOUNTED,
    ActivationNotFound,
    NoFreeSeat,
    activated,
    activation_of,
    held_offline,
)
from chalicelib.licensing.rules import License
from chalicelib.licensing.standing import (
    Environment,
    Place,
    found,
    has_room,
    place_of,
    seated,
)

from .made import DAY, ENVIRONMENTS, FINGERPRINTS, LICENSES, NOW, PLACES, UNCOUNTED, a_license, asked

SHOP = Place("shop.com")


def _used_in(*places: str | Place, **changed: Any) -> License:
    """A licence activated in these places, one day after the other."""
    license = a_license(**changed)
    for day, place in enumerate(places):
        at = Place(place) if isinstance(place, str) else place
        license = activated(license, at, None, NOW + day * DAY)
    return license


def _at(license: License) -> list[tuple[str, str]]:
    return [(one.fingerprint, one.environment) for one in license.activations]


def _codes(license: License, *fingerprints: str) -> list[str]:
    return [asked(license, at=Place(one)).code for one in fingerprints]


@given(LICENSES, PLACES)
def test_activating_again_changes_nothing(license: License, place: Place) -> None:
    try:
        once = activated(license, place, "Shop", NOW)
    except NoFreeSeat:
        return
    assert activated(once, place, None, NOW + DAY) == once
    assert activated(once, place, "Shop", NOW + DAY) == once
    assert [one.fingerprint for one in once.activations].count(place.fingerprint) == 1


@given(LICENSES, PLACES)
def test_activating_touches_no_other_installation(license: License, place: Place) -> None:
    try:
        after = activated(license, place, "Shop", NOW)
    except NoFreeSeat:
        return
    # There are never so many here that one would have to go.
    others = [one for one in license.activations if one.fingerprint != place.fingerprint]
    assert [one for one in after.activations if one.fingerprint != place.fingerprint] == others
    assert {**vars(after), "activations": (), "moves": ()} == {
        **vars(license),
        "activations": (),
        "moves": (),
    }


@given(LICENSES, PLACES)
def test_whoever_is_activated_has_a_place_and_whoever_is_not_is_told_so(
    license: License, place: Place
) -> None:
    try:
        after = activated(license, place, None, NOW)
    except NoFreeSeat:
        assert not has_room(license, place)
        return
    assert found(after.activations, place)
    if asked(license).valid:
        assert asked(after, at=place).code not in ("NOT_ACTIVATED", "FINGERPRINT_MISMATCH")


def test_a_reinstalled_tool_keeps_seat_id_name_and_first_day() -> None:
    before = activated(a_license(), SHOP, "Shop", NOW)
    assert activated(before, SHOP, None, NOW + 99 * DAY) == before
    renamed = activated(before, SHOP, "New shop", NOW + 99 * DAY)
    (one,) = renamed.activations
    assert (one.name, one.activated_at, one.id) == ("New shop", NOW, before.activations[0].id)


@pytest.mark.parametrize(
    "written",
    ["shop.com", "WWW.Shop.com", "https://shop.com:443/admin", "www.shop.com:8080", " http://SHOP.COM/ "],
)
def test_one_shop_is_one_place_however_its_address_is_written(written: str) -> None:
    license = _used_in("shop.com")
    place = place_of(written, None)
    assert activated(license, place, None, NOW + DAY) == license
    assert asked(license, at=place).code == "VALID"


@pytest.mark.parametrize(
    ("written", "environment"),
    [
        ("shop.com", "production"),
        ("https://dev.shop.com", "staging"),
        ("localhost:8080", "local"),
        ("192.168.0.7", "local"),
        ("0f8fad5b-d9cb-469f-a165-70867728950e", "production"),
    ],
)
def test_the_domain_tells_the_environment_unless_the_tool_does(written: str, environment: str) -> None:
    assert place_of(written, None).environment == environment
    for stated in ENVIRONMENTS:
        assert place_of(written, stated).environment == stated


def test_one_production_installation_is_allowed_by_default() -> None:
    license = _used_in("shop.com")
    with pytest.raises(NoFreeSeat):
        activated(license, Place("other.com"), None, NOW)
    assert _codes(license, "shop.com", "other.com") == ["VALID", "FINGERPRINT_MISMATCH"]
    assert _codes(a_license(), "shop.com") == ["NOT_ACTIVATED"]


@pytest.mark.parametrize("seats", [1, 2, 5])
def test_as_many_production_installations_fit_as_the_licence_has_seats(seats: int) -> None:
    license = _used_in(*(f"shop{number}.com" for number in range(seats)), seats=seats)
    assert set(_codes(license, *(f"shop{number}.com" for number in range(seats)))) == {"VALID"}
    with pytest.raises(NoFreeSeat):
        activated(license, Place("one-more.com"), None, NOW)


@pytest.mark.parametrize("environment", UNCOUNTED)
def test_staging_and_local_copies_take_no_seat(environment: Environment) -> None:
    copies = [Place(f"shop{number}.com", environment) for number in range(MOST_UNCOUNTED)]
    license = _used_in("shop.com", *copies)
    assert len(license.activations) == MOST_UNCOUNTED + 1
    assert {asked(license, at=place).code for place in (SHOP, *copies)} == {"VALID"}


COPIES = tuple(Place(f"s{at}.com", UNCOUNTED[at % 2]) for at in range(MOST_UNCOUNTED))


@pytest.mark.parametrize("environment", UNCOUNTED)
def test_one_copy_too_many_takes_the_place_of_the_earliest(environment: Environment) -> None:
    assert MOST_UNCOUNTED == 10
    license = _used_in("shop.com", *COPIES)
    more = Place("one-more.com", environment)
    after = activated(license, more, None, NOW)
    assert _at(after) == [*_at(license)[:1], *_at(license)[2:], ("one-more.com", environment)]
    assert asked(after, at=COPIES[0]).code == "NOT_ACTIVATED"
    assert {asked(after, at=one).code for one in (SHOP, more, *COPIES[1:])} == {"VALID"}


def test_copies_that_are_there_and_production_push_nobody_out() -> None:
    license = _used_in(*COPIES)
    for environment in UNCOUNTED:
        again = activated(license, Place("s0.com", environment), None, NOW)
        assert _at(again) == [("s0.com", environment), *_at(license)[1:]]
    assert _at(activated(license, SHOP, None, NOW)) == [*_at(license), ("shop.com", "production")]


@given(st.lists(st.sampled_from(UNCOUNTED), max_size=40))
def test_however_many_copies_come_and_go_no_more_than_ten_are_remembered(copies: list[Environment]) -> None:
    license = _used_in("shop.com", *(Place(f"s{at}.com", one) for at, one in enumerate(copies)))
    assert len(license.activations) == 1 + min(len(copies), MOST_UNCOUNTED)
    assert _codes(license, "shop.com") == ["VALID"]
    assert license.moves == ()


def test_a_copy_that_says_it_is_production_needs_a_seat() -> None:
    free = _used_in(Place("shop.com", "staging"))
    stated = Place("shop.com", "production")
    assert asked(free, at=stated).code == "NOT_ACTIVATED"
    assert _at(activated(free, stated, None, NOW)) == [("shop.com", "production")]
    taken = _used_in(Place("shop.com", "staging"), "other.com")
    assert asked(taken, at=stated).code == "FINGERPRINT_MISMATCH"
    with pytest.raises(NoFreeSeat):
        activated(taken, stated, None, NOW)


def test_a_copy_does_not_serve_what_its_domain_tells_is_production() -> None:
    free, taken = (_used_in(Place("shop.com", "staging"), *more) for more in ((), ("other.com",)))
    assert _codes(free, "shop.com") == ["NOT_ACTIVATED"]
    assert _codes(taken, "shop.com") == ["FINGERPRINT_MISMATCH"]
    assert _at(activated(free, SHOP, None, NOW)) == [("shop.com", "production")]
    with pytest.raises(NoFreeSeat):
        activated(taken, SHOP, None, NOW)
    # Where the domain itself tells of a copy, nothing needs to be said.
    assert _codes(_used_in("dev.shop.com"), "dev.shop.com") == ["VALID"]


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_a_seat_serves_its_installation_and_stays_its_own_whatever_that_says_it_is(
    environment: Environment,
) -> None:
    license = _used_in("shop.com", moves_per_year=0)
    stated = Place("shop.com", environment)
    assert asked(license, at=stated).code == "VALID"
    after = activated(license, stated, "Shop", NOW + DAY)
    assert _at(after) == [("shop.com", "production")]
    assert after.activations[0].name == "Shop"
    with pytest.raises(NoFreeSeat):
        activated(after, Place("other.com"), None, NOW + DAY)


@given(LICENSES, st.lists(PLACES, max_size=6))
def test_activating_never_takes_a_seat_from_an_installation(license: License, places: list[Place]) -> None:
    before = {one.fingerprint for one in license.activations if one.environment == "production"}
    for place in places:
        try:
            license = activated(license, place, None, NOW)
        except NoFreeSeat:
            continue
    after = {one.fingerprint for one in license.activations if one.environment == "production"}
    assert before <= after
    assert license.moves == ()


@given(LICENSES, PLACES)
def test_room_is_a_matter_of_production_only(license: License, place: Place) -> None:
    others = [one for one in license.activations if one.fingerprint != place.fingerprint]
    taken = sum(one.environment == "production" for one in others)
    assert has_room(license, place) == (place.environment != "production" or taken < license.seats)


def test_with_fewer_seats_the_first_installations_stay_and_the_later_ones_are_too_many() -> None:
    shops = ("a.com", "b.com", "c.com")
    license = _used_in(*shops, Place("d.com", "staging"), seats=3)
    codes = {
        seats: _codes(a_license(seats=seats, activations=license.activations), *shops) for seats in (3, 2, 1)
    }
    over = "TOO_MANY_ACTIVATIONS"
    assert codes == {3: ["VALID"] * 3, 2: ["VALID", "VALID", over], 1: ["VALID", over, over]}
    fewer = a_license(seats=1, activations=license.activations)
    assert [seated(fewer, one) for one in fewer.activations] == [True, False, False, True]
    # Asking again does not get one of them in.
    assert activated(fewer, Place("c.com"), None, NOW) == fewer


@given(st.lists(PLACES, max_size=12), st.integers(1, 3))
def test_no_order_of_activations_seats_more_than_there_are_seats(places: list[Place], seats: int) -> None:
    license = a_license(seats=seats)
    for place in places:
        try:
            license = activated(license, place, None, NOW)
        except NoFreeSeat:
            continue
    assert [environment for _, environment in _at(license)].count("production") <= seats
    assert {one for one, _ in _at(license)} <= set(FINGERPRINTS)
    assert license.moves == ()


def test_an_activation_is_found_by_its_id_on_its_own_licence() -> None:
    mine, other = _used_in("shop.com"), _used_in("shop.com", id="lic_2")
    assert activation_of(mine, mine.activations[0].id) == mine.activations[0]
    with pytest.raises(ActivationNotFound):
        activation_of(mine, other.activations[0].id)


def test_a_second_file_never_shortens_the_first() -> None:
    license = _used_in("shop.com")
    for days, until in ((30, 30), (5, 30), (60, 60)):
        license = held_offline(license, SHOP, NOW + days * DAY)
        assert license.activations[0].offline_until == NOW + until * DAY


def test_a_file_is_for_its_own_place_only() -> None:
    license = held_offline(_used_in("shop.com", "dev.shop.com"), Place("dev.shop.com"), NOW + DAY)
    assert [one.offline_until for one in license.activations] == [None, NOW + DAY]
