"""Listening to botocore: every request of every client, just before it would go out."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from io import BytesIO
from typing import Any

from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.compat import HTTPHeaders
from botocore.handlers import BUILTIN_HANDLERS
from urllib3 import HTTPResponse

# Takes the operation (`dynamodb.GetItem`) and its JSON body and gives the answer's.
Answer = Callable[[str, Mapping[str, Any]], Mapping[str, Any]]

CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "bench",
    "AWS_SECRET_ACCESS_KEY": "bench",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
}


def listen(heard: Callable[[str, AWSPreparedRequest], AWSResponse | None]) -> None:
    """Tell about every request of clients made from now on; an answer keeps it from going out."""
    os.environ.update(CREDENTIALS)

    def before_send(event_name: str, request: AWSPreparedRequest, **_: Any) -> AWSResponse | None:
        return heard(event_name.removeprefix("before-send."), request)

    # First, so that whoever else answers (moto) does so after we have heard of it.
    BUILTIN_HANDLERS.insert(0, ("before-send", before_send))


def answer_with(answer: Answer) -> None:
    """Answer every request from memory: all of botocore runs but the network."""

    def heard(operation: str, request: AWSPreparedRequest) -> AWSResponse:
        asked = json.loads(bytes(request.body or b""))  # type: ignore[arg-type]
        raw = HTTPResponse(BytesIO(json.dumps(answer(operation, asked)).encode()), preload_content=False)
        return AWSResponse(request.url, 200, HTTPHeaders(), raw)

    listen(heard)


class Calls:
    """Counts requests by operation; retries count as they are sent."""

    def __init__(self) -> None:
        self._current: Counter[str] = Counter()
        listen(self._heard)

    def _heard(self, operation: str, request: AWSPreparedRequest) -> None:
        self._current[operation] += 1

    @contextmanager
    def counted(self) -> Iterator[Counter[str]]:
        """The requests sent inside the block, complete when it ends."""
        self._current = inside = Counter[str]()
        yield inside
        self._current = Counter()
