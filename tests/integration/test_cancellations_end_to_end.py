"""Each procedure of a cancellation over HTTP on the deployed template, to its one formal e-mail (C1–C14)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.kernel.clock import start_of
from chalicelib.kernel.periods import add_period
from infra import commands
from infra.local import Local
from tests.integration.leaving import (
    CONFIRM,
    CONTACT,
    FORMAL,
    OWED,
    Case,
    Desk,
    Leaver,
    buyer,
    dead_letters,
    instant,
    tick,
    was_due,
)
from tests.integration.running import Client, eventually, registered

DAY = timedelta(days=1)
ZONE = "America/Sao_Paulo"
INTERVIEW: dict[str, Any] = {
    "reason_code": "price",
    "account": "Ficou caro para o escritório.",
    "uses_other_product": True,
    "other_product": "Outro Software",
    "other_product_why": "mais barato",
    "price_wanted": {"amount": 9900, "currency": "BRL"},
}


@pytest.fixture(scope="module")
def desk(local: Local) -> Iterator[Desk]:
    visitor = Client(local.endpoints["api"])
    yield Desk(local, *(visitor.signed_in(f"{who}@example.com") for who in ("staff", "it", "finance")))
    assert dead_letters(local) == {}


@pytest.fixture
def holder(local: Local, visitor: Client) -> Leaver:
    """She holds a domain, mailboxes, a site and an integration since before."""
    return Leaver(local, "bia@example.com", visitor.signed_in("bia@example.com"))


def test_by_phone_what_is_owed_is_told_and_what_is_not_can_not_be_paid_any_more(
    local: Local, visitor: Client, desk: Desk
) -> None:
    leaver = buyer(local, visitor, "multipack", "erp")
    held = leaver.contracts()["multipack"]
    start = instant(held["current_period"]["start"]).date()
    owed, not_owed = (
        leaver.charged(held["id"], start_of(add_period(start, "P1M", months), ZONE)) for months in (1, 2)
    )
    was_due(local, held["id"], owed["id"], start - DAY)

    case = desk.opens(leaver, "phone", "multipack", notes="Ligou às nove.")
    assert case.shown["next"] == ["interview", "decide"]
    asked = case.does("interview", **INTERVIEW)
    assert asked["fitting_offers"][0] == "drop_services"
    offer: dict[str, Any] = {"kind": "drop_services", "detail": "só o ERP", "subscription_ids": [held["id"]]}
    assert case.does("offers", **offer)["offers"][0]["amount"] == {"amount": 19900, "currency": "BRL"}
    preview = case.does("outcome?preview=true", outcome="canceled")
    assert {one["payment_id"]: one["owed"] for one in preview["slips"]} == {
        owed["payment"]["id"]: True,
        not_owed["payment"]["id"]: False,
    }
    assert (case.shown["status"], case.shown["outcome"]) == ("in_progress", None)

    assert case.does("outcome", outcome="canceled")["outcome"] == "canceled"
    assert case.call("outcome", outcome="reverted").json["code"] == "cancellation_decided"
    case.over(["multipack"])
    assert {name: one["status"] for name, one in leaver.contracts().items()} == {
        "multipack": "ended",
        "erp": "active",
    }
    assert len(leaver.letters(OWED)) == 1
    (task,) = desk.tasks("finance", "slip_canceled", leaver.id)
    assert task["facts"]["payment_id"] == not_owed["payment"]["id"]
    with pytest.raises(commands.Refused):
        commands.pay(local.home, not_owed["payment"]["id"])
    assert commands.pay(local.home, owed["payment"]["id"]) == 0
    path = f"/v1/orders/{owed['id']}"
    eventually("the payment", lambda: leaver.client.get(path)["status"] == "paid")


def test_by_card_after_three_calls_in_vain_silence_decides(local: Local, visitor: Client, desk: Desk) -> None:
    leaver = buyer(local, visitor, "erp")
    case = desk.opens(leaver, "card", "erp", reason_code="other")
    assert case.shown["next"] == ["call"]
    for _ in range(2):
        assert case.tried("phone")["status"] == "in_progress"
    waiting = case.tried("phone")
    assert (waiting["status"], waiting["next"][-1]) == ("waiting_customer", "wait")
    case.tried("whatsapp")
    eventually("the letter", lambda: leaver.letters(CONTACT))
    until = instant(waiting["waiting_until"])
    tick(local, until - DAY)
    assert case.shown["status"] == "waiting_customer"
    for _ in range(2):
        tick(local, until)
    shown = case.over(["erp"])
    assert (shown["outcome"], shown["decided_by"]) == ("canceled", "system")
    assert len(leaver.letters(CONTACT)) == 1


def test_in_a_chat_who_falls_silent_is_called_at_once(local: Local, visitor: Client, desk: Desk) -> None:
    leaver = buyer(local, visitor, "erp")
    case = desk.opens(leaver, "chat", "erp")
    assert case.shown["next"] == ["interview", "decide"]
    assert case.does("silent")["next"] == ["call"]
    assert case.tried("phone", "reached")["next"] == ["interview", "decide"]
    case.does("outcome", outcome="canceled", reason_code="not_used")
    shown = case.over(["erp"])
    assert [(one["channel"], one["result"]) for one in shown["attempts"]] == [("phone", "reached")]


def test_a_contact_that_broke_off_is_completed_by_message_or_mail(
    local: Local, visitor: Client, desk: Desk
) -> None:
    leaver = buyer(local, visitor, "erp", phone="+55 11 98765-4321")
    case = desk.opens(leaver, "broken_off", "erp")
    assert case.shown["next"] == ["call"]
    called = case.tried("phone")
    assert called["next"] == ["whatsapp", "call"]
    assert called["whatsapp"]["url"].startswith("https://wa.me/5511987654321?text=")
    assert case.tried("whatsapp")["next"] == ["call"]
    case.tried("email")
    eventually("the letter", lambda: leaver.letters(CONFIRM))
    case.tried("phone", "reached")
    case.does(
        "interview",
        **{**INTERVIEW, "uses_other_product": False, "other_product": None, "other_product_why": None},
    )
    case.does("outcome", outcome="canceled")
    assert case.over(["erp"])["reason_code"] == "price"
    assert len(leaver.letters(CONFIRM)) == 1


def decided(desk: Desk, leaver: Leaver, product: str, **detail: str) -> Case:
    """The case of a customer who wants a product to end, and does not change his mind."""
    ids = leaver.contracts()[product]["id"]
    case = desk.opens(leaver, "phone", product, details=[{"subscription_id": ids, **detail}])
    case.does("outcome", outcome="canceled", reason_code="closing")
    return case


def test_a_domain_is_transferred_without_anybodys_password(holder: Leaver, desk: Desk) -> None:
    case = decided(desk, holder, "domain", domain="escritorio.com.br")
    (item,) = case.shown["items"]
    assert (item["domain"], item["register"]) == ("escritorio.com.br", "registro.br")
    assert case.completes("transfer_domain").json["code"] == "step_not_ready"
    assert case.completes("find_responsible", responsible="us").status == 200
    asked: dict[str, Any] = {"registrar_id": "BELIM10", "password": "segredo"}
    refused = case.completes("collect_transfer_data", **asked)
    assert refused.status == 422
    assert {one["pointer"]: one["code"] for one in refused.json["errors"]}["/password"] == "password"
    told: dict[str, Any] = {"registrar_id": "BELIM10", "authorization_code": "AUTH-4711"}
    assert case.completes("collect_transfer_data", **told).status == 200
    (seen,), (hidden,) = (who.get(case.path)["transfers"] for who in (desk.it, desk.staff))
    assert (seen["authorization_code"], hidden["authorization_code"]) == ("AUTH-4711", None)
    assert holder.contracts()["domain"]["status"] == "active"
    case.finishes_task("transfer_domain", "it")
    task = case.finishes_task("tell_responsible", "registry")
    assert task["facts"]["domain"] == "escritorio.com.br"
    shown = case.over(["domain"])
    assert shown["transfers"][0]["authorization_code"] is None


def test_mailboxes_end_once_their_mail_is_backed_up_and_hosting_has_closed_them(
    holder: Leaver, desk: Desk
) -> None:
    case = decided(desk, holder, "corporate-email", domain="escritorio.com.br")
    unsaid = case.completes("confirm_backup")
    assert (unsaid.status, [one["pointer"] for one in unsaid.json["errors"]]) == (422, ["/evidence"])
    assert holder.contracts()["corporate-email"]["status"] == "active"
    assert case.completes("confirm_backup", evidence="cliente confirmou o backup por telefone").status == 200
    case.finishes_task("close_hosting", "hosting")
    case.over(["corporate-email"])


def test_a_site_is_closed_after_its_users(holder: Leaver, desk: Desk) -> None:
    case = decided(desk, holder, "site", detail="Site do Advogado", domain="www.escritorio.com.br")
    eventually("the users' turn", lambda: desk.tasks("it", "deactivate_users", holder.id))
    assert case.step("end_contract")["status"] == "done"
    assert case.completes("close_site", desk.it).json["code"] == "step_not_ready"
    assert case.completes("deactivate_users", desk.it, evidence="2 usuários").status == 200
    assert case.completes("close_site", desk.it).status == 200
    case.over(["site"])


def test_software_ends_with_its_beneficiaries_first_and_no_step_is_left_out_without_a_reason(
    holder: Leaver, desk: Desk
) -> None:
    case = decided(desk, holder, "integration", detail="leituras")
    assert case.completes("deactivate_users", desk.it).json["code"] == "step_not_ready"
    beneficiaries = f"steps/{case.step('deactivate_beneficiaries')['step']}/skip"
    assert case.call(beneficiaries, desk.it).status == 422
    case.does(beneficiaries, desk.it, reason="não tem beneficiários")
    assert holder.contracts()["integration"]["status"] == "active"
    assert case.completes("deactivate_users", desk.it).status == 200
    case.over(["integration"])
    assert case.step("deactivate_beneficiaries")["reason"] == "não tem beneficiários"


def test_a_withdrawal_is_carried_through_without_anybodys_consent(
    local: Local, visitor: Client, desk: Desk
) -> None:
    leaver = Leaver(local, *registered(visitor))
    placed = leaver.client.call("POST", "/v1/orders", {"items": [{"product": "erp"}]}).json
    path = f"/v1/orders/{placed['id']}"
    eventually("the boleto", lambda: leaver.client.get(path)["payment"]["boleto"])
    asked = {"order_id": placed["id"], "confirm": True}
    assert leaver.client.call("POST", "/v1/withdrawals", asked).status == 201
    found = f"/v1/staff/cancellations?customer_id={leaver.id}&channel=withdrawal"
    (row,) = eventually("the case", lambda: desk.staff.get(found)["data"])
    shown = Case(desk, leaver, row["id"]).over(["erp"])
    assert [one["owed"] for one in shown["slips"]] == [False]
    with pytest.raises(commands.Refused):
        commands.pay(local.home, placed["payment"]["id"])
    assert len(leaver.letters(FORMAL)) == 1
