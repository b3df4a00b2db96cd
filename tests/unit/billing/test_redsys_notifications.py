"""Redsys's notifications: signed by it, for this terminal, with the version agreed, or not believed."""

import hashlib
import json
from base64 import b64decode, b64encode, urlsafe_b64encode
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.billing.gateways import Notice
from chalicelib.billing.gateways.redsys_signing import SHA256_V1, V2, VERSIONS, encode, sign
from tests.unit.billing.fake_redsys import (
    CODE,
    EUROS,
    ID,
    ORDER,
    SECRET,
    accepts,
    members,
    offline,
    parameters,
    read,
    result,
)

PLAIN = members(result())
TEXT, SIGNATURE = PLAIN["Ds_MerchantParameters"], PLAIN["Ds_Signature"]
FORM = offline().charge(EUROS).form
HELD = dict(FORM.fields) if FORM else {}


@pytest.mark.parametrize("version", VERSIONS)
def test_a_notification_names_the_order_and_our_payment(version: str) -> None:
    form = members(result(), version)
    digest = hashlib.sha256(form["Ds_MerchantParameters"].encode()).hexdigest()
    assert read(form, version) == Notice(f"sha256-{digest}", "Ds_Response.0000", ID, True)


def test_values_may_be_percent_encoded_inside() -> None:
    form = members(result(Ds_MerchantCode=quote(CODE), Ds_MerchantData="pay%5F1"))
    assert read(form).provider_id == ID


def test_the_return_of_the_payers_browser_is_read_as_a_notification() -> None:
    query = urlencode({"order": "ord_1", **PLAIN}).encode()
    assert read(query).event_id == read(PLAIN).event_id


def test_a_notification_sent_again_is_the_same_event_and_another_one_is_not() -> None:
    assert read(PLAIN) == read(dict(reversed(PLAIN.items())))
    assert read(PLAIN).event_id != read(members(result(Ds_Response="0190"))).event_id


@pytest.mark.parametrize("data", [None, "", "pay_2", "../x", 7, ["pay_1"]])
def test_a_payment_that_the_order_does_not_follow_from_is_not_named(data: Any) -> None:
    assert read(members(result(Ds_MerchantData=data))).provider_id == ORDER


@pytest.mark.parametrize(
    ("response", "name", "announces"),
    [
        ("0000", "Ds_Response.0000", True),
        ("0099", "Ds_Response.0099", True),
        ("99", "Ds_Response.0099", True),
        (0, "Ds_Response.0000", True),
        ("0100", "Ds_Response.0100", False),
        ("0190", "Ds_Response.0190", False),
        ("0900", "Ds_Response.0900", False),
        ("9915", "Ds_Response.9915", False),
        (None, "unreadable", False),
        ("", "unreadable", False),
        ("-1", "unreadable", False),
        ("+0", "unreadable", False),
        ("0.0", "unreadable", False),
        ("٠٠٠٠", "unreadable", False),
        ("00000", "unreadable", False),
        (False, "unreadable", False),
        ([], "unreadable", False),
    ],
)
def test_only_a_response_from_0_to_99_announces_money(response: Any, name: str, announces: bool) -> None:
    notice = read(members(result(Ds_Response=response)))
    assert (notice.name, notice.announces_payment) == (name, announces)


@pytest.mark.parametrize("kind", ["1", "3", "9"])
def test_only_a_payment_announces_money(kind: str) -> None:
    assert not read(members(result(Ds_TransactionType=kind))).announces_payment


@pytest.mark.parametrize("agreed", VERSIONS)
@pytest.mark.parametrize("used", VERSIONS)
def test_a_terminal_takes_the_version_agreed_for_it_and_no_other(agreed: str, used: str) -> None:
    assert accepts(members(result(), used), agreed) == (agreed == used)


@pytest.mark.parametrize("named", [*VERSIONS, "", "hmac_sha512_v2", "HMAC_SHA512_V2 ", "none"])
def test_naming_another_version_does_not_help(named: str) -> None:
    assert accepts({**PLAIN, "Ds_SignatureVersion": named}) == (named == V2)
    # Not HMAC_SHA512_V1's: but for padding, it signs alike.
    older = members(result(), SHA256_V1)
    assert not accepts({**older, "Ds_SignatureVersion": named})


