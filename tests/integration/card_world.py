"""localstripe in a process of its own, the adapter of Stripe talking to it, and who gets its webhooks.

It is under the GPL, so nothing of ours imports it.
"""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from urllib3 import PoolManager
from urllib3.exceptions import HTTPError

from chalicelib.billing.gateways import ProviderPayment
from chalicelib.billing.gateways.stripe import Stripe
from infra.emulator import clean_environment, free_port
from tests.unit.billing.stub import CARD, Call, Reply, Stub, pooled, serving

KEY, SECRET, OTHER_SECRET = "sk_test_localstripe", "whsec_ours", "whsec_somebody_elses"
VISA, DECLINED, CAUTIOUS = "4242424242424242", "4000000000000341", "4000002500003155"
START_SECONDS, STOP_SECONDS, HOOK_SECONDS = 60.0, 20.0, 30.0
# Its own command listens on all interfaces. And it would save its state at each step in one file in /tmp,
# the same for whoever runs it.
SERVE = """
import sys
from aiohttp import web
from localstripe import resources, server
resources.Store.dump_to_disk = lambda store: None
web.run_app(server.app, host="127.0.0.1", port=int(sys.argv[1]), print=None)
"""


@contextmanager
def _running(port: int) -> Iterator[None]:
    process = subprocess.Popen(
        [sys.executable, "-c", SERVE, str(port)],
        env=clean_environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait_for(process, port)
        yield
    finally:
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_for(process: subprocess.Popen[bytes], port: int) -> None:
    give_up = time.monotonic() + START_SECONDS
    with pooled() as pool:
        while process.poll() is None and time.monotonic() < give_up:
            with suppress(HTTPError):
                pool.request("GET", f"http://127.0.0.1:{port}/", retries=False, timeout=2)
                return
            time.sleep(0.05)
    raise AssertionError("localstripe does not answer")


@dataclass(frozen=True)
class World:
    """The adapter, localstripe, and the application that gets its webhooks."""

    gateway: Stripe
    application: Stub
    pool: PoolManager
    url: str

    def ask(self, method: str, path: str, form: Mapping[str, str] | None = None) -> Any:
        """One call to localstripe, past the adapter."""
        headers = {"Authorization": f"Bearer {KEY}", "Content-Type": "application/x-www-form-urlencoded"}
        body = urlencode(form) if form else None
        answer = self.pool.request(method, self.url + path, body=body, headers=headers, timeout=20)
        assert answer.status == 200, answer.data
        return json.loads(answer.data)

    def card(self, number: str = VISA) -> str:
        """The token of a card on file."""
        customer = self.ask("POST", "/v1/customers", {"name": "Ana Lima"})["id"]
        about = {"number": number, "exp_month": "12", "exp_year": "2030", "cvc": "123"}
        form = {"type": "card", **{f"card[{name}]": told for name, told in about.items()}}
        method = self.ask("POST", "/v1/payment_methods", form)["id"]
        self.ask("POST", f"/v1/payment_methods/{method}/attach", {"customer": customer})
        return f"{customer}:{method}"

    def intent(self, payment_id: str) -> str:
        """The id of an intent that nobody has confirmed yet: its payer is still on a page."""
        form = {"amount": "14990", "currency": "brl", "metadata[payment_id]": payment_id}
        method = self.card().partition(":")[2]
        return str(self.ask("POST", "/v1/payment_intents", {**form, "payment_method": method})["id"])

    def intents(self, payment_id: str) -> list[Any]:
        """All intents of a payment."""
        found = self.ask("GET", "/v1/payment_intents?limit=100")["data"]
        return [one for one in found if one["metadata"].get("payment_id") == payment_id]

    def charged(self, payment_id: str, number: str = VISA) -> str:
        """The id of a charge of a card on file."""
        return self.gateway.charge(replace(CARD, payment_id=payment_id, card=self.card(number))).provider_id

    def seen(self, provider_id: str) -> ProviderPayment:
        """The charge as the adapter sees it."""
        known = self.gateway.fetch(provider_id)
        assert known is not None
        return known

    def hook(self, kind: str, about: str) -> Call:
        """Our webhook of this kind about this object; it comes a second later, and so does the others'."""
        give_up = time.monotonic() + HOOK_SECONDS
        while time.monotonic() < give_up:
            found = {call.path: call for call in self.application.calls if _about(call) == (kind, about)}
            if len(found) == 2:
                return found["/ours"]
            time.sleep(0.05)
        raise AssertionError(f"{kind} of {about} did not come")


def _about(call: Call) -> tuple[str, str]:
    event = json.loads(call.body)
    return event["type"], event["data"]["object"]["id"]


def _forwarding(pool: PoolManager, url: str) -> Callable[[Call], Reply]:
    """Passes everything on but two things that Stripe takes and localstripe answers 400.

    An intent's description, which is for people; and the filter of their list by customer, which only makes
    it shorter: the adapter looks for our payment id in it.
    """

    def forward(call: Call) -> Reply:
        query = {name: told for name, told in call.query.items() if name != "customer"}
        form = {name: told for name, told in call.form.items() if name != "description"} if call.body else {}
        kept = ("authorization", "content-type")
        headers = {name: told for name, told in call.headers.items() if name in kept}
        answer = pool.request(
            call.method,
            f"{url}{call.path}?{urlencode(query)}",
            body=urlencode(form).encode(),
            headers=headers,
            retries=False,
            timeout=20,
        )
        return Reply(answer.status, answer.data)

    return forward


@contextmanager
def card_world() -> Iterator[World]:
    """All of it, running."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with (
        _running(port),
        pooled() as pool,
        serving(lambda call: Reply(200)) as application,
        serving(_forwarding(pool, url)) as proxy,
    ):
        for name, secret in (("ours", SECRET), ("others", OTHER_SECRET)):
            hook = {"url": f"{application.url}/{name}", "secret": secret}
            assert pool.request("POST", f"{url}/_config/webhooks/{name}", json=hook, timeout=20).status == 200
        yield World(Stripe(pool, proxy.url, KEY, SECRET), application, pool, url)
