"""A licence server without a network, its signatures included, and a clock that tests turn."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from vigencia_client import LicenseClient, Result, strict
from vigencia_client.http import Request, Response
from vigencia_client.keys import checksum
from vigencia_client.tokens import ANSWER

URL = "https://api.example.com"
NOW = 1_800_000_000
MINUTE, HOUR, DAY = 60, 3_600, 86_400
FINGERPRINT = "shop.example.com"
UNREACHABLE = OSError("no route")

# Made up for tests and test vectors: whatever they sign is worth nothing.
SEED = bytes(range(32))
OTHER_SEED = bytes(range(32, 64))
KID = "test-1"


def made_up_key(number: int) -> str:
    """A well-formed licence key, another for each number."""
    digits = hashlib.sha256(b"key %d" % number).digest()[:25]
    body = "".join("0123456789ABCDEFGHJKMNPQRSTVWXYZ"[byte & 31] for byte in digits)
    characters = body + checksum(body)
    return "-".join(("VIG", *(characters[i : i + 5] for i in range(0, 30, 5))))


def subject_of(key: str) -> str:
    """`sub` of tokens about a key that is written as to its owner."""
    bare = key.removeprefix("VIG").replace("-", "")
    return hashlib.sha256(bare.encode()).hexdigest()[:32]


KEY, OTHER_KEY = made_up_key(1), made_up_key(2)


def jwk(kid: str = KID, seed: bytes = SEED) -> dict[str, str]:
    """The public half of a key, as a server publishes it."""
    public = Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()
    return {
        "kty": "OKP",
        "crv": "Ed25519",
        "x": strict.encode(public),
        "kid": kid,
        "use": "sig",
        "alg": "EdDSA",
    }


JWKS: dict[str, Any] = {"keys": [jwk()]}


def part(value: object) -> str:
    """A header or a payload as a part of a token; a text stands for itself."""
    text = value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))
    return strict.encode(text.encode())


def signed(payload: object, header: Mapping[str, Any] | str | None = None, seed: bytes = SEED) -> str:
    """A compact token with a good signature by `seed`, whatever its header says."""
    usual = {"alg": "EdDSA", "kid": KID, "typ": ANSWER}
    head = header if isinstance(header, str) else {**usual, **(header or {})}
    message = f"{part(head)}.{part(payload)}"
    return f"{message}.{strict.encode(Ed25519PrivateKey.from_private_bytes(seed).sign(message.encode()))}"


def addon(exp: int | None = NOW + 30 * DAY, grace: int = 3 * DAY, **said: Any) -> dict[str, Any]:
    """One addon as signed, by default active for 30 days and three of grace."""
    grace_until = None if exp is None else exp + grace
    return {"valid": True, "status": "active", "exp": exp, "grace_until": grace_until, **said}


def claims(iat: int = NOW, **said: Any) -> dict[str, Any]:
    """What a server signs about a valid licence that ends in a year; `said` changes it."""
    usual = {
        "iss": URL,
        "sub": subject_of(KEY),
        "iat": iat,
        "exp": iat + 7 * DAY,
        "code": "VALID",
        "valid": True,
        "license": "lic_1",
        "expires_at": NOW + 365 * DAY,
        "addons": {"supplier-a": addon()},
        "next_check_at": iat + DAY,
        "valid_until": NOW + 372 * DAY,
        "grace_until": iat + 14 * DAY,
        "fingerprint": None,
        "environment": None,
        "nonce": None,
    }
    return {**usual, **said}


def refusal(code: str, iat: int = NOW, **said: Any) -> dict[str, Any]:
    """What a server signs about a licence that is not valid."""
    return claims(iat, **{"code": code, "valid": False, "valid_until": None, "grace_until": None, **said})


@dataclass
class Clock:
    """The machine's clock, in seconds since 1970."""

    now: float = NOW

    def __call__(self) -> float:
        return self.now


@dataclass
class Server:
    """Answers as told and remembers what it was asked; `clock` is its own."""

    clock: Callable[[], float]
    says: dict[str, Any] = field(default_factory=dict)
    jwks: Any = field(default_factory=lambda: JWKS)
    header: dict[str, Any] = field(default_factory=dict)
    seed: bytes = SEED
    # What happens instead of an answer.
    trouble: Exception | Response | None = None
    keys_trouble: Exception | None = None
    asked: list[dict[str, Any]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)

    def __call__(self, request: Request) -> Response:
        self.paths.append(request.url.removeprefix(URL))
        if request.url.endswith("/jwks.json"):
            if self.keys_trouble:
                raise self.keys_trouble
            return Response(200, json.dumps(self.jwks).encode())
        self.asked.append(json.loads(request.body or b"null"))
        if not request.url.startswith(URL):
            # Another address of the same server, which is never in trouble.
            return Response(200, json.dumps({"token": self.token()}).encode())
        if isinstance(self.trouble, Exception):
            raise self.trouble
        return self.trouble or Response(200, json.dumps({"token": self.token()}).encode())

    def refuses(self, code: str) -> None:
        """From now on the licence is not valid."""
        self.says |= {"code": code, "valid": False, "valid_until": None, "grace_until": None}

    def token(self) -> str:
        """The answer to the latest question."""
        body = self.asked[-1]
        echoed = {
            "fingerprint": body.get("fingerprint"),
            "environment": body.get("environment"),
            "nonce": body["nonce"],
        }
        said = {**claims(int(self.clock())), **echoed, **self.says}
        return signed(said, self.header, self.seed)


@dataclass
class Machine:
    """A machine with a clock and a cache file, and the server as it sees it."""

    path: Path
    clock: Clock = field(default_factory=Clock)
    server_clock: Clock | None = None

    def __post_init__(self) -> None:
        self.server = Server(self.server_clock or self.clock)

    def client(self, **options: Any) -> LicenseClient:
        """A process that starts now; chance is always at its highest unless told."""
        usual = {
            "cache_path": self.path,
            "clock": self.clock,
            "transport": self.server,
            "random": lambda: 1.0,
        }
        return LicenseClient(URL, **{**usual, **options})

    @staticmethod
    def client_of(server: Server) -> LicenseClient:
        """A process without a cache file."""
        return LicenseClient(URL, cache_path=None, clock=server.clock, transport=server)

    def passes(self, seconds: int) -> None:
        """Time goes by."""
        self.clock.now += seconds


def spoilt(token: str, place: int, replacement: str) -> str:
    """A token with one character replaced."""
    return token[:place] + replacement + token[place + 1 :]


def told(result: Result) -> tuple[str, str | None, str | None, str | None]:
    """State, code, source and reason."""
    return result.state, result.code, result.source, result.reason
