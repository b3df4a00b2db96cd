"""The charge at the provider: made once by the queue worker, whatever happens on the way (S4, S5)."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any

import pytest

from chalicelib import wiring
from chalicelib.billing.boleto import check_slip
from chalicelib.billing.gateways import Charged, ChargeRequest, Gateway, ProviderUnavailable
from chalicelib.billing.rules import CHARGE_LEASE, PROVIDER_OF_METHOD, Claimed
from chalicelib.flows import charging, closing
from chalicelib.kernel.methods import Method
from chalicelib.kernel.money import Money
from infra.sandbox.wire import Request
from tests.functional import steps
from tests.functional.steps import LICENSE
from tests.world import SECRETS, World

ASAAS = {"access_token": SECRETS["asaas"]["api_key"]}


def _charge(world: World, payment_id: str, after: timedelta = timedelta(0)) -> None:
    charging.charge(payment_id, wiring.gateways(), wiring.links(), world.now + after)


def test_the_order_does_not_wait_for_the_provider(world: World) -> None:
    _, token = world.customer()
    order = steps.place(world, token, LICENSE)
    assert (order["payment"]["status"], order["payment"]["boleto"]) == ("requested", None)
    assert steps.charges(world) == []


def test_a_boleto_can_be_paid_with_what_its_order_shows(world: World) -> None:
    _, token = world.customer()
    payment = steps.charged(world, token, LICENSE)["payment"]
    assert payment["status"] == "pending"
    due = date.fromisoformat(payment["due_date"])
    slip = check_slip(payment["boleto"]["digitable_line"], amount=Money(59900, "BRL"), due=due, reference=due)
    assert len(slip.line) == 47
    assert payment["boleto"]["pdf_url"].startswith(world.sandbox.url)


def test_a_card_order_sends_its_customer_to_the_providers_page_and_is_settled_by_its_webhook(
    world: World,
) -> None:
    _, token = world.customer("jose@example.com", country="ES", locale="es", tax_id="12345678Z")
    order = steps.charged(world, token, LICENSE)
    assert order["payment"]["redirect_url"].startswith(f"{world.sandbox.url}/stripe/pay/")
    assert (order["payment"]["boleto"], order["payment"]["due_date"]) == (None, None)
    world.pay(order["payment"]["id"])
    assert {answer.status for answer in world.webhooks()} == {200}
    world.settle_down()
    order = steps.read(world, token, f"/v1/orders/{order['id']}")
    assert (order["status"], order["payment"]["status"]) == ("paid", "paid")
    assert len(order["licenses"]) == 1


def test_a_charge_whose_message_comes_twice_is_made_once(world: World) -> None:
    _, token = world.customer()
    order = steps.charged(world, token, LICENSE)
    before = world.rows()
    _charge(world, order["payment"]["id"])
    assert len(steps.charges(world)) == 1
    assert world.rows() == before


@pytest.mark.parametrize(("country", "tax_id"), [("BR", "52998224725"), ("ES", "12345678Z")])
def test_a_charge_whose_answer_was_lost_is_found_again(world: World, country: str, tax_id: str) -> None:
    _, token = world.customer(country=country, tax_id=tax_id)
    order = steps.place(world, token, LICENSE)
    world.stream()
    # The customer at the provider and the charge itself are two creating calls of a boleto.
    for _ in range(2 if country == "BR" else 1):
        steps.turn(world, lost_answer=1)
        with pytest.raises(ProviderUnavailable):
            _charge(world, order["payment"]["id"])
        world.now += CHARGE_LEASE
    world.reconcile()
    world.settle_down()
    (charge,) = steps.charges(world)
    assert charge["reference"] == order["payment"]["id"]
    payment = steps.read(world, token, f"/v1/orders/{order['id']}")["payment"]
    assert payment["status"] == "pending"


def test_while_one_worker_asks_the_provider_no_other_does(world: World) -> None:
    _, token = world.customer()
    payment_id = steps.place(world, token, LICENSE)["payment"]["id"]
    steps.turn(world, lost_answer=1)
    with pytest.raises(ProviderUnavailable):
        _charge(world, payment_id)
    with pytest.raises(Claimed):
        _charge(world, payment_id, after=CHARGE_LEASE - timedelta(seconds=1))
    assert steps.charges(world) == []
    _charge(world, payment_id, after=CHARGE_LEASE)
    assert len(steps.charges(world)) == 1


@pytest.mark.parametrize("method", ["boleto", "card"])
def test_a_refused_charge_fails_its_payment_and_finance_is_told(world: World, method: str) -> None:
    _, token = world.customer()
    steps.turn(world, decline=True)
    order = steps.charged(world, token, LICENSE, method=method)
    assert (order["status"], order["payment"]["status"]) == ("pending_payment", "failed")
    assert steps.tasks(world) == [("payment_failed", "finance")]
    assert steps.outstanding(world) == []
    steps.turn(world)
    _charge(world, order["payment"]["id"])
    assert steps.charges(world) == []


def test_a_vendor_need_not_have_every_provider(world: World) -> None:
    world.client("ssm").delete_parameter(Name=f"/vigencia/{world.table_name}/stripe")
    _, token = world.customer()
    assert steps.bought(world, token, LICENSE)["payment"]["method"] == "boleto"


def test_a_repeated_charge_asks_for_what_was_ordered_whatever_the_customer_changed_since(
    world: World,
) -> None:
    _, token = world.customer()
    order = steps.place(world, token, LICENSE)
    steps.turn(world, lost_answer=1)
    with pytest.raises(ProviderUnavailable):
        _charge(world, order["payment"]["id"])
    changes = {"name": "Somebody Else", "tax_id": "11144477735", "locale": "en"}
    assert world.http("PATCH", "/v1/me", changes, token=token).status == 200
    for minutes in (2, 4):
        _charge(world, order["payment"]["id"], after=timedelta(minutes=minutes))
    made = json.loads(world.sandbox.answer(Request("GET", "/asaas/v3/customers", {}, ASAAS)).body)["data"]
    assert [(one["name"], one["cpfCnpj"]) for one in made] == [("Ana Souza", "52998224725")]


def test_a_slip_over_another_amount_is_refused_and_taken_back(world: World) -> None:
    _, token = world.customer()
    steps.turn(world, wrong_amount=100)
    order = steps.charged(world, token, LICENSE)
    assert order["payment"]["status"] == "failed"
    assert [charge["status"] for charge in steps.charges(world)] == ["canceled"]
    assert steps.tasks(world) == [("payment_failed", "finance")]


class PaidAtOnce:
    """A provider whose customer pays, and whose webhook is settled, before its answer is seen."""

    def __init__(self, world: World, gateway: Gateway) -> None:
        self.world, self.gateway = world, gateway

    def charge(self, request: ChargeRequest) -> Charged:
        made = self.gateway.charge(request)
        self.world.pay(request.payment_id)
        self.world.webhooks()
        self.world.settle_down()
        return made


def test_a_payment_that_was_quicker_than_our_record_of_the_charge_stays_paid(world: World) -> None:
    _, token = world.customer()
    order = steps.place(world, token, LICENSE)
    world.stream()
    (message,) = steps.waiting(world, "charges")
    quick: Any = PaidAtOnce(world, wiring.gateways()["asaas"])
    charging.charge(message["payment_id"], {"asaas": quick}, wiring.links(), world.now)
    order = steps.read(world, token, f"/v1/orders/{order['id']}")
    assert (order["status"], order["payment"]["status"]) == ("paid", "paid")
    assert order["payment"]["boleto"]["digitable_line"]
    assert len(order["licenses"]) == 1
    world.settle_down()
    assert steps.outstanding(world) == []
    assert "boleto_to_pay" not in {row["mail_kind"] for row in world.rows("mail")}


class GivenUpMeanwhile:
    """A provider so slow that the attempt's lease ends and it is given up before the charge is made."""

    def __init__(self, world: World, gateway: Gateway) -> None:
        self.world, self.gateway = world, gateway
        self.find: Any = gateway.find
        self.cancel: Any = gateway.cancel

    def charge(self, request: ChargeRequest) -> Charged:
        later = self.world.now + CHARGE_LEASE
        closing.close(request.payment_id, {self.gateway.name: self.gateway}, later)
        return self.gateway.charge(request)


