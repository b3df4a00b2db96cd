"""The world around the application, in process: AWS, a payment provider, tokens, queues and the stream.

`World` calls the real app for HTTP and the real flows for everything asynchronous, with a clock of its own
for the latter, and carries messages, stream records and webhooks from one to the other as AWS and the
provider do: at least once, in no promised order.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import threading
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import boto3
import jwt
from boto3.dynamodb.types import TypeDeserializer
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa

from app import app
from chalicelib import settings, wiring
from chalicelib.catalog import store as catalog
from chalicelib.customers import service as customers
from chalicelib.customers.gateways import User
from chalicelib.customers.rules import Customer
from chalicelib.edge import auth
from chalicelib.flows import charging, delivery, documents, inbound, reconciliation, settlements
from chalicelib.mail import service as mail
from chalicelib.validator.request import ROUTE as VALIDATE
from chalicelib.validator.validator import Validator
from infra.demo import products
from infra.providers import METHODS, SANDBOX_KEYS
from infra.sandbox.server import Sandbox, SandboxConfig
from infra.sandbox.wire import Request as SandboxRequest

REGION = "us-east-1"
CLIENT_ID = "test-client"
ISSUER = "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_test"
ACCOUNT = "ES91 2100 0418 4502 0005 1332, Vigencia Demo S.L."
VENDOR_ADDRESS = "Calle Mayor 1, 28013 Madrid"
SENT_TO = ("charges", "settlements", "mails", "documents")
# What comes in is sent by SES.
QUEUES = (*SENT_TO, "inbound")
BUCKETS = ("documents", "attachments", "inbox")


@dataclass(frozen=True)
class Answer:
    """An HTTP answer of the app."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def json(self) -> Any:
        return json.loads(self.text)


@dataclass
class Keys:
    """The user pool's keys: signs access tokens and publishes the public half on loopback."""

    private: rsa.RSAPrivateKey = field(default_factory=lambda: rsa.generate_private_key(65537, 2048))
    kid: str = "pool-key"

    def token(self, sub: str, *groups: str, **changed: Any) -> str:
        now = datetime.now(UTC)
        claims = {
            "sub": sub,
            "iss": ISSUER,
            "client_id": CLIENT_ID,
            "token_use": "access",
            "iat": now,
            "exp": now + timedelta(hours=1),
            "cognito:groups": list(groups),
        }
        return jwt.encode({**claims, **changed}, self.private, algorithm="RS256", headers={"kid": self.kid})

    def jwks(self) -> bytes:
        public = jwt.algorithms.RSAAlgorithm.to_jwk(self.private.public_key(), as_dict=True)
        return json.dumps({"keys": [{**public, "kid": self.kid, "use": "sig", "alg": "RS256"}]}).encode()


class _Server(ThreadingHTTPServer):
    request_queue_size = 128


