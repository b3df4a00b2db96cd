"""The main job over HTTP against the deployed template: what a newcomer does in his first two minutes."""

from __future__ import annotations

import io
import urllib.error
import urllib.request
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import jwt
import pytest
from pypdf import PdfReader

from infra import commands
from infra.emulator import direct
from infra.local import STACK, Local
from infra.machine import Ports
from tests.integration.running import Answer, Client, eventually, mails_to, registered


def pdf_of(customer: Client, path: str) -> bytes:
    """A document, as soon as it has been made."""

    def found() -> Answer | None:
        answer = customer.call("GET", f"{path}/pdf")
        return None if answer.status == 409 and answer.json["code"] == "document_not_ready" else answer

    answer: Answer = eventually("the document", found)
    assert (answer.status, answer.headers["Content-Type"]) == (200, "application/pdf"), answer
    return answer.body


def test_a_newcomer_buys_pays_and_validates(local: Local, visitor: Client) -> None:
    email, customer = registered(visitor)
    order = {
        "items": [
            {"product": "prestaimport", "installation": {"name": "Loja", "domain": "loja.example.com"}},
            {"product": "supplier-a"},
        ],
        "payment_method": "boleto",
    }
    placed = customer.call("POST", "/v1/orders", order, **{"Idempotency-Key": "first"})
    assert placed.status == 201, placed
    again = customer.call("POST", "/v1/orders", order, **{"Idempotency-Key": "first"})
    assert (again.status, again.json, again.headers["Idempotent-Replayed"]) == (201, placed.json, "true")

    path = f"/v1/orders/{placed.json['id']}"
    slip = eventually("the boleto", lambda: customer.get(path)["payment"]["boleto"])
    assert len(slip["digitable_line"]) == 47
    assert commands.pay(local.home, placed.json["payment"]["id"]) == 0
    eventually("the activation", lambda: customer.get(path)["licenses"])

    (license,) = customer.get("/v1/licenses")["data"]
    question = {"key": license["key"], "addons": ["supplier-a"], "nonce": "n-1"}
    verdict = visitor.call("POST", "/v1/licenses/validate", question)
    assert (verdict.status, verdict.json["valid"], verdict.json["code"]) == (200, True, "VALID")
    assert [(one["code"], one["status"]) for one in verdict.json["addons"]] == [("supplier-a", "active")]
    (key,) = visitor.get("/.well-known/jwks.json")["keys"]
    public = jwt.PyJWK(key)
    claims = jwt.decode(verdict.json["token"], public.key, algorithms=["EdDSA"], issuer=visitor.base)
    assert (claims["license"], claims["nonce"], claims["valid"]) == (license["id"], "n-1", True)

    subjects = eventually("four e-mails", lambda: [] if len(m := mails_to(local, email)) < 4 else m)
    assert len(subjects) == len(set(subjects)) == 4, subjects


def test_a_shop_is_activated_moved_and_reminded(local: Local, visitor: Client) -> None:
    email, customer = registered(visitor)
    placed = customer.call("POST", "/v1/orders", {"items": [{"product": "prestaimport"}]})
    assert commands.pay(local.home, placed.json["payment"]["id"]) == 0
    (license,) = eventually("the licence", lambda: customer.get("/v1/licenses")["data"])
    tool, validator = Client(visitor.base), Client(local.endpoints["validator"])

    def told(path: str, shop: str, at: Client = tool) -> Any:
        answer = at.call("POST", path, {"key": license["key"], "fingerprint": shop})
        assert answer.status == 200, answer
        return answer.json["code"]

    assert told("/v1/licenses/validate", "old.example.com") == "NOT_ACTIVATED"
    assert told("/v1/licenses/activate", "https://www.Old.example.com/admin") == "VALID"
    assert told("/v1/licenses/activate", "new.example.com") == "TOO_MANY_ACTIVATIONS"
    for at, path in ((tool, "/v1/licenses/validate"), (validator, "/"), (validator, "/v1/licenses/validate")):
        assert told(path, "old.example.com", at) == "VALID"
        assert told(path, "new.example.com", at) == "FINGERPRINT_MISMATCH"

    (activation,) = customer.get(f"/v1/licenses/{license['id']}/activations")["data"]
    moved = customer.call("DELETE", f"/v1/licenses/{license['id']}/activations/{activation['id']}")
    assert (moved.status, moved.json["moves_left"]) == (200, 2)
    assert told("/v1/licenses/activate", "new.example.com") == "VALID"

    before = len(eventually("four e-mails", lambda: [] if len(m := mails_to(local, email)) < 4 else m))
    day_before = datetime.fromisoformat(license["expires_at"]) - timedelta(days=1)
    for _ in range(2):
        assert commands.tick(local.home, STACK, day_before.isoformat(), "licence_expiry") == 0
    eventually("the reminder", lambda: len(mails_to(local, email)) == before + 1)


