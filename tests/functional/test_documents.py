"""Invoices and credit notes as PDF over the API: made once, kept, and given out byte for byte (V1, V7)."""

from __future__ import annotations

import io
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from pypdf import PdfReader

from chalicelib import wiring
from chalicelib.billing import store as billing
from chalicelib.edge import openapi
from chalicelib.flows import documents
from chalicelib.kernel.errors import Unavailable
from chalicelib.storage.transaction import Transaction
from tests.functional import steps
from tests.functional.steps import LICENSE
from tests.world import ACCOUNT, VENDOR_ADDRESS, Answer, World, bucket_of

SPAIN = {"country": "ES", "locale": "es", "tax_id": "12345678Z", "name": "José García"}


def _spaniard(world: World) -> str:
    return world.customer("jose@example.com", **SPAIN)[1]


def _pdf(world: World, token: str, path: str, **headers: str) -> Answer:
    return world.http("GET", f"{path}/pdf", token=token, headers=headers)


def _text(answer: Answer) -> str:
    assert answer.status == 200, answer.text
    assert answer.body.startswith(b"%PDF-")
    return " ".join(
        " ".join(page.extract_text() for page in PdfReader(io.BytesIO(answer.body)).pages).split()
    )


def _kept(world: World) -> dict[str, Any]:
    listed = world.client("s3").list_object_versions(Bucket=bucket_of(world.table_name))
    return {one["Key"]: one for one in listed.get("Versions", [])}


@dataclass
class Archive:
    """The world's archive, and how often it was used; `meanwhile` happens just after a document was kept."""

    meanwhile: Any = None
    broken: bool = False
    used: list[str] = field(default_factory=list)

    def keep(self, key: str, content: bytes) -> bytes:
        if self.broken:
            raise Unavailable()
        self.used.append(key)
        kept = wiring.archive().keep(key, content)
        if self.meanwhile:
            self.meanwhile()
        return kept

    def get(self, key: str) -> bytes:
        return wiring.archive().get(key)


# By itself, and for whom


def test_the_invoice_of_an_order_is_made_by_itself(world: World) -> None:
    token = _spaniard(world)
    order = steps.charged(world, token, LICENSE, method="transfer")
    invoice = steps.read(world, token, f"/v1/invoices/{order['invoice_id']}")
    shown = _text(_pdf(world, token, f"/v1/invoices/{invoice['id']}"))
    for wanted in (invoice["number"], "José García", VENDOR_ADDRESS, "120,00 €", "IVA 21 %", ACCOUNT):
        assert wanted in shown, wanted
    assert wiring.links().online(steps.invoice(invoice["id"])) in shown.replace(" ", "")
    assert steps.outstanding(world) == []


def test_the_bytes_are_the_same_each_time_whoever_asks_and_whatever_became_of_it(world: World) -> None:
    token = _spaniard(world)
    order = steps.charged(world, token, LICENSE)
    path = f"/v1/invoices/{order['invoice_id']}"
    first = _pdf(world, token, path)
    world.pay(order["payment"]["id"])
    world.webhooks()
    world.settle_down()
    assert steps.read(world, token, path)["status"] == "paid"
    assert _pdf(world, token, path).body == first.body
    staff = _pdf(world, world.staff("finance"), f"/v1/staff{path.removeprefix('/v1')}")
    assert staff.body == first.body


def test_a_credit_note_is_made_by_itself_too(world: World) -> None:
    token = _spaniard(world)
    order = steps.bought(world, token, LICENSE)
    note = steps.credited(world, order["invoice_id"], 6000)
    world.settle_down()
    answer = _pdf(world, token, f"/v1/credit_notes/{note.id}")
    for wanted in (note.number, note.invoice_number, "Devolución", "60,00 €"):
        assert wanted in _text(answer)
    assert answer.headers["Content-Disposition"] == f'inline; filename="{note.number}.pdf"'
    assert steps.outstanding(world) == []


@pytest.mark.parametrize(
    "accept", [None, "*/*", "application/pdf", "application/json", "text/html,*/*;q=0.8"]
)
def test_a_browser_shows_it_under_the_invoices_number_whatever_it_accepts(
    world: World, accept: str | None
) -> None:
    token = _spaniard(world)
    order = steps.charged(world, token, LICENSE)
    number = steps.read(world, token, f"/v1/invoices/{order['invoice_id']}")["number"]
    asked = {"accept": accept} if accept else {}
    answer = _pdf(
        world, token, f"/v1/invoices/{order['invoice_id']}", origin="https://store.example.com", **asked
    )
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.headers["Content-Disposition"] == f'inline; filename="{number}.pdf"'
    assert "Content-Disposition" in answer.headers["Access-Control-Expose-Headers"]


