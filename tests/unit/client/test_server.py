"""The client and the server of this repository: one protocol, one reading of keys, one verdict."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st
from vigencia_client import LicenseClient, keys, tokens, verdict
from vigencia_client.keys import KeyMistyped
from vigencia_client.tokens import Expected

from chalicelib.licensing import keys as server_keys
from chalicelib.licensing.answer import Asked, answer, claims, file_claims
from chalicelib.licensing.decision import Question, decide
from chalicelib.licensing.rules import Addon, License
from chalicelib.licensing.schemas import ActivateIn, ValidateIn
from chalicelib.licensing.signing import FILE, Signer, armored
from chalicelib.licensing.standing import place_of
from tests.unit.client.kit import FINGERPRINT, KID, NOW, SEED, URL, Machine

INSTANT = datetime.fromtimestamp(NOW, UTC)
DAY = timedelta(days=1)
KEY = server_keys.derive_key(b"secret", "lic_1", 0)
SIGNER = Signer(URL, KID, {KID: Ed25519PrivateKey.from_private_bytes(SEED)})
PUBLIC = tokens.read_keys(SIGNER.jwks())
WANTED = st.lists(st.sampled_from(["a", "b", "z"]), unique=True).map(tuple)
ENDS = st.none() | st.integers(-20, 20).map(lambda days: INSTANT + days * DAY)
ADDONS = st.builds(
    Addon,
    code=st.just("a"),
    name=st.just("A"),
    order_id=st.just("ord_1"),
    expires_at=ENDS,
    grace_days=st.integers(0, 5),
    enabled=st.booleans(),
    paid_until=ENDS,
)
LICENSES = st.builds(
    License,
    id=st.just("lic_1"),
    customer_id=st.just("cus_1"),
    order_id=st.just("ord_1"),
    product=st.just("prestaimport"),
    product_name=st.just("PrestaImport"),
    installation=st.none(),
    domain=st.none(),
    status=st.sampled_from(["active", "active", "active", "suspended", "revoked"]),
    expires_at=ENDS,
    grace_days=st.integers(0, 7),
    key_hint=st.just("ABCDEF"),
    created_at=st.just(INSTANT),
    addons=st.tuples(ADDONS, ADDONS.map(lambda addon: replace(addon, code="b"))),
)


def _said(license: License | None, wanted: tuple[str, ...] = ()) -> tokens.Claims:
    """What the client reads of the server's answer to a question that names these addons."""
    asked = Asked(keys.key_hash(KEY), FINGERPRINT, None, "nonce")
    told = answer(decide(Question(license, wanted, INSTANT)), asked, SIGNER, "en")
    return tokens.verify(told["token"], PUBLIC, Expected(URL, keys.subject(KEY), FINGERPRINT, "nonce"))


@given(LICENSES, WANTED)
def test_the_client_judges_addons_as_the_server_would(license: License, wanted: tuple[str, ...]) -> None:
    ours, alone = decide(Question(license, wanted, INSTANT)), decide(Question(license, (), INSTANT))
    result = verdict.judge(_said(license), wanted, NOW, "server")
    assert result.valid == ours.valid
    if alone.valid:
        assert result.code == ours.code
    assert {code: addon.valid for code, addon in result.addons.items()} == {
        addon.code: addon.valid for addon in ours.addons
    }


@given(LICENSES, WANTED, st.integers(0, 14 * 86_400))
def test_offline_the_client_never_allows_what_the_server_would_then_refuse(
    license: License, wanted: tuple[str, ...], later: int
) -> None:
    said = _said(license)
    result = verdict.judge(said, wanted, NOW + later, "cache")
    then = decide(Question(license, wanted, INSTANT + timedelta(seconds=later)))
    allowed = verdict.holds(said, NOW + later) and result.valid
    assert not allowed or then.valid
    if allowed and not any(addon.paid_until for addon in license.addons) and not license.paid_until:
        assert result.code == then.code


@given(LICENSES, WANTED)
def test_an_answer_about_addons_is_read_to_the_same_verdict(
    license: License, wanted: tuple[str, ...]
) -> None:
    said = _said(license, wanted)
    result = verdict.judge(said, wanted, NOW, "server")
    assert (result.valid, result.code) == (said.valid, said.code)


def test_a_key_that_opens_nothing_is_not_found() -> None:
    assert verdict.judge(_said(None), (), NOW, "server").code == "NOT_FOUND"


@given(st.text(max_size=60) | st.text("vVigGIOoLl01- \tABC", min_size=25, max_size=45) | st.just(KEY))
def test_both_read_a_key_alike(typed: str) -> None:
    try:
        ours: str | None = keys.canonical(typed)
    except KeyMistyped:
        ours = None
    try:
        theirs: str | None = server_keys.canonical(typed)
    except server_keys.KeyMistyped:
        theirs = None
    assert ours == theirs


@given(st.integers())
def test_every_key_of_the_server_is_read(number: int) -> None:
    key = server_keys.derive_key(b"secret", f"lic_{number}", 0)
    assert keys.written(key.lower().replace("-", " ")) == key
    assert keys.key_hash(key) == server_keys.key_hash(key)


def test_a_licence_file_of_the_server_lets_its_machine_work_until_it_ends() -> None:
    license = replace(LICENSE, addons=())
    asked = Asked(keys.key_hash(KEY), FINGERPRINT, place_of(FINGERPRINT, None))
    said = file_claims(decide(Question(license, (), INSTANT)), asked, URL, INSTANT + 30 * DAY)
    content = armored(SIGNER.sign(said, FILE))
    states = []
    for days in (0, 29, 30):
        client = _offline(now=NOW + days * 86_400)
        states.append(client.verify_file(content, key=KEY).state)
    assert states == ["valid", "valid", "unknown"]


def test_the_server_takes_every_question_of_the_client(machine: Machine) -> None:
    machine.client().validate(KEY)
    ValidateIn.model_validate(machine.server.asked[-1], strict=True)
    client = machine.client(fingerprint=FINGERPRINT, environment="staging")
    for ask in (client.validate, lambda key: client.activate(key, name="Shop"), client.deactivate):
        ask(KEY)
        ActivateIn.model_validate(machine.server.asked[-1])
    assert len(machine.server.asked) == 4


def test_every_claim_is_there_that_the_client_reads() -> None:
    asked = Asked(None)
    assert set(claims(decide(Question(None, (), INSTANT)), asked, URL)) == set(tokens.Claims.__annotations__)


LICENSE = License(
    id="lic_1",
    customer_id="cus_1",
    order_id="ord_1",
    product="prestaimport",
    product_name="PrestaImport",
    installation=None,
    domain=None,
    status="active",
    expires_at=INSTANT + 100 * DAY,
    grace_days=7,
    key_hint="ABCDEF",
    created_at=INSTANT,
)


def _offline(now: int) -> LicenseClient:
    def none(_: Any) -> Any:
        raise OSError("no network")

    return LicenseClient(
        URL,
        cache_path=None,
        fingerprint=FINGERPRINT,
        public_keys=SIGNER.jwks(),
        clock=lambda: now,
        transport=none,
    )
