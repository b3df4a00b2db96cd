"""What one validation costs: one read, nothing written, whatever the key; and how often one may ask (B1)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from chalicelib.kernel.limits import SECOND
from chalicelib.licensing.keys import derive_key, key_hash
from tests.functional import steps
from tests.functional.asking import Recording, answered, url_event, validator
from tests.functional.held import SHOP, Held
from tests.world import Answer

KINDS = ("valid", "activated elsewhere", "revoked", "unknown", "mistyped", "no key at all")


@pytest.fixture(scope="module")
def typed(held_by_all: Held) -> dict[str, str]:
    """One key of every kind."""
    world = held_by_all.world
    steps.bought(world, held_by_all.token, steps.LICENSE)
    (revoked,) = [one for one in steps.licenses(world, held_by_all.token) if one["id"] != held_by_all.id]
    steps.set_license(revoked["id"], status="revoked")
    held_by_all.activate()
    return {
        "valid": held_by_all.key,
        "activated elsewhere": held_by_all.key,
        "revoked": revoked["key"],
        "unknown": derive_key(b"another secret", "lic_x", 0),
        "mistyped": held_by_all.key[:-1] + ("0" if held_by_all.key[-1] != "0" else "2"),
        "no key at all": "x",
    }


@pytest.mark.parametrize("kind", KINDS)
def test_one_validation_is_one_eventually_consistent_read_and_no_write(
    held_by_all: Held, typed: dict[str, str], kind: str
) -> None:
    world = held_by_all.world
    before = world.rows()
    aws = Recording(world.aws)
    fingerprint = "elsewhere.example.com" if kind == "activated elsewhere" else SHOP
    body = {"key": typed[kind], "fingerprint": fingerprint, "addons": ["supplier-a"], "nonce": "n-1"}
    answer = answered(validator(world, aws), url_event(body))
    assert answer.status == 200
    ((target, asked),) = aws.asked
    assert target == "DynamoDB_20120810.GetItem"
    assert asked.keys() <= {"TableName", "Key", "ConsistentRead"}
    assert not asked.get("ConsistentRead")
    assert world.rows() == before


def test_an_unknown_key_costs_and_looks_the_same_as_a_mistyped_one(
    held_by_all: Held, typed: dict[str, str]
) -> None:
    seen = {}
    for kind in ("revoked", "unknown", "mistyped", "no key at all"):
        aws = Recording(held_by_all.world.aws)
        answer = answered(validator(held_by_all.world, aws), url_event({"key": typed[kind]}))
        ((_, asked),) = aws.asked
        seen[kind] = (set(answer.json), len(asked["Key"]["pk"]["S"]), set(asked), answer.headers)
    assert len({str(one) for one in map(_sorted, seen.values())}) == 1


def _sorted(seen: tuple[Any, ...]) -> list[Any]:
    return [sorted(part) if isinstance(part, set) else part for part in seen]


def test_the_licence_is_read_under_the_hash_of_its_key(held_by_all: Held, typed: dict[str, str]) -> None:
    aws = Recording(held_by_all.world.aws)
    answered(validator(held_by_all.world, aws), url_event({"key": typed["valid"]}))
    ((_, asked),) = aws.asked
    assert asked["Key"] == {"pk": {"S": f"KEY#{key_hash(typed['valid'])}"}, "sk": {"S": "KEY"}}


@pytest.mark.parametrize("body", ["", "[]", "{", {"key": ""}, {"key": "x", "plan": "b"}])
def test_a_faulty_question_costs_no_read_at_all(held_by_all: Held, body: Any) -> None:
    aws = Recording(held_by_all.world.aws)
    assert answered(validator(held_by_all.world, aws), url_event(body)).status in (400, 422)
    assert aws.asked == []


# How often


@dataclass
class Clock:
    """Nanoseconds that pass when they are told to."""

    now: int = 0

    def __call__(self) -> int:
        return self.now


def _refused(answer: Answer) -> int:
    """For how many seconds somebody is asked to wait."""
    assert answer.status == 429, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert (answer.json["code"], answer.json["status"]) == ("too_many_requests", 429)
    assert answer.json["request_id"] == "req-1"
    return int(answer.headers["Retry-After"])


def _addresses() -> Iterator[str]:
    return (f"198.51.100.{number}" for number in range(250))


def test_a_key_is_asked_about_so_often_a_minute_and_other_keys_do_not_mind(held_by_all: Held) -> None:
    clock = Clock()
    asked, addresses = validator(held_by_all.world, keys=3, clock=clock), _addresses()

    def ask(key: str) -> Answer:
        return answered(asked, url_event({"key": key}, address=next(addresses)))

    assert [ask(held_by_all.key).status for _ in range(3)] == [200] * 3
    wait = _refused(ask(held_by_all.key))
    assert 1 <= wait <= 20
    assert ask("another key").status == 200
    clock.now += wait * SECOND
    assert ask(held_by_all.key).status == 200
    _refused(ask(held_by_all.key))


def test_an_address_asks_so_often_a_minute_and_other_addresses_do_not_mind(held_by_all: Held) -> None:
    clock = Clock()
    asked = validator(held_by_all.world, addresses=2, clock=clock)

    def ask(number: int, address: str) -> Answer:
        return answered(asked, url_event({"key": f"key {number}"}, address=address))

    assert [ask(number, "203.0.113.7").status for number in range(2)] == [200] * 2
    wait = _refused(ask(3, "203.0.113.7"))
    assert ask(3, "203.0.113.8").status == 200
    clock.now += wait * SECOND
    assert ask(4, "203.0.113.7").status == 200


def test_whoever_waits_a_minute_may_ask_all_of_it_again(held_by_all: Held) -> None:
    clock = Clock()
    asked = validator(held_by_all.world, keys=3, addresses=3, clock=clock)
    for _ in range(2):
        answers = [answered(asked, url_event({"key": held_by_all.key})) for _ in range(4)]
        assert [one.status for one in answers] == [200, 200, 200, 429]
        clock.now += 60 * SECOND


def test_whoever_is_refused_is_not_looked_up(held_by_all: Held) -> None:
    aws = Recording(held_by_all.world.aws)
    asked = validator(held_by_all.world, aws, keys=1)
    for _ in range(3):
        answered(asked, url_event({"key": held_by_all.key}))
    assert len(aws.asked) == 1


def test_the_refusal_is_told_in_the_language_asked_for(held_by_all: Held) -> None:
    asked = validator(held_by_all.world, keys=1)
    event = url_event({"key": "x"}, headers={"accept-language": "pt-BR"})
    answered(asked, event)
    assert answered(asked, event).json["title"] == "Solicitações demais"
