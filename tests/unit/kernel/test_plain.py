"""Records as JSON and back: nothing is lost, and another release's text is read as well as can be."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.billing.rules import Invoice, Payment
from chalicelib.catalog.rules import Product
from chalicelib.customers.rules import Customer
from chalicelib.kernel.business import Calendar
from chalicelib.kernel.money import EXPONENTS, Money
from chalicelib.kernel.plain import from_json, to_json
from chalicelib.kernel.terms import Seating, Terms
from chalicelib.licensing.rules import Activation, License, Move
from chalicelib.licensing.standing import Standing
from chalicelib.mail.rules import Mail
from chalicelib.orders.rules import Order
from chalicelib.subscriptions.rules import Subscription
from chalicelib.tasks.rules import Task
from chalicelib.tickets.rules import Ticket
from chalicelib.tickets.sla import Clock, Policy

NOW = datetime(2026, 11, 22, 10, 0, 0, 123456, tzinfo=UTC)
INSTANTS = st.datetimes(datetime(1970, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))
JSON = st.recursive(
    st.text() | st.integers() | st.none(), lambda inner: st.lists(inner, max_size=2), max_leaves=3
)
st.register_type_strategy(datetime, INSTANTS)
st.register_type_strategy(date, st.dates(date(1970, 1, 1), date(2200, 1, 1)))
st.register_type_strategy(
    Money, st.builds(Money, st.integers(-(10**12), 10**12), st.sampled_from(sorted(EXPONENTS)))
)
st.register_type_strategy(
    Policy, st.builds(Policy, st.timedeltas(timedelta(minutes=1)), at_risk_percent=st.integers(1, 100))
)


@dataclass(frozen=True)
class Part:
    """A part of a record of these tests."""

    day: date
    at: datetime | None = None


@dataclass(frozen=True)
class Whole:
    """A record with everything that a record may have."""

    name: str
    kind: Literal["a", "b"]
    parts: tuple[Part, ...] = ()
    named: Mapping[str, Part] | None = None
    instants: tuple[datetime, ...] = ()
    words: tuple[str, ...] | None = None
    facts: Mapping[str, Any] | None = None
    flag: bool = False


RECORDS: dict[type[Any], st.SearchStrategy[Any]] = {
    Mail: st.builds(Mail, params=st.dictionaries(st.text(), JSON, max_size=3)),
    Task: st.builds(Task, facts=st.dictionaries(st.text(), st.text(), max_size=3)),
    Whole: st.builds(Whole, facts=st.none() | st.dictionaries(st.text(), JSON, max_size=3)),
}
EVERY = (
    *(Customer, Invoice, License, Mail, Order, Payment, Product, Subscription, Task, Ticket),
    *(Activation, Calendar, Clock, Move, Seating, Standing, Terms, Whole),
)


def _drawn(record_type: type[Any], data: st.DataObject) -> Any:
    return data.draw(RECORDS.get(record_type, st.from_type(record_type)))


@pytest.mark.parametrize("record_type", EVERY, ids=lambda one: one.__name__)
@given(data=st.data())
def test_a_record_read_back_is_the_record_written(record_type: type[Any], data: st.DataObject) -> None:
    record = _drawn(record_type, data)
    read = from_json(to_json(record), record_type)
    assert (type(read), read) == (record_type, record)


@given(data=st.data())
def test_tuples_of_records_are_read_back_too(data: st.DataObject) -> None:
    records = tuple(_drawn(Whole, data) for _ in range(2))
    assert from_json(to_json(records), tuple[Whole, ...]) == records


@given(INSTANTS)
def test_an_instant_keeps_its_microseconds_and_its_zone_is_utc(at: datetime) -> None:
    read = from_json(to_json(at), datetime)
    assert (read, read.utcoffset()) == (at, timedelta(0))


@given(st.timedeltas())
def test_a_duration_is_kept_to_the_microsecond(duration: timedelta) -> None:
    assert from_json(to_json(duration), timedelta) == duration
    assert to_json(timedelta(hours=48)) == "172800000000"


def test_the_text_is_compact_and_readable() -> None:
    text = to_json(Whole("ñandú", "a", (Part(date(2026, 11, 22), NOW),), {"x": Part(date(2026, 1, 2))}))
    assert text == (
        '{"name":"ñandú","kind":"a","parts":[{"day":"2026-11-22","at":"2026-11-22T10:00:00.123456Z"}],'
        '"named":{"x":{"day":"2026-01-02","at":null}},"instants":[],"words":null,"facts":null,"flag":false}'
    )


def test_an_instant_of_another_zone_is_written_in_utc() -> None:
    here = NOW.astimezone(timezone(timedelta(hours=-3)))
    assert to_json(here) == to_json(NOW)


def test_a_field_that_a_newer_release_wrote_is_overlooked_at_every_depth() -> None:
    newer = {
        "name": "x",
        "kind": "a",
        "colour": "red",
        "parts": [{"day": "2026-11-22", "at": None, "new": {"deep": []}}],
        "named": {"p": {"day": "2026-11-22", "new": 1}},
    }
    part = Part(date(2026, 11, 22))
    assert from_json(json.dumps(newer), Whole) == Whole("x", "a", (part,), {"p": part})


def test_a_field_that_an_older_release_did_not_write_has_its_default() -> None:
    assert from_json('{"name":"x","kind":"b"}', Whole) == Whole("x", "b")
    assert from_json('{"period":"P1Y"}', Terms) == Terms("P1Y")


def test_a_licence_that_an_older_release_wrote_has_the_usual_seats_and_moves() -> None:
    old = {
        **{name: "x" for name in ("id", "customer_id", "order_id", "product", "product_name", "key_hint")},
        **{"installation": None, "domain": None, "status": "active", "expires_at": None, "grace_days": 0},
        "created_at": "2026-11-22T10:00:00.123456Z",
        "addons": [{"code": "a", "name": "A", "order_id": "x", "expires_at": None}],
    }
    read = from_json(json.dumps(old), License)
    assert (read.seats, read.moves_per_year, read.activations, read.keys) == (1, 3, (), ())
    assert (read.created_at, read.addons[0].enabled) == (NOW, True)


def test_what_was_always_there_is_missed() -> None:
    with pytest.raises(TypeError):
        from_json('{"name":"x"}', Whole)


@pytest.mark.parametrize("text", ["2026-11-22T10:00:00", "today"])
def test_an_instant_without_a_zone_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        from_json(json.dumps({"day": "2026-11-22", "at": text}), Part)
