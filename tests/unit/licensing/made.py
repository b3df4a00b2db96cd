"""Licences, addons, places and questions as the tests of licensing make them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from chalicelib.licensing.decision import Decision, Question, decide
from chalicelib.licensing.rules import Activation, Addon, License
from chalicelib.licensing.standing import Environment, IssuedKey, Place

NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)
DAY = timedelta(days=1)
YEAR = 365 * DAY
MOMENT = timedelta(microseconds=1)

ADDON_CODES = ("a", "b", "c")
ENVIRONMENTS: tuple[Environment, ...] = ("production", "staging", "local")
UNCOUNTED: tuple[Environment, ...] = ("staging", "local")
FINGERPRINTS = ("shop.com", "shop.com.br", "dev.shop.com", "localhost")


def a_license(**changed: Any) -> License:
    """One that is valid for 100 days more, used nowhere."""
    base = License(
        id="lic_1",
        customer_id="cus_1",
        order_id="ord_1",
        product="prestaimport",
        product_name="PrestaImport",
        installation=None,
        domain=None,
        status="active",
        expires_at=NOW + 100 * DAY,
        grace_days=7,
        key_hint="ABCDEF",
        created_at=NOW,
        keys=(IssuedKey("hash-0"),),
    )
    return replace(base, **changed)


def an_addon(code: str = "a", **changed: Any) -> Addon:
    """One that is valid for 50 days more, with three days of grace."""
    return replace(Addon(code, "Addon", "ord_1", NOW + 50 * DAY, 3), **changed)


def an_activation(fingerprint: str = "shop.com", environment: Environment = "production") -> Activation:
    """One installation, whose id tells where it is."""
    return Activation(f"act_{fingerprint}", fingerprint, environment, None, NOW)


def asked(license: License | None, *wanted: str, at: Place | None = None, now: datetime = NOW) -> Decision:
    """What is decided on a licence."""
    return decide(Question(license, wanted, now, at))


def license_of(question: Question) -> License | None:
    """The licence that is asked about, all of it."""
    assert question.license is None or isinstance(question.license, License)
    return question.license


INSTANTS = st.integers(-12, 20).map(lambda days: NOW + days * DAY)
ENDS = st.none() | INSTANTS
ADDONS = st.builds(
    Addon,
    code=st.sampled_from(ADDON_CODES),
    name=st.just("Addon"),
    order_id=st.just("ord_1"),
    expires_at=ENDS,
    grace_days=st.integers(0, 10),
    enabled=st.sampled_from([True, True, False]),
    paid_until=st.none() | ENDS,
)
ACTIVATIONS = st.builds(an_activation, st.sampled_from(FINGERPRINTS), st.sampled_from(ENVIRONMENTS))
LICENSES = st.builds(
    a_license,
    status=st.sampled_from(["active"] * 6 + ["suspended", "revoked"]),
    expires_at=ENDS,
    grace_days=st.integers(0, 10),
    paid_until=st.none() | ENDS,
    seats=st.integers(1, 2),
    addons=st.lists(ADDONS, min_size=1, max_size=3, unique_by=lambda one: one.code).map(tuple),
    activations=st.lists(ACTIVATIONS, max_size=4, unique_by=lambda one: one.fingerprint).map(tuple),
)
PLACES = st.builds(Place, st.sampled_from(FINGERPRINTS), st.none() | st.sampled_from(ENVIRONMENTS))
WANTED = st.lists(st.sampled_from((*ADDON_CODES * 3, "unknown")), max_size=2).map(tuple)
QUESTIONS = st.builds(
    Question,
    # Unknown keys are all alike: most questions are about a licence.
    st.integers(0, 9).flatmap(lambda one: LICENSES if one else st.none()),
    WANTED,
    st.just(NOW),
    st.none() | st.none() | PLACES,
    st.booleans(),
)
# The same about one that works, asked from somewhere: what is left to decide is the place.
PLACED = st.builds(
    Question,
    st.builds(
        a_license,
        addons=st.lists(ADDONS, max_size=1).map(tuple),
        seats=st.integers(1, 2),
        activations=st.lists(ACTIVATIONS, min_size=1, max_size=4, unique_by=lambda one: one.fingerprint).map(
            tuple
        ),
    ),
    WANTED,
    st.just(NOW),
    PLACES,
    st.booleans(),
)
