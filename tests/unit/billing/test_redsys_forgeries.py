"""None of 250,000 forged notifications of Redsys is accepted, whatever the version agreed with it."""

import hashlib
import hmac
import json
import random
from base64 import b64decode, b64encode, urlsafe_b64decode
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest
from redsys.crypto import get_signer

from chalicelib.billing.gateways.redsys_signing import SHA256_V1, SHA512_V1, V2, VERSIONS
from tests.unit.billing import fuzzing
from tests.unit.billing.fake_redsys import NOW, ORDER, SECRET, members, offline, result
from tests.unit.billing.fuzzing import LETTERS, SHARE, Family, Message, Tally, tally

VERSION, PARAMETERS, SIGNATURE = NAMES = ("Ds_SignatureVersion", "Ds_MerchantParameters", "Ds_Signature")
Form = dict[str, str]


def _message(form: Form | list[tuple[str, str]]) -> Message:
    return Message({}, urlencode(form, errors="surrogatepass").encode(), NOW)


def _notified(number: int, version: str) -> Message:
    return _message(members(result(Ds_AuthorisationCode=f"{number:06}"), version))


GENUINE = {version: tuple(_notified(number, version) for number in range(50)) for version in VERSIONS}


def _form(message: Message) -> Form:
    return dict(parse_qsl(message.raw.decode()))


def _told(form: Form) -> bytes:
    return urlsafe_b64decode(form[PARAMETERS].translate(str.maketrans("+/", "-_")) + "==")


def _encoded(form: Form, told: bytes) -> Form:
    """The form with other parameters, in the alphabet of its version."""
    text = b64encode(told).decode()
    if form[VERSION] == V2:
        text = text.translate(str.maketrans("+/", "-_")).rstrip("=")
    return {**form, PARAMETERS: text}


Change = Callable[[random.Random, Form], Form | list[tuple[str, str]]]


def _forged(change: Change) -> Callable[[random.Random, Message], Message]:
    return lambda chance, message: _message(change(chance, _form(message)))


def _member(name: str, change: Callable[[random.Random, str], str]) -> Change:
    """This member has another value."""
    return lambda chance, form: {**form, name: change(chance, form[name])}


def _parameters(change: Callable[[random.Random, bytes], bytes]) -> Change:
    """The parameters say something else, or the same otherwise."""
    return lambda chance, form: _encoded(form, change(chance, _told(form)))


def _of_chance(chance: random.Random, signature: str) -> str:
    return fuzzing.word(chance, len(signature), LETTERS + "-_")


def _part(chance: random.Random, signature: str) -> str:
    """More is missing than the padding, which does not matter."""
    return fuzzing.cut(chance, signature.rstrip("="))


def _lookalike(chance: random.Random, text: str) -> str:
    return chance.choice((fuzzing.recased, fuzzing.spaced, fuzzing.widened))(chance, text)


def _padded(chance: random.Random, text: str) -> str:
    """The same parameters to a decoder that overlooks padding, or what is not of its alphabet."""
    ways: tuple[Callable[[], str], ...] = (
        lambda: fuzzing.grown(chance, text, "=\n -_+/"),
        lambda: text.rstrip("=") + "=" * chance.randint(0, 4),
        lambda: fuzzing.spaced(chance, text),
    )
    return chance.choice(ways)()


def _value(chance: random.Random, told: bytes) -> bytes:
    """One value is another one: an amount, an order, whether it was paid."""
    found = json.loads(told)
    name = chance.choice(list(found))
    return json.dumps({**found, name: fuzzing.letters(chance, found[name], "0123456789ABCDEF")}).encode()


def _signature_of_another(chance: random.Random, form: Form) -> Form:
    other = _form(chance.choice(GENUINE[form[VERSION]]))
    return {**form, SIGNATURE: other[SIGNATURE]}


# The version is another one.


def _named(chance: random.Random, version: str) -> str:
    others = [one for one in VERSIONS if one != version]
    ways = (
        fuzzing.recased,
        fuzzing.letters,
        fuzzing.cut,
        fuzzing.grown,
        fuzzing.spaced,
        fuzzing.widened,
        lambda chance, _: chance.choice(others),
    )
    return chance.choice(ways)(chance, version)


def _news(chance: random.Random, **changes: Any) -> dict[str, Any]:
    """Parameters that nobody has signed yet."""
    return result(Ds_AuthorisationCode=fuzzing.word(chance, 6), **changes)


def _another_version(chance: random.Random, form: Form) -> Form:
    """Signed properly, with a version that was not agreed, and named so or not."""
    agreed = form[VERSION]
    used = chance.choice([one for one in VERSIONS if one != agreed])
    signed = members(_news(chance), used)
    # But for padding, these two sign alike: named as agreed it is what was agreed.
    alike = {agreed, used} == {V2, SHA512_V1}
    return {**signed, VERSION: used if alike else chance.choice((used, agreed))}


# It is signed, but with another key, in another way, or for somebody else.


def _another_key(chance: random.Random, form: Form) -> Form:
    return members(_news(chance), form[VERSION], b64encode(chance.randbytes(24)).decode())


def _signed_with(chance: random.Random, form: Form, sign: Callable[[bytes], bytes]) -> Form:
    """New parameters under a signature that is made so from their text."""
    new = _encoded(form, json.dumps(_news(chance)).encode())
    return {**new, SIGNATURE: sign(new[PARAMETERS].encode()).decode()}


