"""Answer and token: made of one decision, and the token never says more than the answer (B1, B2)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.kernel.errors import LOCALES
from chalicelib.licensing.answer import Asked, answer, claims, file_claims
from chalicelib.licensing.decision import Question, decide
from chalicelib.licensing.details import DETAILS, MISTYPED
from chalicelib.licensing.schemas import ValidateOut
from chalicelib.licensing.signing import Signer
from chalicelib.licensing.standing import Place, place_of

from .made import DAY, MOMENT, NOW, QUESTIONS, a_license, an_activation, an_addon, asked

ISSUER = "https://api.example.com"
HASH = "0123456789abcdef" * 4
SIGNER = Signer(ISSUER, "k1", {"k1": Ed25519PrivateKey.generate()})
ALWAYS = {
    *("iss", "sub", "iat", "exp", "code", "valid", "license", "expires_at", "addons", "next_check_at"),
    *("valid_until", "grace_until", "fingerprint", "environment", "nonce"),
}
ASKED = st.builds(
    Asked,
    st.sampled_from([HASH, None]),
    st.none() | st.just("WWW.Shop.com"),
    st.none(),
    st.none() | st.text(min_size=1, max_size=9),
)


def _answered(question: Question, by: Asked, locale: str = "en") -> tuple[dict[str, Any], dict[str, Any]]:
    """The answer, and what its token says."""
    body = answer(decide(question), by, SIGNER, locale)
    key = SIGNER.keys["k1"].public_key()
    # The test's instant is not the machine's.
    options: Any = {"verify_exp": False, "verify_iat": False}
    return body, jwt.decode(body["token"], key, algorithms=["EdDSA"], options=options)


def _seconds(text: str | None) -> int | None:
    return int(datetime.fromisoformat(text).timestamp()) if text else None


@given(QUESTIONS, ASKED)
def test_the_token_says_what_the_answer_says(question: Question, by: Asked) -> None:
    body, said = _answered(question, by)
    assert said == claims(decide(question), by, ISSUER)
    assert set(said) == ALWAYS
    assert (said["code"], said["valid"], said["nonce"]) == (body["code"], body["valid"], body["nonce"])
    license = body["license"] or {"id": None, "expires_at": None}
    assert (said["license"], said["expires_at"]) == (license["id"], _seconds(license["expires_at"]))
    assert said["iat"] == _seconds(body["checked_at"])
    for name in ("next_check_at", "valid_until", "grace_until"):
        assert said[name] == _seconds(body[name])


@given(QUESTIONS, ASKED)
def test_the_token_says_of_each_addon_what_the_answer_says(question: Question, by: Asked) -> None:
    body, said = _answered(question, by)
    assert list(said["addons"]) == [one["code"] for one in body["addons"]]
    for one in body["addons"]:
        told = said["addons"][one["code"]]
        assert (told["valid"], told["status"]) == (one["valid"], one["status"])
        assert told["exp"] == _seconds(one["expires_at"])
        if one["in_grace"]:
            assert told["grace_until"] == _seconds(one["grace_until"])


@given(QUESTIONS, ASKED)
def test_a_token_is_fresh_for_a_week_and_of_use_for_two_at_most(question: Question, by: Asked) -> None:
    _, said = _answered(question, by)
    if not said["valid"]:
        assert said["exp"] - said["iat"] == 7 * 86400
        assert (said["grace_until"], said["valid_until"]) == (None, None)
        return
    assert said["iat"] < said["grace_until"] <= said["iat"] + 14 * 86400
    assert said["valid_until"] is None or said["grace_until"] <= said["valid_until"]
    assert said["exp"] == min(said["iat"] + 7 * 86400, said["grace_until"])


@given(QUESTIONS, ASKED, st.sampled_from(LOCALES))
def test_an_answer_is_as_the_contract_describes_it_in_every_language(
    question: Question, by: Asked, locale: str
) -> None:
    body, _ = _answered(question, by, locale)
    assert (
        ValidateOut.model_validate_json(ValidateOut(**body).model_dump_json()).model_dump(mode="json") == body
    )
    assert list(body) == list(ValidateOut.model_fields)
    texts = DETAILS[body["code"]] if by.key_hash else MISTYPED
    assert body["detail"] == texts[locale]


def test_a_token_is_bound_to_the_key_the_place_and_the_question() -> None:
    by = Asked(HASH, "https://WWW.Shop.com/", place_of("https://WWW.Shop.com/", None), "n1")
    license = a_license(activations=(an_activation(),))
    said = claims(asked(license, at=by.place), by, ISSUER)
    assert (said["iss"], said["sub"], said["nonce"]) == (ISSUER, HASH[:32], "n1")
    assert (said["fingerprint"], said["environment"]) == ("https://WWW.Shop.com/", "production")
    assert said["valid"]


def test_what_is_not_known_is_null() -> None:
    said = claims(asked(None), Asked(None), ISSUER)
    assert said["sub"] == ""
    assert {name for name, value in said.items() if value is None} == {
        *("license", "expires_at", "valid_until", "grace_until", "fingerprint", "environment", "nonce")
    }


@pytest.mark.parametrize(("stated", "told"), [(None, "staging"), ("production", "production")])
def test_the_environment_is_the_stated_one_or_as_the_domain_tells(stated: Any, told: str) -> None:
    by = Asked(HASH, "dev.shop.com", Place("dev.shop.com", stated))
    assert claims(asked(a_license()), by, ISSUER)["environment"] == told


def test_an_addon_that_has_an_end_says_until_when_it_works() -> None:
    addons = (an_addon("a"), an_addon("b", expires_at=None), an_addon("c", paid_until=NOW + DAY))
    said = claims(asked(a_license(addons=addons)), Asked(HASH), ISSUER)["addons"]
    now = int(NOW.timestamp())
    assert {code: (one["exp"], one["grace_until"]) for code, one in said.items()} == {
        "a": (now + 50 * 86400, now + 53 * 86400),
        "b": (None, None),
        "c": (now + 50 * 86400, now + 4 * 86400),
    }


@given(st.integers(0, 999_999))
def test_parts_of_a_second_make_no_end_later(micros: int) -> None:
    at = NOW + timedelta(microseconds=micros)
    decision = asked(a_license(expires_at=at + DAY), now=at)
    said = claims(decision, Asked(HASH), ISSUER)
    assert decision.valid_until
    assert said["valid_until"] <= decision.valid_until.timestamp() < said["valid_until"] + 1


def test_a_file_is_a_token_without_a_next_check() -> None:
    license = a_license(activations=(an_activation(),), addons=(an_addon(),))
    by = Asked(HASH, "shop.com", Place("shop.com"))
    decision, until = asked(license, at=by.place), NOW + 60 * DAY
    said, token = file_claims(decision, by, ISSUER, until), claims(decision, by, ISSUER)
    end = int(until.timestamp())
    assert said == {**token, "exp": end, "grace_until": end, "next_check_at": None}


@given(QUESTIONS, ASKED)
def test_a_token_promises_nothing_that_ends_before_it_does(question: Question, by: Asked) -> None:
    said = claims(decide(question), by, ISSUER)
    if not said["valid"]:
        return
    last = datetime.fromtimestamp(said["grace_until"], NOW.tzinfo) - MOMENT
    later = decide(Question(question.license, question.wanted, last, question.place, question.activating))
    assert later.valid
    works = {one.code: one.valid for one in later.addons}
    for code, one in said["addons"].items():
        if one["valid"] and (one["grace_until"] is None or last.timestamp() < one["grace_until"]):
            assert works[code]
