"""The fuzzing of webhooks itself: a million messages in all, none twice, and an open door is found out."""

import random
from datetime import UTC, datetime
from itertools import chain

import pytest

from chalicelib.billing.gateways import NotAuthentic
from tests.unit.billing import (
    test_asaas_forgeries,
    test_paypal_forgeries,
    test_redsys_forgeries,
    test_stripe_forgeries,
)
from tests.unit.billing.fuzzing import Family, Message, Tally, bits, tally

GENUINE = (Message({"x-token": "genuine"}, b"{}", datetime(2026, 11, 22, 15, 0, tzinfo=UTC)),)


def _some_body(chance: random.Random, message: Message) -> Message:
    return message.saying(bits(chance, message.raw))


FAMILY = Family("bits of the body", 100, _some_body)


def test_a_million_forged_webhooks_are_tried() -> None:
    families = chain(
        test_asaas_forgeries.FAMILIES,
        test_paypal_forgeries.FAMILIES,
        test_stripe_forgeries.FAMILIES,
        (family for _, family in test_redsys_forgeries.FAMILIES),
    )
    assert sum(family.count for family in families) == 1_000_000


def test_an_adapter_that_overlooks_the_body_is_found_out() -> None:
    assert tally(lambda *_: None, GENUINE, FAMILY) == Tally(tried=100, accepted=100)


def _shown() -> list[bytes]:
    shown: list[bytes] = []
    tally(lambda headers, raw, now: shown.append(raw), GENUINE, FAMILY)
    return shown


def test_no_message_is_tried_twice_and_each_run_tries_the_same() -> None:
    shown = _shown()
    assert shown == _shown()
    # The genuine one is the control, before and after.
    assert shown[0] == shown[-1] == GENUINE[0].raw
    assert len(set(shown)) == 1 + FAMILY.count


def test_a_family_that_has_not_as_many_is_found_out() -> None:
    few = Family("of the same kind", 100, lambda chance, message: message.saying(b""))
    assert tally(lambda *_: None, GENUINE, few) == Tally(tried=1, accepted=1)


def test_an_adapter_that_takes_nothing_proves_nothing() -> None:
    def refuse(*_: object) -> None:
        raise NotAuthentic("never")

    with pytest.raises(AssertionError):
        tally(refuse, GENUINE, FAMILY)
