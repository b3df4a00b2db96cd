"""The proof that PayPal sent a webhook, checked here: certificate, chain, signature; and what it is about.

The signature covers the body's CRC-32 alone, which anybody can make fit another body: a notice says what to
fetch, nothing more.
"""

from __future__ import annotations

import base64
import re
import ssl
import warnings
import zlib
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.utils import CryptographyDeprecationWarning
from cryptography.x509 import verification
from cryptography.x509.oid import NameOID
from urllib3 import PoolManager, Timeout
from urllib3.exceptions import HTTPError

from chalicelib.billing.gateways import NotAuthentic, Notice
from chalicelib.billing.gateways.http import LOOPBACK, Json, dig, read_notice

CERTS = "/v1/notifications/certs/"
ALGORITHM = "SHA256withRSA"
OWNER = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)*\.paypal\.com")
CERT_NAME = re.compile(r"[A-Za-z0-9_-]{1,100}")
LARGEST_CERT = 65_536
KEPT_CERTS = 16
# PayPal tries for three days, and does not say whether it signs each try anew.
OLDEST = timedelta(days=3, hours=1)
AHEAD = timedelta(minutes=5)
# No bar in either: what is signed joins them with bars.
TRANSMISSION_ID = re.compile(r"[A-Za-z0-9-]{1,100}")
TRANSMISSION_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?Z")


@dataclass(frozen=True)
class Signer:
    """A key whose certificate was found good, and how long its whole chain holds."""

    key: rsa.RSAPublicKey
    since: datetime
    until: datetime


class Verifier:
    """Checks webhooks for one `webhook_id`.

    `cert_bases` are the addresses, down to the last slash, below which a certificate may lie. `trusted_roots`
    (PEM) are what its chain must end in; empty: the public authorities that this system trusts.
    """

    def __init__(
        self,
        pool: PoolManager,
        webhook_id: str,
        cert_bases: tuple[str, ...],
        trusted_roots: str,
        timeout: Timeout,
    ) -> None:
        for base in cert_bases:
            parts = urlsplit(base)
            secure = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)
            if not (secure and parts.hostname and base.endswith("/")):
                raise ValueError(f"a certificate comes over https, from below a path: {base!r}")
        self._pool = pool
        self._webhook_id = webhook_id
        self._cert_bases = cert_bases
        self._roots = x509.load_pem_x509_certificates(trusted_roots.encode()) if trusted_roots else None
        self._timeout = timeout
        self._signers: dict[str, Signer] = {}

    def check(self, headers: Mapping[str, str], raw: bytes, now: datetime) -> None:
        """NotAuthentic unless PayPal signed exactly this for us, within the time that it tries."""
        told = [headers.get(f"paypal-{name}", "") for name in ("transmission-id", "transmission-time")]
        if headers.get("paypal-auth-algo") != ALGORITHM:
            raise NotAuthentic("signed in another way")
        if not TRANSMISSION_ID.fullmatch(told[0]):
            raise NotAuthentic("the transmission has no id")
        _check_time(told[1], now)
        signature = _signature(headers.get("paypal-transmission-sig", ""))
        key = self._signer(headers.get("paypal-cert-url", ""), now).key
        signed = "|".join([*told, self._webhook_id, str(zlib.crc32(raw))])
        try:
            key.verify(signature, signed.encode(), padding.PKCS1v15(), hashes.SHA256())
        except InvalidSignature as error:
            raise NotAuthentic("the signature does not fit") from error

    def _signer(self, url: str, now: datetime) -> Signer:
        """The holder of the certificate at `url`, which is fetched once while it holds."""
        known = self._signers.get(url)
        if known is not None and known.since <= now <= known.until:
            return known
        # Compared as text: whatever else a parser might see in it, it is an address that we named.
        if not any(
            url.startswith(base) and CERT_NAME.fullmatch(url[len(base) :]) for base in self._cert_bases
        ):
            raise NotAuthentic("the certificate is not at PayPal's")
        signer = self._admit(self._download(url), now)
        if len(self._signers) >= KEPT_CERTS:
            self._signers.clear()
        self._signers[url] = signer
        return signer

    def _download(self, url: str) -> bytes:
        try:
            response = self._pool.request(
                "GET", url, timeout=self._timeout, retries=False, redirect=False, preload_content=False
            )
            try:
                raw = response.read(LARGEST_CERT + 1)
            finally:
                response.close()
        except HTTPError as error:
            raise NotAuthentic(f"no certificate: {type(error).__name__}") from error
        if response.status != 200 or len(raw) > LARGEST_CERT:
            raise NotAuthentic(f"no certificate: {response.status}, {len(raw)} bytes")
        return raw

    def _admit(self, pem: bytes, now: datetime) -> Signer:
        """The holder of the first certificate, if it is PayPal's and the others lead from it to a root."""
        try:
            leaf, *others = x509.load_pem_x509_certificates(pem)
            (owner,) = leaf.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
            name = str(owner.value).lower()
            if not OWNER.fullmatch(name):
                raise NotAuthentic("the certificate is somebody else's")
            policy = verification.PolicyBuilder().store(self._store()).time(now)
            chain = policy.build_server_verifier(x509.DNSName(name)).verify(leaf, others)
            key = leaf.public_key()
        except (ValueError, TypeError, verification.VerificationError, UnsupportedAlgorithm) as error:
            raise NotAuthentic(f"the certificate does not hold: {type(error).__name__}") from error
        if not isinstance(key, rsa.RSAPublicKey):
            raise NotAuthentic("the certificate has no RSA key")
        return Signer(
            key,
            max(one.not_valid_before_utc for one in chain),
            min(one.not_valid_after_utc for one in chain),
        )

    def _store(self) -> verification.Store:
        if self._roots is None:
            self._roots = _public_roots()
        return verification.Store(self._roots)