def test_a_card_order_is_paid_at_the_hosted_checkout(local: Local, visitor: Client) -> None:
    customer = visitor.signed_in("jose@example.com")
    placed = customer.call("POST", "/v1/orders", {"items": [{"product": "prestaimport"}]})
    assert (placed.status, placed.json["payment"]["method"]) == (201, "card")
    path = f"/v1/orders/{placed.json['id']}"
    checkout = eventually("the checkout", lambda: customer.get(path)["payment"]["redirect_url"])
    assert checkout.startswith(local.endpoints["sandbox"])
    assert commands.pay(local.home, placed.json["payment"]["id"]) == 0
    eventually("the payment", lambda: customer.get(path)["status"] == "paid")


def test_the_invoice_of_an_order_can_be_fetched_as_the_same_pdf_each_time(visitor: Client) -> None:
    customer, finance = visitor.signed_in("jose@example.com"), visitor.signed_in("finance@example.com")
    placed = customer.call("POST", "/v1/orders", {"items": [{"product": "prestaimport"}]}).json
    path = f"/v1/invoices/{placed['invoice_id']}"
    invoice = customer.get(path)
    document = pdf_of(customer, path)
    assert document.startswith(b"%PDF")
    text = " ".join(PdfReader(io.BytesIO(document)).pages[0].extract_text().split())
    for wanted in (invoice["number"], "Calle Mayor 1, 28013 Madrid", "Calle de Alcalá, 50", "IVA 21 %"):
        assert wanted in text, wanted
    again = customer.call("GET", f"{path}/pdf", Accept="application/pdf")
    assert again.headers["Content-Disposition"] == f'inline; filename="{invoice["number"]}.pdf"'
    assert again.body == pdf_of(finance, f"/v1/staff{path.removeprefix('/v1')}") == document
    _, stranger = registered(visitor)
    assert stranger.call("GET", f"{path}/pdf").status == 404


def test_a_transfer_is_booked_from_a_bank_statement_or_when_finance_confirms_it(visitor: Client) -> None:
    customer, finance = visitor.signed_in("jose@example.com"), visitor.signed_in("finance@example.com")
    order = {"items": [{"product": "prestaimport"}], "payment_method": "transfer"}
    placed = customer.call("POST", "/v1/orders", order).json
    path = f"/v1/orders/{placed['id']}"
    told = eventually("the account", lambda: customer.get(path)["payment"]["instructions"])
    assert told["reference"] == customer.get(f"/v1/invoices/{placed['invoice_id']}")["number"]
    # No accent survives a gateway that takes the body for UTF-8.
    raw = f"Fecha;Descripción;Importe\n20/11/2026;José Peña {told['reference']};120,00\n".encode("cp1252")
    statement = finance.call("POST", "/v1/staff/bank_statements", raw, **{"Content-Type": "text/csv"})
    (line,) = statement.json["lines"]
    assert (line["text"], line["outcome"]) == (f"José Peña {told['reference']}", "proposed")
    entry = {name: line[name] for name in ("reference", "value_date", "amount")}
    entries = [{**entry, "payment_id": line["payment_id"]}]
    (result,) = finance.call("POST", "/v1/staff/bank_entries", {"entries": entries}).json["entries"]
    assert (result["outcome"], result["payment"]["id"]) == ("booked", placed["payment"]["id"])
    confirm = f"/v1/staff/payments/{placed['payment']['id']}/confirm"
    assert customer.call("POST", confirm, entry).status == 403
    assert [finance.call("POST", confirm, entry).json["status"] for _ in range(2)] == ["paid", "paid"]
    eventually("the activation", lambda: customer.get(path)["licenses"])
    report = "/v1/staff/reports/payments?from=2026-11-20&to=2026-11-20&method=transfer"
    (row,) = [one for one in finance.get(report)["data"] if one["id"] == placed["payment"]["id"]]
    assert (row["invoice_number"], row["status"]) == (told["reference"], "paid")
    media_type, lines = finance.download(f"{report}&format=csv")
    assert media_type == "text/csv; charset=utf-8"
    assert [line for line in lines if line.startswith(f"{row['id']},")]


def test_a_refund_goes_out_and_ends_what_was_bought(local: Local, visitor: Client) -> None:
    email, customer = registered(visitor)
    order = {"items": [{"product": "prestaimport"}], "payment_method": "card"}
    placed = customer.call("POST", "/v1/orders", order).json
    assert commands.pay(local.home, placed["payment"]["id"]) == 0
    (license,) = eventually("the licence", lambda: customer.get("/v1/licenses")["data"])
    asked = f"/v1/staff/payments/{placed['payment']['id']}/refund"
    body, finance = {"reason": "bought twice"}, visitor.signed_in("finance@example.com")
    refunds = [finance.call("POST", asked, body, **{"Idempotency-Key": email}) for _ in range(2)]
    assert [(one.status, one.json["amount"]) for one in refunds] == [(201, placed["total"])] * 2
    path = f"/v1/orders/{placed['id']}"
    eventually("the refund", lambda: customer.get(path)["status"] == "refunded")
    verdict = visitor.call("POST", "/v1/licenses/validate", {"key": license["key"]})
    assert (verdict.json["valid"], verdict.json["code"]) == (False, "UNPAID")
    (note,) = customer.get("/v1/credit_notes")["data"]
    assert note["amount"] == placed["total"]
    assert pdf_of(customer, f"/v1/credit_notes/{note['id']}").startswith(b"%PDF")
    eventually("the letter", lambda: len(mails_to(local, email)) == 4)