@pytest.mark.parametrize(
    "changes",
    [
        {"Ds_MerchantCode": "999008882"},
        {"Ds_MerchantCode": None},
        {"Ds_Terminal": "2"},
        {"Ds_Terminal": "011"},
        {"Ds_Terminal": None},
        {"Ds_Terminal": ""},
        {"Ds_Order": None},
        {"Ds_Order": ""},
        {"Ds_Order": "123"},
        {"Ds_Order": "1234567890123"},
        {"Ds_Order": "1234-pay_1"},
    ],
)
def test_what_is_signed_for_another_terminal_or_about_no_order_is_not_ours(changes: dict[str, Any]) -> None:
    assert not accepts(members(result(**changes)))


def test_the_form_that_the_payer_holds_is_no_notification() -> None:
    # It is signed with the same key, over parameters of other names.
    assert not accepts(HELD)
    told = {**parameters(HELD), "Ds_MerchantCode": CODE, "Ds_Terminal": "1", "Ds_Response": "0000"}
    text = encode(V2, told)
    form = {**PLAIN, "Ds_MerchantParameters": text, "Ds_Signature": sign(V2, SECRET, ORDER, text)}
    assert not accepts(form)


def test_no_parameter_can_be_changed() -> None:
    for changes in ({"Ds_Amount": "1"}, {"Ds_Response": "0001"}, {"Ds_Order": "1234ABCDEFGH"}):
        text = encode(V2, result(**changes))
        assert not accepts({**PLAIN, "Ds_MerchantParameters": text})


def test_another_key_is_not_authentic() -> None:
    other = b64encode(bytes(range(24))).decode()
    assert not accepts(members(result(), secret=other))


@pytest.mark.parametrize("version", VERSIONS)
def test_a_signature_may_come_in_either_alphabet_padded_or_not(version: str) -> None:
    # Some order whose signature has both letters that the alphabets differ in.
    forms = (members(result(Ds_Hour=f"{number}"), version) for number in range(500))
    form = next(one for one in forms if set("-+") & set(one["Ds_Signature"]))
    signature = form["Ds_Signature"]
    raw = b64decode(signature.replace("-", "+").replace("_", "/") + "=" * (-len(signature) % 4))
    padded, plain = urlsafe_b64encode(raw).decode(), b64encode(raw).decode()
    for variant in (padded, plain, padded.rstrip("="), plain.rstrip("=")):
        assert accepts({**form, "Ds_Signature": variant}, version)


@pytest.mark.parametrize(
    "signature",
    ["", "=", SIGNATURE[:-1], SIGNATURE + "A", " " + SIGNATURE, SIGNATURE.lower(), "ñ", "\udcff", "A" * 9999],
)
def test_any_other_signature_is_not_authentic(signature: str) -> None:
    raw = urlencode({**PLAIN, "Ds_Signature": signature}, errors="surrogatepass").encode()
    assert not accepts(raw)


@pytest.mark.parametrize("name", list(PLAIN))
def test_each_member_is_there_once(name: str) -> None:
    pairs = list(PLAIN.items())
    assert accepts(pairs)
    assert not accepts([pair for pair in pairs if pair[0] != name])
    assert not accepts([*pairs, (name, PLAIN[name])])
    assert not accepts([*pairs, (name, "")])
    assert not accepts([(key.upper(), value) for key, value in pairs])


@pytest.mark.parametrize(
    "text",
    [TEXT + "=", TEXT + "\n", TEXT[:-1], TEXT.replace("e", "E", 1), "", "e30", "bnVsbA", "W10", "x" * 5, "ñ"],
)
def test_the_signature_holds_for_exactly_the_received_text(text: str) -> None:
    assert not accepts({**PLAIN, "Ds_MerchantParameters": text})


@pytest.mark.parametrize(
    "raw",
    [b"", b"&&&", b"\xff\xfe", json.dumps(PLAIN).encode(), b"a=b&" * 60, b"Ds_Signature", b"%" * 50],
)
def test_what_is_no_form_is_not_authentic(raw: bytes) -> None:
    assert not accepts(raw)
    assert not accepts(raw + b"&" + urlencode(PLAIN).encode() + b"&" + raw + urlencode(PLAIN).encode())


@given(st.binary(max_size=300))
def test_no_body_raises_anything_else(raw: bytes) -> None:
    assert not accepts(raw)


@given(
    st.dictionaries(st.sampled_from([*result(), "x"]), st.none() | st.booleans() | st.integers() | st.text())
)
def test_no_signed_parameters_raise_anything_else(changes: dict[str, Any]) -> None:
    told = result(**changes)
    form = members({**told, "Ds_Order": str(told.get("Ds_Order", ""))})
    if accepts(form):
        assert read(form).event_id
