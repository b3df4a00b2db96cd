"""Whose certificate proves that PayPal sent a webhook, and whose does not."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from urllib3 import PoolManager

from chalicelib.billing.gateways import NotAuthentic
from chalicelib.billing.gateways.paypal import PayPal
from chalicelib.billing.gateways.paypal_webhooks import cert_bases_of
from infra.sandbox.paypal_signing import Forgery, Signer
from tests.unit.billing.signed_paypal import BODY, CERTS, NOW, WEBHOOK, World, lower, signed_world
from tests.unit.billing.stub import IMPATIENT, Call, LoseAnswer, Reply, StaySilent, pooled, serving


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with signed_world() as made:
        assert made.accepts(made.signed())
        yield made


LOOK_ALIKES = [
    "http://api.paypal.com/v1/notifications/certs/CERT-1",
    "https://api.paypal.com.evil.example/v1/notifications/certs/CERT-1",
    "https://api.paypal.com@evil.example/v1/notifications/certs/CERT-1",
    "https://api.paypal.com:443@evil.example/v1/notifications/certs/CERT-1",
    "https://api.paypal.com:444/v1/notifications/certs/CERT-1",
    "https://evil.example/v1/notifications/certs/CERT-1",
    "https://evil.example/https://api.paypal.com/v1/notifications/certs/CERT-1",
    "https://evil.example#https://api.paypal.com/v1/notifications/certs/CERT-1",
    "https://evil.example\\@api.paypal.com/v1/notifications/certs/CERT-1",
    "https://xapi.paypal.com/v1/notifications/certs/CERT-1",
    "https://api.paypa1.com/v1/notifications/certs/CERT-1",
    "https://api.paypаl.com/v1/notifications/certs/CERT-1",
    "https://www.paypal.com/v1/notifications/certs/CERT-1",
    "https://api.sandbox.paypal.com/v1/notifications/certs/CERT-1",
    "https://api.paypal.com/v1/notifications/certs/../../v2/x",
    "https://api.paypal.com/v1/notifications/certs/CERT-1?u=https://evil.example",
    "https://api.paypal.com/v1/notifications/certs/CERT-1#x",
    "https://api.paypal.com/v1/notifications/certs/CERT-1/x",
    "https://api.paypal.com/v1/notifications/certs/CERT-1\n",
    "https://api.paypal.com/v1/notifications/certs/",
    "https://api.paypal.com/v1/notifications/certs/CERT-%31",
    "https://api.paypal.com/evil/CERT-1",
    "//api.paypal.com/v1/notifications/certs/CERT-1",
    " https://api.paypal.com/v1/notifications/certs/CERT-1",
    "file:///etc/passwd",
]


@pytest.mark.parametrize(
    ("api", "base"),
    [
        ("https://api-m.paypal.com", "https://api.paypal.com/v1/notifications/certs/"),
        ("https://api-m.paypal.com/", "https://api-m.paypal.com/v1/notifications/certs/"),
        ("https://api-m.sandbox.paypal.com", "https://api.sandbox.paypal.com/v1/notifications/certs/"),
        ("http://127.0.0.1:1/paypal", "http://127.0.0.1:1/paypal/v1/notifications/certs/"),
    ],
)
def test_certificates_lie_beside_the_api_or_at_its_older_name(api: str, base: str) -> None:
    bases = cert_bases_of(api)
    assert base in bases
    assert len({urlsplit(one).path for one in bases}) == 1


class _NoNetwork(PoolManager):
    """Fails the test when anything is fetched."""

    def request(self, *args: Any, **kwargs: Any) -> Any:
        raise AssertionError(f"fetched {args}")


@pytest.mark.parametrize("url", LOOK_ALIKES)
def test_a_certificate_anywhere_else_is_not_even_fetched(world: World, url: str) -> None:
    gateway = PayPal(_NoNetwork(), "https://api-m.paypal.com", "client", "secret", WEBHOOK)
    with pytest.raises(NotAuthentic, match="not at PayPal"):
        gateway.authenticate({**world.signed(), "paypal-cert-url": url}, BODY, NOW)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]"])
def test_of_the_loopback_addresses_only_the_named_one_serves_certificates(world: World, host: str) -> None:
    url = f"http://{host}:1{CERTS}{world.signer.name}"
    assert not world.accepts({**world.signed(), "paypal-cert-url": url})


@pytest.mark.parametrize(
    "forgery",
    [
        Forgery(owner="messageverificationcerts.evil.example"),
        Forgery(owner="messageverificationcerts.paypal.com.evil.example"),
        Forgery(owner="paypal.com"),
        Forgery(owner="evilpaypal.com"),
        Forgery(owner="*.paypal.com"),
        Forgery(until=timedelta(days=-1)),
        Forgery(since=timedelta(days=1)),
    ],
)
def test_a_certificate_of_somebody_else_or_another_time_proves_nothing(forgery: Forgery) -> None:
    with signed_world(forgery) as world:
        assert not world.accepts(world.signed())


def test_a_certificate_that_has_run_out_since_it_was_fetched_proves_nothing_more() -> None:
    with signed_world(Forgery(until=timedelta(hours=1))) as world:
        assert world.accepts(world.signed())
        assert not world.accepts(world.signed(), now=NOW + timedelta(hours=2))


def test_a_certificate_under_another_root_proves_nothing() -> None:
    for trusted in (Signer(NOW).root, ""):  # the latter: the public authorities
        with signed_world(trusted=trusted) as world:
            assert not world.accepts(world.signed())


def test_a_certificate_without_the_authority_above_it_proves_nothing() -> None:
    with signed_world(alone=True) as world:
        assert not world.accepts(world.signed())


def test_a_signature_by_another_key_proves_nothing(world: World) -> None:
    forger = Signer(NOW)
    headers = lower(forger.headers(BODY, WEBHOOK, world.base + world.signer.name, NOW))
    assert not world.accepts(headers)


@pytest.mark.parametrize(
    "served",
    [
        Reply(404, b"none"),
        Reply(500, b""),
        Reply(302, b"", {"Location": "https://evil.example/"}),
        Reply(200, b""),
        Reply(200, b"<html>"),
        Reply(200, b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"),
        Reply(200, b"x" * 70_000),
    ],
)
def test_what_is_no_certificate_proves_nothing_and_is_not_kept(served: Reply) -> None:
    with signed_world(served=served) as world:
        assert not world.accepts(world.signed())
        assert not world.accepts(world.signed())
        assert len(world.certs.calls) == 2


@pytest.mark.parametrize("fault", [LoseAnswer, StaySilent])
def test_a_certificate_that_does_not_come_is_not_waited_for(fault: type[Exception]) -> None:
    def strike(call: Call) -> Reply:
        raise fault

    with serving(strike) as certs, pooled() as pool:
        base, signer = f"{certs.url}{CERTS}", Signer(NOW)
        gateway = PayPal(
            pool, certs.url, "client", "secret", WEBHOOK, cert_bases=(base,), trusted_roots=signer.root,
            timeout=IMPATIENT,
        )  # fmt: skip
        with pytest.raises(NotAuthentic):
            gateway.authenticate(lower(signer.headers(BODY, WEBHOOK, base + signer.name, NOW)), BODY, NOW)


def test_many_certificates_do_not_fill_the_memory() -> None:
    with signed_world() as world:
        for number in [*range(40), 0]:
            headers = lower(world.signer.headers(BODY, WEBHOOK, f"{world.base}CERT-{number}", NOW))
            assert world.accepts(headers)
        assert len(world.certs.calls) == 41


def test_a_certificate_in_an_answer_that_is_none_or_has_no_end_proves_nothing() -> None:
    signer = Signer(NOW)
    for reply in (Reply(404, signer.chain), Reply(200, signer.chain + b" " * 70_000)):
        with serving(lambda call, reply=reply: reply) as certs, pooled() as pool:  # type: ignore[misc]
            gateway = PayPal(pool, certs.url, "client", "secret", WEBHOOK, trusted_roots=signer.root)
            headers = lower(signer.headers(BODY, WEBHOOK, f"{certs.url}{CERTS}CERT-1", NOW))
            with pytest.raises(NotAuthentic, match="no certificate"):
                gateway.authenticate(headers, BODY, NOW)
