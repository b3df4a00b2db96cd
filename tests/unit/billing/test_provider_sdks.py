"""The providers' own libraries as the other side: what they sign we accept, what we sign they accept.

Signatures alone are held against each other in `test_redsys_signing` and `test_stripe_webhooks`; here it is
whole requests and messages, also those of the sandbox, which stands in for the providers elsewhere.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
import stripe
from hypothesis import given
from hypothesis import strategies as st
from redsys.clients import DirectClient, RedirectClient
from redsys.crypto import get_signer
from redsys.models import decode_merchant_parameters
from urllib3 import PoolManager

from chalicelib.billing.gateways import RefundRequest
from chalicelib.billing.gateways.redsys import Redsys
from chalicelib.billing.gateways.redsys_reading import order_of
from chalicelib.billing.gateways.redsys_signing import VERSIONS, decode, fits
from chalicelib.billing.gateways.stripe import Stripe
from chalicelib.kernel.money import Money
from infra.sandbox.redsys_signing import pack, signature_of
from infra.sandbox.signing import stripe_headers
from tests.unit.billing.fake_redsys import (
    CODE,
    EUROS,
    ID,
    ORDER,
    SECRET,
    TERMINAL,
    accepts,
    answered,
    given_back,
    members,
    offline,
    operation,
    read,
    result,
)
from tests.unit.billing.sandboxed import World, world_of
from tests.unit.billing.stub import ANA, Call, Reply, Stub, pooled, serving

Form = dict[str, str]
STRIPE_SECRET = "whsec_test_secret"
versions = pytest.mark.parametrize("version", VERSIONS)
texts = st.text(max_size=150)


def _library(kind: Any, version: str) -> Any:
    return kind(SECRET, merchant_code=CODE, terminal=1, signature_version=version)


def _is_signed(form: Form, order: str) -> bool:
    """Whether the library would have signed exactly so."""
    signer = get_signer(SECRET, form["Ds_SignatureVersion"])
    return form["Ds_Signature"] == signer.sign(order, form["Ds_MerchantParameters"].encode()).decode()


def _fits(form: Form, order: str) -> bool:
    """Whether we take what the library signed."""
    version, text, signature = form.values()
    return fits(version, SECRET, order, text, signature)


@versions
@given(
    order=st.from_regex(r"[0-9]{4}[0-9A-Za-z]{0,8}", fullmatch=True), amount=st.integers(1, 10**9), data=texts
)
def test_redsys_payment_that_the_library_asks_for_is_signed_for_us(
    version: str, order: str, amount: int, data: str
) -> None:
    asked = {"amount": Decimal(amount).scaleb(-2), "currency": 978, "order": order, "merchant_data": data}
    form = _library(RedirectClient, version).payment(**asked).to_dict()
    told = decode(form["Ds_MerchantParameters"])
    assert _fits(form, order)
    assert not _fits(form, order_of(order))
    assert told is not None
    assert {name.upper(): str(value) for name, value in told.items()}["DS_MERCHANT_AMOUNT"] == str(amount)


@versions
@given(payment=st.from_regex(r"pay_[0-9a-z]{1,26}", fullmatch=True), amount=st.integers(1, 10**9), text=texts)
def test_redsys_form_that_we_make_is_one_of_the_librarys(
    version: str, payment: str, amount: int, text: str
) -> None:
    payer = replace(ANA, name=text)
    wanted = replace(EUROS, payment_id=payment, amount=Money(amount, "EUR"), description=text, payer=payer)
    form = offline(version).charge(wanted).form
    assert form is not None
    told = decode_merchant_parameters(form.fields["Ds_MerchantParameters"].encode())
    assert _is_signed(dict(form.fields), order_of(payment))
    assert (told["DS_MERCHANT_ORDER"], told["DS_MERCHANT_AMOUNT"]) == (order_of(payment), str(amount))
    assert (told["DS_MERCHANT_MERCHANTDATA"], told["DS_MERCHANT_TITULAR"]) == (payment, text[:60])


@contextmanager
def _terminal(version: str) -> Iterator[tuple[Redsys, Stub]]:
    """A terminal with this version; one order is paid there, and can be given back."""

    def answer(call: Call) -> Reply:
        asks = call.path.endswith("SerClsWSConsulta")
        return answered(operation()) if asks else Reply(200, members(given_back("14990"), version))

    with serving(answer) as stub, pooled() as pool:
        yield Redsys(pool, stub.url, CODE, TERMINAL, SECRET, version), stub


@versions
def test_redsys_refund_that_we_ask_for_is_the_librarys_and_its_answer_is_read_alike(version: str) -> None:
    with _terminal(version) as (gateway, stub):
        refunded = gateway.refund(RefundRequest("rfd_1", ID, Money(14990, "EUR"), "returned"))
        ours = json.loads(stub.calls[-1].body)
    library = _library(DirectClient, version)
    theirs = library.refund(amount=Decimal("149.90"), currency=978, order=ORDER).to_dict()
    assert _is_signed(ours, ORDER)
    assert _fits(theirs, ORDER)
    told, asked = (
        decode_merchant_parameters(one["Ds_MerchantParameters"].encode()) for one in (ours, theirs)
    )
    assert told == {name.upper(): str(value) for name, value in asked.items()}
    answer = library.parse_response(members(given_back("14990"), version))
    assert (answer.is_refunded(), answer.amount) == (refunded.done, Decimal("149.90"))


def _notified(version: str, told: dict[str, Any]) -> Form:
    """As the sandbox notifies."""
    text = pack(version, told)
    return {
        "Ds_SignatureVersion": version,
        "Ds_MerchantParameters": text,
        "Ds_Signature": signature_of(version, SECRET, told["Ds_Order"], text),
    }


@versions
@given(response=st.integers(0, 9999).map("{:04}".format), amount=st.integers(0, 10**9), data=texts)
def test_redsys_notification_of_the_sandbox_says_the_same_to_the_library_and_to_us(
    version: str, response: str, amount: int, data: str
) -> None:
    form = _notified(version, result(Ds_Response=response, Ds_Amount=str(amount), Ds_Extra=data))
    theirs = _library(DirectClient, version).parse_response(form)
    ours = read(form, version)
    assert ours.provider_id == f"{theirs.get_order()}-pay_1" == ID
    assert (ours.name, ours.announces_payment) == (f"Ds_Response.{theirs.response}", theirs.is_paid())


@versions
def test_redsys_notification_under_another_key_is_refused_by_the_library_and_by_us(version: str) -> None:
    form = members(result(), version, secret=f"A{SECRET[1:]}")
    with pytest.raises(ValueError, match="not valid"):
        _library(DirectClient, version).parse_response(form)
    assert not accepts(form, version)


@given(
    st.text(max_size=200),
    st.integers(1, 4_000_000_000),
    st.from_regex(r"whsec_[0-9A-Za-z]{1,32}", fullmatch=True),
)
def test_stripe_webhook_that_the_sandbox_signs_is_authentic_to_the_sdk_and_to_us(
    text: str, at: int, secret: str
) -> None:
    raw = text.encode("utf-8", "replace")
    header = stripe_headers(secret, at, raw)["Stripe-Signature"]
    gateway = Stripe(PoolManager(), "https://api.stripe.com", "sk_test_key", secret)
    assert gateway.authenticate({"stripe-signature": header}, raw, datetime.fromtimestamp(at, UTC)).event_id
    assert stripe.WebhookSignature.verify_header(raw, header, secret, None)
    assert header == stripe.WebhookSignature.generate_signature_header(raw.decode(), secret, at)


def _lived(world: World) -> None:
    """All that charges can go through at Stripe; comes back when the last webhook has been delivered."""
    world.gateway.cancel(world.gateway.charge(replace(world.request, payment_id="pay_2")).provider_id)
    charged = world.paid()
    if world.case.refunds:
        world.gateway.refund(world.back(charged, 4990))
        world.act("dispute")
        world.act("dispute_lost")


@pytest.mark.parametrize("case", ["stripe", "stripe_boleto"])
def test_stripe_sdk_reads_every_webhook_as_we_do(case: str) -> None:
    with world_of(case) as world:
        _lived(world)
        for call, notice in zip(world.hooks(), world.notices(), strict=True):
            # The sandbox lives in a time of its own.
            event = stripe.Webhook.construct_event(
                call.body, call.headers["stripe-signature"], STRIPE_SECRET, tolerance=10**10
            )
            assert (event.id, event.type) == (notice.event_id, notice.name)
        assert {"checkout.session.completed", "checkout.session.expired"} <= {
            one.name for one in world.notices()
        }
