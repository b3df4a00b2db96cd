"""None of 250,000 forged webhooks of Stripe is accepted; what its official SDK signs is."""

import base64
import hashlib
import hmac
import json
import random
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import stripe
from urllib3 import PoolManager

from chalicelib.billing.gateways.stripe import Stripe
from tests.unit.billing import fuzzing
from tests.unit.billing.fuzzing import SHARE, Family, Message, Tally, tally

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
T = 1_795_359_600
GATEWAY = Stripe(PoolManager(), "https://api.stripe.com", "sk_test_key", SECRET)
HEX = "0123456789abcdef"


def _signed(number: int) -> Message:
    event = {
        "id": f"evt_{number}",
        "type": "checkout.session.completed",
        "data": {"object": {"id": f"cs_{number}", "payment_status": "paid", "name": "Licença"}},
    }
    body = json.dumps(event, ensure_ascii=False)
    header = stripe.WebhookSignature.generate_signature_header(body, SECRET, T + number)
    return Message({"stripe-signature": header}, body.encode(), datetime.fromtimestamp(T + number, UTC))


GENUINE = tuple(_signed(number) for number in range(50))


def _parts(message: Message) -> tuple[str, str]:
    """Time and signature."""
    told, signature = message.headers["stripe-signature"].split(",")
    return told.removeprefix("t="), signature.removeprefix("v1=")


def _header(message: Message, told: str | int, signature: str) -> Message:
    return message.told(stripe_signature=f"t={told},v1={signature}")


# The body is another one.


def _bits_of_the_body(chance: random.Random, message: Message) -> Message:
    return message.saying(fuzzing.bits(chance, message.raw))


def _part_of_the_body(chance: random.Random, message: Message) -> Message:
    return message.saying(fuzzing.cut(chance, message.raw.decode("latin-1")).encode("latin-1"))


def _longer_body(chance: random.Random, message: Message) -> Message:
    return message.saying(fuzzing.grown(chance, message.raw.decode("latin-1")).encode("latin-1"))


def _doubled_member(chance: random.Random, message: Message) -> Message:
    return message.saying(fuzzing.doubled(chance, message.raw))


def _respelled_body(chance: random.Random, message: Message) -> Message:
    return message.saying(fuzzing.respelled(chance, message.raw))


def _body_of_another(chance: random.Random, message: Message) -> Message:
    return message.saying(chance.choice(GENUINE).raw)


# The signature is another one.


def _letters_of_the_signature(chance: random.Random, message: Message) -> Message:
    told, signature = _parts(message)
    return _header(message, told, fuzzing.letters(chance, signature, HEX))


def _signature_of_chance(chance: random.Random, message: Message) -> Message:
    return _header(message, _parts(message)[0], fuzzing.word(chance, 64, HEX))


def _part_of_the_signature(chance: random.Random, message: Message) -> Message:
    told, signature = _parts(message)
    return _header(message, told, fuzzing.cut(chance, signature))


def _longer_signature(chance: random.Random, message: Message) -> Message:
    told, signature = _parts(message)
    return _header(message, told, fuzzing.grown(chance, signature, HEX))


def _respelled_signature(chance: random.Random, message: Message) -> Message:
    told, signature = _parts(message)
    return _header(
        message, told, chance.choice((fuzzing.recased, fuzzing.spaced, fuzzing.widened))(chance, signature)
    )


def _another_secret(chance: random.Random, message: Message) -> Message:
    told, _ = _parts(message)
    secret = "whsec_" + fuzzing.word(chance, 32)
    return _header(message, told, _hmac(secret.encode(), f"{told}.".encode() + message.raw))


def _hmac(key: bytes, signed: bytes, kind: str = "sha256") -> str:
    return hmac.new(key, signed, kind).hexdigest()


KEY = SECRET.encode()
RECIPES: tuple[Callable[[bytes, bytes], str], ...] = (
    lambda told, raw: _hmac(KEY, raw),
    lambda told, raw: _hmac(KEY, told + raw),
    lambda told, raw: _hmac(KEY, told + b":" + raw),
    lambda told, raw: _hmac(KEY, raw + b"." + told),
    lambda told, raw: _hmac(KEY, told + b"." + raw + b"\n"),
    lambda told, raw: _hmac(KEY, told + b"." + raw, "sha1"),
    lambda told, raw: _hmac(KEY, told + b"." + raw, "sha512"),
    lambda told, raw: _hmac(b"", told + b"." + raw),
    lambda told, raw: _hmac(KEY.removeprefix(b"whsec_"), told + b"." + raw),
    lambda told, raw: _hmac(told + b"." + raw, KEY),
    lambda told, raw: hashlib.sha256(KEY + told + b"." + raw).hexdigest(),
    lambda told, raw: hashlib.sha256(told + b"." + raw + KEY).hexdigest(),
    lambda told, raw: base64.b64encode(hmac.digest(KEY, told + b"." + raw, "sha256")).decode(),
)


