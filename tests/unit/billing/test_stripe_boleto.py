"""Vouchers of Stripe: for whom, until when, the slip that we show, and that only money counts."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from chalicelib.billing.gateways import Charged, ChargeRefused, ChargeRequest
from chalicelib.billing.gateways.stripe import Stripe
from chalicelib.kernel.money import Money
from tests.unit.billing.fake_stripe import SECRET, SESSION, Json, adapter
from tests.unit.billing.sandboxed import NOW, World, world_of
from tests.unit.billing.stub import DUE, SLIP, Call, Reply, Stub, pooled, serving

LATE = datetime(2026, 11, 23, 2, 59, tzinfo=UTC)  # still the 22nd in São Paulo


@pytest.fixture
def world() -> Iterator[World]:
    with world_of("stripe_boleto") as world:
        yield world


def _charged(request: ChargeRequest, now: datetime, answer: Callable[[Call], Reply]) -> tuple[Charged, Stub]:
    with serving(answer) as stub, pooled() as pool:
        gateway = Stripe(pool, stub.url, "sk_test_key", SECRET, clock=lambda: now)
        return gateway.charge(request), stub


@pytest.mark.parametrize(
    ("due", "now", "days"),
    [
        (DUE, NOW, "8"),
        (DUE, LATE, "8"),
        (date(2026, 11, 28), NOW, "8"),  # a Saturday: payable on Monday
        (date(2026, 11, 22), NOW, "1"),  # today, a Sunday
        (date(2026, 12, 31), NOW, "43"),  # banks take it on 4 January
    ],
)
def test_a_voucher_can_be_paid_until_the_last_payable_day(due: date, now: datetime, days: str) -> None:
    request = replace(SLIP, due_date=due)
    charged, stub = _charged(request, now, lambda call: Reply(200, SESSION))
    form = stub.calls[0].form
    assert form["payment_method_types[0]"] == "boleto"
    assert form["payment_method_options[boleto][expires_after_days]"] == days
    assert (charged.redirect_url, charged.slip) == (SESSION["url"], None)


@pytest.mark.parametrize("due", [date(2026, 11, 19), date(2027, 2, 1)])
def test_a_voucher_for_too_early_or_too_late_is_refused_without_asking(due: date) -> None:
    with pytest.raises(ChargeRefused, match="due_date_not_supported"):
        _charged(replace(SLIP, due_date=due), NOW, lambda call: Reply(500))


def test_a_voucher_is_in_reais() -> None:
    with pytest.raises(ChargeRefused, match="currency_not_supported"):
        _charged(replace(SLIP, amount=Money(100, "EUR")), NOW, lambda call: Reply(500))


def test_an_account_that_is_not_in_brazil_offers_no_vouchers() -> None:
    with adapter(lambda call: Reply(500)) as (gateway, stub):
        with pytest.raises(ChargeRefused, match="boleto_not_offered"):
            gateway.charge(SLIP)
        assert stub.calls == []


def test_a_card_is_not_kept_with_a_voucher() -> None:
    _, stub = _charged(replace(SLIP, keep_card=True), NOW, lambda call: Reply(200, SESSION))
    assert not [name for name in stub.calls[0].form if "future" in name or "creation" in name]


def test_a_repeat_gives_the_slip_that_the_payer_has_asked_for(world: World) -> None:
    before = world.gateway.charge(SLIP)
    assert before.redirect_url is not None
    world.act("voucher")
    after = world.gateway.charge(SLIP)
    assert (after.provider_id, after.redirect_url) == (before.provider_id, None)
    assert after.slip is not None
    assert after.slip.line.endswith("16460000014990")  # 2026-11-30 and R$ 149,90
    assert after.slip.pdf_url
    assert world.seen(after.provider_id).status == "pending"


def test_a_voucher_counts_when_it_is_paid(world: World) -> None:
    charged = world.gateway.charge(SLIP)
    world.act("voucher")
    assert not any(notice.announces_payment for notice in world.notices())
    world.pay()
    assert world.seen(charged.provider_id).status == "paid"
    announced = [notice for notice in world.notices() if notice.announces_payment]
    assert [(notice.name, notice.provider_id) for notice in announced] == [
        ("checkout.session.async_payment_succeeded", charged.provider_id)
    ]


def test_an_issued_voucher_is_withdrawn(world: World) -> None:
    charged = world.gateway.charge(SLIP)
    world.act("voucher")
    canceled = world.gateway.cancel(charged.provider_id)
    assert canceled is not None
    assert canceled.status == "canceled"
    world.pay(status=409)
    assert world.gateway.cancel(charged.provider_id) == canceled


def _with_voucher(**changes: object) -> Json:
    voucher = {
        "expires_at": 1796093999,  # 2026-11-30 23:59:59 in São Paulo
        "hosted_voucher_url": "https://payments.stripe.com/boleto/voucher/1",
        "number": "46190.00007 01149.718601 68524.522114 3 16460000014990",
        "pdf": "https://payments.stripe.com/boleto/voucher/1/pdf",
        **changes,
    }
    intent = {"id": "pi_1", "status": "requires_action", "next_action": {"boleto_display_details": voucher}}
    return {**SESSION, "status": "complete", "payment_intent": intent}


@pytest.mark.parametrize("number", ["0" * 47, "1" * 47, "34191751243456787123041234560005892850000026035"])
def test_a_slip_for_something_else_is_left_to_the_providers_page(number: str) -> None:
    session = _with_voucher(number=number)
    answer = lambda call: Reply(200, SESSION if call.method == "POST" else session)  # noqa: E731
    charged, _ = _charged(SLIP, NOW, answer)
    assert charged.redirect_url == "https://payments.stripe.com/boleto/voucher/1"
    assert charged.slip is None


@pytest.mark.parametrize(
    ("intent", "status"),
    [
        ({"status": "requires_action"}, "pending"),
        ({"status": "processing"}, "pending"),
        ({"status": "requires_payment_method"}, "canceled"),
        ({"status": "canceled"}, "canceled"),
    ],
)
def test_an_unpaid_voucher_is_pending_until_it_ran_out_or_was_withdrawn(intent: Json, status: str) -> None:
    session = {**SESSION, "status": "complete", "payment_intent": intent}
    with adapter(lambda call: Reply(200, session)) as (gateway, _):
        known = gateway.fetch("cs_test_1")
    assert known is not None
    assert known.status == status


def test_an_open_page_whose_first_card_failed_is_still_pending() -> None:
    session = {**SESSION, "payment_intent": {"id": "pi_1", "status": "requires_payment_method"}}
    with adapter(lambda call: Reply(200, session)) as (gateway, _):
        known = gateway.fetch("cs_test_1")
    assert known is not None
    assert known.status == "pending"