@contextmanager
def published(body: bytes) -> Iterator[str]:
    """A loopback address that answers every GET with this body."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Quiet."""

    # Fifty cold threads may ask at once.
    with _Server(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


class World:
    """One deployment: everything outside the app, and ways to let time and messages move."""

    def __init__(self, keys: Keys, sandbox: Sandbox, endpoint: str | None) -> None:
        self.keys = keys
        self.sandbox = sandbox
        self.endpoint = endpoint
        self.now = datetime.now(UTC)
        self.streamed: set[str] = set()
        self.table_name = ""
        # (method, route, status) of every answer, to be compared with what the API says of itself.
        self.answered: set[tuple[str, str, int]] = set()
        # The SHA-256 of each document that was seen, by S3's own digest of it.
        self.digests: dict[str, str] = {}
        self.client = cache(self._client)

    def _client(self, service: str) -> Any:
        return boto3.client(service, region_name=REGION, endpoint_url=self.endpoint)  # type: ignore[call-overload]

    def open(self, table_name: str, jwks_url: str) -> None:
        """A fresh deployment: its own table and queues, secrets, and the environment that names them."""
        self.table_name = table_name
        urls = self.build()
        os.environ.update(environment(table_name, jwks_url, urls, self.sandbox.url))
        os.environ["INBOUND_QUEUE_URL"] = urls["inbound"]
        if self.endpoint:
            os.environ["AWS_ENDPOINT_URL"] = self.endpoint
        forget_everything()
        wiring.connect()
        self.stock_up()

    def stock_up(self) -> None:
        """The demonstration's catalogue."""
        for product in products():
            catalog.put(product)

    def build(self) -> dict[str, str]:
        """What the template makes, empty; returns the queues' addresses by name."""
        create_table(self.client("dynamodb"), self.table_name)
        put_secrets(self.client("ssm"), f"/vigencia/{self.table_name}", self.sandbox.paypal_root)
        for use in BUCKETS:
            self.client("s3").create_bucket(Bucket=bucket_of(self.table_name, use))
        self.client("sesv2").create_email_identity(EmailIdentity="example.com")
        sqs = self.client("sqs")
        return {name: sqs.create_queue(QueueName=f"{self.table_name}-{name}")["QueueUrl"] for name in QUEUES}

    # People

    def customer(self, email: str = "ana@example.com", **profile: str) -> tuple[Customer, str]:
        """A registered customer and his access token."""
        sub = str(uuid.uuid4())
        about = {"name": "Ana Souza", "country": "BR", "locale": "pt-BR", "tax_id": "52998224725", **profile}
        customer = customers.ensure_customer(User(sub, email, about), self.now)
        return customer, self.keys.token(sub)

    def staff(self, *groups: str) -> str:
        """The access token of a member of staff."""
        return self.keys.token(str(uuid.uuid4()), *groups)

    # HTTP

    def http(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        token: str | None = None,
        headers: Mapping[str, str] | None = None,
        raw: bytes | None = None,
    ) -> Answer:
        """One request through the real app, authorizer included."""
        # Clients say which language they speak; with an empty header, one does not.
        sent = {"content-type": "application/json", "accept-language": "en", **(headers or {})}
        if token:
            sent["authorization"] = f"Bearer {token}"
        payload = raw if raw is not None else (json.dumps(body).encode() if body is not None else None)
        path, _, query = path.partition("?")
        event = http_event(method, path, query, sent, payload)
        if token:
            event["requestContext"]["authorizer"] = authorizer_context(token)
        answer = self.validator(event, datetime.now(UTC)) if path == VALIDATE else app(event, None)
        self.answered.add((method, event["resource"], answer["statusCode"]))
        packed = answer.get("isBase64Encoded", False)
        body = base64.b64decode(answer["body"]) if packed else answer["body"].encode()
        return Answer(answer["statusCode"], answer["headers"], body)

    @property
    def validator(self) -> Validator:
        """The validator of licence keys; it reaches AWS as the rest of this world does."""
        limits = wiring.limits()
        return Validator(self.aws, self.table_name, wiring.signer, limits, wiring.allowed_origins())

    def aws(self, service: str, target: str, version: str, asked: Mapping[str, Any]) -> Any:
        """One call to AWS as the validator makes it."""
        operation = {"DynamoDB_20120810.GetItem": "get_item"}[target]
        return getattr(self.client(service), operation)(**asked)

    # What moves by itself

    def stream(self) -> int:
        """Deliver outbox events that the stream has not delivered yet; how many there were."""
        new = [row for row in self.rows("outbox") if row["event_id"] not in self.streamed]
        for row in sorted(new, key=lambda one: str(one["event_id"])):
            delivery.deliver(row["event_id"], wiring.reach(), self.now)
            self.streamed.add(row["event_id"])
        return len(new)

    def work(self, queue: str) -> int:
        """Let the worker of a queue handle what is in it; how many messages there were."""
        sqs, url = self.client("sqs"), os.environ[f"{queue.upper()}_QUEUE_URL"]
        got = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=0)
        messages = got.get("Messages", [])
        for message in messages:
            WORKERS[queue](json.loads(message["Body"]), self.now)
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return len(messages)

    def webhooks(self) -> list[Answer]:
        """Carry every event of the provider to the app, as its webhooks do."""
        return [
            self.http("POST", f"/v1/webhooks/{event.provider}", raw=event.body.encode(), headers=headers)
            for event, headers in self.sandbox.signed_events()
        ]

    def settle_down(self) -> None:
        """Let stream and queues run until nothing moves any more."""
        for _ in range(50):
            moved = self.stream() + sum(self.work(queue) for queue in QUEUES)
            if not moved:
                return
        raise AssertionError("the world does not come to rest")

    def pay(self, payment_id: str) -> None:
        """The customer pays the charge at the provider."""
        body = json.dumps({"reference": payment_id, "wait_seconds": 0}).encode()
        answer = self.sandbox.answer(SandboxRequest("POST", "/_sandbox/pay", {}, {}, body))
        assert answer.status == 200, answer.body

    def reconcile(self, after: timedelta = timedelta(minutes=15)) -> None:
        """Time passes and the sweep runs."""
        self.now += after
        reconciliation.reconcile(wiring.reach(), self.now)

    # What is there

    def documents(self) -> dict[str, str]:
        """The SHA-256 of every document in the bucket, by its key."""
        s3, bucket = self.client("s3"), bucket_of(self.table_name)
        kept = s3.list_objects_v2(Bucket=bucket).get("Contents", [])
        for one in (one for one in kept if one["ETag"] not in self.digests):
            body = s3.get_object(Bucket=bucket, Key=one["Key"])["Body"].read()
            self.digests[one["ETag"]] = hashlib.sha256(body).hexdigest()
        return {one["Key"]: self.digests[one["ETag"]] for one in kept}

    def rows(self, kind: str | None = None) -> list[dict[str, Any]]:
        """Raw rows of the table, all or of one kind; only tests ever scan."""
        pages = self.client("dynamodb").get_paginator("scan")
        wanted: dict[str, Any] = {"TableName": self.table_name, "ConsistentRead": True}
        if kind:
            wanted["FilterExpression"] = "kind = :kind"
            wanted["ExpressionAttributeValues"] = {":kind": {"S": kind}}
        value = TypeDeserializer().deserialize
        items = pages.paginate(**wanted).search("Items[]")
        return [{name: value(typed) for name, typed in item.items()} for item in items]