def _another_recipe(chance: random.Random, message: Message) -> Message:
    told = str(int(_parts(message)[0]) + chance.randint(-250, 250))
    return _header(message, told, chance.choice(RECIPES)(told.encode(), message.raw))


# The time is another one.


def _moved_time(chance: random.Random, message: Message) -> Message:
    told, signature = _parts(message)
    return _header(message, int(told) + chance.randint(-300, 300), signature)


def _replayed(chance: random.Random, message: Message) -> Message:
    late = chance.randint(301, chance.choice((600, 86_400, 100_000_000)))
    return replace(message, now=message.now + chance.choice((-1, 1)) * timedelta(seconds=late))


# The zeros of four scripts: Python's own `int` reads them all.
ZEROS = (0x30, 0x660, 0x966, 0xFF10)


def _respelled_time(chance: random.Random, message: Message) -> Message:
    told, signature = _parts(message)
    ways: tuple[Callable[[], str], ...] = (
        lambda: "".join(chr(chance.choice(ZEROS) + int(digit)) for digit in told),
        lambda: "".join(digit + chance.choice(("", "", "_")) for digit in told),
        lambda: chance.choice(("0", "+", "00", "-")) + told,
        lambda: told + chance.choice((".", "e0", "L")) + "0" * chance.randint(0, 9),
        lambda: fuzzing.spaced(chance, told),
    )
    return _header(message, chance.choice(ways)(), signature)


# The header is no header, or another one. What is told of other schemes does not count, so there is noise.

SHAPES = (
    "{noise}",
    "t={t},{noise}",
    "v1={v1},{noise}",
    "t={t},v0={v1},{noise}",
    "t={t},v2={v1},{noise}",
    "T={t},V1={v1},{noise}",
    "t={t},v1 ={v1},{noise}",
    "t={t}, v1={v1},{noise}",
    "t={t};v1={v1},{noise}",
    "t={t}&v1={v1},{noise}",
    "t={t},t={t},v1={v1},{noise}",
    "t={t},{noise},t=1,v1={v1}",
    "t={t},v1={v1},{noise},v1",
    "t={t},v1={v1},{noise},",
    "{noise},t={t}.v1={v1}",
    't={t},v1="{v1}",{noise}',
    "sha256={v1},t={t},{noise}",
)


def _another_shape(chance: random.Random, message: Message) -> Message:
    told, signature = _parts(message)
    noise = f"{fuzzing.word(chance, 4)}={fuzzing.word(chance, 4)}"
    return message.told(stripe_signature=chance.choice(SHAPES).format(t=told, v1=signature, noise=noise))


def _another_name(chance: random.Random, message: Message) -> Message:
    name = chance.choice((fuzzing.recased, fuzzing.letters, fuzzing.cut, fuzzing.grown))(
        chance, "stripe-signature"
    )
    return replace(message, headers={name: message.headers["stripe-signature"]})


FAMILIES = [
    Family("bits of the body", 40_000, _bits_of_the_body),
    Family("a part of the body", 8_000, _part_of_the_body),
    Family("a longer body", 12_000, _longer_body),
    Family("a member there twice", 15_000, _doubled_member),
    Family("a respelled body", 8_000, _respelled_body),
    Family("the body of another", 2_000, _body_of_another),
    Family("letters of the signature", 40_000, _letters_of_the_signature),
    Family("a signature of chance", 30_000, _signature_of_chance),
    Family("a part of the signature", 4_000, _part_of_the_signature),
    Family("a longer signature", 8_000, _longer_signature),
    Family("a respelled signature", 8_000, _respelled_signature),
    Family("another secret", 15_000, _another_secret),
    Family("another recipe", 10_000, _another_recipe),
    Family("a moved time", 15_000, _moved_time),
    Family("a replay", 15_000, _replayed),
    Family("a respelled time", 5_000, _respelled_time),
    Family("another shape", 10_000, _another_shape),
    Family("another name", 5_000, _another_name),
]


def test_a_quarter_of_a_million_is_tried() -> None:
    assert sum(family.count for family in FAMILIES) == SHARE


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_no_forged_webhook_is_accepted(family: Family) -> None:
    assert tally(GATEWAY.authenticate, GENUINE, family) == Tally(tried=family.count, accepted=0)
