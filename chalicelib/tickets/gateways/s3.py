"""Amazon S3: the inbox that SES delivers to, and the store of attachments (V6)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.kernel.errors import Unavailable
from chalicelib.tickets.gateways import UploadTarget
from chalicelib.tickets.gateways.ses import receipt_of
from chalicelib.tickets.receipts import Receipt

BUSY = frozenset({"OperationAborted", "RequestTimeout", "SlowDown"})


def client_config() -> Config:
    """Options of the `s3` client: addresses are signed with version 4, which binds headers."""
    retries: Any = {"mode": "standard", "total_max_attempts": 2}
    return Config(connect_timeout=2, read_timeout=20, retries=retries, signature_version="s3v4")


@dataclass(frozen=True)
class _Bucket:
    client: Any
    bucket: str

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

    def _signed(self, operation: str, lasts: timedelta, **arguments: Any) -> str:
        return str(
            self.client.generate_presigned_url(
                operation,
                Params={"Bucket": self.bucket, **arguments},
                ExpiresIn=int(lasts.total_seconds()),
            )
        )


@dataclass(frozen=True)
class S3Inbox(_Bucket):
    """See `Inbox`; `client` is an `s3` client."""

    def receipt(self, notification: str) -> Receipt | None:
        """See `Inbox.receipt`."""
        return receipt_of(notification)

    def raw(self, key: str, longest: int) -> bytes:
        """See `Inbox.raw`."""
        answer = self._call("get_object", Key=key)
        try:
            content: bytes = answer["Body"].read(longest + 1)
        except BotoCoreError as error:
            raise Unavailable() from error
        return content

    def link(self, key: str, lasts: timedelta) -> str:
        """See `Inbox.link`."""
        disposition = 'attachment; filename="mail.eml"'
        return self._signed("get_object", lasts, Key=key, ResponseContentDisposition=disposition)


@dataclass(frozen=True)
class S3Files(_Bucket):
    """See `Files`; `client` is an `s3` client made with `client_config`."""

    def upload(self, key: str, media_type: str, size: int, lasts: timedelta) -> UploadTarget:
        """See `Files.upload`."""
        # Both headers become part of what is signed: S3 refuses any other length and type.
        url = self._signed("put_object", lasts, Key=key, ContentType=media_type, ContentLength=size)
        headers: Mapping[str, str] = {"Content-Type": media_type, "Content-Length": str(size)}
        return UploadTarget(url, headers)

    def download(self, key: str, media_type: str, disposition: str, lasts: timedelta) -> str:
        """See `Files.download`."""
        shown = {"ResponseContentType": media_type, "ResponseContentDisposition": disposition}
        return self._signed("get_object", lasts, Key=key, **shown)

    def size(self, key: str) -> int | None:
        """See `Files.size`."""
        try:
            return int(self._call("head_object", Key=key)["ContentLength"])
        except ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] == 404:
                return None
            raise

    def keep(self, source: str, key: str) -> None:
        """See `Files.keep`."""
        self._call("copy_object", Key=key, CopySource={"Bucket": self.bucket, "Key": source})

    def put(self, key: str, content: bytes, media_type: str) -> None:
        """See `Files.put`."""
        self._call("put_object", Key=key, Body=content, ContentType=media_type)
