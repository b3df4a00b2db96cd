"""None of 250,000 forged webhooks of PayPal is accepted, and no foreign certificate is fetched for any.

What is signed of a body is its CRC-32 alone: by chance no other body has the same one. Somebody who makes one
that has gains nothing, as a notice only says what to fetch.
"""

import base64
import json
import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelib.billing.gateways.paypal_webhooks import AHEAD, OLDEST
from infra.sandbox.paypal_signing import Signer
from tests.unit.billing import fuzzing
from tests.unit.billing.fuzzing import LETTERS, SHARE, Family, Forger, Message, Tally, tally
from tests.unit.billing.signed_paypal import NOW, WEBHOOK, World, lower, signed_world

SIGNER, FORGER = Signer(NOW), Signer(NOW)
ID, TIME, SIGNATURE, ALGORITHM, CERTIFICATE = NAMES = (
    "paypal-transmission-id",
    "paypal-transmission-time",
    "paypal-transmission-sig",
    "paypal-auth-algo",
    "paypal-cert-url",
)


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with signed_world(signer=SIGNER) as made:
        yield made


@pytest.fixture(scope="module")
def genuine(world: World) -> tuple[Message, ...]:
    def signed(number: int) -> Message:
        resource = {"id": f"CAP{number}", "status": "COMPLETED", "note": "Licença"}
        event = {"id": f"WH-{number}", "event_type": "PAYMENT.CAPTURE.COMPLETED", "resource": resource}
        raw, now = json.dumps(event, ensure_ascii=False).encode(), NOW + timedelta(minutes=number)
        headers = world.signer.headers(
            raw, WEBHOOK, world.base + world.signer.name, now, f"transmission-{number}"
        )
        return Message(lower(headers), raw, now)

    return tuple(signed(number) for number in range(50))


def _body(change: Callable[[random.Random, bytes], bytes]) -> Forger:
    """The body is another one."""
    return lambda chance, message: message.saying(change(chance, message.raw))


def _header(name: str, change: Callable[[random.Random, str], str]) -> Forger:
    """This header has another value."""

    def forge(chance: random.Random, message: Message) -> Message:
        return replace(message, headers={**message.headers, name: change(chance, message.headers[name])})

    return forge


def _signature(change: Callable[[random.Random, bytes], bytes]) -> Forger:
    """The signature has other bytes."""
    return _header(
        SIGNATURE, lambda chance, told: base64.b64encode(change(chance, base64.b64decode(told))).decode()
    )


def _as_text(change: Callable[[random.Random, str], str]) -> Callable[[random.Random, bytes], bytes]:
    return lambda chance, raw: change(chance, raw.decode("latin-1")).encode("latin-1")


def _respelled_signature(chance: random.Random, told: str) -> str:
    """As other decoders of base64 would take it."""
    ways: tuple[Callable[[], str], ...] = (
        lambda: fuzzing.spaced(chance, told),
        lambda: fuzzing.widened(chance, told),
        lambda: "".join({"+": "-", "/": "_"}.get(one, one) if chance.random() < 0.5 else one for one in told),
        lambda: told.rstrip("=") + chance.choice(("", "=", "===", "====")),
        lambda: fuzzing.grown(chance, told, "=\n"),
    )
    return chance.choice(ways)()


# The time is another one.


def _moved_time(chance: random.Random, message: Message) -> Message:
    """At which it could have been sent, too."""
    earliest, latest = -int(OLDEST.total_seconds()), int(AHEAD.total_seconds())
    sent = message.now + timedelta(seconds=chance.randint(earliest, latest))
    return message.told(paypal_transmission_time=sent.strftime("%Y-%m-%dT%H:%M:%SZ"))


def _replayed(chance: random.Random, message: Message) -> Message:
    """When it is not sent any more, or before it was."""
    more = timedelta(seconds=chance.randint(1, chance.choice((600, 86_400, 100_000_000))))
    return replace(message, now=message.now + chance.choice((OLDEST + more, -AHEAD - more)))


# The zeros of four scripts.
ZEROS = (0x30, 0x660, 0x966, 0xFF10)


def _respelled_time(chance: random.Random, told: str) -> str:
    """The same instant in other words."""
    ways: tuple[Callable[[], str], ...] = (
        lambda: "".join(chr(chance.choice(ZEROS) + int(one)) if one.isdigit() else one for one in told),
        lambda: told.replace("Z", "." + "0" * chance.randint(1, 9) + "Z"),
        lambda: told.replace("Z", chance.choice(("+00:00", "-00:00", "+00", "+0000", ""))),
        lambda: fuzzing.recased(chance, told),
        lambda: fuzzing.spaced(chance, told.replace("T", chance.choice(("T", " ", "t")))),
    )
    return chance.choice(ways)()


# The certificate lies elsewhere.


