"""The published test vectors: made by the script beside this file, agreed to by the client and by PyJWT."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jwt
import pytest
from vigencia_client import KeyMistyped, LicenseClient, keys, timing, tokens, verdict
from vigencia_client.cache import Answer, Cache
from vigencia_client.http import Request, Response
from vigencia_client.tokens import Expected, Refused

from tests.unit.client import make_vectors

VECTORS: dict[str, Any] = json.loads(make_vectors.PATH.read_text(encoding="ascii"))
PUBLIC = tokens.read_keys(VECTORS["jwks"])
CASES = {case["name"]: case for case in VECTORS["tokens"]}
FILES = {case["name"]: case for case in VECTORS["files"]}
KEPT = [name for name, case in CASES.items() if case["nonce"] is None]
LIVE = [name for name in CASES if name not in KEPT]
# What PyJWT was not asked to look at.
OURS_ALONE = ("type", "subject", "fingerprint", "nonce", "claims", "malformed")


def _no_network(request: Request) -> Response:
    raise OSError(f"no network for {request.url}")


def _expected(case: dict[str, Any]) -> Expected:
    return Expected(VECTORS["issuer"], keys.subject(case["key"]), case["fingerprint"], case["nonce"])


def _client(case: dict[str, Any], path: Path | None = None) -> LicenseClient:
    return LicenseClient(
        VECTORS["issuer"],
        cache_path=path,
        fingerprint=case["fingerprint"],
        public_keys=VECTORS["jwks"],
        clock=lambda: case["now"],
        transport=_no_network,
    )


def test_the_file_is_what_its_script_makes() -> None:
    assert make_vectors.PATH.read_text(encoding="ascii") == make_vectors.text()


def test_no_two_vectors_share_a_name() -> None:
    assert (len(CASES), len(FILES)) == (len(VECTORS["tokens"]), len(VECTORS["files"]))


@pytest.mark.parametrize("vector", VECTORS["keys"], ids=lambda vector: vector["typed"])
def test_a_key_is_read_as_its_vector_says(vector: dict[str, str]) -> None:
    typed = vector["typed"]
    assert keys.canonical(typed) == vector["canonical"]
    assert (keys.key_hash(typed), keys.subject(typed)) == (vector["hash"], vector["subject"])


@pytest.mark.parametrize("vector", VECTORS["mistyped_keys"], ids=lambda vector: vector["about"])
def test_a_mistyped_key_is_told_without_asking(vector: dict[str, str]) -> None:
    with pytest.raises(KeyMistyped):
        keys.canonical(vector["typed"])


@pytest.mark.parametrize("name", CASES)
def test_a_token_is_refused_for_the_reason_its_vector_gives(name: str) -> None:
    case, refused = CASES[name], None
    try:
        tokens.verify(case["token"], PUBLIC, _expected(case))
    except Refused as error:
        refused = error.reason
    assert refused == case["refused"]


@pytest.mark.parametrize("name", KEPT)
def test_a_remembered_token_means_what_its_vector_says(name: str, tmp_path: Path) -> None:
    case = CASES[name]
    path = tmp_path / "answers.json"
    client = _client(case, path)
    # What is remembered stands under a name that the client gives: it is learnt from a first failure.
    client.validate(case["key"], force=True)
    cache = Cache(path, VECTORS["issuer"])
    (id,) = cache.load().answers
    cache.update(lambda memory: memory.with_answer(id, Answer(case["token"])))
    result = client.validate(case["key"], case["addons"])
    assert (result.state, result.code) == (case["state"], case["code"])
    assert result.source == (None if case["state"] == "unknown" else "cache")


@pytest.mark.parametrize("name", LIVE)
def test_a_live_answer_means_what_its_vector_says(name: str) -> None:
    case = CASES[name]
    if case["refused"]:
        with pytest.raises(Refused):
            tokens.verify(case["token"], PUBLIC, _expected(case))
        return
    said = tokens.verify(case["token"], PUBLIC, _expected(case))
    result = verdict.judge(said, case["addons"], said.iat, "server")
    assert not timing.wrong(case["now"], said.iat)
    assert (result.state, result.code) == (case["state"], case["code"])


@pytest.mark.parametrize("name", FILES)
def test_a_licence_file_means_what_its_vector_says(name: str) -> None:
    case = FILES[name]
    result = _client(case).verify_file(case["content"], key=case["key"], addons=case["addons"])
    assert (result.state, result.code) == (case["state"], case["code"])
    if case["refused"]:
        assert result.reason == case["refused"]


@pytest.mark.parametrize("name", [name for name in CASES if CASES[name]["refused"] not in OURS_ALONE])
def test_another_library_agrees_about_every_signature(name: str) -> None:
    case, accepted = CASES[name], True
    by_kid = {key.key_id: key for key in jwt.PyJWKSet.from_dict(VECTORS["jwks"]).keys}
    try:
        kid = jwt.get_unverified_header(case["token"])["kid"]
        said = jwt.decode(
            case["token"],
            by_kid[kid],
            algorithms=["EdDSA"],
            issuer=VECTORS["issuer"],
            options={"verify_exp": False, "verify_iat": False},
        )
        assert said == json.loads(json.dumps(said))
    except (jwt.PyJWTError, KeyError):
        accepted = False
    assert accepted == (case["refused"] is None)
