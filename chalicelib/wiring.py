"""The composition root: one cached factory per thing; heavy imports happen inside them, on first use."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from chalicelib.kernel.clock import utc_now
from chalicelib.kernel.refreshed import Refreshed
from chalicelib.settings import aws_access, settings

if TYPE_CHECKING:
    from chalicelib.billing.gateways import Archive, Gateway
    from chalicelib.billing.links import Links
    from chalicelib.customers.gateways import Directory
    from chalicelib.customers.tokens import TokenVerifier
    from chalicelib.flows.inbound import Post
    from chalicelib.flows.reach import Reach, Send, Vendor
    from chalicelib.kernel.limits import Limits
    from chalicelib.licensing.signing import Signer
    from chalicelib.mail.gateways import Mailer
    from chalicelib.tickets.gateways import Files, Inbox
    from chalicelib.validator.validator import Validator

# Seconds for which keys are held before they are fetched again: those of the user pool, and our own.
KEY_SET_LASTS = 3600
SIGNING_KEYS_LAST = 300
# How the template says that something is not there: an environment has no empty variables.
NONE = "-"


def connect() -> None:
    """Bind the rows to this deployment's table; cheap to repeat."""
    from chalicelib.storage import table

    table.bind(settings().table_name)


def locale_of(customer_id: str) -> str | None:
    """The language of a customer; None for whoever is none."""
    from chalicelib.customers import store

    connect()
    customer = store.find(customer_id)
    return customer.locale if customer else None


def allowed_origins() -> frozenset[str]:
    """The origins whose pages may call the API."""
    return settings().origins


def confirms_at_once() -> bool:
    """Whether new customers need no confirmation code in this deployment."""
    return settings().confirm_sign_up == "auto"


@cache
def vendor() -> Vendor:
    """The seller."""
    from chalicelib.billing.taxes import parse_taxes
    from chalicelib.flows.reach import Vendor
    from chalicelib.kernel.methods import parse_methods

    at = settings()
    account = "" if at.transfer_account == NONE else at.transfer_account
    methods = parse_methods(at.payment_methods)
    return Vendor(
        name=at.vendor_name,
        tax_id=at.vendor_tax_id,
        country=at.vendor_country,
        zone=at.vendor_zone,
        email=at.mail_from,
        team_email=at.team_email,
        store_url=at.store_url,
        methods=tuple(method for method in methods if account or method != "transfer"),
        transfer_account=account,
        address=None if at.vendor_address == NONE else at.vendor_address,
        taxes=parse_taxes(at.taxes),
    )


def home_currency() -> str:
    """The currency of the vendor's own country."""
    from chalicelib.kernel.markets import market_of

    return market_of(settings().vendor_country).currency


@cache
def tokens() -> TokenVerifier:
    """The verifier of access tokens; the pool's keys are fetched once per container and hour."""
    import jwt

    from chalicelib.customers.tokens import TokenVerifier

    at = settings()
    keys = jwt.PyJWKClient(at.jwks_url, cache_jwk_set=True, lifespan=KEY_SET_LASTS, timeout=5)
    return TokenVerifier(keys, at.token_issuer, at.user_pool_client_id)


@cache
def directory() -> Directory:
    """The user directory."""
    from chalicelib.customers.gateways.cognito import Cognito

    at = settings()
    return Cognito(_client("cognito-idp"), at.user_pool_id, at.user_pool_client_id)


class _Gateways(dict[str, "Gateway"]):
    """The payment providers by name, each made on first use: a vendor need not have them all."""

    def __missing__(self, name: str) -> Gateway:
        gateway = self[name] = MAKERS[name]()
        return gateway


@cache
def gateways() -> Mapping[str, Gateway]:
    """The payment providers by name."""
    return _Gateways()


def _asaas() -> Gateway:
    import urllib3

    from chalicelib.billing.gateways.asaas import Asaas

    keys = _secret("asaas")
    return Asaas(urllib3.PoolManager(), settings().asaas_url, keys["api_key"], keys["webhook_token"])


def _stripe() -> Gateway:
    import urllib3

    from chalicelib.billing.gateways.stripe import Stripe

    keys = _secret("stripe")
    return Stripe(urllib3.PoolManager(), settings().stripe_url, keys["secret_key"], keys["webhook_secret"])


def _paypal() -> Gateway:
    import urllib3

    from chalicelib.billing.gateways.paypal import PayPal

    keys = _secret("paypal")
    return PayPal(
        urllib3.PoolManager(),
        settings().paypal_url,
        keys["client_id"],
        keys["client_secret"],
        keys["webhook_id"],
        brand=settings().vendor_name,
        trusted_roots=keys.get("trusted_roots", ""),
    )


def _redsys() -> Gateway:
    import urllib3

    from chalicelib.billing.gateways.redsys import Redsys

    keys = _secret("redsys")
    return Redsys(
        urllib3.PoolManager(),
        settings().redsys_url,
        keys["merchant_code"],
        keys["terminal"],
        keys["secret"],
        keys["version"],
    )


def _manual() -> Gateway:
    from chalicelib.billing.gateways.manual import Manual

    return Manual(vendor().transfer_account)


MAKERS: Mapping[str, Callable[[], Gateway]] = {
    "asaas": _asaas,
    "stripe": _stripe,
    "paypal": _paypal,
    "redsys": _redsys,
    "manual": _manual,
}