def _elsewhere(chance: random.Random, url: str) -> str:
    base, name = url[: url.rindex("/") + 1], url[url.rindex("/") + 1 :]
    path, noise = base[base.index("/v1") :], fuzzing.word(chance, chance.randint(1, 8))
    ways: tuple[Callable[[], str], ...] = (
        lambda: fuzzing.letters(chance, base, LETTERS + "./:@") + name,
        lambda: f"https://{noise}.example{path}{name}",
        lambda: f"https://api.paypal.com.{noise}.example{path}{name}",
        lambda: base.replace("//", f"//{noise}@") + name,
        lambda: f"https://{noise}.example/{url}",
        lambda: f"{base}../{noise}",
        lambda: f"{base}{noise}/{name}",
        lambda: url + chance.choice("?#./%;@: \n") + noise,
        lambda: fuzzing.spaced(chance, url),
        lambda: base + fuzzing.widened(chance, name) + "\uff21",
    )
    return chance.choice(ways)()


# The headers are not those of the door.


def _another_name(chance: random.Random, message: Message) -> Message:
    name = chance.choice(NAMES)
    other = chance.choice((fuzzing.recased, fuzzing.letters, fuzzing.cut, fuzzing.grown))(chance, name)
    return replace(
        message, headers={(other if one == name else one): told for one, told in message.headers.items()}
    )


def _several_values(chance: random.Random, message: Message) -> Message:
    """Joined, as servers do with a header that is there twice."""
    name = chance.choice(NAMES)
    told = [message.headers[name], fuzzing.word(chance, chance.randint(0, 8))]
    chance.shuffle(told)
    return message.told(**{name: chance.choice((",", ", ", ";", "|")).join(told)})


# It is signed, but by somebody else or for something else.


def _signed(
    signer: Signer, message: Message, raw: bytes = b"", webhook: str = WEBHOOK, transmission: str = ""
) -> Message:
    url, told = message.headers[CERTIFICATE], transmission or message.headers[ID]
    return message.told(**lower(signer.headers(raw or message.raw, webhook, url, message.now, told)))


def _by_another_key(chance: random.Random, message: Message) -> Message:
    return _signed(FORGER, message, transmission=fuzzing.word(chance, 12))


def _for_another_webhook(chance: random.Random, message: Message) -> Message:
    return _signed(
        SIGNER, message, webhook=fuzzing.letters(chance, WEBHOOK), transmission=fuzzing.word(chance, 12)
    )


def _for_another_body(chance: random.Random, message: Message) -> Message:
    return _signed(
        SIGNER, message, raw=fuzzing.bits(chance, message.raw), transmission=fuzzing.word(chance, 12)
    )


def _with_bars(chance: random.Random, message: Message) -> Message:
    """What is signed could be read as other parts."""
    return _signed(SIGNER, message, transmission=f"{fuzzing.word(chance, 6)}|{fuzzing.word(chance, 6)}")


FAMILIES = [
    Family("bits of the body", 40_000, _body(fuzzing.bits)),
    Family("a part of the body", 5_000, _body(_as_text(fuzzing.cut))),
    Family("a longer body", 10_000, _body(_as_text(fuzzing.grown))),
    Family("a member there twice", 10_000, _body(fuzzing.doubled)),
    Family("a respelled body", 8_000, _body(fuzzing.respelled)),
    Family("bits of the signature", 45_000, _signature(fuzzing.bits)),
    Family("a signature of chance", 40_000, _signature(lambda chance, told: chance.randbytes(len(told)))),
    Family("a part of the signature", 5_000, _signature(_as_text(fuzzing.cut))),
    Family("a longer signature", 5_000, _signature(_as_text(fuzzing.grown))),
    Family("a respelled signature", 5_000, _header(SIGNATURE, _respelled_signature)),
    Family(
        "letters of the id",
        20_000,
        _header(ID, lambda chance, told: fuzzing.letters(chance, told, LETTERS + "-")),
    ),
    Family("a moved time", 15_000, _moved_time),
    Family("a replay", 12_000, _replayed),
    Family("a respelled time", 4_000, _header(TIME, _respelled_time)),
    Family("a certificate elsewhere", 14_000, _header(CERTIFICATE, _elsewhere)),
    Family("letters of the algorithm", 3_000, _header(ALGORITHM, fuzzing.letters)),
    Family("another name", 3_000, _another_name),
    Family("several values", 3_000, _several_values),
    Family("signed by another key", 1_000, _by_another_key),
    Family("signed for another webhook", 750, _for_another_webhook),
    Family("signed for another body", 750, _for_another_body),
    Family("signed with bars", 500, _with_bars),
]


def test_a_quarter_of_a_million_is_tried() -> None:
    assert sum(family.count for family in FAMILIES) == SHARE


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_no_forged_webhook_is_accepted(world: World, genuine: tuple[Message, ...], family: Family) -> None:
    assert tally(world.gateway.authenticate, genuine, family) == Tally(tried=family.count, accepted=0)
    assert len(world.certs.calls) == 1
