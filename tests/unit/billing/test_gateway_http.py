"""The HTTP under the adapters: what passes is repeated by others, and a key never travels in clear."""

import pytest
from urllib3 import PoolManager

from chalicelib.billing.gateways import ProviderUnavailable
from chalicelib.billing.gateways.asaas import Asaas
from chalicelib.billing.gateways.http import read_json
from tests.unit.billing.fake_asaas import TOKEN, FakeAsaas, asaas
from tests.unit.billing.stub import PATIENT, SLIP, Call, Reply, pooled, serving


@pytest.mark.parametrize("status", [301, 307, 401, 403, 408, 409, 425, 429, 500, 502, 503, 504])
def test_trouble_that_may_pass_leaves_the_charge_to_be_repeated(status: int) -> None:
    with asaas(lambda call: Reply(status, {}, {"Location": "/elsewhere"})) as (gateway, stub):
        with pytest.raises(ProviderUnavailable):
            gateway.charge(SLIP)
        assert len(stub.calls) == 1


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"[]",
        b"null",
        b'{"data": 7}',
        b'{"data": [{}]}',
        b'{"data": [7]}',
        b"{}",
        b"\xff",
        b"[" * 99_999,
    ],
)
def test_an_answer_that_makes_no_sense_leaves_the_charge_to_be_repeated(body: bytes) -> None:
    with asaas(lambda call: Reply(200, body)) as (gateway, _), pytest.raises(ProviderUnavailable):
        gateway.charge(SLIP)


def test_an_answer_cut_off_leaves_the_charge_to_be_repeated() -> None:
    def cut(call: Call) -> Reply:
        return Reply(200, b'{"data": []', {"Content-Length": "500", "Connection": "close"})

    with asaas(cut) as (gateway, _), pytest.raises(ProviderUnavailable):
        gateway.charge(SLIP)


def test_nobody_listening_leaves_the_charge_to_be_repeated() -> None:
    with serving(FakeAsaas()) as stub:
        url = stub.url
    with pooled() as pool, pytest.raises(ProviderUnavailable) as trouble:
        Asaas(pool, url, "a-key", TOKEN, PATIENT).charge(SLIP)
    assert "pay_1" not in str(trouble.value)


@pytest.mark.parametrize(
    "base_url",
    [
        "http://api.asaas.com",
        "http://127.0.0.1.evil.example",
        "http://127.0.0.1@evil.example",
        "ftp://127.0.0.1",
        "https://",
        "api.asaas.com",
        "",
    ],
)
def test_the_key_is_never_sent_in_clear_over_a_network(base_url: str) -> None:
    with pooled() as pool, pytest.raises(ValueError, match="https"):
        Asaas(pool, base_url, "a-key", TOKEN)


@pytest.mark.parametrize(
    "base_url", ["https://api.asaas.com", "https://x.example/api/", "http://[::1]:80", "http://localhost:1"]
)
def test_https_and_loopback_are_fine(base_url: str) -> None:
    with pooled() as pool:
        Asaas(pool, base_url, "a-key", TOKEN)


@pytest.mark.parametrize(("api_key", "token"), [("", TOKEN), ("a-key", "")])
def test_an_adapter_without_its_secrets_is_not_made(api_key: str, token: str) -> None:
    # With an empty token, a webhook without any would be authentic.
    with pytest.raises(ValueError, match="needs"):
        Asaas(PoolManager(), "https://api.asaas.com", api_key, token)


def test_no_number_of_a_document_becomes_a_float() -> None:
    raw = b'{"a": 0.1, "b": 1e3, "c": NaN, "d": -Infinity, "e": [1.5], "f": 7, "g": true}'
    assert read_json(raw) == {
        "a": "0.1",
        "b": "1e3",
        "c": "NaN",
        "d": "-Infinity",
        "e": ["1.5"],
        "f": 7,
        "g": True,
    }
