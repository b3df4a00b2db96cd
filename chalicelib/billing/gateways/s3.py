"""The archive of documents: a bucket in which nothing is ever written twice under one key (V1)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.kernel.errors import Unavailable

# Somebody else is writing to the very same key, or S3 wants us to come back later.
BUSY = frozenset({"ConditionalRequestConflict", "OperationAborted", "RequestTimeout", "SlowDown"})


@dataclass(frozen=True)
class S3Archive:
    """One bucket of PDFs; `client` is an `s3` client."""

    client: Any
    bucket: str

    def keep(self, key: str, content: bytes) -> bytes:
        """See `Archive.keep`."""
        try:
            self._call("put_object", Key=key, Body=content, ContentType="application/pdf", IfNoneMatch="*")
        except ClientError as error:
            if error.response["Error"]["Code"] != "PreconditionFailed":
                raise
            return self.get(key)
        return content

    def get(self, key: str) -> bytes:
        """See `Archive.get`."""
        answer = self._call("get_object", Key=key)
        try:
            content: bytes = answer["Body"].read()
        except BotoCoreError as error:
            raise Unavailable() from error
        return content

    def _call(self, operation: str, **arguments: Any) -> dict[str, Any]:
        try:
            answer: dict[str, Any] = getattr(self.client, operation)(Bucket=self.bucket, **arguments)
        except BotoCoreError as error:
            raise Unavailable() from error
        except ClientError as error:
            status = error.response["ResponseMetadata"]["HTTPStatusCode"]
            if status >= 500 or error.response["Error"]["Code"] in BUSY:
                raise Unavailable() from error
            raise
        return answer