WORKERS: Mapping[str, Callable[[dict[str, str], datetime], None]] = {
    "charges": lambda body, now: charging.charge(body["payment_id"], wiring.gateways(), wiring.links(), now),
    "settlements": lambda body, now: settlements.work(body, wiring.gateways(), wiring.reach(), now),
    "mails": lambda body, now: mail.deliver(body["mail_id"], wiring.mailer(), now),
    "documents": lambda body, now: documents.work(
        body, wiring.archive(), wiring.reach(), wiring.exports(), now
    ),
    "inbound": lambda body, now: _received(json.dumps(body), now),
}


def _received(notification: str, now: datetime) -> None:
    if receipt := wiring.inbox().receipt(notification):
        inbound.receive(receipt, wiring.post(), now)


SECRETS: Mapping[str, Mapping[str, str]] = {
    "asaas": {"api_key": "asaas-key", "webhook_token": "asaas-token"},
    "stripe": {"secret_key": "sk_test_secret", "webhook_secret": "whsec_test"},
    "paypal": SANDBOX_KEYS["paypal"],
    "redsys": SANDBOX_KEYS["redsys"],
}


def sandbox(state_file: Any = None) -> Sandbox:
    """A sandbox provider on a free port that keeps its webhooks until somebody carries them."""
    asaas, stripe = SECRETS["asaas"], SECRETS["stripe"]
    return Sandbox(
        SandboxConfig(
            port=0,
            webhook_base="",
            asaas_api_key=asaas["api_key"],
            asaas_webhook_token=asaas["webhook_token"],
            stripe_secret_key=stripe["secret_key"],
            stripe_webhook_secret=stripe["webhook_secret"],
            state_file=state_file,
        )
    )


def bucket_of(table: str, use: str = "documents") -> str:
    """The bucket for documents, or for another use, of the deployment with this table."""
    return f"{table}-{use}"


def create_table(dynamodb: Any, name: str) -> None:
    """The table as the template declares it."""
    keys = ("pk", "sk", "gsi1pk", "gsi1sk", "gsi2pk", "gsi2sk", "gsi3pk", "gsi3sk")

    def schema(partition: str, sort: str) -> list[dict[str, str]]:
        return [
            {"AttributeName": partition, "KeyType": "HASH"},
            {"AttributeName": sort, "KeyType": "RANGE"},
        ]

    dynamodb.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in keys],
        KeySchema=schema("pk", "sk"),
        GlobalSecondaryIndexes=[
            {
                "IndexName": index,
                "KeySchema": schema(f"{index}pk", f"{index}sk"),
                "Projection": {"ProjectionType": "ALL"},
            }
            for index in ("gsi1", "gsi2", "gsi3")
        ],
    )


def put_secrets(ssm: Any, prefix: str, paypal_root: str) -> None:
    """The parameters that a deployment has; keys are made anew each time."""
    private = ed25519.Ed25519PrivateKey.generate()
    jwk = jwt.algorithms.OKPAlgorithm.to_jwk(private, as_dict=True)
    secrets = {name: json.dumps(value) for name, value in SECRETS.items()}
    secrets["signing-keys"] = json.dumps({"active": "k1", "keys": [{**jwk, "kid": "k1"}]})
    secrets["paypal"] = json.dumps({**SECRETS["paypal"], "trusted_roots": paypal_root})
    secrets |= {name: os.urandom(32).hex() for name in ("license-secret", "link-secret")}
    for name, value in secrets.items():
        ssm.put_parameter(Name=f"{prefix}/{name}", Value=value, Type="SecureString")


