"""How the sandbox signs webhooks as PayPal does: with its own key and certificates that it serves itself.

They, and the root that they lead to, are made anew by every sandbox when they are first needed.
"""

import base64
import threading
import uuid
import zlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

OWNER = "messageverificationcerts.sandbox.paypal.com"
_YEARS = timedelta(days=3650)
_USES = (
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
    "encipher_only",
    "decipher_only",
)
_Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


@dataclass(frozen=True)
class Forgery:
    """How a test wants a certificate otherwise than PayPal's; the defaults are a good one."""

    owner: str = OWNER
    since: timedelta = -_YEARS
    until: timedelta = _YEARS


@dataclass(frozen=True)
class _Papers:
    root: x509.Certificate
    between: x509.Certificate
    leaf: x509.Certificate
    key: rsa.RSAPrivateKey


class Signer:
    """A key with its certificate, and two authorities above it; `now` is when they are made."""

    def __init__(self, now: datetime, forgery: Forgery | None = None) -> None:
        self._now = now
        self._forgery = forgery or Forgery()
        self.name = f"CERT-{uuid.uuid4().hex[:8]}-{uuid.uuid4().hex[:8]}"
        self._lock = threading.Lock()
        self._papers: _Papers | None = None

    @property
    def root(self) -> str:
        """The root that receivers must trust, as PEM."""
        return self._made().root.public_bytes(Encoding.PEM).decode()

    @property
    def leaf(self) -> bytes:
        """The certificate of the key alone, as PEM."""
        return self._made().leaf.public_bytes(Encoding.PEM)

    @property
    def chain(self) -> bytes:
        """What lies at the certificate's address: it and the authority between it and the root."""
        return self.leaf + self._made().between.public_bytes(Encoding.PEM)

    def headers(
        self, body: bytes, webhook_id: str, cert_url: str, sent: datetime, transmission: str = ""
    ) -> dict[str, str]:
        """The headers of one transmission of exactly this body; its id is made up if none is given."""
        transmission = transmission or str(uuid.uuid4())
        told = sent.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        signed = f"{transmission}|{told}|{webhook_id}|{zlib.crc32(body)}".encode()
        signature = self._made().key.sign(signed, padding.PKCS1v15(), hashes.SHA256())
        return {
            "PAYPAL-AUTH-ALGO": "SHA256withRSA",
            "PAYPAL-AUTH-VERSION": "v2",
            "PAYPAL-CERT-URL": cert_url,
            "PAYPAL-TRANSMISSION-ID": transmission,
            "PAYPAL-TRANSMISSION-SIG": base64.b64encode(signature).decode(),
            "PAYPAL-TRANSMISSION-TIME": told,
        }

    def _made(self) -> _Papers:
        with self._lock:
            if self._papers is None:
                self._papers = _make(self._now, self._forgery)
            return self._papers


def _make(now: datetime, forgery: Forgery) -> _Papers:
    root_key, between_key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    key = rsa.generate_private_key(65537, 2048)
    always = (now - _YEARS, now + _YEARS)
    top, middle = _name("Sandbox Root"), _name("Sandbox Authority")
    root = _authority(_draft(top, root_key, always), top, root_key)
    between = _authority(_draft(middle, between_key, always), top, root_key)
    draft = _draft(_name(forgery.owner), key, (now + forgery.since, now + forgery.until))
    draft = (
        draft.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_use("digital_signature", "key_encipherment"), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(forgery.owner)]), critical=False)
    )
    return _Papers(root, between, _signed(draft, middle, between_key), key)


def _authority(
    draft: x509.CertificateBuilder, issuer: x509.Name, signer: ec.EllipticCurvePrivateKey
) -> x509.Certificate:
    draft = draft.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    return _signed(draft.add_extension(_use("key_cert_sign", "crl_sign"), critical=True), issuer, signer)


def _draft(subject: x509.Name, key: _Key, valid: tuple[datetime, datetime]) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(valid[0])
        .not_valid_after(valid[1])
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _signed(
    draft: x509.CertificateBuilder, issuer: x509.Name, signer: ec.EllipticCurvePrivateKey
) -> x509.Certificate:
    above = x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key())
    return draft.issuer_name(issuer).add_extension(above, critical=False).sign(signer, hashes.SHA256())


def _use(*wanted: str) -> x509.KeyUsage:
    return x509.KeyUsage(**{use: use in wanted for use in _USES})


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])
