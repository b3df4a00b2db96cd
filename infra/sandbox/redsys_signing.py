"""Redsys's three signatures, as its manuals describe them, for what the sandbox sends and is sent."""

import base64
import hashlib
import hmac
import json

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from infra.sandbox.wire import Json

NEWEST, OLDEST = "HMAC_SHA512_V2", "HMAC_SHA256_V1"


def _operation_key(version: str, key: str, order: str) -> bytes:
    raw = order.encode()
    if version == OLDEST:
        des = Cipher(TripleDES(base64.b64decode(key)), modes.CBC(b"\0" * 8)).encryptor()
        return des.update(raw.ljust(-(-len(raw) // 8) * 8, b"\0")) + des.finalize()
    fill = 16 - len(raw) % 16
    aes = Cipher(algorithms.AES(key[:16].ljust(16, "0").encode()), modes.CBC(b"\0" * 16)).encryptor()
    return base64.b64encode(aes.update(raw + bytes([fill]) * fill) + aes.finalize())


def signature_of(version: str, key: str, order: str, text: str, *, answering: bool = True) -> str:
    """The signature of `text`; with the oldest version Redsys answers url-safe, but is asked otherwise."""
    kind = hashlib.sha256 if version == OLDEST else hashlib.sha512
    digest = hmac.new(_operation_key(version, key, order), text.encode(), kind).digest()
    if version == OLDEST and not answering:
        return base64.b64encode(digest).decode()
    signature = base64.urlsafe_b64encode(digest).decode()
    return signature.rstrip("=") if version == NEWEST else signature


def pack(version: str, parameters: Json) -> str:
    """Parameters as text; the newest version knows no padding."""
    text = base64.urlsafe_b64encode(json.dumps(parameters).encode()).decode()
    return text.rstrip("=") if version == NEWEST else text


def unpack(version: str, text: str) -> dict[str, str] | None:
    """Parameters from text, names in capitals and numbers as text; None for anything else.

    The newest version refuses padding (SIS0430).
    """
    if version == NEWEST and set(text) & set("=+/"):
        return None
    try:
        plain = base64.b64decode(
            text.replace("-", "+").replace("_", "/") + "=" * (-len(text) % 4), validate=True
        )
        found = json.loads(plain)
    except ValueError:
        return None
    return {name.upper(): str(value) for name, value in found.items()} if isinstance(found, dict) else None
