"""Amazon SES v2: sends a message, and reads from EventBridge what SES says became of it."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any, Protocol

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.mail.gateways import MailRefused, MailUncertain, Message

TAG = "mail_id"
# Stands for what SES does not say about a bounce, which is its own word for it.
UNTOLD = "Undetermined"

# The request itself is faulty: it will be refused again. Every other refusal (throttling, a quota, a
# paused account, an identity not verified yet) can be mended while the mail waits.
HOPELESS = frozenset({"BadRequestException", "ValidationException", "InvalidParameterValue"})


class Client(Protocol):
    """The one call used of botocore's `sesv2` client."""

    def send_email(self, **request: Any) -> Mapping[str, Any]:
        """SES v2 SendEmail."""
        ...


def client_config() -> Config:
    """Options of the `sesv2` client: no retries inside, as SES would send each of them."""
    return Config(connect_timeout=3, read_timeout=10, retries={"total_max_attempts": 1})


class SesMailer:
    """Sends from one address through one configuration set, whose events go to EventBridge.

    Answers go to `reply_to`, or without it to the sender.
    """

    def __init__(
        self, client: Client, *, sender: str, configuration_set: str, reply_to: str | None = None
    ) -> None:
        self._client = client
        self._sender = sender
        self._configuration_set = configuration_set
        self._replies = {"ReplyToAddresses": [reply_to]} if reply_to else {}

    def send(self, message: Message) -> str:
        """SES's message id; `MailRefused` for a 4xx answer, `MailUncertain` for a 5xx one or none."""
        try:
            answer = self._client.send_email(**self._request(message))
        except ClientError as error:
            raise _translated(error) from error
        except BotoCoreError as error:
            raise MailUncertain(type(error).__name__) from error
        return str(answer["MessageId"])

    def _request(self, message: Message) -> dict[str, Any]:
        return {
            "FromEmailAddress": self._sender,
            "Destination": {"ToAddresses": [message.to]},
            **self._replies,
            "ConfigurationSetName": self._configuration_set,
            "EmailTags": [{"Name": TAG, "Value": message.mail_id}],
            "Content": {
                "Simple": {
                    "Subject": _utf8(message.subject),
                    "Body": {"Text": _utf8(message.text), "Html": _utf8(message.html)},
                    "Headers": [
                        # Mail clients that fold equal subjects together keep different mails apart by it.
                        {"Name": "X-Entity-Ref-ID", "Value": message.mail_id},
                        # No machine is to answer it (RFC 3834).
                        {"Name": "Auto-Submitted", "Value": "auto-generated"},
                    ],
                    **_attached(message),
                }
            },
        }


def accepted(event: Mapping[str, Any]) -> tuple[str, str] | None:
    """(mail id, message id) of a Send event of one of our mails; None for any other SES event."""
    detail = event.get("detail", {})
    return _named(detail) if detail.get("eventType") == "Send" else None


def came_back(event: Mapping[str, Any]) -> tuple[str, str, str] | None:
    """(mail id, message id, why) of one of our mails that arrives nowhere; None for any other SES event.

    The reason names no address.
    """
    return None if _is_transient(event) else _with_reason(event)


def may_have_come_back(event: Mapping[str, Any]) -> tuple[str, str, str] | None:
    """The same of one of which that is not certain: also an absent reader's answer may look like a bounce."""
    return _with_reason(event) if _is_transient(event) else None


def _is_transient(event: Mapping[str, Any]) -> bool:
    return bool(event.get("detail", {}).get("bounce", {}).get("bounceType") == "Transient")


def _with_reason(event: Mapping[str, Any]) -> tuple[str, str, str] | None:
    detail = event.get("detail", {})
    if not (why := _why_not(detail)):
        return None
    named = _named(detail)
    return (*named, why) if named else None


def _why_not(detail: Mapping[str, Any]) -> str | None:
    """A mail with a virus is thrown away."""
    kind = detail.get("eventType")
    if kind == "Reject":
        return f"rejected: {detail.get('reject', {}).get('reason', UNTOLD)}"
    if kind != "Bounce":
        return None
    bounce = detail.get("bounce", {})
    return f"bounced: {bounce.get('bounceType', UNTOLD)}, {bounce.get('bounceSubType', UNTOLD)}"


def _named(detail: Mapping[str, Any]) -> tuple[str, str] | None:
    mail = detail["mail"]
    tagged = mail.get("tags", {}).get(TAG)
    return (tagged[0], mail["messageId"]) if tagged else None


def _attached(message: Message) -> dict[str, Any]:
    files = [
        {
            "FileName": one.name,
            "ContentType": one.media_type,
            "ContentDisposition": "ATTACHMENT",
            # Neither accents nor the lines' ends and lengths are anybody's to change on the way.
            "ContentTransferEncoding": "BASE64",
            "RawContent": base64.b64decode(one.text) if one.base64 else one.text.encode(),
        }
        for one in message.attachments
    ]
    return {"Attachments": files} if files else {}


def _utf8(text: str) -> dict[str, str]:
    return {"Data": text, "Charset": "UTF-8"}


def _translated(error: ClientError) -> MailRefused | MailUncertain:
    code = str(error.response.get("Error", {}).get("Code", "Unknown"))
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    if 400 <= status < 500:
        return MailRefused(code, retryable=code not in HOPELESS)
    return MailUncertain(code)
