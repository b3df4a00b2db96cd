"""Makes `clients/python/vectors.json`.

`PYTHONPATH=.:clients/python python -m tests.unit.client.make_vectors` writes it.

What is expected is written here by hand, case by case; the client's own tests show that it agrees.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from pathlib import Path
from typing import Any

from tests.unit.client.kit import (
    DAY,
    FINGERPRINT,
    JWKS,
    KEY,
    KID,
    NOW,
    OTHER_KEY,
    OTHER_SEED,
    SEED,
    URL,
    addon,
    claims,
    part,
    refusal,
    signed,
    spoilt,
    subject_of,
)

PATH = Path(__file__).resolve().parents[3] / "clients" / "python" / "vectors.json"
FILE_HEADER = {"typ": "vigencia-license-file+jwt"}
NONCE = "bm9uY2UtZm9yLXZlY3RvcnM"
A = "supplier-a"


def vectors() -> dict[str, Any]:
    """The whole document."""
    return {
        "about": "Test vectors of the Vigencia licence protocol; the README beside this file says how to use "
        "them. The private key is made up for them: it must never be trusted by anything else.",
        "issuer": URL,
        "jwks": JWKS,
        "private_key_hex": SEED.hex(),
        "keys": list(map(_key, TYPED)),
        "mistyped_keys": [{"about": about, "typed": typed} for about, typed in MISTYPED],
        "tokens": _tokens(),
        "files": _files(),
    }


BARE = KEY.removeprefix("VIG-").replace("-", "")
TYPED = (
    KEY,
    KEY.lower(),
    BARE,
    f"  {KEY.replace('-', ' ')}\n",
    KEY.removeprefix("VIG-").replace("1", "l").replace("0", "O"),
    OTHER_KEY,
)
MISTYPED = (
    ("one wrong character", spoilt(KEY, 8, "0" if KEY[8] != "0" else "2")),
    ("two neighbours swapped", f"{KEY[:4]}{KEY[5]}{KEY[4]}{KEY[6:]}"),
    ("one character missing", KEY[:-1]),
    ("one character too many", f"{KEY}0"),
    ("a letter that no key has", spoilt(KEY, 4, "U")),
    ("nothing", ""),
    ("the prefix alone", "VIG-"),
    ("all zeros", "VIG-00000-00000-00000-00000-00000-00000"),
)


def _key(typed: str) -> dict[str, str]:
    key = OTHER_KEY if typed == OTHER_KEY else KEY
    canonical = key.removeprefix("VIG-").replace("-", "")
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    return {"typed": typed, "canonical": canonical, "hash": digest, "subject": digest[:32]}


def _case(name: str, token: str, now: int = NOW + 60, **more: Any) -> dict[str, Any]:
    """A question about a token, kept from an earlier answer unless there is a nonce."""
    question: dict[str, Any] = {"key": KEY, "fingerprint": None, "nonce": None, "addons": [], "now": now}
    expected = {"refused": None, "state": "valid", "code": "VALID"}
    return {"name": name, "token": token, **question, **expected, **more}


def _forged(name: str, token: str, refused: str, **more: Any) -> dict[str, Any]:
    return _case(name, token, **{"refused": refused, "state": "unknown", "code": None, **more})


def _tokens() -> list[dict[str, Any]]:
    return [*_genuine(), *_ending(), *_live(), *_forgeries(), *_about_others()]


def _genuine() -> list[dict[str, Any]]:
    on_machine = signed(claims(fingerprint=FINGERPRINT, environment="production"))
    disabled = signed(claims(addons={A: addon(valid=False, status="disabled"), "b": addon(None)}))
    unpaid = signed(claims(addons={A: addon(valid=False, status="unpaid")}))
    return [
        _case("valid", signed(claims())),
        _case("valid with its addon", signed(claims()), addons=[A]),
        _case("valid on this machine", on_machine, fingerprint=FINGERPRINT),
        _case("an addon that the licence has not", signed(claims()), addons=[A, "z"], **_no("ADDON_UNKNOWN")),
        _case("an addon switched off", disabled, addons=["b", A], **_no("ADDON_DISABLED")),
        _case("another addon than the one switched off", disabled, addons=["b"]),
        _case("an addon not paid", unpaid, addons=[A], **_no("UNPAID")),
        _case("an addon not paid and not asked about", unpaid),
    ]


def _ending() -> list[dict[str, Any]]:
    week, year, token = 7 * DAY, 365 * DAY, signed(claims())
    ending = signed(claims(addons={A: addon(NOW + DAY)}))
    no_grace = signed(claims(addons={A: addon(NOW + DAY, grace_until=None)}))
    paid_for_a_day = signed(claims(addons={A: addon(NOW + year, grace_until=NOW + DAY)}))
    late = signed(claims(expires_at=NOW + DAY, valid_until=NOW + 3 * DAY, grace_until=NOW + 3 * DAY))
    gone: dict[str, Any] = {"state": "unknown", "code": None}
    in_grace: dict[str, Any] = {"code": "IN_GRACE"}
    return [
        _case("no longer fresh, bridging an outage", token, NOW + week + 1),
        _case("the last second of its grace", token, NOW + 2 * week - 1),
        _case("its grace has ended", token, NOW + 2 * week, **gone),
        _case("expired long ago", token, NOW + year, **gone),
        _case("the licence in grace", late, NOW + 2 * DAY, **in_grace),
        _case("the licence's grace ends before the answer's", late, NOW + 3 * DAY, **gone),
        _case("an addon that ended meanwhile, in grace", ending, NOW + 2 * DAY, addons=[A], **in_grace),
        _case("an addon that ended meanwhile", ending, NOW + 4 * DAY, addons=[A], **_no("ADDON_EXPIRED")),
        _case(
            "an addon that ended meanwhile, without grace",
            no_grace,
            NOW + DAY,
            addons=[A],
            **_no("ADDON_EXPIRED"),
        ),
        _case("an addon paid until yesterday", paid_for_a_day, NOW + 2 * DAY, addons=[A], **_no("UNPAID")),
        _case("the licence without the addon that ended meanwhile", ending, NOW + 4 * DAY),
        _case("a refusal is not carried on", signed(refusal("SUSPENDED")), **gone),
        _case("a clock set back", token, NOW - 301, **gone),
        _case("a clock a little behind", token, NOW - 300),
    ]


def _live() -> list[dict[str, Any]]:
    echoed = signed(claims(nonce=NONCE))
    return [
        _case("the answer of this moment", echoed, nonce=NONCE),
        _case(
            "a refusal of this moment", signed(refusal("REVOKED", nonce=NONCE)), nonce=NONCE, **_no("REVOKED")
        ),
        _forged("a recorded answer to another question", echoed, "nonce", nonce="bm90LXRoZS1zYW1lLW5vbmNl"),
        _forged("an answer without the nonce", signed(claims()), "nonce", nonce=NONCE),
    ]


def _forgeries() -> list[dict[str, Any]]:
    good = signed(claims())
    head, payload, signature = good.split(".")
    none = part({"alg": "none", "kid": KID, "typ": "vigencia-license+jwt"})
    repeated = json.dumps(claims(valid=False)).removesuffix("}") + ', "valid": true}'
    return [
        _forged(
            "other claims under the same signature",
            f"{head}.{part(claims(iat=NOW + 1))}.{signature}",
            "signature",
        ),
        _forged("signed by a key of his own", signed(claims(), seed=OTHER_SEED), "signature"),
        _forged("a signature of zeros", f"{head}.{payload}.{'A' * 86}", "signature"),
        _forged("alg none, no signature", f"{none}.{payload}.", "algorithm"),
        _forged("alg none, a signature", f"{none}.{payload}.{signature}", "algorithm"),
        _forged("HS256 with the public key as secret", _hmac(), "algorithm"),
        _forged("alg in other letters", signed(claims(), {"alg": "eddsa"}), "algorithm"),
        _forged("a critical extension", signed(claims(), {"crit": ["b64"], "b64": False}), "algorithm"),
        _forged("a kid that nobody published", signed(claims(), {"kid": "test-2"}), "unknown_key"),
        _forged(
            "its own key in the header", signed(claims(), {"kid": "x", "jwk": JWKS["keys"][0]}), "unknown_key"
        ),
        _forged("typ of another token", signed(claims(), {"typ": "JWT"}), "type"),
        _forged("a licence file as an answer", signed(claims(), FILE_HEADER), "type"),
        _forged("truncated signature", good[:-1], "malformed"),
        _forged("truncated payload", f"{head}.{payload[:-1]}.{signature}", "malformed"),
        _forged("no signature", f"{head}.{payload}", "malformed"),
        _forged("a fourth part", f"{good}.", "malformed"),
        _forged("padding", f"{good}==", "malformed"),
        _forged("white space", f"{good}\n", "malformed"),
        _forged("an unused bit set", spoilt(good, -1, "")[:-1] + _next(good[-1]), "malformed"),
        _forged("a member twice", signed(repeated), "claims"),
        _forged("valid for ever", signed(claims(grace_until=None)), "claims"),
        _forged("a number as text", signed(claims(exp=str(NOW))), "claims"),
        _forged("nothing", "", "malformed"),
    ]


def _about_others() -> list[dict[str, Any]]:
    mine = signed(claims(fingerprint=FINGERPRINT))
    return [
        _forged("about another key", signed(claims(sub=subject_of(OTHER_KEY))), "subject"),
        _forged("about no key", signed(claims(sub=None)), "subject"),
        _forged("about another machine", mine, "fingerprint", fingerprint="other.example.com"),
        _forged("about a machine, asked about none", mine, "fingerprint"),
        _forged(
            "about no machine, asked about one", signed(claims()), "fingerprint", fingerprint=FINGERPRINT
        ),
        _forged("from another server", signed(claims(iss="https://evil.example.com")), "issuer"),
    ]


def _files() -> list[dict[str, Any]]:
    month = NOW + 30 * DAY
    said = claims(
        exp=month,
        grace_until=month,
        next_check_at=None,
        fingerprint=FINGERPRINT,
        addons={A: addon(NOW + DAY, grace=0)},
    )
    good = wrapped(signed(said, FILE_HEADER))
    here: dict[str, Any] = {"fingerprint": FINGERPRINT}
    answer = wrapped(signed(claims(fingerprint=FINGERPRINT)))
    elsewhere = wrapped(signed({**said, "iss": "https://evil.example.com"}, FILE_HEADER))
    anywhere = wrapped(signed({**said, "fingerprint": None}, FILE_HEADER))
    cases = [
        _case("good", good, **here),
        _case("good, its lines ended as on Windows", good.replace("\n", "\r\n"), **here),
        _case("good for any machine", anywhere, **here),
        _case("its last second", good, month - 1, **here),
        _case("expired", good, month, state="unknown", code=None, **here),
        _case("an addon that ended", good, NOW + 2 * DAY, addons=[A], **here, **_no("ADDON_EXPIRED")),
        _forged("another machine's", good, "fingerprint", fingerprint="other.example.com"),
        _forged("another key's", good, "subject", key=OTHER_KEY, **here),
        _forged("another server's", elsewhere, "issuer", **here),
        _forged("an answer as a licence file", answer, "type", **here),
        _forged("a changed character", spoilt(good, 200, _next(good[200])), "signature", **here),
        _forged("without its last line", good[: good.rindex("-----END")], "malformed", **here),
        _case("a clock before it was made", good, NOW - 301, state="unknown", code=None, **here),
    ]
    return [{"content": case.pop("token"), **case} for case in cases]


def wrapped(token: str) -> str:
    """A token as the content of a licence file."""
    lines = [token[i : i + 64] for i in range(0, len(token), 64)]
    return "\n".join(("-----BEGIN VIGENCIA LICENSE-----", *lines, "-----END VIGENCIA LICENSE-----", ""))


def _no(code: str) -> dict[str, Any]:
    return {"state": "invalid", "code": code}


def _hmac() -> str:
    message = f"{part({'alg': 'HS256', 'kid': KID, 'typ': 'vigencia-license+jwt'})}.{part(claims())}"
    public = base64.urlsafe_b64decode(JWKS["keys"][0]["x"] + "=")
    digest = hmac.new(public, message.encode(), hashlib.sha256).digest()
    return f"{message}.{base64.urlsafe_b64encode(digest).rstrip(b'=').decode()}"


def _next(character: str) -> str:
    """The base64url character after this one: in the last place, the same bytes with an unused bit set."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    return alphabet[(alphabet.index(character) + 1) % 64]


def text() -> str:
    """The document as it stands in the file."""
    return json.dumps(vectors(), indent=1, ensure_ascii=True) + "\n"


if __name__ == "__main__":
    PATH.write_text(text(), encoding="ascii")
