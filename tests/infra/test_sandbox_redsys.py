"""The Redsys half of the sandbox, checked with the library that Redsys's merchants use where it can be."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from redsys.clients import DirectClient, RedirectClient
from redsys.models import Response

from infra.sandbox.redsys_objects import TRIAL
from infra.sandbox.redsys_signing import signature_of
from infra.sandbox.server import Sandbox
from tests.infra.test_sandbox_kit import (
    NOON,
    Reply,
    application,
    call,
    control,
    pay,
    running_sandbox,
    turn,
)

ORDER = "2611ABC00001"
VERSIONS = ("HMAC_SHA512_V2", "HMAC_SHA512_V1", "HMAC_SHA256_V1")
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def _client(kind: Callable[..., Any], version: str = TRIAL.version, key: str = TRIAL.key) -> Any:
    return kind(key, merchant_code=TRIAL.merchant_code, terminal=1, signature_version=version)


def _wanted(**changes: Any) -> dict[str, Any]:
    return {
        "amount": Decimal("12.10"),
        "currency": 978,
        "order": ORDER,
        "merchant_data": "pay_1",
        "url_ok": "https://shop.example.com/done?order=1",
        "url_ko": "https://shop.example.com/failed",
        **changes,
    }


def _form(version: str = TRIAL.version, **changes: Any) -> dict[str, str]:
    return dict(_client(RedirectClient, version).payment(**_wanted(**changes)).to_dict())


def _open(sandbox: Sandbox, form: dict[str, str] | None = None) -> Reply:
    return call("POST", f"{sandbox.url}/redsys/sis/realizarPago", urlencode(form or _form()), FORM)


def _press(sandbox: Sandbox, button: str) -> Reply:
    return call("POST", f"{sandbox.url}/redsys/{button}/{ORDER}", "", FORM)


def _parsed(members: str | bytes, version: str = TRIAL.version) -> Response:
    text = members.decode() if isinstance(members, bytes) else members
    found: Response = _client(DirectClient, version).parse_response(dict(parse_qsl(text)))
    return found


def _pay(sandbox: Sandbox) -> None:
    """Pay without waiting for the notification: it has nowhere to go."""
    assert control(sandbox, "POST", "/pay", {"reference": "pay_1", "wait_seconds": 0}).status == 200


def _refund(sandbox: Sandbox, amount: str, **changes: Any) -> Any:
    request = _client(DirectClient).refund(
        **{"amount": Decimal(amount), "currency": 978, "order": ORDER, **changes}
    )
    address = f"{sandbox.url}/redsys/sis/rest/trataPeticionREST"
    return call("POST", address, json.dumps(request.to_dict()), {"Content-Type": "application/json"}).json


def _ask(sandbox: Sandbox, order: str = ORDER, **changes: str) -> str:
    told = {
        "code": TRIAL.merchant_code,
        "terminal": "1",
        "version": "HMAC_SHA256_V1",
        "kind": "Monitor",
        **changes,
    }
    asked = (
        f'<Version Ds_Version="0.0"><Message><{told["kind"]}>'
        f"<Ds_MerchantCode>{told['code']}</Ds_MerchantCode>"
        f"<Ds_Terminal>{told['terminal']}</Ds_Terminal><Ds_Order>{order}</Ds_Order></{told['kind']}>"
        "</Message></Version>"
    )
    signature = changes.get(
        "signature", signature_of(told["version"], TRIAL.key, order, asked, answering=False)
    )
    body = (
        f"<cadenaXML><![CDATA[<Messages>{asked}<Signature>{signature}</Signature>"
        f"<SignatureVersion>{told['version']}</SignatureVersion></Messages>]]></cadenaXML>"
    )
    reply = call("POST", f"{sandbox.url}/redsys/apl02/services/SerClsWSConsulta", body, {})
    assert reply.status == 200
    return reply.text.replace("&lt;", "<").replace("&gt;", ">")


def test_a_posted_form_is_a_page_to_pay_on() -> None:
    with running_sandbox() as sandbox:
        page = _open(sandbox)
        (charge,) = control(sandbox, "GET", "/charges").json["data"]
    assert (page.status, "EUR 12.10" in page.text, f"/redsys/pay/{ORDER}" in page.text) == (200, True, True)
    assert (charge["id"], charge["reference"], charge["amount"]) == (ORDER, "pay_1", 1210)
    assert (charge["status"], charge["payable"]) == ("open", True)
    assert charge["page"].endswith(f"/redsys/pay/{ORDER}")


@pytest.mark.parametrize("version", VERSIONS)
def test_the_library_accepts_the_notification_and_the_return(version: str) -> None:
    with application() as app, running_sandbox(app.url, redsys=replace(TRIAL, version=version)) as sandbox:
        _open(sandbox, _form(version))
        back = _press(sandbox, "pay")
    (webhook,) = app.received
    assert (webhook.path, webhook.headers["content-type"]) == ("/v1/webhooks/redsys", FORM["Content-Type"])
    told = _parsed(webhook.body, version)
    assert (told.get_order(), told.response, told.is_paid()) == (ORDER, "0000", True)
    address = urlsplit(back.headers["location"])
    assert (back.status, address.hostname) == (303, "shop.example.com")
    assert address.query.startswith("order=1&Ds_")
    assert _parsed(address.query, version).get_order() == ORDER


def test_the_notification_goes_where_the_form_says_on_this_machine() -> None:
    with application() as app, running_sandbox("http://127.0.0.1:1") as sandbox:
        _open(sandbox, _form(merchant_url=f"{app.url}/elsewhere?x=1"))
        assert pay(sandbox)["deliveries"][0]["status"] == "delivered"
    assert [webhook.path for webhook in app.received] == ["/elsewhere?x=1"]


def test_the_notification_goes_to_no_other_machine() -> None:
    with application() as app, running_sandbox(app.url) as sandbox:
        _open(sandbox, _form(merchant_url="https://shop.example.com/hook"))
        pay(sandbox)
    assert app.received[0].path == "/v1/webhooks/redsys"


def test_a_declined_card_ends_the_order() -> None:
    with application() as app, running_sandbox(app.url) as sandbox:
        _open(sandbox)
        back = _press(sandbox, "decline")
        again = _press(sandbox, "pay")
        _press(sandbox, "decline")
        repeated = _open(sandbox)
        answer = _ask(sandbox)
    (webhook,) = app.received
    assert (_parsed(webhook.body).response, _parsed(webhook.body).is_paid()) == ("0190", False)
    assert back.headers["location"].startswith("https://shop.example.com/failed?Ds_")
    assert (again.status, repeated.status, "SIS0051" in repeated.text) == (409, 400, True)
    assert "<Ds_State>F</Ds_State><Ds_Response>0190</Ds_Response>" in answer


def test_a_page_lives_for_half_an_hour() -> None:
    now = [NOON]
    clock: Callable[[], datetime] = lambda: now[0]  # noqa: E731
    with running_sandbox(clock=clock) as sandbox:
        _open(sandbox)
        now[0] = NOON + timedelta(seconds=1799)
        assert _open(sandbox).status == 200
        now[0] = NOON + timedelta(seconds=1800)
        assert (_open(sandbox).status, _press(sandbox, "pay").status) == (400, 409)
        assert "can no longer be paid" in call("GET", f"{sandbox.url}/redsys/pay/{ORDER}").text


@pytest.mark.parametrize(
    ("form", "code"),
    [
        ({**_form(), "Ds_Signature": "A" * 86}, "SIS0042"),
        ({**_form(), "Ds_Signature": "ñ"}, "SIS0042"),
        (_form("HMAC_SHA256_V1"), "SIS0430"),
        ({**_form(), "Ds_MerchantParameters": "e30="}, "SIS0430"),
        ({"Ds_SignatureVersion": "HMAC_SHA512_V2"}, "SIS0430"),
        (_form(currency=840), "SIS0027"),
        (_form(amount=Decimal(0)), "SIS0018"),
        (_form(terminal=2), "SIS0026"),
        (_form(merchant_code="999008882"), "SIS0026"),
    ],
)
def test_a_faulty_form_is_refused_with_its_code(form: dict[str, str], code: str) -> None:
    with running_sandbox() as sandbox:
        page = _open(sandbox, form)
        assert control(sandbox, "GET", "/charges").json["data"] == []
    assert (page.status, code in page.text) == (400, True)


def test_an_order_number_is_used_once_and_a_refusal_uses_none() -> None:
    with running_sandbox() as sandbox:
        turn(sandbox, decline=True)
        assert "SIS0001" in _open(sandbox).text
        turn(sandbox)
        assert _open(sandbox).status == _open(sandbox).status == 200
        assert "SIS0051" in _open(sandbox, _form(amount=Decimal("0.01"))).text
        _pay(sandbox)
        assert "SIS0051" in _open(sandbox).text


def test_the_query_lists_the_operations_of_an_order() -> None:
    with running_sandbox() as sandbox:
        assert "XML0024" in _ask(sandbox)
        _open(sandbox)
        assert "<Ds_State>S</Ds_State><Ds_Response>9998</Ds_Response>" in _ask(sandbox)
        _pay(sandbox)
        _refund(sandbox, "2.10")
        answer = _ask(sandbox)
    assert answer.count("<Response ") == 2
    assert "<Ds_TransactionType>0</Ds_TransactionType><Ds_Date>2026-11-22</Ds_Date>" in answer
    assert "<Ds_Amount>210</Ds_Amount>" in answer
    assert "<Ds_Response>0900</Ds_Response>" in answer


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"signature": "A" * 44}, "XML0023"),
        ({"version": "HMAC_SHA512_V2"}, "XML0030"),
        ({"kind": "MonitorMasiva"}, "XML0001"),
        ({"terminal": "2"}, "XML0024"),
        ({"code": "999008882"}, "XML0024"),
    ],
)
def test_a_faulty_question_is_answered_with_its_code(changes: dict[str, str], code: str) -> None:
    with running_sandbox() as sandbox:
        _open(sandbox)
        assert f"<Ds_ErrorCode>{code}</Ds_ErrorCode>" in _ask(sandbox, **changes)


def test_the_library_gives_money_back_until_all_has() -> None:
    with running_sandbox() as sandbox:
        assert _refund(sandbox, "1.00") == {"errorCode": "SIS0054"}
        _open(sandbox)
        assert _refund(sandbox, "1.00") == {"errorCode": "SIS0056"}
        _pay(sandbox)
        done = _client(DirectClient).parse_response(_refund(sandbox, "12.00"))
        assert _refund(sandbox, "0.11") == {"errorCode": "SIS0057"}
        assert "errorCode" not in _refund(sandbox, "0.10")
    assert (done.get_order(), done.response, done.transaction_type) == (ORDER, "0900", "3")


def test_a_rest_call_that_is_no_signed_refund_is_refused() -> None:
    with running_sandbox() as sandbox:
        address = f"{sandbox.url}/redsys/sis/rest/trataPeticionREST"
        codes = [call("POST", address, body, {}).json for body in ("", "[]", "{}", json.dumps(_form()))]
        unheard = call("GET", address)
    assert [code["errorCode"] for code in codes] == ["SIS0430", "SIS0430", "SIS0430", "SIS0022"]
    assert unheard.status == 404


def test_a_forged_notification_is_refused_by_the_library_until_the_knob_is_off() -> None:
    def judge(webhook: Any) -> int:
        try:
            _parsed(webhook.body)
        except ValueError:
            turn(sandbox)
            return 401
        return 200

    with application() as app, running_sandbox(app.url) as sandbox:
        app.judge = judge
        turn(sandbox, bad_signature=True)
        _open(sandbox)
        (delivery,) = pay(sandbox)["deliveries"]
        (event, headers), *_ = sandbox.signed_events()
    assert (delivery["status"], delivery["attempts"]) == ("delivered", 2)
    assert _parsed(event.body).is_paid()
    assert headers == FORM


def test_a_wrong_amount_shows_everywhere() -> None:
    with application() as app, running_sandbox(app.url) as sandbox:
        turn(sandbox, wrong_amount=-10)
        _open(sandbox)
        pay(sandbox)
        assert "<Ds_Amount>1200</Ds_Amount>" in _ask(sandbox)
    assert _parsed(app.received[0].body).amount == Decimal("12.00")


def test_a_lost_answer_of_a_refund_has_given_the_money_back() -> None:
    with running_sandbox() as sandbox:
        _open(sandbox)
        _pay(sandbox)
        turn(sandbox, lost_answer=1)
        with pytest.raises(ConnectionError):
            _refund(sandbox, "12.10")
        assert _refund(sandbox, "12.10") == {"errorCode": "SIS0057"}


def test_pages_of_what_is_no_order_are_not_there_and_no_key_is_shown() -> None:
    with running_sandbox() as sandbox:
        for path in ("pay/9999", "nothing", "pay/cs_test_1"):
            assert call("GET", f"{sandbox.url}/redsys/{path}").status == 404
    assert TRIAL.key not in repr(TRIAL)
