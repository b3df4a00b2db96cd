"""Licences under many hands: one winner of the last seat, answers of committed states only (B1, B3)."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import jwt
import pytest

from app import app
from chalicelib import wiring
from chalicelib.kernel.events import Actor
from chalicelib.licensing import service
from chalicelib.licensing import store as licensing
from chalicelib.licensing.keys import derive_key, hint, key_hash
from chalicelib.licensing.rules import Addon, License
from chalicelib.licensing.standing import IssuedKey
from chalicelib.storage.transaction import Transaction
from chalicelib.validator.handler import validate
from chalicelib.validator.request import ROUTE
from tests.integration.conftest import serving_threads
from tests.integration.test_concurrency import at_once
from tests.world import World, http_event

THREADS, EACH = 16, 200


@pytest.fixture(autouse=True)
def _one_request_per_thread() -> Iterator[None]:
    with serving_threads(app):
        yield


def granted(world: World, customer_id: str) -> tuple[License, str]:
    """A licence with two addons, and its key."""
    key = derive_key(b"test", "lic_test", 0)
    license = License(
        id="lic_test",
        customer_id=customer_id,
        order_id="ord_test",
        product="prestaimport",
        product_name="PrestaImport",
        installation=None,
        domain=None,
        status="active",
        expires_at=None,
        grace_days=0,
        key_hint=hint(key),
        created_at=world.now,
        addons=tuple(Addon(code, code, "ord_test", None) for code in ("supplier-a", "supplier-b")),
        keys=(IssuedKey(key_hash(key)),),
    )
    writing = Transaction()
    writing.save(*licensing.rows(license, world.now))
    writing.commit()
    return license, key


def test_exactly_one_of_sixteen_racing_installations_gets_the_last_seat(world: World) -> None:
    license, key = granted(world, world.customer()[0].id)
    bodies = [{"key": key, "fingerprint": f"shop-{number}.com"} for number in range(16)]
    answers = at_once(16, lambda number: world.http("POST", "/v1/licenses/activate", bodies[number]))
    assert Counter(answer.status for answer in answers) == {200: 16}
    codes = Counter(answer.json["code"] for answer in answers)
    assert codes == {"VALID": 1, "TOO_MANY_ACTIVATIONS": 15}
    (seated,) = licensing.get(license.id).activations
    winner = next(at for at, answer in enumerate(answers) if answer.json["valid"])
    assert seated.fingerprint == f"shop-{winner}.com"
    assert len([row for row in world.rows("audit") if row["subject"] == license.id]) == 1


def test_sixteen_racing_activations_of_one_installation_are_one(world: World) -> None:
    license, key = granted(world, world.customer()[0].id)
    forms = ["shop.com", "www.Shop.com", "https://shop.com/admin", "SHOP.COM:443"] * 4
    answers = at_once(
        16,
        lambda number: world.http(
            "POST", "/v1/licenses/activate", {"key": key, "fingerprint": forms[number]}
        ),
    )
    assert Counter(answer.json["code"] for answer in answers) == {"VALID": 16}
    assert len(licensing.get(license.id).activations) == 1


class Toggling(threading.Thread):
    """Switches the addons so that only some combinations are ever committed, until told to stop.

    `supplier-b` is off only while `supplier-a` is off too, and the licence is suspended only with both on.
    """

    def __init__(self, world: World, license: License) -> None:
        super().__init__(daemon=True)
        self.rounds = 0
        self._world, self._license = world, license
        self._enough = threading.Event()

    def run(self) -> None:
        owner = Actor(self._license.customer_id, "store")
        staff = Actor("staff", "staff", "test")
        while not self._enough.is_set():
            for code, on in (("a", False), ("b", False), ("b", True), ("a", True)):
                service.switch_addon(self._license.id, f"supplier-{code}", on, owner, self._world.now)
            service.command(self._license.id, "suspend", staff, self._world.now)
            service.command(self._license.id, "reinstate", staff, self._world.now)
            self.rounds += 1

    def __enter__(self) -> Toggling:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._enough.set()
        self.join(timeout=60)


COMMITTED = {
    ("active", "active", "active"),
    ("active", "disabled", "active"),
    ("active", "disabled", "disabled"),
    ("suspended", "active", "active"),
}


def test_3200_validations_while_addons_are_toggled_all_show_a_committed_state(world: World) -> None:
    license, key = granted(world, world.customer()[0].id)
    body = json.dumps({"key": key, "addons": ["supplier-a"], "nonce": "n"}).encode()
    event = http_event("POST", ROUTE, "", {"content-type": "application/json"}, body)
    with Toggling(world, license) as toggling, ThreadPoolExecutor(THREADS) as pool:
        asked = [pool.submit(lambda: [validate(event, None) for _ in range(EACH)]) for _ in range(THREADS)]
        answers = [answer for one in asked for answer in one.result(timeout=300)]
    assert Counter(answer["statusCode"] for answer in answers) == {200: THREADS * EACH}
    public = jwt.PyJWK(wiring.signer().jwks()["keys"][0])
    seen = Counter(checked(json.loads(answer["body"]), public) for answer in answers)
    assert set(seen) <= COMMITTED
    # Otherwise nothing was shown: the states did change meanwhile.
    assert toggling.rounds > 1
    assert len(seen) > 1


def checked(told: Any, public: jwt.PyJWK) -> tuple[str, ...]:
    """The state an answer shows; code, addons and token must all tell of the same."""
    claims = jwt.decode(told["token"], public.key, algorithms=["EdDSA"])
    first, second = (addon["status"] for addon in told["addons"])
    state: str = told["license"]["status"]
    expected = {"suspended": "SUSPENDED"}.get(state) or {"disabled": "ADDON_DISABLED"}.get(first, "VALID")
    assert (told["code"], told["valid"]) == (expected, expected == "VALID")
    assert (claims["code"], claims["valid"]) == (told["code"], told["valid"])
    assert [claims["addons"][one]["status"] for one in ("supplier-a", "supplier-b")] == [first, second]
    assert all(addon["valid"] is False for addon in told["addons"]) or state == "active"
    return state, first, second
