"""The line to PayPal's REST API: its access token, kept while it lasts, and how it says no."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable

from urllib3 import PoolManager, Timeout

from chalicelib.billing.gateways import ChargeRefused, ProviderUnavailable
from chalicelib.billing.gateways.http import Answer, CredentialsRefused, Endpoint, Json, dig, reading

# A token ends while a call is on its way; PayPal's live for hours.
MARGIN_SECONDS = 60
TOKEN = re.compile(r"[!-~]{1,8192}")
# The first call under the same PayPal-Request-Id is still at work, or was cut off: ask again later.
UNDER_WAY = ("PREVIOUS_REQUEST_IN_PROGRESS", "DUPLICATE_REQUEST_ID")


class PayPalApi:
    """Calls with an access token; `ticks` gives seconds that only ever grow."""

    def __init__(
        self,
        pool: PoolManager,
        base_url: str,
        client_id: str,
        client_secret: str,
        timeout: Timeout,
        ticks: Callable[[], float],
    ) -> None:
        basic = base64.b64encode(f"{client_id}:{client_secret}".encode()).decode()
        form = {"Authorization": f"Basic {basic}", "Content-Type": "application/x-www-form-urlencoded"}
        # Without `representation` an answer leaves out amounts and captures.
        whole = {"Content-Type": "application/json", "Prefer": "return=representation"}
        self._login = Endpoint(pool, base_url, form, timeout)
        self._api = Endpoint(pool, base_url, whole, timeout)
        self._ticks = ticks
        self._held: tuple[str, float] | None = None

    def get(self, path: str) -> Json | None:
        """The object at `path`; None for 404, ProviderUnavailable for everything else but a 2xx."""
        answer = self.send("GET", path)
        if answer.status == 404:
            return None
        if not answer.ok:
            raise ProviderUnavailable(f"GET answered {answer.status}")
        return answer.body

    def send(self, method: str, path: str, body: object = None, request_id: str = "") -> Answer:
        """One call, made once more with a new token if PayPal refuses ours.

        A repeat with the same `request_id` does nothing twice. ProviderUnavailable when the outcome is
        unknown or a repeat may do better.
        """
        raw = None if body is None else json.dumps(body).encode()
        headers = {"PayPal-Request-Id": request_id} if request_id else {}
        try:
            answer = self._api.send(method, path, raw, headers | self._authorization())
        except CredentialsRefused:
            if self._held is None:
                raise  # it was not the token that was refused
            self._held = None
            answer = self._api.send(method, path, raw, headers | self._authorization())
        if issue_of(answer) in UNDER_WAY:
            raise ProviderUnavailable(f"{method}: the same request is under way")
        return answer

    def _authorization(self) -> dict[str, str]:
        if self._held is not None and self._ticks() >= self._held[1]:
            self._held = None
        self._held = self._held or self._new_token()
        return {"Authorization": f"Bearer {self._held[0]}"}

    def _new_token(self) -> tuple[str, float]:
        """A token, and when it is not to be used any more."""
        asked = self._ticks()
        answer = self._login.send("POST", "/v1/oauth2/token", b"grant_type=client_credentials")
        if not answer.ok:
            raise ProviderUnavailable(f"no access token: {answer.status}")
        with reading("an access token of PayPal"):
            token, lives = answer.body["access_token"], answer.body["expires_in"]
            if not (isinstance(token, str) and TOKEN.fullmatch(token) and isinstance(lives, int)):
                raise ValueError("not a token")
            return token, asked + lives - MARGIN_SECONDS


def issue_of(answer: Answer) -> str:
    """What is wrong, by PayPal's code: the first of `details`, or the `name`; empty when nothing is."""
    if answer.ok:
        return ""
    details = answer.body.get("details")
    first = details[0] if isinstance(details, list) and details else None
    return str(dig(first, "issue") or answer.body.get("name") or f"http_{answer.status}")


def refusal(answer: Answer) -> ChargeRefused:
    """PayPal's no, with its reason."""
    details = answer.body.get("details")
    first = details[0] if isinstance(details, list) and details else None
    detail = dig(first, "description") or answer.body.get("message") or "no reason given"
    return ChargeRefused(issue_of(answer), str(detail)[:500])