class LosesTrack(GivenUpMeanwhile):
    """And whoever is asked to close the charge then gives no answer at first."""

    def __init__(self, world: World, gateway: Gateway) -> None:
        super().__init__(world, gateway)
        self.cancel = self.silent

    def silent(self, provider_id: str) -> None:
        raise ProviderUnavailable("time-out")


def _slowly_charged(world: World, method: Method, slow: type[GivenUpMeanwhile]) -> tuple[str, Any]:
    """An attempt that was given up while its charge was being made, and its provider."""
    _, token = world.customer("jose@example.com", country="ES", locale="es", tax_id="12345678Z")
    payment = steps.place(world, token, LICENSE, method=method)["payment"]
    provider = PROVIDER_OF_METHOD[method]
    return payment["id"], {provider: slow(world, wiring.gateways()[provider])}


@pytest.mark.parametrize("method", ["card", "paypal"])
def test_a_charge_that_was_made_for_what_had_been_given_up_is_closed(world: World, method: Method) -> None:
    payment_id, gateways = _slowly_charged(world, method, GivenUpMeanwhile)
    charging.charge(payment_id, gateways, wiring.links(), world.now)
    (charge,), (row,) = steps.charges(world), world.rows("payment")
    assert (row["status"], row["provider_id"]) == ("canceled", charge["id"])
    assert (charge["status"], charge["payable"]) == ("canceled", False)


@pytest.mark.parametrize("method", ["card", "paypal"])
def test_such_a_charge_is_closed_by_the_next_message_when_its_provider_gave_no_answer(
    world: World, method: Method
) -> None:
    payment_id, gateways = _slowly_charged(world, method, LosesTrack)
    with pytest.raises(ProviderUnavailable):
        charging.charge(payment_id, gateways, wiring.links(), world.now)
    assert [charge["payable"] for charge in steps.charges(world)] == [True]
    _charge(world, payment_id)
    assert [charge["payable"] for charge in steps.charges(world)] == [False]