def cert_bases_of(base_url: str) -> tuple[str, ...]:
    """Where PayPal keeps its certificates: beside the API, or at the API's older name."""
    own = base_url.rstrip("/") + CERTS
    return own, own.replace("https://api-m.", "https://api.", 1)


def notice_of(raw: bytes) -> Notice:
    """What an authentic body is about."""
    return read_notice(raw, "event_type", _subject, _announces_payment)


def _public_roots() -> list[x509.Certificate]:
    """The authorities that this system trusts, but for those that do not keep to the standard."""
    found = []
    with warnings.catch_warnings():
        warnings.simplefilter("error", CryptographyDeprecationWarning)
        for one in ssl.create_default_context().get_ca_certs(binary_form=True):
            with suppress(ValueError, CryptographyDeprecationWarning):
                found.append(x509.load_der_x509_certificate(one))
    return found


def _check_time(told: str, now: datetime) -> None:
    """NotAuthentic for a time that is none, or too far from `now`."""
    try:
        at = datetime.fromisoformat(told).astimezone(UTC) if TRANSMISSION_TIME.fullmatch(told) else None
    except ValueError:
        at = None
    if at is None or not now - OLDEST <= at <= now + AHEAD:
        raise NotAuthentic("sent too long ago, in the future, or at no time")


def _signature(told: str) -> bytes:
    try:
        return base64.b64decode(told[:2048], validate=True)
    except ValueError as error:
        raise NotAuthentic("the signature is not one") from error


def _subject(event: Json) -> object:
    """The order that an event is about, else the capture: `fetch` knows its order."""
    kind, resource = event.get("event_type"), event.get("resource")
    found = [find(resource) for prefix, find in SUBJECTS if isinstance(kind, str) and kind.startswith(prefix)]
    return found[0] if found else None


def _order_of_capture(resource: object) -> object:
    order = dig(resource, "supplementary_data", "related_ids", "order_id")
    return order or _refunded_capture(resource) or dig(resource, "id")


def _refunded_capture(resource: object) -> object:
    """What a refund or reversal was made of: it names its capture by a link alone."""
    links = dig(resource, "links")
    ups = [dig(link, "href") for link in links if dig(link, "rel") == "up"] if isinstance(links, list) else []
    head, _, last = str(ups[0] if ups else "").rpartition("/")
    return last if head.endswith("/v2/payments/captures") else None


def _contested_capture(resource: object) -> object:
    contested = dig(resource, "disputed_transactions")
    return dig(contested[0], "seller_transaction_id") if isinstance(contested, list) and contested else None


SUBJECTS: tuple[tuple[str, Callable[[object], object]], ...] = (
    ("CHECKOUT.ORDER.", lambda resource: dig(resource, "id")),
    ("CHECKOUT.PAYMENT-APPROVAL.", lambda resource: dig(resource, "order_id")),
    ("PAYMENT.CAPTURE.", _order_of_capture),
    ("PAYMENT.REFUND.", _refunded_capture),
    ("CUSTOMER.DISPUTE.", _contested_capture),
)


def _announces_payment(event: Json) -> bool:
    """Only a completed capture is money: what the payer has approved is ours to take, by `fetch`."""
    return event.get("event_type") == "PAYMENT.CAPTURE.COMPLETED"
