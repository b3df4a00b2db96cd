"""A bank's CSV proposes what each line pays, changes nothing, and is never booked twice (V8)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from chalicelib.storage.table import Row
from tests.functional import bank, steps
from tests.functional.steps import LICENSE
from tests.world import World

TOTAL = 12000


def _statuses(world: World, token: str, *orders: Any) -> list[str]:
    return [steps.read(world, token, f"/v1/orders/{order['id']}")["status"] for order in orders]


def test_a_line_that_tells_an_invoice_is_proposed_for_its_payment_and_nothing_changes(world: World) -> None:
    token = bank.spaniard(world)
    order = bank.ordered(world, token)
    before = world.rows()
    told = order["number"].replace("-", "").lower()
    raw = bank.csv(f"24/11/2026;Transf. José, fra {told};120,00;N1", "24/11/2026;Comisión;-3,50;N2")
    first, second = bank.proposed(world, raw)
    (customer_id,) = {row["customer_id"] for row in world.rows("payment")}
    assert first == {
        "line": 2,
        "reference": "N1",
        "value_date": bank.DAY,
        "amount": {"amount": TOTAL, "currency": "EUR"},
        "text": f"Transf. José, fra {told}",
        "outcome": "proposed",
        "payment_id": order["payment"]["id"],
        "invoice_number": order["number"],
        "customer_id": customer_id,
        "coverage": "full",
        "missing": {"amount": TOTAL, "currency": "EUR"},
    }
    assert (second["outcome"], second["amount"]["amount"], second["payment_id"]) == (
        "not_incoming",
        -350,
        None,
    )
    assert world.rows() == before


def test_what_was_proposed_is_booked_and_then_shows_as_booked(world: World) -> None:
    token = bank.spaniard(world)
    order = bank.ordered(world, token)
    raw = bank.csv(f"24/11/2026;{order['number']};120,00;N1")
    lines = bank.proposed(world, raw)
    assert bank.book(world, lines) == ["booked"]
    assert _statuses(world, token, order) == ["paid"]
    (again,) = bank.proposed(world, raw)
    assert again == {**lines[0], "outcome": "already_booked", "coverage": None, "missing": None}
    assert len(steps.licenses(world, token)) == 1


def test_a_statement_uploaded_and_booked_twice_books_once(world: World) -> None:
    token = bank.spaniard(world)
    order = bank.ordered(world, token)
    raw = bank.csv(f"24/11/2026;{order['number']};120,00;")
    one, other = bank.proposed(world, raw), bank.proposed(world, raw)
    assert one == other
    assert (bank.book(world, one), bank.book(world, other)) == (["booked"], ["already_booked"])
    (payment,) = world.rows("payment")
    assert (payment["received"], len(world.rows("bank_entry"))) == (f"{TOTAL} EUR", 1)
    assert world.rows("task") == []


def test_next_weeks_overlapping_statement_proposes_only_what_is_new(world: World) -> None:
    token = bank.spaniard(world)
    first, second = bank.ordered(world, token), bank.ordered(world, token)
    part = f"24/11/2026;{first['number']};60,00;"
    bank.book(world, bank.proposed(world, bank.csv("23/11/2026;Nómina;-900,00;", part, part)))
    later = bank.csv(f"25/11/2026;{second['number']};120,00;", part, part)
    lines = bank.proposed(world, later)
    assert [line["outcome"] for line in lines] == ["proposed", "already_booked", "already_booked"]
    assert bank.book(world, lines) == ["booked"]
    assert _statuses(world, token, first, second) == ["paid", "paid"]
    assert world.rows("task") == []


def test_parts_less_and_more_than_is_missing_are_told_apart(world: World) -> None:
    token = bank.spaniard(world)
    order = bank.ordered(world, token)
    number = order["number"]
    lines = bank.proposed(world, bank.csv(f"24/11/2026;{number};50,00;N1"))
    assert bank.outcomes(lines) == [("proposed", "part")]
    bank.book(world, lines)
    rest = bank.csv(f"25/11/2026;{number};20,00;N2", f"25/11/2026;{number};50,01;N3")
    lines = bank.proposed(world, rest)
    assert bank.outcomes(lines) == [("proposed", "part"), ("proposed", "over")]
    assert [line["missing"]["amount"] for line in lines] == [7000, 5000]
    assert bank.book(world, lines) == ["booked", "booked"]
    assert _statuses(world, token, order) == ["paid"]
    assert steps.tasks(world) == [("transfer_over", "finance")]


def test_a_paid_invoice_is_not_open_and_its_money_is_for_finance_to_decide(world: World) -> None:
    token = bank.spaniard(world)
    order = bank.ordered(world, token)
    bank.book(world, bank.proposed(world, bank.csv(f"24/11/2026;{order['number']};120,00;N1")))
    (line,) = bank.proposed(world, bank.csv(f"25/11/2026;{order['number']};120,00;N2"))
    assert (line["outcome"], line["payment_id"]) == ("not_open", order["payment"]["id"])


def test_money_for_an_order_that_expired_still_pays_it(world: World) -> None:
    token = bank.spaniard(world)
    expired, canceled = bank.ordered(world, token), bank.ordered(world, token)
    steps.set_order(expired["id"], status="expired")
    steps.set_order(canceled["id"], status="canceled")
    rows = [f"24/11/2026;{order['number']};120,00;{order['id']}" for order in (expired, canceled)]
    lines = bank.proposed(world, bank.csv(*rows))
    assert [line["outcome"] for line in lines] == ["proposed", "not_open"]
    bank.book(world, lines)
    assert _statuses(world, token, expired, canceled) == ["paid", "canceled"]


def test_an_order_paid_by_other_means_is_not_open_for_a_transfer(world: World) -> None:
    token = bank.spaniard(world)
    order = steps.charged(world, token, LICENSE, method="card")
    number = steps.read(world, token, f"/v1/invoices/{order['invoice_id']}")["number"]
    (line,) = bank.proposed(world, bank.csv(f"24/11/2026;{number};120,00;N1"))
    assert (line["outcome"], line["invoice_number"], line["payment_id"]) == ("not_open", number, None)


def test_it_is_the_orders_payment_of_now_that_counts(world: World) -> None:
    token = bank.spaniard(world)
    order, other = bank.ordered(world, token), bank.ordered(world, token)
    steps.set_order(order["id"], payment_id=other["payment"]["id"])
    (line,) = bank.proposed(world, bank.csv(f"24/11/2026;{order['number']};120,00;N1"))
    assert line["payment_id"] == other["payment"]["id"]


def test_lines_that_lead_to_nothing_or_too_much_are_left_to_a_person(world: World) -> None:
    token = bank.spaniard(world)
    one, other = bank.ordered(world, token), bank.ordered(world, token)
    raw = bank.csv(
        "24/11/2026;Jose Garcia;120,00;N1",
        "24/11/2026;A-2026-999999;120,00;N2",
        f"24/11/2026;{one['number']} {other['number']};240,00;N3",
    )
    lines = bank.proposed(world, raw)
    assert [line["outcome"] for line in lines] == ["unknown", "unknown", "several_invoices"]
    assert {line["payment_id"] for line in lines} == {None}


def test_a_line_confirmed_by_hand_shows_as_booked_and_other_figures_do_not(world: World) -> None:
    token = bank.spaniard(world)
    order = bank.ordered(world, token)
    entry = {"reference": "N1", "value_date": bank.DAY, "amount": {"amount": TOTAL, "currency": "EUR"}}
    path = f"/v1/staff/payments/{order['payment']['id']}/confirm"
    assert world.http("POST", path, entry, token=world.staff("finance")).status == 200
    rows = ("24/11/2026;sin concepto;120,00;N1", "24/11/2026;sin concepto;120,01;N1")
    booked, used = bank.proposed(world, bank.csv(*rows))
    assert (booked["outcome"], booked["invoice_number"]) == ("already_booked", order["number"])
    assert (used["outcome"], used["payment_id"]) == ("reference_used", order["payment"]["id"])


@contextmanager
def _asked_of_the_table() -> Iterator[list[str]]:
    """The operations that reach DynamoDB meanwhile."""
    asked: list[str] = []
    events = Row._get_connection().connection.client.meta.events

    def heard(model: Any, **_: Any) -> None:
        asked.append(model.name)

    events.register("before-call.dynamodb", heard)
    yield asked
    events.unregister("before-call.dynamodb", heard)


def test_a_thousand_lines_are_looked_up_in_batches_and_each_thing_once(world: World) -> None:
    order = bank.ordered(world, bank.spaniard(world))
    rows = [f"24/11/2026;a2026{place:06d};0,01;N{place}" for place in range(1, 501)]
    rows += [f"24/11/2026;{order['number']};0,01;M{at}" for at in range(500)]
    with _asked_of_the_table() as asked:
        lines = bank.proposed(world, bank.csv(*rows))
    assert [line["outcome"] for line in lines].count("proposed") == 501
    # 1,000 references and 500 numbers, a hundred at a time; one invoice, its order and payment.
    assert asked == ["BatchGetItem"] * (10 + 5 + 3)


def test_pesos_have_no_cents(world: World) -> None:
    token = bank.chilean(world)
    order = bank.ordered(world, token)
    header = "N° Operación;Fecha;Descripción;Cargos;Abonos"
    raw = bank.csv(f"77;24-11-2026;Ana Soto {order['number']};;$119.000", header=header)
    (line,) = bank.proposed(world, raw, "CLP")
    assert (line["amount"], line["coverage"]) == ({"amount": 119000, "currency": "CLP"}, "full")
    assert bank.book(world, [line]) == ["booked"]
    assert _statuses(world, token, order) == ["paid"]


def test_money_of_another_currency_is_not_proposed(world: World) -> None:
    order = bank.ordered(world, bank.chilean(world))
    # Without a currency in the file or the request, it is the vendor's.
    (line,) = bank.proposed(world, bank.csv(f"24/11/2026;{order['number']};119000;N1"))
    assert (line["outcome"], line["amount"]["currency"]) == ("wrong_currency", "EUR")


def test_a_faulty_file_names_every_faulty_line_and_changes_nothing(world: World) -> None:
    order = bank.ordered(world, bank.spaniard(world))
    before = world.rows()
    rows = (f"24/11/2026;{order['number']};120,00;N1", "soon;x;1.234;N2", "24/11/2026;x;R$ 1,00;N3")
    assert steps.faults(bank.upload(world, bank.csv(*rows))) == {
        "/lines/3/value_date": "date",
        "/lines/3/amount": "ambiguous",
        "/lines/4/amount": "currency",
    }
    assert world.rows() == before


@pytest.mark.parametrize(
    ("raw", "currency", "named"),
    [
        (b"", None, {"": "no_header"}),
        (b"Fecha;Importe\n\x00", None, {"": "encoding"}),
        (bank.csv("24/11/2026;x;1,00;N1"), "GBP", {"/query/currency": "literal_error"}),
        (bank.csv(*["24/11/2026;x;1,00;N1"] * 1001), None, {"": "too_many_lines"}),
    ],
    ids=["empty", "no text", "currency", "too long"],
)
def test_what_is_no_statement_is_refused(
    world: World, raw: bytes, currency: str | None, named: dict[str, str]
) -> None:
    assert steps.faults(bank.upload(world, raw, currency=currency)) == named


@pytest.mark.parametrize("media_type", ["text/csv", "Text/CSV; charset=windows-1252"])
def test_a_csv_is_read_however_it_is_announced(world: World, media_type: str) -> None:
    answer = bank.upload(world, bank.csv(), media_type=media_type)
    assert (answer.status, answer.json) == (200, {"lines": []})


@pytest.mark.parametrize("media_type", ["application/json", "application/vnd.ms-excel", "text/plain", ""])
def test_a_body_that_is_no_csv_is_not_read(world: World, media_type: str) -> None:
    answer = bank.upload(world, bank.csv(), media_type=media_type)
    assert (answer.status, answer.json["code"]) == (415, "unsupported_media_type")
    assert "text/csv" in answer.json["detail"]


def test_a_statement_over_64_kilobytes_is_too_large(world: World) -> None:
    assert bank.upload(world, bank.csv("x" * 65536)).status == 413


@pytest.mark.parametrize("role", ["staff", "it"])
def test_only_finance_sees_what_a_statement_tells(world: World, role: str) -> None:
    assert bank.upload(world, bank.csv(), role=role).status == 403
