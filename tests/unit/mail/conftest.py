"""A table and a mailbox in process (moto), and mails to put into them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from moto import mock_aws
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.ses.models import ses_backends

from chalicelib.mail import rules
from chalicelib.mail.gateways import Message
from chalicelib.mail.gateways.ses import SesMailer, client_config
from chalicelib.mail.rules import Mail
from chalicelib.storage.table import bind
from tests.unit.mail import cancellations, contracts, sessions, tickets

REGION = "sa-east-1"
NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
SENDER = "shop@example.com"

EUR = {"amount": 19900, "currency": "EUR"}
PARAMS: dict[str, dict[str, Any]] = {
    **cancellations.PARAMS,
    **contracts.PARAMS,
    **sessions.PARAMS,
    **tickets.PARAMS,
    "sla_alert": {
        "name": "Ana Núñez",
        "number": "T-000123",
        "ticket_kind": "review_contract",
        "subject": "My plan",
        "ticket_id": "tkt_01",
        "level": "breached",
        "due_at": "2026-11-24T13:00:00Z",
        "zone": "Europe/Madrid",
        "vendor": "Vigencia",
    },
    "invoice_issued": {
        "name": "Ana Núñez",
        "number": "2026-000017",
        "total": {"amount": 24900, "currency": "EUR"},
        "lines": [
            {"name": "PrestaImport", "quantity": 1, "amount": EUR},
            {"name": "Proveedor A", "quantity": 2, "amount": {"amount": 5000, "currency": "EUR"}},
        ],
        "method": "card",
        "subscription": None,
        "pay_url": "https://api.example/i/0123?a=1&b=2",
        "vendor": "Vigencia",
    },
    "boleto_to_pay": {
        "name": "Ana Núñez",
        "number": "2026-000017",
        "amount": {"amount": 102656, "currency": "BRL"},
        "due_date": "2026-11-27",
        "digitable_line": "00190000090114971860168524522114675860000102656",
        "pdf_url": "https://bank.example/boleto.pdf?id=1&copy=2",
        "pix": "00020126360014br.gov.bcb.pix6304ABCD",
        "vendor": "Vigencia",
    },
    "payment_received": {
        "name": "Ana Núñez",
        "number": "2026-000017",
        "amount": {"amount": 102656, "currency": "BRL"},
        "paid_date": "2026-11-22",
        "method": "boleto",
        "vendor": "Vigencia",
    },
    "license_active": {
        "name": "Ana Núñez",
        "product": "PrestaImport",
        "key_hint": "K7QX2M",
        "last_day": "2027-11-22",
        "addons": [
            {"name": "Proveedor A", "last_day": "2027-05-22"},
            {"name": "Proveedor B", "last_day": None},
        ],
        "store_url": "https://store.example/licences",
        "vendor": "Vigencia",
    },
    "transfer_to_make": {
        "name": "Ana Núñez",
        "number": "A-2026-000001",
        "amount": {"amount": 12000, "currency": "EUR"},
        "account": "ES91 2100 0418 4502 0005 1332, Vigencia Demo S.L.",
        "reference": "A-2026-000001",
        "vendor": "Vigencia",
    },
    "payment_failed": {
        "name": "Ana Núñez",
        "number": "A-2026-000001",
        "amount": {"amount": 59900, "currency": "BRL"},
        "why": "declined",
        "retry_day": None,
        "pay_url": "https://api.example/i/0123abc",
        "vendor": "Vigencia",
    },
    "payment_contested": {
        "name": "Ana Núñez",
        "number": "A-2026-000001",
        "amount": {"amount": 19900, "currency": "EUR"},
        "method": "paypal",
        "store_url": "https://store.example",
        "vendor": "Vigencia",
    },
    "refund_made": {
        "name": "Ana Núñez",
        "number": "A-2026-000001",
        "amount": {"amount": 19900, "currency": "EUR"},
        "method": "card",
        "whole": False,
        "vendor": "Vigencia",
    },
    "order_expired": {
        "name": "Ana Núñez",
        "number": "A-2026-000001",
        "amount": {"amount": 59900, "currency": "BRL"},
        "due_date": "2026-11-28",
        "subscription": None,
        "store_url": "https://store.example",
        "vendor": "Vigencia",
    },
    "license_expiring": {
        "name": "Ana Núñez",
        "product": "PrestaImport",
        "addon": None,
        "key_hint": "K7QX2M",
        "last_day": "2027-11-22",
        "days": 30,
        "store_url": "https://store.example/licences",
        "vendor": "Vigencia",
    },
    "license_expired": {
        "name": "Ana Núñez",
        "product": "PrestaImport",
        "addon": "Proveedor A",
        "key_hint": "K7QX2M",
        "last_day": "2027-11-22",
        "grace_day": "2027-11-29",
        "store_url": "https://store.example/licences",
        "vendor": "Vigencia",
    },
    "license_changed": {
        "name": "Ana Núñez",
        "product": "PrestaImport",
        "key_hint": "K7QX2M",
        "change": "rotated",
        "old_until": "2027-11-29",
        "store_url": "https://store.example/licences",
        "vendor": "Vigencia",
    },
}


def a_mail(kind: str = "payment_received", subject: str = "pay_1", **changes: Any) -> Mail:
    """A mail to Ana, with the parameters of its kind."""
    given = {
        "to": "ana@example.com",
        "locale": "pt-BR",
        "params": PARAMS[kind],
        "now": NOW,
        "customer_id": "cus_ana",
        **changes,
    }
    return rules.compose(kind, subject, **given)


@dataclass
class Provider:
    """A mail provider that does what it is told: `behave` runs after the message was taken."""

    behave: Callable[[], None] = lambda: None
    taken: list[Message] = field(default_factory=list)

    def send(self, message: Message) -> str:
        self.taken.append(message)
        self.behave()
        return f"ses-{len(self.taken)}"


@pytest.fixture
def table(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """An empty table with the keys and indexes of the deployed one."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    with mock_aws():
        _create("vigencia-mail-test")
        bind("vigencia-mail-test")
        yield "vigencia-mail-test"


@pytest.fixture
def ses_client(table: str) -> Any:
    """An SES account that may send from `SENDER`."""
    client = boto3.client("sesv2", region_name=REGION, config=client_config())
    client.create_email_identity(EmailIdentity=SENDER)
    return client


@pytest.fixture
def ses(ses_client: Any) -> SesMailer:
    """SES as it is deployed."""
    return SesMailer(ses_client, sender=SENDER, configuration_set="vigencia-mail-test")


def outbox() -> list[Any]:
    """What SES has sent."""
    sent: list[Any] = ses_backends[DEFAULT_ACCOUNT_ID][REGION].sent_messages
    return sent


def rows(table: str) -> list[dict[str, Any]]:
    """Every raw item of the table."""
    items: list[dict[str, Any]] = boto3.resource("dynamodb").Table(table).scan()["Items"]
    return items


def _create(name: str) -> None:
    keys = ("pk", "sk", "gsi1pk", "gsi1sk", "gsi2pk", "gsi2sk", "gsi3pk", "gsi3sk")
    boto3.client("dynamodb").create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in keys],
        KeySchema=_schema("pk", "sk"),
        GlobalSecondaryIndexes=[
            {
                "IndexName": index,
                "KeySchema": _schema(f"{index}pk", f"{index}sk"),
                "Projection": {"ProjectionType": "ALL"},
            }
            for index in ("gsi1", "gsi2", "gsi3")
        ],
    )


def _schema(partition: str, sort: str) -> Any:
    return [{"AttributeName": partition, "KeyType": "HASH"}, {"AttributeName": sort, "KeyType": "RANGE"}]