@cache
def links() -> Links:
    """The addresses of online invoices."""
    from chalicelib.billing.links import Links

    return Links(settings().public_url, _link_secret)


@cache
def _link_secret() -> bytes:
    return bytes.fromhex(_parameter("link-secret"))


@cache
def archive() -> Archive:
    """Where documents are kept."""
    from chalicelib.billing.gateways.s3 import S3Archive

    return S3Archive(_client("s3"), settings().documents_bucket)


@cache
def mailer() -> Mailer:
    """The sender of e-mails."""
    from chalicelib.mail.gateways import ses

    at = settings()
    client = _client("sesv2", config=ses.client_config())
    return ses.SesMailer(
        client,
        sender=at.mail_from,
        configuration_set=at.mail_configuration_set,
        reply_to=None if at.support_email == NONE else at.support_email,
    )


def own_addresses() -> frozenset[str]:
    """The addresses from which we write and to which one writes to us, in lower case."""
    at = settings()
    return frozenset(address.lower() for address in (at.mail_from, at.support_email) if address != NONE)


@cache
def inbox() -> Inbox:
    """The e-mails that came in."""
    from chalicelib.tickets.gateways import s3

    return s3.S3Inbox(_client("s3", config=s3.client_config()), settings().inbox_bucket)


@cache
def post() -> Post:
    """What it takes to receive e-mails."""
    from chalicelib.flows.inbound import Post

    return Post(inbox(), files(), directory(), own_addresses(), vendor())


@cache
def files() -> Files:
    """The files of tickets."""
    return _files(settings().attachments_bucket)


@cache
def exports() -> Files:
    """Where files of customers' own data are kept: among the documents, in a folder that is emptied."""
    return _files(settings().documents_bucket)


def _files(bucket: str) -> Files:
    from chalicelib.tickets.gateways import s3

    return s3.S3Files(_client("s3", config=s3.client_config()), bucket)


def signer() -> Signer:
    """The signer of licence tokens, with the keys as they are now."""
    return _signer()()


@cache
def _signer() -> Refreshed[Signer]:
    from chalicelib.licensing.signing import Signer

    return Refreshed(
        lambda: Signer.of(_secret("signing-keys"), settings().public_url), SIGNING_KEYS_LAST, time.monotonic
    )


@cache
def limits() -> Limits:
    """How often a key and an address may be used, in this container."""
    from chalicelib.kernel.limits import Allowance, Limits

    at = settings()
    return Limits(
        keys=Allowance(int(at.validations_per_key), time.monotonic_ns),
        addresses=Allowance(int(at.validations_per_address), time.monotonic_ns),
    )


@cache
def validator() -> Validator:
    """The validator of licence keys; it comes without botocore, see `chalicelib/validator`."""
    from chalicelib.licensing.signing import Signer
    from chalicelib.validator.aws import Aws
    from chalicelib.validator.validator import Validator

    at = settings()
    aws = Aws(aws_access(), utc_now, lambda attempt: time.sleep(0.05 * attempt))

    def load() -> Signer:
        asked = {"Name": f"{at.secrets_prefix}/signing-keys", "WithDecryption": True}
        stored = aws.call("ssm", "AmazonSSM.GetParameter", "1.1", asked)["Parameter"]["Value"]
        return Signer.of(json.loads(stored), at.public_url)

    return Validator(
        aws.call, at.table_name, Refreshed(load, SIGNING_KEYS_LAST, time.monotonic), limits(), at.origins
    )


@cache
def license_secret() -> bytes:
    """The secret from which licence keys derive."""
    return bytes.fromhex(_parameter("license-secret"))


@cache
def reach() -> Reach:
    """What subscribers and sweeps can reach."""
    from chalicelib.flows.reach import Reach

    at = settings()
    return Reach(
        charges=_queue(at.charges_queue_url),
        settlements=_queue(at.settlements_queue_url),
        mails=_queue(at.mails_queue_url),
        documents=_queue(at.documents_queue_url),
        count=_count,
        vendor=vendor(),
        links=links(),
        license_secret=license_secret,
    )


def _count(metric: str) -> None:
    """Add one to a metric of this stage: a line of the log that CloudWatch reads (embedded metric format)."""
    from aws_lambda_powertools.metrics import MetricUnit, single_metric

    stage = {"stage": settings().stage}
    with single_metric(metric, MetricUnit.Count, 1, namespace="Vigencia", default_dimensions=stage):
        """Written as this block ends."""


def _queue(url: str) -> Send:
    client = _client("sqs")

    def send(body: Mapping[str, str]) -> None:
        client.send_message(QueueUrl=url, MessageBody=json.dumps(dict(body)))

    return send


@cache
def _client(service: str, config: Any = None) -> Any:
    from botocore.config import Config

    from chalicelib.storage import table

    connect()
    # Short enough for a retry to fit into the function's own time limit.
    patient = Config(connect_timeout=2, read_timeout=4, retries={"mode": "standard", "total_max_attempts": 2})
    return table.session().create_client(service, config=config or patient)


def _secret(name: str) -> Any:
    return json.loads(_parameter(name))


def _parameter(name: str) -> str:
    from aws_lambda_powertools.utilities.parameters import SSMProvider

    provider = SSMProvider(boto3_client=_client("ssm"))
    return str(provider.get(f"{settings().secrets_prefix}/{name}", decrypt=True))
