"""The few lines of HTTP and JSON that every adapter shares: time-outs, no retries, and no float anywhere."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

from urllib3 import PoolManager, Timeout
from urllib3.exceptions import HTTPError

from chalicelib.billing.gateways import Notice, ProviderUnavailable

Json = dict[str, Any]

# A charge takes up to six calls, within its worker's time limit and lease.
TIMEOUT = Timeout(connect=2, read=5)
LOOPBACK = ("127.0.0.1", "::1", "localhost")
# Our credentials, another call at the same thing, too much at once: nothing is wrong with the request.
REPEATABLE = (401, 403, 408, 409, 425, 429)


class CredentialsRefused(ProviderUnavailable):
    """The provider answered 401: nothing was done, and other credentials may do better."""


@dataclass(frozen=True)
class Answer:
    """A 2xx or a definite 4xx; `body` is empty when there was no JSON object in it, `raw` is all of it."""

    status: int
    body: Json
    raw: bytes = b""

    @property
    def ok(self) -> bool:
        """Whether the provider did what was asked."""
        return self.status < 300


class Endpoint:
    """A provider's API below one base URL, which is https, or http on loopback (ValueError otherwise)."""

    def __init__(
        self, pool: PoolManager, base_url: str, headers: Mapping[str, str], timeout: Timeout
    ) -> None:
        parts = urlsplit(base_url)
        secure = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)
        if not (secure and parts.hostname):
            raise ValueError(f"a provider is called over https: {base_url!r}")
        self._pool = pool
        self._base_url = base_url.rstrip("/")
        self._headers = {"User-Agent": "Vigencia", "Accept": "application/json", **headers}
        self._timeout = timeout

    def get(self, path: str, query: Mapping[str, str]) -> Json | None:
        """The object at `path`; None for 404, ProviderUnavailable for everything else but a 2xx."""
        answer = self.send("GET", f"{path}?{urlencode(query)}" if query else path)
        if answer.status == 404:
            return None
        if not answer.ok:
            raise ProviderUnavailable(f"GET answered {answer.status}")
        return answer.body

    def send(
        self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """One call, made once. ProviderUnavailable when the outcome is unknown or a repeat may do better."""
        try:
            response = self._pool.request(
                method,
                self._base_url + path,
                body=body,
                headers={**self._headers, **(headers or {})},
                timeout=self._timeout,
                retries=False,  # nor are redirects followed
            )
        except HTTPError as error:
            # Only the kind of error: its text holds the address, with what was asked for.
            raise ProviderUnavailable(f"{method}: {type(error).__name__}") from error
        status = response.status
        if status == 401:
            raise CredentialsRefused(f"{method} answered {status}")
        if status in REPEATABLE or not (200 <= status < 300 or 400 <= status < 500):
            raise ProviderUnavailable(f"{method} answered {status}")
        return Answer(status, read_json(response.data) or {}, response.data)


def read_json(raw: bytes) -> Json | None:
    """The JSON object of a body, numbers with a point kept as their text; None when it holds no object."""
    try:
        found = json.loads(raw, parse_float=str, parse_constant=str)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


@contextmanager
def reading(what: str) -> Iterator[None]:
    """Turns the errors of taking an answer apart into ProviderUnavailable: it was not as agreed."""
    try:
        yield
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise ProviderUnavailable(f"{what} lacks what was agreed: {type(error).__name__}") from error


def dig(document: object, *path: str) -> Any:
    """The value at a path of keys, None where there is none."""
    for key in path:
        document = document.get(key) if isinstance(document, dict) else None
    return document


def text_of(value: object) -> str:
    """A text that is there; ValueError when it is not."""
    if not (isinstance(value, str) and value):
        raise ValueError("a text is missing")
    return value


def id_of(value: object) -> str:
    """A provider's id; ValueError when it is not one that may stand in a URL path."""
    return text_of(safe_id(value))


def safe_id(value: object) -> str | None:
    """A provider's id if it may stand in a URL path as it is, else None."""
    return value if isinstance(value, str) and re.fullmatch(r"[A-Za-z0-9_-]{1,255}", value) else None


def read_notice(
    raw: bytes, name_key: str, subject: Callable[[Json], object], paid: Callable[[Json], bool]
) -> Notice:
    """The notice of an authentic body.

    `subject` picks the id of the object that the event is about, `paid` tells whether it announces money.

    A body without a usable id is told from others by its hash, so that a repeat of it is still a repeat.
    """
    event = read_json(raw) or {}
    event_id, name = event.get("id"), event.get(name_key)
    if not (isinstance(event_id, str) and re.fullmatch(r"[!-~]{1,255}", event_id)):
        event_id = f"raw-{hashlib.sha256(raw).hexdigest()}"
    if not (isinstance(name, str) and re.fullmatch(r"[A-Za-z0-9_.]{1,100}", name)):
        name = "unreadable"
    return Notice(event_id, name, safe_id(subject(event)), paid(event))
