"""Signed calls to AWS with the standard library: signed as botocore does, over connections that are kept."""

from __future__ import annotations

import json
import socket
import threading
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.kernel.errors import Unavailable
from chalicelib.settings import AwsAccess
from chalicelib.validator.aws import ATTEMPTS, Aws, AwsRefused, authorization
from tests.unit.validator.peer import GOOD, HANGS_UP, SILENCE, Says, http, peer, refusal

NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)
TARGET = "DynamoDB_20120810.GetItem"
ITEM = {"Item": {"x": {"S": "y"}}}
ASCII = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=60)


def _access(endpoint: str, token: str | None = None) -> AwsAccess:
    return AwsAccess("us-east-1", "AKIDEXAMPLE", "wJalrXUtnFEMI", token, endpoint)


def _aws(endpoint: str, pauses: list[int] | None = None, token: str | None = None) -> Aws:
    waited: list[int] = [] if pauses is None else pauses
    return Aws(_access(endpoint, token), lambda: NOW, waited.append)


def _call(aws: Aws, asked: Any = None) -> Any:
    return aws.call("dynamodb", TARGET, "1.0", asked or {"TableName": "x"})


# The signature


@given(
    secret=ASCII,
    region=st.sampled_from(["us-east-1", "sa-east-1", "eu-west-1"]),
    service=st.sampled_from(["dynamodb", "ssm", "kms"]),
    token=st.none() | ASCII,
    target=st.text(st.characters(min_codepoint=48, max_codepoint=122), min_size=1, max_size=40),
    body=st.binary(max_size=200),
)
def test_a_call_is_signed_as_botocore_signs_it(
    secret: str, region: str, service: str, token: str | None, target: str, body: bytes
) -> None:
    host = f"{service}.{region}.amazonaws.com"
    sent = {"content-type": "application/x-amz-json-1.0", "x-amz-target": target}
    request = AWSRequest("POST", f"https://{host}/", headers=dict(sent), data=body)
    SigV4Auth(Credentials("AKIDEXAMPLE", secret, token), service, region).add_auth(request)
    headers = {**sent, "host": host, "x-amz-date": request.headers["X-Amz-Date"]}
    if token:
        headers["x-amz-security-token"] = token
    access = AwsAccess(region, "AKIDEXAMPLE", secret, token)
    assert authorization(access, service, headers, body) == request.headers["Authorization"]


@pytest.mark.parametrize("token", [None, "session-token"])
def test_what_is_sent_is_what_was_signed(token: str | None) -> None:
    with peer() as aws:
        _call(_aws(aws.url, token=token))
    ((headers, body),) = aws.requests
    assert headers.pop("") == "POST / HTTP/1.1"
    assert int(headers.pop("content-length")) == len(body)
    told = headers.pop("authorization")
    expected = {
        "content-type": "application/x-amz-json-1.0",
        "host": aws.url.removeprefix("http://"),
        "x-amz-date": "20261122T100000Z",
        "x-amz-target": TARGET,
    }
    assert headers == (expected | {"x-amz-security-token": token} if token else expected)
    assert told == authorization(_access(aws.url, token), "dynamodb", headers, body)
    assert json.loads(body) == {"TableName": "x"}


def test_secrets_do_not_show() -> None:
    shown = repr(AwsAccess("us-east-1", "AKIDEXAMPLE", "wJalrXUtnFEMI", "session-token"))
    assert "wJalrXUtnFEMI" not in shown
    assert "session-token" not in shown


# Connections


def test_a_connection_is_kept_for_the_next_call() -> None:
    with peer() as aws:
        calling = _aws(aws.url)
        assert [_call(calling, {"n": number}) for number in range(5)] == [ITEM] * 5
    assert [len(connection) for connection in aws.heard] == [5]


def test_a_connection_that_was_closed_meanwhile_is_opened_again() -> None:
    with peer(Says(), HANGS_UP, Says()) as aws:
        calling = _aws(aws.url)
        assert [_call(calling) for _ in range(3)] == [ITEM] * 3
    assert [len(connection) for connection in aws.heard] == [2, 2]


def test_a_peer_that_announces_that_it_closes_is_not_asked_over_that_connection_again() -> None:
    leaving = Says(http(200, b"{}", "Connection: close"), closes=True)
    with peer(leaving, Says()) as aws:
        pauses: list[int] = []
        calling = _aws(aws.url, pauses)
        assert [_call(calling) for _ in range(2)] == [{}, ITEM]
    assert [len(connection) for connection in aws.heard] == [1, 1]
    assert pauses == []


def test_each_service_has_a_connection_of_its_own() -> None:
    with peer() as aws:
        calling = _aws(aws.url)
        for service in ("dynamodb", "ssm", "dynamodb", "ssm"):
            calling.call(service, "X", "1.1", {})
    assert [len(connection) for connection in aws.heard] == [2, 2]