def test_an_unpaid_boleto_expires_at_the_provider_and_here(local: Local, visitor: Client) -> None:
    email, customer = registered(visitor)
    placed = customer.call("POST", "/v1/orders", {"items": [{"product": "prestaimport"}]}).json
    path = f"/v1/orders/{placed['id']}"
    eventually("the boleto", lambda: customer.get(path)["payment"]["boleto"])
    after = datetime.fromisoformat(placed["created_at"]) + timedelta(days=20)
    assert commands.tick(local.home, STACK, after.isoformat(), "boleto_expiry") == 0
    eventually("the expiry", lambda: customer.get(path)["status"] == "expired")
    with pytest.raises(commands.Refused):
        commands.pay(local.home, placed["payment"]["id"])
    eventually("three e-mails", lambda: len(mails_to(local, email)) == 3)


def test_a_paid_advisory_moves_its_ticket_on(local: Local, visitor: Client) -> None:
    customer = visitor.signed_in("ana@example.com")
    placed = customer.call("POST", "/v1/orders", {"items": [{"product": "advisory-1h"}]})
    assert placed.status == 201, placed
    (ticket_id,) = placed.json["tickets"]
    assert customer.get(f"/v1/tickets/{ticket_id}")["waits_for"] == "payment"
    assert commands.pay(local.home, placed.json["payment"]["id"]) == 0
    eventually("the ticket", lambda: customer.get(f"/v1/tickets/{ticket_id}")["waits_for"] == "slots")


def test_the_gateway_itself_answers_with_problems(visitor: Client) -> None:
    missing = visitor.call("GET", "/v1/orders")
    forged = Client(visitor.base, "not.a.token").call("GET", "/v1/orders")
    unknown = visitor.call("GET", "/v1/nothing-here")
    assert [answer.status for answer in (missing, forged, unknown)] == [401, 401, 404]
    for answer in (missing, forged, unknown):
        assert answer.headers["Content-Type"].startswith("application/problem+json")
        assert {"type", "title", "status", "code", "detail", "request_id"} <= set(answer.json)


def test_roles_and_owners_are_told_apart(visitor: Client) -> None:
    ana, finance = visitor.signed_in("ana@example.com"), visitor.signed_in("finance@example.com")
    assert ana.call("GET", "/v1/staff/tasks").status == 403
    assert finance.call("GET", "/v1/staff/tasks?sector=finance").status == 200
    (subscription, *_) = ana.get("/v1/subscriptions")["data"]
    _, stranger = registered(visitor)
    assert stranger.call("GET", f"/v1/subscriptions/{subscription['id']}").status == 404


def test_a_preflight_answers_only_listed_origins(local: Local, visitor: Client) -> None:
    listed = local.environment()["ALLOWED_ORIGINS"].split(",")[0]
    for origin, allowed in ((listed, listed), ("https://elsewhere.example", None)):
        request = urllib.request.Request(
            visitor.base + "/v1/orders", method="OPTIONS", headers={"Origin": origin}
        )
        with direct.open(request, timeout=30) as answer:
            assert answer.status == 204
            assert answer.headers.get("Access-Control-Allow-Origin") == allowed


def test_a_tick_runs_the_schedules(local: Local, capsys: pytest.CaptureFixture[str]) -> None:
    assert commands.tick(local.home, STACK, "2026-12-03T12:00:00Z", "") == 0
    told = capsys.readouterr().out
    assert "reconcile at" in told
    assert "licence_expiry at" in told
    assert "renewals at" in told
    assert "cancellations at" in told


def test_the_data_the_documents_and_the_stream_survive_a_restart(tmp_path: Path) -> None:
    ports = Ports.free()
    first = Local(tmp_path, ports, say=lambda line: None)
    try:
        first.start()
        first.seed()
        email, customer = registered(Client(first.endpoints["api"]))
        earlier = customer.call("POST", "/v1/orders", {"items": [{"product": "prestaimport"}]}).json
        document = pdf_of(customer, f"/v1/invoices/{earlier['invoice_id']}")
    finally:
        first.stop()
    second = Local(tmp_path, ports, say=lambda line: None)
    try:
        second.start()
        customer = Client(second.endpoints["api"]).signed_in(email)
        assert pdf_of(customer, f"/v1/invoices/{earlier['invoice_id']}") == document
        placed = customer.call("POST", "/v1/orders", {"items": [{"product": "prestaimport"}]})
        eventually("the boleto", lambda: customer.get(f"/v1/orders/{placed.json['id']}")["payment"]["boleto"])
    finally:
        second.stop()