def _key_of_another_order(chance: random.Random, form: Form) -> Form:
    signer, order = get_signer(SECRET, form[VERSION]), fuzzing.letters(chance, ORDER)
    return _signed_with(chance, form, lambda text: signer.sign(order, text))


def _another_recipe(chance: random.Random, form: Form) -> Form:
    signer, kind = get_signer(SECRET, form[VERSION]), "sha256" if form[VERSION] == SHA256_V1 else "sha512"
    recipes: tuple[Callable[[bytes], bytes], ...] = (
        lambda text: b64encode(hmac.digest(SECRET.encode(), text, kind)),
        lambda text: b64encode(hmac.digest(b64decode(SECRET), text, kind)),
        lambda text: b64encode(hmac.digest(ORDER.encode(), text, kind)),
        lambda text: b64encode(hmac.digest(b"", text, kind)),
        lambda text: b64encode(hashlib.new(kind, text + SECRET.encode()).digest()),
        lambda text: b64encode(hashlib.new(kind, SECRET.encode() + text).digest()),
        lambda text: signer.sign("", text),
        lambda text: signer.sign(ORDER, b64decode(text.translate(bytes.maketrans(b"-_", b"+/")) + b"==")),
        lambda text: signer.sign(ORDER, text + b"\n"),
    )
    return _signed_with(chance, form, chance.choice(recipes))


def _another_terminal(chance: random.Random, form: Form) -> Form:
    ways = (
        {"Ds_MerchantCode": fuzzing.word(chance, chance.randint(0, 8), "0123456789")},
        {"Ds_Terminal": "0" * chance.randint(0, 2) + str(chance.randint(2, 99))},
        {"Ds_Order": fuzzing.word(chance, chance.choice((0, 1, 2, 3, 13, 14)))},
    )
    return members(_news(chance, **chance.choice(ways)), form[VERSION])


def _request(chance: random.Random, form: Form) -> Form:
    """What a payer holds: signed by us with the same key, over parameters of other names."""
    asked = {name.replace("Ds_", "DS_MERCHANT_").upper(): value for name, value in _news(chance).items()}
    signer = get_signer(SECRET, form[VERSION])
    text = signer.encode_parameters(asked)
    return {**form, PARAMETERS: text.decode(), SIGNATURE: signer.sign(ORDER, text).decode()}


# The form is another one.


def _another_name(chance: random.Random, name: str) -> str:
    return chance.choice(
        (name.lower(), name.upper(), f"{name}[]", fuzzing.letters(chance, name), fuzzing.cut(chance, name))
    )


def _another_shape(chance: random.Random, form: Form) -> list[tuple[str, str]]:
    pairs, name = list(form.items()), chance.choice(NAMES)
    noise = (fuzzing.word(chance, 4), fuzzing.word(chance, 4))
    others = [pair for pair in pairs if pair[0] != name]
    ways: tuple[Callable[[], list[tuple[str, str]]], ...] = (
        lambda: others,
        lambda: [*pairs, (name, form[name])],
        lambda: [*pairs, (name, noise[1])],
        lambda: [(name, ""), *pairs],
        lambda: [*others, (name, "")],
        lambda: [*others, (_another_name(chance, name), form[name])],
        lambda: [(f"amp;{one}", told) for one, told in pairs],
    )
    shape = chance.choice(ways)()
    chance.shuffle(shape)
    return [noise, *shape]


# (name, parts of a thousand, how it is forged)
FORGERS: tuple[tuple[str, int, Change], ...] = (
    ("letters of the signature", 170, _member(SIGNATURE, fuzzing.letters)),
    ("a signature of chance", 90, _member(SIGNATURE, _of_chance)),
    ("a part of the signature", 20, _member(SIGNATURE, _part)),
    ("a longer signature", 40, _member(SIGNATURE, fuzzing.grown)),
    ("a lookalike signature", 40, _member(SIGNATURE, _lookalike)),
    ("the signature of another", 10, _signature_of_another),
    ("letters of the parameters", 160, _member(PARAMETERS, fuzzing.letters)),
    ("a part of the parameters", 20, _member(PARAMETERS, fuzzing.cut)),
    ("respelled parameters", 30, _member(PARAMETERS, _padded)),
    ("bits of what they say", 120, _parameters(fuzzing.bits)),
    ("a member there twice", 50, _parameters(fuzzing.doubled)),
    ("what they say respelled", 30, _parameters(fuzzing.respelled)),
    ("another value", 50, _parameters(_value)),
    ("another name of the version", 30, _member(VERSION, _named)),
    ("another version", 30, _another_version),
    ("another key", 20, _another_key),
    ("the key of another order", 20, _key_of_another_order),
    ("another recipe", 20, _another_recipe),
    ("another terminal", 15, _another_terminal),
    ("the form of a payer", 5, _request),
    ("another shape", 30, _another_shape),
)
THOUSANDS = {V2: 90, SHA512_V1: 80, SHA256_V1: 80}
FAMILIES = [
    (version, Family(f"{name}, {version}", parts * thousands, _forged(change)))
    for version, thousands in THOUSANDS.items()
    for name, parts, change in FORGERS
]


def test_a_quarter_of_a_million_is_tried() -> None:
    assert sum(family.count for _, family in FAMILIES) == SHARE
    assert {version for version, _ in FAMILIES} == set(VERSIONS)


@pytest.mark.parametrize(("version", "family"), FAMILIES, ids=[family.name for _, family in FAMILIES])
def test_no_forged_notification_is_accepted(version: str, family: Family) -> None:
    assert tally(offline(version).authenticate, GENUINE[version], family) == Tally(
        tried=family.count, accepted=0
    )