def environment(table: str, jwks_url: str, queues: Mapping[str, str], provider: str) -> dict[str, str]:
    """The functions' environment, as the template sets it."""
    return {
        "STAGE": "test",
        "TABLE_NAME": table,
        "USER_POOL_ID": "us-east-1_test",
        "USER_POOL_CLIENT_ID": CLIENT_ID,
        "TOKEN_ISSUER": ISSUER,
        "JWKS_URL": jwks_url,
        **{f"{name.upper()}_QUEUE_URL": queues[name] for name in SENT_TO},
        **{f"{use.upper()}_BUCKET": bucket_of(table, use) for use in BUCKETS},
        "ASAAS_URL": f"{provider}/asaas",
        "STRIPE_URL": f"{provider}/stripe",
        "PAYPAL_URL": f"{provider}/paypal",
        "REDSYS_URL": f"{provider}/redsys",
        "PAYMENT_METHODS": METHODS,
        "SECRETS_PREFIX": f"/vigencia/{table}",
        "MAIL_FROM": "store@example.com",
        "TEAM_EMAIL": "team@example.com",
        "SUPPORT_EMAIL": "support@example.com",
        "MAIL_CONFIGURATION_SET": "vigencia-test",
        "VENDOR_NAME": "Vigencia Demo S.L.",
        "VENDOR_TAX_ID": "B12345674",
        "VENDOR_COUNTRY": "ES",
        "VENDOR_ZONE": "Europe/Madrid",
        "VENDOR_ADDRESS": VENDOR_ADDRESS,
        "PUBLIC_URL": "https://api.example.com",
        "STORE_URL": "https://store.example.com",
        "TRANSFER_ACCOUNT": ACCOUNT,
        "TAXES": "ES=IVA 21, CL=IVA 19",
        "ALLOWED_ORIGINS": "https://store.example.com, https://admin.example.com",
        "CONFIRM_SIGN_UP": "auto",
        "VALIDATIONS_PER_KEY": "100000",
        "VALIDATIONS_PER_ADDRESS": "100000",
    }


def forget_everything() -> None:
    """A new container: nothing is cached."""
    settings.settings.cache_clear()
    for made in vars(wiring).values():
        if hasattr(made, "cache_clear"):
            made.cache_clear()


def http_event(
    method: str, path: str, query: str, headers: Mapping[str, str], body: bytes | None
) -> dict[str, Any]:
    """The event that API Gateway (REST) sends for a request."""
    from urllib.parse import parse_qs

    resource, parameters = matched(method, path)
    several = parse_qs(query, keep_blank_values=True)
    return {
        "resource": resource,
        "path": path,
        "httpMethod": method,
        "headers": dict(headers),
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "queryStringParameters": {name: values[-1] for name, values in several.items()} or None,
        "multiValueQueryStringParameters": several or None,
        "pathParameters": parameters or None,
        "stageVariables": None,
        "requestContext": {
            "httpMethod": method,
            "resourcePath": resource,
            "path": f"/api{path}",
            "requestId": str(uuid.uuid4()),
            "identity": {"sourceIp": "127.0.0.1"},
        },
        "body": base64.b64encode(body).decode() if body is not None else None,
        "isBase64Encoded": body is not None,
    }


def matched(method: str, path: str) -> tuple[str, dict[str, str]]:
    """The route pattern of a path, as the gateway finds it; an unknown one never reaches the app."""
    steps = path.split("/")
    for pattern in sorted((*app.routes, VALIDATE), key=lambda one: one.count("{")):
        wanted = pattern.split("/")
        if len(wanted) == len(steps) and all(
            w[:1] == "{" or w == s for w, s in zip(wanted, steps, strict=True)
        ):
            return pattern, {w[1:-1]: s for w, s in zip(wanted, steps, strict=True) if w[:1] == "{"}
    raise LookupError(f"no route for {method} {path}")


def authorizer_context(token: str) -> dict[str, str]:
    """What the gateway passes on of the authorizer's answer; its refusals end the request."""
    event = {
        "type": "TOKEN",
        "authorizationToken": f"Bearer {token}",
        "methodArn": "arn:aws:execute-api:us-east-1:000000000000:abc/api/GET/x",
    }
    policy = auth.authorize(event, None)
    return {**policy["context"], "principalId": policy["principalId"]}
