"""The archive on S3: a key holds one document for good, and trouble is told apart from faults."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ReadTimeoutError
from botocore.stub import Stubber
from moto import mock_aws

from chalicelib.billing.gateways.s3 import S3Archive
from chalicelib.kernel.errors import Unavailable

KEY, BUCKET = "invoices/inv_1.pdf", "vigencia-documents"
ONCE = Config(retries={"total_max_attempts": 1, "mode": "standard"})


def _client() -> Any:
    session = boto3.Session(aws_access_key_id="test", aws_secret_access_key="test")
    return session.client("s3", region_name="us-east-1", config=ONCE)


@pytest.fixture
def archive() -> Iterator[S3Archive]:
    with mock_aws():
        client = _client()
        client.create_bucket(Bucket=BUCKET)
        yield S3Archive(client, BUCKET)


class Body:
    """An answer whose body breaks off."""

    def read(self) -> bytes:
        raise ReadTimeoutError(endpoint_url="https://s3.example.com")


class Silent:
    """A client whose answers never come."""

    def put_object(self, **_: Any) -> Any:
        raise ReadTimeoutError(endpoint_url="https://s3.example.com")

    def get_object(self, **_: Any) -> Any:
        return {"Body": Body()}


def test_what_was_kept_is_given_back_as_a_pdf(archive: S3Archive) -> None:
    assert archive.keep(KEY, b"%PDF-1") == b"%PDF-1"
    assert archive.get(KEY) == b"%PDF-1"
    assert archive.client.head_object(Bucket=BUCKET, Key=KEY)["ContentType"] == "application/pdf"


def test_the_first_document_of_a_key_stays_and_is_what_later_ones_are_told(archive: S3Archive) -> None:
    archive.keep(KEY, b"first")
    assert archive.keep(KEY, b"second") == b"first"
    assert archive.keep(KEY, b"first") == b"first"
    assert archive.keep("invoices/inv_2.pdf", b"second") == b"second"


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("SlowDown", 503),
        ("InternalError", 500),
        ("ConditionalRequestConflict", 409),
        ("RequestTimeout", 400),
    ],
)
@pytest.mark.parametrize("call", ["put_object", "get_object"])
def test_what_a_repeat_can_mend_is_trouble(call: str, code: str, status: int) -> None:
    with pytest.raises(Unavailable):
        _answered(call, code, status)


@pytest.mark.parametrize("call", ["put_object", "get_object"])
def test_what_no_repeat_can_mend_is_a_fault_of_ours(call: str) -> None:
    with pytest.raises(ClientError, match="AccessDenied"):
        _answered(call, "AccessDenied", 403)


def _answered(call: str, code: str, status: int) -> object:
    client = _client()
    with Stubber(client) as stub:
        stub.add_client_error(call, code, http_status_code=status)
        archive = S3Archive(client, BUCKET)
        return archive.keep(KEY, b"x") if call == "put_object" else archive.get(KEY)


def test_an_answer_that_never_comes_or_breaks_off_is_trouble() -> None:
    with pytest.raises(Unavailable):
        S3Archive(Silent(), BUCKET).keep(KEY, b"x")
    with pytest.raises(Unavailable):
        S3Archive(Silent(), BUCKET).get(KEY)


def test_a_document_that_is_there_but_cannot_be_read_back_is_trouble() -> None:
    client = _client()
    with Stubber(client) as stub:
        stub.add_client_error("put_object", "PreconditionFailed", http_status_code=412)
        stub.add_response("get_object", {"Body": io.BytesIO(b"first")})
        assert S3Archive(client, BUCKET).keep(KEY, b"second") == b"first"
        stub.add_client_error("put_object", "PreconditionFailed", http_status_code=412)
        stub.add_client_error("get_object", "SlowDown", http_status_code=503)
        with pytest.raises(Unavailable):
            S3Archive(client, BUCKET).keep(KEY, b"second")
