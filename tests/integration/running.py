"""The stack that runs for these tests as `make run` does, and those who call it over HTTP."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from infra.emulator import direct
from infra.local import Local

PASSWORD = "Vigencia-demo-1"
SECONDS = 60.0


@dataclass(frozen=True)
class Answer:
    """An HTTP answer."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Client:
    """A web client of the running stack, signed in or not."""

    base: str
    token: str | None = None

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        sent = {"Content-Type": "application/json", **headers}
        if self.token:
            sent["Authorization"] = f"Bearer {self.token}"
        data = json.dumps(body).encode() if body is not None and not isinstance(body, bytes) else body
        request = urllib.request.Request(self.base + path, data, sent, method=method)
        try:
            with direct.open(request, timeout=60) as answer:
                return Answer(answer.status, dict(answer.headers), answer.read())
        except urllib.error.HTTPError as error:
            return Answer(error.code, dict(error.headers), error.read())

    def get(self, path: str) -> Any:
        answer = self.call("GET", path)
        assert answer.status == 200, answer
        return answer.json

    def download(self, path: str) -> tuple[str, list[str]]:
        """The media type and the lines of a file."""
        request = urllib.request.Request(self.base + path, headers={"Authorization": f"Bearer {self.token}"})
        with direct.open(request, timeout=60) as answer:
            return answer.headers["Content-Type"], answer.read().decode("utf-8").splitlines()

    def signed_in(self, email: str) -> Client:
        answer = self.call("POST", "/v1/sessions", {"email": email, "password": PASSWORD})
        assert answer.status == 201, answer
        return Client(self.base, answer.json["access_token"])


def eventually(what: str, found: Callable[[], Any]) -> Any:
    """What `found` gives, as soon as it is something; the queue workers run by themselves."""
    give_up = time.monotonic() + SECONDS
    while time.monotonic() < give_up:
        if result := found():
            return result
        time.sleep(0.2)
    raise AssertionError(f"{what} did not happen within {SECONDS} s")


def registered(visitor: Client, **changes: Any) -> tuple[str, Client]:
    """A new customer of Brazil, signed in."""
    email = f"{uuid.uuid4().hex[:12]}@example.com"
    about = {
        "email": email,
        "password": PASSWORD,
        "name": "Maria Silva",
        "country": "BR",
        "locale": "pt-BR",
        "tax_id": "529.982.247-25",
        **changes,
    }
    answer = visitor.call("POST", "/v1/customers", about)
    assert answer.status == 201, answer
    return email, visitor.signed_in(email)


def mails_to(local: Local, email: str) -> list[str]:
    """The subjects of the e-mails that we sent to an address, oldest first; Cognito's own are not ours."""
    sender = local.environment()["MAIL_FROM"]
    with direct.open(local.endpoints["mail_outbox"], timeout=10) as answer:
        accounts = json.loads(answer.read())["messages"]
    sent = [one for messages in accounts.values() for one in messages if one["Source"] == sender]
    return [one["Subject"] for one in sent if email in one["To"]]
