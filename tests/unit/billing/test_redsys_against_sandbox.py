"""The adapter of Redsys against the sandbox provider, which was written apart from it."""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
from urllib3 import PoolManager

from chalicelib.billing.gateways import NotAuthentic, Notice, ProviderUnavailable, Refunded, RefundRequest
from chalicelib.billing.gateways.redsys import Redsys
from chalicelib.billing.gateways.redsys_signing import V2, VERSIONS
from chalicelib.kernel.money import Money
from infra.sandbox.redsys_objects import TRIAL
from infra.sandbox.server import Sandbox, SandboxConfig
from tests.unit.billing.fake_redsys import EUROS, ID, NOW, ORDER
from tests.unit.billing.stub import Reply, Stub, pooled, serving

ALL = RefundRequest("ref_1", ID, EUROS.amount, "returned")


@dataclass(frozen=True)
class World:
    """The adapter, the sandbox, and the application that gets the notifications."""

    gateway: Redsys
    application: Stub
    pool: PoolManager
    url: str

    def call(self, path: str, form: Any = None) -> Any:
        """What a browser does."""
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        body = urlencode(form or {})
        return self.pool.request("POST", path, body=body, headers=headers, redirect=False, timeout=10)

    def open(self) -> None:
        """The payer posts our form."""
        form = self.gateway.charge(EUROS).form
        assert form is not None
        assert self.call(form.url, form.fields).status == 200

    def pay(self) -> None:
        """The payer pays; comes back when the notification has been delivered."""
        answer = self.pool.request(
            "POST", f"{self.url}/_sandbox/pay", json={"reference": "pay_1"}, timeout=10
        )
        assert answer.status == 200, answer.data

    def turn(self, **knobs: object) -> None:
        """Set these knobs, all others at rest."""
        assert self.pool.request("PUT", f"{self.url}/_sandbox/knobs", json=knobs, timeout=10).status == 200

    def charges(self) -> list[Any]:
        """All orders that Redsys knows."""
        return list(json.loads(self.pool.request("GET", f"{self.url}/_sandbox/charges").data)["data"])

    def notices(self) -> list[Notice]:
        """All notifications so far, proved authentic."""
        return [self.gateway.authenticate(call.headers, call.body, NOW) for call in self.application.calls]


@pytest.fixture(params=[V2])
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    terminal = replace(TRIAL, version=request.param)
    with ExitStack() as stack:
        application = stack.enter_context(serving(lambda call: Reply(200)))
        config = SandboxConfig(
            port=0,
            webhook_base=application.url,
            asaas_api_key="a",
            asaas_webhook_token="a",
            stripe_secret_key="s",
            stripe_webhook_secret="s",
            redsys=terminal,
            clock=lambda: NOW,
            retry_delays=(0.01,),
        )
        sandbox = Sandbox(config)
        sandbox.start()
        stack.callback(sandbox.stop)
        pool = stack.enter_context(pooled())
        url = f"{sandbox.url}/redsys"
        gateway = Redsys(pool, url, terminal.merchant_code, terminal.number, terminal.key, terminal.version)
        yield World(gateway, application, pool, sandbox.url)


@pytest.mark.parametrize("world", VERSIONS, indirect=True)
def test_an_order_is_opened_paid_announced_found_and_given_back(world: World) -> None:
    assert world.gateway.fetch(ID) is None
    world.open()
    opened = world.gateway.fetch(ID)
    assert opened is not None
    assert (opened.reference, opened.amount, opened.status) == ("pay_1", EUROS.amount, "pending")
    world.pay()
    (notice,) = world.notices()
    assert (notice.provider_id, notice.announces_payment) == (ID, True)
    paid = world.gateway.fetch(ID)
    assert paid is not None
    assert (paid.provider_id, paid.status, paid.paid_at) == (
        ID,
        "paid",
        datetime(2026, 11, 21, 23, tzinfo=UTC),
    )
    assert paid == world.gateway.find("pay_1", None)
    assert world.gateway.refund(ALL) == world.gateway.refund(ALL) == Refunded(ORDER, True)
    back = world.gateway.fetch(ID)
    assert back is not None
    assert (back.status, back.refunded) == ("refunded", EUROS.amount)


def test_the_return_of_the_payer_is_authentic_too(world: World) -> None:
    world.open()
    back = world.call(f"{world.url}/redsys/pay/{ORDER}")
    notice = world.gateway.authenticate({}, urlsplit(back.headers["Location"]).query.encode(), NOW)
    assert (notice.provider_id, notice.announces_payment) == (ID, True)


def test_a_declined_card_announces_nothing_and_closes_the_order(world: World) -> None:
    world.open()
    world.call(f"{world.url}/redsys/decline/{ORDER}")
    (notice,) = world.notices()
    assert (notice.name, notice.provider_id, notice.announces_payment) == ("Ds_Response.0190", ID, False)
    known = world.gateway.fetch(ID)
    assert known is not None
    assert known.status == "canceled"


def test_a_form_posted_twice_is_one_order(world: World) -> None:
    world.open()
    world.open()
    assert [charge["id"] for charge in world.charges()] == [ORDER]


def test_a_notification_sent_again_is_the_same_event(world: World) -> None:
    world.turn(duplicate=2)
    world.open()
    world.pay()
    assert len(world.notices()) == 3
    assert len(set(world.notices())) == 1


def test_a_forged_notification_is_not_authentic(world: World) -> None:
    world.turn(bad_signature=True)
    world.open()
    world.pay()
    assert world.application.calls
    for hook in world.application.calls:
        with pytest.raises(NotAuthentic):
            world.gateway.authenticate(hook.headers, hook.body, NOW)
    known = world.gateway.fetch(ID)
    assert known is not None
    assert known.status == "paid"


def test_a_wrong_amount_shows_when_the_order_is_fetched(world: World) -> None:
    world.open()
    world.turn(wrong_amount=-100)
    world.pay()
    known = world.gateway.fetch(ID)
    assert known is not None
    assert (known.amount, known.status) == (Money(14890, "EUR"), "paid")


def test_a_canceled_order_can_still_be_paid_on_a_page_that_is_open(world: World) -> None:
    world.open()
    canceled = world.gateway.cancel(ID)
    world.pay()
    late = world.gateway.cancel(ID)
    assert canceled is not None
    assert late is not None
    assert (canceled.status, late.status) == ("canceled", "paid")
    assert [notice.announces_payment for notice in world.notices()] == [True]


def test_a_refund_whose_answer_is_lost_is_made_once(world: World) -> None:
    world.open()
    world.pay()
    world.turn(lost_answer=1)
    with pytest.raises(ProviderUnavailable):
        world.gateway.refund(ALL)
    assert world.gateway.refund(ALL).done
    known = world.gateway.fetch(ID)
    assert known is not None
    assert known.refunded == EUROS.amount


def test_another_key_refuses_nothing_for_good(world: World) -> None:
    world.open()
    world.pay()
    other = Redsys(world.pool, f"{world.url}/redsys", TRIAL.merchant_code, TRIAL.number, TRIAL.key[::-1])
    with pytest.raises(ProviderUnavailable):
        other.fetch(ID)
    with pytest.raises(ProviderUnavailable):
        other.refund(ALL)
    form = other.charge(EUROS).form
    assert form is not None
    assert world.call(form.url, form.fields).status == 400
    with pytest.raises(NotAuthentic):
        other.authenticate({}, world.application.calls[0].body, NOW)
