"""How Redsys signs: parameters in base64, and a MAC under a key of their own for each order.

Pure computation. Three versions are in use; which one holds is agreed for a terminal, and never taken from a
message. HMAC_SHA512_V2 is the one of the current guides; HMAC_SHA256_V1 rests on triple DES.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from base64 import b64decode, b64encode
from collections.abc import Mapping
from typing import Any

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7

from chalicelib.billing.gateways.http import read_json

V2, SHA512_V1, SHA256_V1 = "HMAC_SHA512_V2", "HMAC_SHA512_V1", "HMAC_SHA256_V1"
VERSIONS = (V2, SHA512_V1, SHA256_V1)

_URL_SAFE = str.maketrans("+/", "-_")
_STANDARD = str.maketrans("-_", "+/")


def check_secret(secret: str) -> None:
    """ValueError for what cannot be a terminal's key: base64 of 24 bytes, as Redsys gives it."""
    try:
        size = len(b64decode(secret, validate=True))
    except ValueError:
        size = 0
    if size != 24:
        raise ValueError("a terminal's key is the base64 of 24 bytes")


def encode(version: str, parameters: Mapping[str, str]) -> str:
    """The parameters as this version sends them: V2 url-safe and unpadded, for it refuses all else."""
    text = b64encode(json.dumps(dict(parameters)).encode()).decode()
    return text.translate(_URL_SAFE).rstrip("=") if version == V2 else text


def decode(text: str) -> dict[str, Any] | None:
    """Received parameters in either alphabet, padded or not; None when they are not an object in base64."""
    core = text.translate(_STANDARD).rstrip("=")
    if len(text) - len(core) > 2:
        return None
    try:
        return read_json(b64decode(core + "=" * (-len(core) % 4), validate=True))
    except ValueError:
        return None


def sign(version: str, secret: str, order: str, text: str) -> str:
    """The signature of `text` (the parameters as they are sent), under the order's own key."""
    if version == SHA256_V1:
        return b64encode(hmac.digest(_triple_des(secret, order), text.encode(), hashlib.sha256)).decode()
    # The key is the base64 text of the encrypted order, not its bytes.
    digest = hmac.digest(b64encode(_aes(secret, order)), text.encode(), hashlib.sha512)
    signature = b64encode(digest).decode().translate(_URL_SAFE)
    return signature.rstrip("=") if version == V2 else signature


def fits(version: str, secret: str, order: str, text: str, signature: str) -> bool:
    """Whether `signature` is that of `text`; its alphabet and its padding do not matter. In constant time.

    Redsys answers in the url-safe alphabet also where it is asked in the other one.
    """
    return hmac.compare_digest(_plain(sign(version, secret, order, text)), _plain(signature))


def _plain(signature: str) -> bytes:
    return signature.translate(_URL_SAFE).rstrip("=").encode("utf-8", "surrogatepass")


def _aes(secret: str, order: str) -> bytes:
    # The first 16 characters of the key's text, as they stand.
    padder = PKCS7(algorithms.AES.block_size).padder()
    plain = padder.update(order.encode()) + padder.finalize()
    return _encrypted(Cipher(algorithms.AES(secret[:16].encode()), modes.CBC(bytes(16))), plain)


def _triple_des(secret: str, order: str) -> bytes:
    plain = order.encode()
    padded = plain + bytes(-len(plain) % 8)
    return _encrypted(Cipher(TripleDES(b64decode(secret)), modes.CBC(bytes(8))), padded)


def _encrypted(cipher: Cipher[modes.CBC], plain: bytes) -> bytes:
    encryptor = cipher.encryptor()
    return encryptor.update(plain) + encryptor.finalize()
