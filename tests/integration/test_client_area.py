"""The client area against the deployed template: passwords, and one's own data (V5)."""

from __future__ import annotations

import json
import urllib.request

from infra.emulator import direct
from tests.integration.running import PASSWORD, Client, eventually, registered

NEW = "stapled to the fence"


def test_a_customer_changes_his_password_and_has_it_reset(visitor: Client) -> None:
    email, customer = registered(visitor)
    wrong = customer.call(
        "POST", "/v1/me/password", {"current_password": "not the password", "new_password": NEW}
    )
    assert (wrong.status, [one["pointer"] for one in wrong.json["errors"]]) == (422, ["/current_password"])
    short = customer.call("POST", "/v1/me/password", {"current_password": PASSWORD, "new_password": "short"})
    assert (short.status, [one["pointer"] for one in short.json["errors"]]) == (422, ["/new_password"])
    changed = customer.call("POST", "/v1/me/password", {"current_password": PASSWORD, "new_password": NEW})
    assert changed.status == 200, changed
    assert visitor.call("POST", "/v1/sessions", {"email": email, "password": NEW}).status == 201

    for address in (email, "nobody@example.com"):
        assert visitor.call("POST", "/v1/me/password/forgot", {"email": address}).status == 202
    refused = visitor.call(
        "POST", "/v1/me/password/reset", {"email": email, "code": "000000", "new_password": PASSWORD}
    )
    assert (refused.status, [one["pointer"] for one in refused.json["errors"]]) == (422, ["/code"])


def test_a_customer_downloads_all_of_his_own_data(visitor: Client) -> None:
    email, customer = registered(visitor)
    ordered = customer.call("POST", "/v1/orders", {"items": [{"product": "prestaimport"}]})
    assert ordered.status == 201, ordered
    asked = customer.call("POST", "/v1/me/exports")
    assert asked.status == 202, asked
    path = f"/v1/me/exports/{asked.json['id']}"
    url = eventually("the file", lambda: customer.get(path)["url"])
    with direct.open(urllib.request.Request(url), timeout=30) as answer:
        assert answer.headers["Content-Disposition"].startswith("attachment; ")
        file = json.loads(answer.read())
    assert [one["email"] for one in file["profile"]] == [email]
    assert [one["id"] for one in file["orders"]] == [ordered.json["id"]]
