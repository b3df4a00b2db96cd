"""Webhooks forged by chance, the same ones in each run, and how many of them an adapter accepts."""

import json
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from chalicelib.billing.gateways import NotAuthentic

# For each of four providers: a million in all.
SHARE = 250_000
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
SPACES = (" ", "\t", "\n", "\r", "\v", "\0", "\u00a0", "\u200b", "\u2028", "\ufeff")
# ! to ~ as wide letters: to compatibility normalisation they are the same text.
WIDE = {code: code + 0xFEE0 for code in range(0x21, 0x7F)}


@dataclass(frozen=True)
class Message:
    """A webhook as the application gets it, and when."""

    headers: Mapping[str, str]
    raw: bytes
    now: datetime

    @property
    def identity(self) -> object:
        """What tells it from others."""
        return tuple(self.headers.items()), self.raw, self.now

    def told(self, **headers: str) -> "Message":
        """The same with other headers; `_` stands for `-` in their names."""
        changed = {name.replace("_", "-"): value for name, value in headers.items()}
        return replace(self, headers={**self.headers, **changed})

    def saying(self, raw: bytes) -> "Message":
        """The same headers over another body."""
        return replace(self, raw=raw)


Authenticate = Callable[[Mapping[str, str], bytes, datetime], object]
Forger = Callable[[random.Random, Message], Message]


@dataclass(frozen=True)
class Family:
    """One way to forge a genuine message, and how many different messages are forged by it."""

    name: str
    count: int
    forge: Forger


@dataclass(frozen=True)
class Tally:
    """How many forged messages were shown to an adapter, and how many it took."""

    tried: int
    accepted: int


def accepts(authenticate: Authenticate, message: Message) -> bool:
    """Whether an adapter takes the message for authentic; any other error is a fault of its own."""
    try:
        authenticate(message.headers, message.raw, message.now)
    except NotAuthentic:
        return False
    return True


def tally(authenticate: Authenticate, genuine: Sequence[Message], family: Family) -> Tally:
    """Show a whole family to an adapter; the control is that it takes what nobody has touched."""
    assert all(accepts(authenticate, one) for one in genuine)
    tried = accepted = 0
    for forged in _different(genuine, family):
        tried += 1
        accepted += accepts(authenticate, forged)
    assert all(accepts(authenticate, one) for one in genuine)
    return Tally(tried, accepted)


def _different(genuine: Sequence[Message], family: Family) -> Iterator[Message]:
    """No message is there twice, and none is genuine; fewer than `count` if the family has not as many."""
    chance = random.Random(family.name)
    seen = {one.identity for one in genuine}
    wanted = len(seen) + family.count
    for _ in range(20 * family.count):
        forged = family.forge(chance, chance.choice(genuine))
        if forged.identity not in seen:
            seen.add(forged.identity)
            yield forged
            if len(seen) == wanted:
                return


# What chance does to bytes and texts. Where nothing was changed by chance, the message is not counted.


def bits(chance: random.Random, raw: bytes) -> bytes:
    """One to three bits flipped."""
    flipped = int.from_bytes(raw, "big")
    for place in chance.sample(range(8 * len(raw)), chance.randint(1, 3)):
        flipped ^= 1 << place
    return flipped.to_bytes(len(raw), "big")


def letters(chance: random.Random, text: str, alphabet: str = LETTERS) -> str:
    """One to three letters made other ones."""
    changed = list(text)
    for place in chance.sample(range(len(text)), chance.randint(1, min(3, len(text)))):
        changed[place] = chance.choice(alphabet.replace(text[place], ""))
    return "".join(changed)


def word(chance: random.Random, length: int, alphabet: str = LETTERS) -> str:
    """A text of nothing but chance."""
    return "".join(chance.choices(alphabet, k=length))


def cut(chance: random.Random, text: str) -> str:
    """Without some of its beginning or of its end, maybe all of it."""
    place = chance.randint(1, len(text))
    return text[place:] if chance.random() < 0.5 else text[:-place]


def grown(chance: random.Random, text: str, alphabet: str = LETTERS) -> str:
    """With up to eight letters more, in one place."""
    place = chance.randint(0, len(text))
    return text[:place] + word(chance, chance.randint(1, 8), alphabet) + text[place:]


def recased(chance: random.Random, text: str) -> str:
    """With some letters in the other case."""
    return "".join(one.swapcase() if chance.random() < 0.3 else one for one in text)


def spaced(chance: random.Random, text: str) -> str:
    """With a few spaces and invisible characters, of those that some programs strip."""
    for _ in range(chance.randint(1, 3)):
        place = chance.choice((0, len(text), chance.randint(0, len(text))))
        text = text[:place] + chance.choice(SPACES) + text[place:]
    return text


def widened(chance: random.Random, text: str) -> str:
    """With some letters that only look alike."""
    return "".join(one.translate(WIDE) if chance.random() < 0.2 else one for one in text)


def doubled(chance: random.Random, raw: bytes) -> bytes:
    """A document with one of its members there twice; parsers differ in which one counts."""
    member = f'"{chance.choice(list(json.loads(raw)))}":"{word(chance, 8)}"'.encode()
    return b"{" + member + b"," + raw[1:] if chance.random() < 0.5 else raw[:-1] + b"," + member + b"}"


def respelled(chance: random.Random, raw: bytes) -> bytes:
    """The same document in other bytes: with space around it, or read and written again on its way."""
    before, comma, colon, after = (_space(chance) for _ in range(4))
    if chance.random() < 0.3:
        return before.encode() + raw + after.encode()
    document = json.loads(raw)
    ordered = dict(chance.sample(list(document.items()), len(document)))
    ascii_only = chance.random() < 0.5
    text = json.dumps(ordered, ensure_ascii=ascii_only, separators=(f",{comma}", f":{colon}"))
    return f"{before}{text}{after}".encode()


def _space(chance: random.Random) -> str:
    return "".join(chance.choices(" \n\t\r", k=chance.randint(0, 6)))
