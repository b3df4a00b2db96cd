"""What may not be cancelled, or resumed, and by whom: nothing is changed by a refusal (A1, A5)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from chalicelib.kernel.clock import rfc3339
from chalicelib.subscriptions.changes import ended
from chalicelib.subscriptions.rules import Subscription
from tests.functional import steps
from tests.functional.subscribed import DAY, Doors, renewed, save, subscribe

ALONE = ["store", "profile"]


def _late(house: Doors) -> Subscription:
    return subscribe(house.world, house.customer, ends_in=15)


def _renewed(house: Doors) -> Subscription:
    return renewed(subscribe(house.world, house.customer, ends_in=100))


@pytest.mark.parametrize("by", ALONE)
@pytest.mark.parametrize("made", [_late, _renewed])
def test_past_the_cut_off_it_is_refused_naming_until_when_it_was_possible(
    house: Doors, by: str, made: Callable[[Doors], Subscription]
) -> None:
    subscription = made(house)
    before = house.world.rows()
    for refused in (house.cancel(by, subscription.id), house.preview(by, subscription.id)):
        until = rfc3339(subscription.cancel_renewal_until)
        assert (refused.status, refused.json["code"]) == (409, "past_cutoff")
        assert refused.json["cancel_renewal_until"] == until
        assert until in refused.json["detail"]
    assert house.world.rows() == before


def test_the_day_before_the_cut_off_is_in_time(house: Doors) -> None:
    assert house.cancel("store", subscribe(house.world, house.customer, ends_in=16).id).status == 200


def test_a_customer_may_not_do_it_himself_where_the_terms_leave_it_to_staff(house: Doors) -> None:
    subscription = subscribe(house.world, house.customer, self_cancel=False)
    before = house.world.rows()
    for refused in (
        house.cancel("store", subscription.id),
        house.preview("store", subscription.id),
        house.resume("store", subscription.id),
    ):
        assert (refused.status, refused.json["code"]) == (403, "self_service_not_allowed")
    assert house.world.rows() == before
    assert house.cancel("profile", subscription.id).status == 200


@pytest.mark.parametrize("by", ALONE)
def test_what_has_ended_is_refused(house: Doors, by: str) -> None:
    subscription = save(ended(subscribe(house.world, house.customer), "unpaid", house.world.now))
    for refused in (house.cancel(by, subscription.id), house.resume(by, subscription.id)):
        assert (refused.status, refused.json["code"]) == (409, "subscription_ended")


@pytest.mark.parametrize("by", ALONE)
def test_what_never_renews_by_itself_needs_no_cancelling(house: Doors, by: str) -> None:
    subscription = subscribe(house.world, house.customer, auto_renew=False)
    before = house.world.rows()
    answer = house.cancel(by, subscription.id)
    assert (answer.status, answer.json["renewal"], answer.json["effect"]["stops"]) == (200, "none", None)
    assert house.world.rows() == before
    refused = house.resume(by, subscription.id)
    assert (refused.status, refused.json["code"]) == (409, "not_renewable")


def test_somebody_elses_subscription_is_unknown(house: Doors) -> None:
    _, token = house.world.customer("rui@example.com", tax_id="11144477735")
    subscription = subscribe(house.world, house.customer)
    rui = replace(house, token=token)
    before = house.world.rows()
    for refused in (
        rui.cancel("store", subscription.id),
        rui.preview("store", subscription.id),
        rui.resume("store", subscription.id),
        house.cancel("profile", "sub_unknown"),
    ):
        assert (refused.status, refused.json["code"]) == (404, "subscription_not_found")
    assert house.world.rows() == before


@pytest.mark.parametrize("by", ALONE)
def test_bad_input_names_every_field_and_no_date_can_be_given(house: Doors, by: str) -> None:
    subscription = subscribe(house.world, house.customer)
    before = house.world.rows()
    answer = house._ask(
        by, subscription.id, "?preview=perhaps&x=1", {"notes": "x" * 501, "date": "2026-01-01"}
    )
    assert steps.faults(answer) == {
        "/query/preview": "bool_parsing",
        "/query/x": "extra_forbidden",
        "/notes": "string_too_long",
        "/date": "extra_forbidden",
    }
    assert steps.faults(house.resume(by, subscription.id, notes=1)) == {"/notes": "string_type"}
    assert house.world.rows() == before


@pytest.mark.parametrize("by", ALONE)
def test_past_the_cut_off_it_cannot_be_resumed(house: Doors, by: str) -> None:
    subscription = _late(house)
    save(replace(subscription, auto_renew=False, renewal_canceled_at=house.world.now - 30 * DAY))
    before = house.world.rows()
    refused = house.resume(by, subscription.id)
    assert (refused.status, refused.json["code"]) == (409, "past_cutoff")
    assert refused.json["cancel_renewal_until"] == rfc3339(subscription.cancel_renewal_until)
    assert house.world.rows() == before