def test_threads_share_no_connection() -> None:
    together = threading.Barrier(8)

    def work(calling: Aws, number: int, told: list[Any]) -> None:
        for _ in range(5):
            together.wait(20)
            told.append(_call(calling, {"thread": number}))

    with peer() as aws:
        calling, told = _aws(aws.url), list[Any]()
        threads = [threading.Thread(target=work, args=(calling, number, told)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert told == [ITEM] * 40
    assert len(aws.heard) == 8
    for connection in aws.heard:
        assert len({body for _, body in connection}) == 1


def test_an_answer_in_many_pieces_is_put_together() -> None:
    with peer(Says(http(200, json.dumps({"x": "y" * 300_000}).encode()))) as aws:
        assert _call(_aws(aws.url)) == {"x": "y" * 300_000}


# Trouble


PASSING = [
    refusal(400, "ProvisionedThroughputExceededException"),
    refusal(400, "ThrottlingException"),
    refusal(400, "RequestLimitExceeded"),
    refusal(500, "InternalServerError"),
    http(500, b"<html>"),
    http(503, b""),
]


@pytest.mark.parametrize("trouble", PASSING)
def test_what_passes_by_itself_is_tried_again(trouble: bytes) -> None:
    with peer(Says(trouble), Says(trouble), Says()) as aws:
        pauses: list[int] = []
        assert _call(_aws(aws.url, pauses)) == ITEM
    assert len(aws.requests) == ATTEMPTS == 3
    assert pauses == [1, 2]


@pytest.mark.parametrize("trouble", PASSING)
def test_what_does_not_pass_is_unavailable_after_so_many_attempts(trouble: bytes) -> None:
    with peer(Says(trouble)) as aws, pytest.raises(Unavailable):
        _call(_aws(aws.url))
    assert len(aws.requests) == ATTEMPTS


@pytest.mark.parametrize(
    "kind", ["AccessDeniedException", "ResourceNotFoundException", "ValidationException", "ExpiredToken"]
)
def test_what_aws_refuses_is_not_tried_again(kind: str) -> None:
    with peer(Says(refusal(400, kind))) as aws, pytest.raises(AwsRefused, match=f"{TARGET}: 400 {kind}"):
        _call(_aws(aws.url))
    assert len(aws.requests) == 1


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'"x"', b"{}", b'{"__type": null}'])
def test_a_refusal_without_a_reason_is_a_refusal(body: bytes) -> None:
    with peer(Says(http(403, body))) as aws, pytest.raises(AwsRefused, match="403"):
        _call(_aws(aws.url))
    assert len(aws.requests) == 1


GARBAGE = {
    "nothing": b"",
    "no HTTP": b"SSH-2.0-OpenSSH_9.6\r\n\r\n",
    "no status": b"HTTP/1.1\r\n\r\n",
    "a status that is none": b"HTTP/1.1 abc OK\r\nContent-Length: 2\r\n\r\n{}",
    "no length": b"HTTP/1.1 200 OK\r\n\r\n{}",
    "a length that is none": b"HTTP/1.1 200 OK\r\nContent-Length: two\r\n\r\n{}",
    "a negative length": b"HTTP/1.1 200 OK\r\nContent-Length: -2\r\n\r\n{}",
    "a length beyond all bounds": b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n{}",
    "cut off within its headers": GOOD[:20],
    "cut off within its body": GOOD[:-5],
    "no JSON": http(200, b"<html>"),
    "nothing where JSON should be": http(200, b""),
    "more than its length": b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}{}",
    "no UTF-8": http(200, b"\xff\xfe\xfa"),
    "a field without a colon": b"HTTP/1.1 200 OK\r\nwhatever\r\n\r\n",
}


@pytest.mark.parametrize("kind", GARBAGE)
def test_a_peer_that_talks_garbage_is_unavailable(kind: str) -> None:
    with peer(Says(GARBAGE[kind], closes=True)) as aws, pytest.raises(Unavailable):
        _call(_aws(aws.url))
    assert len(aws.heard) == ATTEMPTS


def test_after_garbage_the_next_call_finds_a_fresh_connection() -> None:
    for garbage in GARBAGE.values():
        with peer(*[Says(garbage, closes=True)] * ATTEMPTS, Says()) as aws:
            calling = _aws(aws.url)
            with pytest.raises(Unavailable):
                _call(calling)
            assert _call(calling) == ITEM


def test_a_peer_that_stays_silent_is_asked_again_over_another_connection() -> None:
    with peer(SILENCE, Says()) as aws:
        assert _call(_aws(aws.url)) == ITEM
    assert [len(connection) for connection in aws.heard] == [1, 1]


def test_where_nobody_listens_aws_is_unavailable() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        nowhere = f"http://127.0.0.1:{closed.getsockname()[1]}"
        pauses: list[int] = []
        with pytest.raises(Unavailable):
            _call(_aws(nowhere, pauses))
    assert pauses[:2] == [1, 2]


def test_the_endpoint_is_awss_own_unless_another_is_given() -> None:
    access = AwsAccess("sa-east-1", "AKIDEXAMPLE", "x")
    assert access.endpoint("dynamodb") == "https://dynamodb.sa-east-1.amazonaws.com"
    assert _access("http://127.0.0.1:9").endpoint("ssm") == "http://127.0.0.1:9"
