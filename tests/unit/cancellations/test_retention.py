"""What is offered to whom, what it costs without what is not used, and what is never asked for."""

from __future__ import annotations

from typing import get_args

from chalicelib.cancellations.retention import FITTING, Held, Interview, Reason, amount_without, fitting
from chalicelib.kernel.money import Money


def test_every_reason_has_something_to_offer() -> None:
    assert set(FITTING) == set(get_args(Reason))
    assert all(FITTING.values())


def test_what_was_said_besides_the_reason_brings_its_offers_too_each_once() -> None:
    said = Interview("other_product", "They have it all", difficulty="The agenda", missing_feature="Exports")
    assert fitting(said) == ("arguments", "training")
    assert fitting(Interview("price", "Too dear")) == ("drop_services", "plan_change", "pause")


def test_the_new_amount_leaves_out_what_is_dropped() -> None:
    held = [
        Held("sub_1", Money(4900, "EUR")),
        Held("sub_2", Money(900, "EUR")),
        Held("sub_3", Money(1, "EUR")),
    ]
    assert amount_without(held, ["sub_2"], "EUR") == Money(4901, "EUR")
    assert amount_without(held, [one.subscription_id for one in held], "EUR") == Money(0, "EUR")
