"""Redsys's signatures: published vectors, and its community's library as the other side, both ways."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from redsys.clients import DirectClient
from redsys.crypto import get_signer

from chalicelib.billing.gateways.redsys_signing import (
    SHA256_V1,
    SHA512_V1,
    V2,
    VERSIONS,
    check_secret,
    decode,
    encode,
    fits,
    sign,
)
from tests.unit.billing.fake_redsys import SECRET, accepts, members, result

# From Redsys's page on signing an operation, and the same under the oldest version.
REQUEST = (
    "eyJEU19NRVJDSEFOVF9BTU9VTlQiOiI5OTkiLCJEU19NRVJDSEFOVF9PUkRFUiI6IjEyMzQ1Njc4OTAiLCJEU19NRVJDSEFOVF9N"
    "RVJDSEFOVENPREUiOiI5OTkwMDg4ODEiLCJEU19NRVJDSEFOVF9DVVJSRU5DWSI6Ijk3OCIsIkRTX01FUkNIQU5UX1RSQU5TQUNU"
    "SU9OVFlQRSI6IjAiLCJEU19NRVJDSEFOVF9URVJNSU5BTCI6IjEiLCJEU19NRVJDSEFOVF9NRVJDSEFOVFVSTCI6Imh0dHA6XC9c"
    "L3d3dy5wcnVlYmEuY29tXC91cmxOb3RpZmljYWNpb24ucGhwIiwiRFNfTUVSQ0hBTlRfVVJMT0siOiJodHRwOlwvXC93d3cucHJ1"
    "ZWJhLmNvbVwvdXJsT0sucGhwIiwiRFNfTUVSQ0hBTlRfVVJMS08iOiJodHRwOlwvXC93d3cucHJ1ZWJhLmNvbVwvdXJsS08ucGhw"
    "In0"
)
REQUEST_V2 = "Vjo02eSWq249IeZZp3R-ArFnGLhKY0OuzDDlx1BuVtZDC2yhczA7_11uZhsYzLZBCMFAz8u8uzGDX3AErHKmmw"
REQUEST_SHA256 = "Yx3zR6dIlm1GdJjKSBP9vX6qV+iedPxPSMnZGpUhfPI="
# A notification that a shop published; its order has eight characters, which some libraries get wrong.
NOTIFICATION = (
    "eyJEc19EYXRlIjoiMzAlMkYwOCUyRjIwMjIiLCJEc19Ib3VyIjoiMTIlM0ExOCIsIkRzX1NlY3VyZVBheW1lbnQiOiIxIiwiRHNf"
    "Q2FyZF9Db3VudHJ5IjoiNzI0IiwiRHNfQW1vdW50IjoiMTU5MDAiLCJEc19DdXJyZW5jeSI6Ijk3OCIsIkRzX09yZGVyIjoiTU4w"
    "MDAwNDkiLCJEc19NZXJjaGFudENvZGUiOiIzNTU4NjgxMDAiLCJEc19UZXJtaW5hbCI6IjAwMSIsIkRzX1Jlc3BvbnNlIjoiMDAw"
    "MCIsIkRzX01lcmNoYW50RGF0YSI6IiIsIkRzX1RyYW5zYWN0aW9uVHlwZSI6IjAiLCJEc19Db25zdW1lckxhbmd1YWdlIjoiMSIs"
    "IkRzX0F1dGhvcmlzYXRpb25Db2RlIjoiMDAyNDEzIiwiRHNfQ2FyZF9CcmFuZCI6IjEiLCJEc19Qcm9jZXNzZWRQYXlNZXRob2Qi"
    "OiI1IiwiRHNfQ29udHJvbF8xNjYxODU0NjgzOTg4IjoiMTY2MTg1NDY4Mzk4OCJ9"
)
NOTIFICATION_SHA256 = "O9aFvML5qK8VBQhV4GK8kFHvmAQaSnX1hfckr7abzIs="

orders = st.from_regex(r"[0-9]{4}[0-9A-Za-z]{0,8}", fullmatch=True)
told = st.dictionaries(st.text(max_size=10), st.text(max_size=20), max_size=6)
versions = st.sampled_from(VERSIONS)


def test_the_official_request_has_the_official_signature() -> None:
    assert sign(V2, SECRET, "1234567890", REQUEST) == REQUEST_V2
    assert sign(SHA512_V1, SECRET, "1234567890", REQUEST) == f"{REQUEST_V2}=="
    assert sign(SHA256_V1, SECRET, "1234567890", REQUEST) == REQUEST_SHA256


def test_the_official_request_is_readable() -> None:
    asked = decode(REQUEST)
    assert asked is not None
    assert (asked["DS_MERCHANT_ORDER"], asked["DS_MERCHANT_AMOUNT"]) == ("1234567890", "999")


def test_a_published_notification_has_its_signature() -> None:
    assert fits(SHA256_V1, SECRET, "MN000049", NOTIFICATION, NOTIFICATION_SHA256)
    told = decode(NOTIFICATION)
    assert told is not None
    assert (told["Ds_Order"], told["Ds_Response"]) == ("MN000049", "0000")


def test_a_published_question_of_the_query_service_has_its_signature() -> None:
    question = (
        '<Version Ds_Version="0.0"><Message><Transaction><Ds_MerchantCode>999008881</Ds_MerchantCode>'
        "<Ds_Terminal>001</Ds_Terminal><Ds_Order>260723890989</Ds_Order>"
        "<Ds_TransactionType>0</Ds_TransactionType></Transaction></Message></Version>"
    )
    expected = "q7LbX1P32WQSisGT+A8ZV+fMeVJo6kR0OjYUBCxPkUI="
    assert sign(SHA256_V1, SECRET, "260723890989", question) == expected


@given(versions, orders, told)
def test_we_sign_as_the_library_does(version: str, order: str, parameters: dict[str, str]) -> None:
    signer = get_signer(SECRET, version)
    text = encode(version, parameters)
    assert sign(version, SECRET, order, text) == signer.sign(order, text.encode()).decode()


@given(versions, orders, st.text(max_size=20))
def test_what_we_sign_the_library_accepts(version: str, order: str, data: str) -> None:
    text = encode(version, {**result(Ds_Order=order, Ds_MerchantData=data)})
    client = DirectClient(SECRET, signature_version=version)
    payload = {
        "Ds_SignatureVersion": version,
        "Ds_MerchantParameters": text,
        "Ds_Signature": sign(version, SECRET, order, text),
    }
    assert client.parse_response(payload).get_order() == order


@given(versions, orders, st.text(max_size=20))
def test_what_the_library_signs_we_accept(version: str, order: str, data: str) -> None:
    form = members(result(Ds_Order=order, Ds_MerchantData=data), version)
    assert fits(version, SECRET, order, form["Ds_MerchantParameters"], form["Ds_Signature"])
    assert accepts(form, version)


@given(versions, told)
def test_parameters_come_back_as_they_went(version: str, parameters: dict[str, str]) -> None:
    text = encode(version, parameters)
    assert decode(text) == parameters
    assert version != V2 or not set(text) & set("=+/")


@pytest.mark.parametrize(
    "text", ["", "=", "====", "e30===", "not base64!", "bm90IGpzb24", "W10", "ñ", "e3\n0", "e", "Ww" * 99_999]
)
def test_what_is_no_object_in_base64_is_nothing(text: str) -> None:
    assert decode(text) is None


@pytest.mark.parametrize("text", ["e30", "e30=", "eyJhIjogIj8_PyJ9", "eyJhIjogIj8/PyJ9"])
def test_either_alphabet_is_read_padded_or_not(text: str) -> None:
    assert decode(text) in ({}, {"a": "???"})


@pytest.mark.parametrize("secret", ["", "secret", "c2hvcnQ=", f"{SECRET}!", SECRET[:-1], "ñ" * 32])
def test_what_cannot_be_a_terminals_key_is_refused_without_being_shown(secret: str) -> None:
    with pytest.raises(ValueError, match="24 bytes") as refusal:
        check_secret(secret)
    assert not secret or secret not in str(refusal.value)
