"""None of 250,000 webhooks of Asaas without its token is accepted, whatever they show in its place.

Asaas signs nothing: a body is as good as the token beside it, so it is the token that is forged.
"""

import base64
import hashlib
import hmac
import json
import random
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import quote

import pytest
from urllib3 import PoolManager

from chalicelib.billing.gateways.asaas import Asaas
from tests.unit.billing import fuzzing
from tests.unit.billing.fuzzing import LETTERS, SHARE, Family, Message, Tally, tally

HEADER = "asaas-access-token"
API_KEY, TOKEN = "an-api-key", "whsec-7Vq2Lm9Xz4Rt1Yb8Kd3Np6Ws5Hc0Gj"
GATEWAY = Asaas(PoolManager(), "https://api.asaas.com", API_KEY, TOKEN)
NOW = datetime(2026, 11, 22, 15, 0, tzinfo=UTC)


def _shown(number: int) -> Message:
    event = {"id": f"evt_{number}", "event": "PAYMENT_RECEIVED", "payment": {"id": f"pay_{number}"}}
    return Message({HEADER: TOKEN}, json.dumps(event).encode(), NOW)


GENUINE = tuple(_shown(number) for number in range(50))
Change = Callable[[random.Random, str], str]


def _token(change: Change) -> Callable[[random.Random, Message], Message]:
    """The token is another one."""
    return lambda chance, message: replace(message, headers={HEADER: change(chance, TOKEN)})


def _bits(chance: random.Random, token: str) -> str:
    return fuzzing.bits(chance, token.encode()).decode("latin-1")


def _of_chance(chance: random.Random, token: str) -> str:
    return fuzzing.word(chance, len(token), LETTERS + "-")


def _shuffled(chance: random.Random, token: str) -> str:
    return "".join(chance.sample(token, len(token)))


def _escaped(chance: random.Random, token: str) -> str:
    """As some decoders would read it."""
    way = chance.choice(("%{:02X}", "\\u{:04x}", "&#{};"))
    return "".join(way.format(ord(one)) if chance.random() < 0.3 else one for one in token)


def _quoted(chance: random.Random, token: str) -> str:
    before, after = chance.choice(('""', "''", "<>", "[]", "{}", ("Bearer ", ""), ("Basic ", ""), ("", ",")))
    return before + token + after + chance.choice(("", fuzzing.word(chance, 3)))


def _several(chance: random.Random, token: str) -> str:
    """Joined, as servers do with a header that is there twice."""
    told = [token, *(fuzzing.word(chance, chance.randint(0, 8)) for _ in range(chance.randint(1, 3)))]
    chance.shuffle(told)
    return chance.choice((",", ", ", ";", "\n")).join(told)


DERIVED: tuple[Callable[[bytes], str], ...] = (
    lambda raw: API_KEY,
    lambda raw: "",
    lambda raw: hashlib.sha256(TOKEN.encode()).hexdigest(),
    lambda raw: base64.b64encode(TOKEN.encode()).decode(),
    lambda raw: hmac.new(TOKEN.encode(), raw, "sha256").hexdigest(),
    lambda raw: quote(base64.b64encode(hmac.digest(TOKEN.encode(), raw, "sha256"))),
)


def _derived(chance: random.Random, message: Message) -> Message:
    """What only its holder could have made of the token, over any body."""
    raw = fuzzing.bits(chance, message.raw)
    return Message({HEADER: chance.choice(DERIVED)(raw)}, raw, NOW)


def _another_name(chance: random.Random, message: Message) -> Message:
    name = chance.choice((fuzzing.recased, fuzzing.letters, fuzzing.cut, fuzzing.grown))(chance, HEADER)
    return replace(message, headers={name: TOKEN})


def _elsewhere(chance: random.Random, message: Message) -> Message:
    """In the body, or in the headers of other schemes."""
    inside = json.loads(message.raw) | {
        chance.choice((HEADER, "accessToken", "token", fuzzing.word(chance, 4))): TOKEN
    }
    other = {"authorization": f"Bearer {TOKEN}", "access_token": TOKEN, f"x-{fuzzing.word(chance, 6)}": TOKEN}
    return Message(chance.choice(({}, {HEADER: ""}, other)), json.dumps(inside).encode(), NOW)


FAMILIES = [
    Family("bits of the token", 50_000, _token(_bits)),
    Family("letters of the token", 40_000, _token(fuzzing.letters)),
    Family("a token of chance", 50_000, _token(_of_chance)),
    Family("a part of the token", 3_000, _token(fuzzing.cut)),
    Family("a longer token", 22_000, _token(fuzzing.grown)),
    Family("another case", 15_000, _token(fuzzing.recased)),
    Family("letters that look alike", 15_000, _token(fuzzing.widened)),
    Family("spaces in the token", 10_000, _token(fuzzing.spaced)),
    Family("a shuffled token", 15_000, _token(_shuffled)),
    Family("an escaped token", 10_000, _token(_escaped)),
    Family("a quoted token", 5_000, _token(_quoted)),
    Family("several tokens", 5_000, _token(_several)),
    Family("something derived from the token", 4_000, _derived),
    Family("another name", 4_000, _another_name),
    Family("the token elsewhere", 2_000, _elsewhere),
]


def test_a_quarter_of_a_million_is_tried() -> None:
    assert sum(family.count for family in FAMILIES) == SHARE


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_no_webhook_without_the_token_is_accepted(family: Family) -> None:
    assert tally(GATEWAY.authenticate, GENUINE, family) == Tally(tried=family.count, accepted=0)