def test_the_description_of_the_api_says_that_it_is_a_pdf() -> None:
    for path in ("/v1/invoices/{invoice_id}/pdf", "/v1/credit_notes/{credit_note_id}/pdf"):
        told = openapi.document()["paths"][path]["get"]["responses"]
        assert set(told["200"]["content"]) == {"application/pdf"}
        assert {"404", "409", "503"} <= set(told)


# Not yet, or no more


def test_before_it_is_made_the_answer_is_that_it_is_not_ready(world: World) -> None:
    token = _spaniard(world)
    order = steps.place(world, token, LICENSE)
    note = steps.credited(world, order["invoice_id"], 100)
    for path in (f"/v1/invoices/{order['invoice_id']}", f"/v1/credit_notes/{note.id}"):
        answer = _pdf(world, token, path, **{"accept-language": "es"})
        assert (answer.status, answer.json["code"]) == (409, "document_not_ready")
    assert answer.json["detail"].startswith(f"El documento de {note.number}")
    world.settle_down()
    assert _pdf(world, token, f"/v1/invoices/{order['invoice_id']}").status == 200


def test_another_file_in_its_place_is_not_given_out(world: World) -> None:
    token = _spaniard(world)
    order = steps.charged(world, token, LICENSE)
    path = f"/v1/invoices/{order['invoice_id']}"
    key = f"invoices/{order['invoice_id']}.pdf"
    world.client("s3").put_object(Bucket=bucket_of(world.table_name), Key=key, Body=b"%PDF-1.4 forged")
    answer = _pdf(world, token, path)
    assert (answer.status, answer.json["code"]) == (500, "internal_error")


# Made once


def test_it_is_kept_once_as_a_pdf_and_noted_in_the_record(world: World) -> None:
    token = _spaniard(world)
    order = steps.charged(world, token, LICENSE)
    before, kept = world.rows(), _kept(world)
    for _ in range(2):
        documents.make({"invoice_id": order["invoice_id"]}, wiring.archive(), wiring.links())
    assert (world.rows(), _kept(world)) == (before, kept)
    (key,) = kept
    assert key == f"invoices/{order['invoice_id']}.pdf"
    told = world.client("s3").head_object(Bucket=bucket_of(world.table_name), Key=key)
    assert told["ContentType"] == "application/pdf"


def test_a_worker_that_died_after_keeping_it_is_repeated_with_the_same_document(world: World) -> None:
    token = _spaniard(world)
    order = steps.place(world, token, LICENSE)

    def die() -> None:
        raise ConnectionError("gone")

    message = {"invoice_id": order["invoice_id"]}
    with pytest.raises(ConnectionError):
        documents.make(message, Archive(meanwhile=die), wiring.links())
    kept = _kept(world)
    assert billing.invoices.get(order["invoice_id"]).document is None
    # Whatever the API's address is by now: what was kept first is the document.
    moved = replace(wiring.links(), base_url="https://new.example.com")
    documents.make(message, wiring.archive(), moved)
    assert _kept(world) == kept
    assert "https://api.example.com/i/" in _text(_pdf(world, token, f"/v1/invoices/{order['invoice_id']}"))


def test_a_settlement_in_the_same_moment_loses_nothing(world: World) -> None:
    token = _spaniard(world)
    order = steps.place(world, token, LICENSE)
    invoice_id = order["invoice_id"]

    def paid_meanwhile() -> None:
        writing = Transaction()
        invoice = billing.invoices.get(invoice_id)
        writing.save(billing.invoices.row(replace(invoice, status="paid", paid_at=world.now)))
        writing.commit()

    documents.make({"invoice_id": invoice_id}, Archive(meanwhile=paid_meanwhile), wiring.links())
    after = billing.invoices.get(invoice_id)
    assert (after.status, after.paid_at, bool(after.document)) == ("paid", world.now, True)


def test_while_the_archive_is_away_it_stays_due(world: World) -> None:
    token = _spaniard(world)
    order = steps.place(world, token, LICENSE)
    message = {"invoice_id": order["invoice_id"]}
    with pytest.raises(Unavailable):
        documents.make(message, Archive(broken=True), wiring.links())
    assert "invoice" in steps.outstanding(world)
    documents.make(message, wiring.archive(), wiring.links())
    assert "invoice" not in steps.outstanding(world)


def test_two_workers_with_one_message_keep_one_document(world: World) -> None:
    token = _spaniard(world)
    order = steps.place(world, token, LICENSE)
    message = {"invoice_id": order["invoice_id"]}

    def other() -> None:
        documents.make(message, wiring.archive(), wiring.links())

    documents.make(message, Archive(meanwhile=other), wiring.links())
    assert len(_kept(world)) == 1
    assert _pdf(world, token, f"/v1/invoices/{order['invoice_id']}").status == 200
