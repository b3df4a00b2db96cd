"""Staff takes down that a customer wants to leave, and finds his case again (C1)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest

from chalicelib.kernel.clock import rfc3339
from chalicelib.subscriptions import store as subscriptions
from tests.functional import steps
from tests.functional.leaving_desk import EVA, Desk, desk, timeless
from tests.world import World

DAY = timedelta(days=1)


@pytest.fixture
def here(world: World) -> Desk:
    return desk(world)


def _listed(here: Desk, **query: Any) -> Any:
    answer = here.ask("GET", f"?{urlencode(query)}")
    assert answer.status == 200, answer.text
    return answer.json


def _numbers(here: Desk, **query: Any) -> list[str]:
    return [row["number"] for row in _listed(here, **query)["data"]]


def test_a_new_case_says_what_is_wanted_and_what_it_would_take(here: Desk) -> None:
    site = here.ana.holds("site")
    answer = here.open(
        site,
        reason_code="price",
        notes="Closes one shop",
        details=[{"subscription_id": site.id, "detail": "Shop 2", "domain": "loja.com.br"}],
    )
    assert answer.status == 201, answer.text
    case = answer.json
    assert (case["number"], case["status"], case["channel"]) == ("C-000001", "open", "phone")
    assert (case["opened_by"], case["reason_code"], case["notes"]) == (EVA, "price", "Closes one shop")
    (item,) = case["items"]
    assert (item["subscription_id"], item["ending"], item["detail"]) == (site.id, "site", "Shop 2")
    assert (item["domain"], item["register"], item["ended_at"]) == ("loja.com.br", "registro.br", None)
    assert [step["action"] for step in case["plan"]] == [
        *("end_contract", "deactivate_users", "close_site"),
        *("open_internal_task", "note_on_file", "record_notice", "send_formal_email"),
    ]
    assert {step["status"] for step in case["plan"]} == {"pending"}
    assert [one["subscription_id"] for one in case["ends"]] == [site.id]
    assert case["next"] == ["interview", "decide"]
    assert case["whatsapp"]["url"].startswith("https://wa.me/5511912345678?text=Ol%C3%A1%2C%20Ana%21")
    assert timeless(here.seen(case["id"])) == timeless(case)


def test_opening_freezes_the_contracts_in_the_same_transaction(here: Desk) -> None:
    held = here.ana.holds("multipack"), here.ana.holds("erp")
    case_id = here.opened(*held)
    for one in map(subscriptions.get, (held[0].id, held[1].id)):
        assert (one.case_id, one.auto_renew) == (case_id, False)
        assert rfc3339(one.frozen_at or datetime.min) == here.seen(case_id)["requested_at"]
    assert [row["name"] for row in here.world.rows("outbox")] == ["cancellation.opened"]


def test_the_instant_of_the_request_is_kept_and_counts_from_then(here: Desk) -> None:
    held = here.ana.holds("multipack", days=70)
    late, later = here.ana.asked_to_pay(held, -20, 2)
    asked_at = here.world.now - 10 * DAY
    told = {"key": "k-1", "requested_at": rfc3339(asked_at)}
    answer = here.open(held, **told)
    assert answer.status == 201, answer.text
    assert answer.json["requested_at"] == rfc3339(asked_at)
    frozen_at = subscriptions.get(held.id).frozen_at
    assert frozen_at == asked_at.replace(microsecond=0)
    # What was due before he asked is owed; what was due after that is not, although it was asked for.
    assert {one["payment_id"]: one["owed"] for one in answer.json["slips"]} == {late: True, later: False}
    assert here.open(held, **told).json == answer.json
    assert timeless(here.seen(answer.json["id"])) == timeless(answer.json)


def test_every_faulty_field_is_named_and_nothing_is_changed(here: Desk) -> None:
    held, over = here.ana.holds("erp"), here.ana.holds("site")
    here.ana.stored(type(over)(**{**vars(subscriptions.get(over.id)), "status": "ended"}))
    before = here.world.rows()
    answer = here.open(
        held,
        subscription_ids=[held.id, "sub_nobody", over.id, held.id],
        requested_at=rfc3339(here.world.now + DAY),
        details=[{"subscription_id": held.id}, {"subscription_id": "sub_other"}],
    )
    assert steps.faults(answer) == {
        "/subscription_ids/1": "unknown_subscription",
        "/subscription_ids/2": "contract_ended",
        "/subscription_ids/3": "twice",
        "/details/1/subscription_id": "not_among",
        "/requested_at": "in_future",
    }
    assert here.world.rows() == before


@pytest.mark.parametrize(
    ("body", "faults"),
    [
        ({"channel": "form"}, {"/channel": "literal_error"}),
        ({"subscription_ids": []}, {"/subscription_ids": "too_short"}),
        ({"reason_code": "bored"}, {"/reason_code": "literal_error"}),
        ({"notes": "a senha dele é abc"}, {"/notes": "password"}),
        ({"notes": "senha: 1234", "password": "x"}, {"/notes": "password", "/password": "extra_forbidden"}),
        ({"requested_at": "2020-01-01T00:00:00Z"}, {"/requested_at": "too_long_ago"}),
        ({"requested_at": "2020-01-01T00:00:00"}, {"/requested_at": "timezone_aware"}),
        ({"details": [{"subscription_id": "a"}, {"subscription_id": "a"}]}, {"/details": "twice"}),
        (
            {"details": [{"subscription_id": "a", "domain": "http://a.br/"}]},
            {"/details/0/domain": "string_pattern_mismatch"},
        ),
    ],
)
def test_what_staff_writes_is_checked(here: Desk, body: dict[str, Any], faults: dict[str, str]) -> None:
    held = here.ana.holds("erp")
    before = here.world.rows()
    assert steps.faults(here.open(held, **body)) == faults
    assert here.world.rows() == before


def test_a_customer_nobody_knows_and_a_case_nobody_knows_are_not_found(here: Desk) -> None:
    assert here.open(here.ana.holds("erp"), customer_id="cus_nobody").json["code"] == "customer_not_found"
    assert here.ask("GET", "/can_nobody").json["code"] == "cancellation_not_found"
    assert here.ask("POST", "/can_nobody/silent", {}).json["code"] == "cancellation_not_found"


def test_an_id_of_another_customers_contract_is_unknown(here: Desk) -> None:
    held = here.ana.holds("erp")
    other, _ = here.world.customer("other@example.com", tax_id="11144477735")
    assert steps.faults(here.open(held, customer_id=other.id)) == {
        "/subscription_ids/0": "unknown_subscription"
    }


def test_what_is_leaving_already_names_the_case(here: Desk) -> None:
    held = here.ana.holds("erp")
    case_id = here.opened(held)
    answer = here.open(held)
    assert steps.faults(answer) == {"/subscription_ids/0": "already_leaving"}
    assert case_id in answer.json["errors"][0]["detail"]


def test_a_repeat_gets_the_first_answer_and_opens_nothing(here: Desk) -> None:
    held = here.ana.holds("multipack")
    first = here.open(held, key="k-1", notes="Moves away")
    assert first.status == 201, first.text
    here.does(first.json["id"], "attempts", channel="phone", result="no_answer")
    before = here.world.rows()
    again = here.open(held, key="k-1", notes="Moves away")
    assert (again.status, again.body, again.headers["Idempotent-Replayed"]) == (201, first.body, "true")
    assert here.open(held, key="k-1").json["code"] == "idempotency_key_reused"
    assert here.world.rows() == before


# The list


def test_cases_are_listed_newest_request_first_page_by_page(here: Desk) -> None:
    for days, product in enumerate(("erp", "site", "multipack")):
        here.opened(here.ana.holds(product), requested_at=rfc3339(here.world.now - days * DAY))
    assert _numbers(here) == ["C-000001", "C-000002", "C-000003"]
    first = _listed(here, limit=2)
    rest = _listed(here, limit=2, cursor=first["next_cursor"])
    assert [row["number"] for row in (*first["data"], *rest["data"])] == _numbers(here)
    assert rest["next_cursor"] is None


def test_the_list_is_narrowed_by_customer_status_channel_and_day(here: Desk) -> None:
    here.opened(here.ana.holds("erp"))
    waiting = here.opened(
        here.ana.holds("site"), channel="card", requested_at=rfc3339(here.world.now - 9 * DAY)
    )
    for _ in range(3):
        here.does(waiting, "attempts", channel="phone", result="no_answer")
    today = datetime.now(UTC).date()
    assert _numbers(here, customer_id=here.ana.customer_id) == ["C-000001", "C-000002"]
    assert _numbers(here, customer_id="cus_other") == []
    assert _numbers(here, status="waiting_customer") == ["C-000002"]
    assert _numbers(here, channel="phone") == ["C-000001"]
    assert _numbers(here, to=today - 5 * DAY) == ["C-000002"]
    assert _numbers(here, **{"from": today - 5 * DAY}) == ["C-000001"]
    (row,) = _listed(here, status="waiting_customer")["data"]
    assert row["waiting_until"] == here.seen(waiting)["waiting_until"] is not None
    assert (row["outcome"], row["decided_by"], row["closed_at"]) == (None, None, None)


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("status=gone", "/query/status"),
        ("channel=fax", "/query/channel"),
        ("from=1700000000", "/query/from"),
        ("from=2026-05-02&to=2026-05-01", "/query/to"),
        ("from=2024-05-02&to=2026-05-01", "/query/to"),
        ("limit=0", "/query/limit"),
        ("cursor=x", "/query/cursor"),
    ],
)
def test_a_question_that_makes_no_sense_is_refused(here: Desk, query: str, pointer: str) -> None:
    assert list(steps.faults(here.ask("GET", f"?{query}"))) == [pointer]
