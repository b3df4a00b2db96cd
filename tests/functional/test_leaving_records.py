"""The PDF of record of a cancellation: what staff reads, and what makes it (C14)."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelib.billing.documents import DocumentDamaged
from chalicelib.cancellations import service
from chalicelib.cancellations.steps import LOOK_EVERY
from chalicelib.edge import openapi
from chalicelib.flows import leaving_records
from chalicelib.flows.leaving_letters import formal_id
from chalicelib.kernel.errors import Unavailable
from tests.functional import steps
from tests.functional.confirmed import (
    Archive,
    anew,
    at_its_letter,
    attached,
    bounce,
    document,
    formals,
    make,
    recorded,
    text_of,
)
from tests.functional.leaving import LEO, Leaver, leaver
from tests.unit.cancellations.cases import case as a_case
from tests.world import World, bucket_of

SECOND = timedelta(seconds=1)


@pytest.fixture
def ana(world: World) -> Leaver:
    return leaver(world)


# The record


def test_the_letter_carries_the_record_that_staff_reads(ana: Leaver) -> None:
    closed = recorded(ana)
    answer = document(ana, closed)
    assert (answer.status, answer.headers["Content-Type"]) == (200, "application/pdf")
    assert answer.headers["Content-Disposition"] == f'inline; filename="{closed.number}.pdf"'
    assert answer.body == attached(formal_id(closed)) == document(ana, closed).body
    assert hashlib.sha256(answer.body).hexdigest() == closed.document
    shown = text_of(answer.body)
    for wanted in (closed.number, "Registro de cancelamento", "o preço", closed.items[0].name, "sistema"):
        assert wanted in shown, wanted
    for hidden in ("usr_eva", "shouted"):
        assert hidden not in shown


def test_the_letter_leaves_with_the_file(ana: Leaver) -> None:
    recorded(ana)
    (letter,) = [one for one in steps.letters() if "Confirmação do seu cancelamento" in one.subject]
    assert letter.destinations == {"ToAddresses": ["ana@example.com"]}


def test_before_it_is_made_it_is_not_ready(ana: Leaver) -> None:
    asked = ana.asks(ana.holds("multipack"))
    for case in (asked, at_its_letter(ana)):
        answer = document(ana, case)
        assert (answer.status, answer.json["code"]) == (409, "document_not_ready")
        assert case.number in answer.json["detail"]


def test_another_file_in_its_place_is_neither_given_out_nor_sent(ana: Leaver) -> None:
    closed = recorded(ana)
    key = leaving_records.key_of(closed)
    ana.world.client("s3").put_object(Bucket=bucket_of(ana.world.table_name), Key=key, Body=b"%PDF-1.4 x")
    assert document(ana, closed).status == 500
    bounce(formal_id(closed))
    assert anew(ana, closed).status == 202
    with pytest.raises(DocumentDamaged):
        make(ana, closed)
    assert [status for _, status in formals(ana)] == ["bounced"]


def test_an_unknown_case_has_neither(ana: Leaver) -> None:
    for ask in (document, anew):
        answer = ask(ana, a_case(id="can_unknown"))
        assert (answer.status, answer.json["code"]) == (404, "cancellation_not_found")


def test_the_description_of_the_api_says_that_it_is_a_pdf() -> None:
    paths = openapi.document()["paths"]
    read = paths["/v1/staff/cancellations/{cancellation_id}/document"]["get"]["responses"]
    assert set(read["200"]["content"]) == {"application/pdf"}
    assert {"404", "409", "503"} <= set(read)
    wrote = paths["/v1/staff/cancellations/{cancellation_id}/formal_email"]["post"]["responses"]
    assert {"202", "404", "409"} <= set(wrote)


# Made once, whatever happens meanwhile


def test_a_worker_that_died_after_keeping_it_is_repeated_with_the_same_record(ana: Leaver) -> None:
    case = at_its_letter(ana)

    def die() -> None:
        raise ConnectionError("gone")

    with pytest.raises(ConnectionError):
        make(ana, case, Archive(meanwhile=die))
    kept = ana.world.documents()[leaving_records.key_of(case)]
    assert (ana.read(case).document, formals(ana)) == (None, [])
    # Whatever his name is by now: what was kept first is the record.
    named(ana, "Ana Outra")
    make(ana, case)
    assert ana.read(case).document == kept
    assert hashlib.sha256(attached(formal_id(ana.read(case)))).hexdigest() == kept


def named(ana: Leaver, name: str) -> None:
    answer = ana.world.http("PATCH", "/v1/me", {"name": name}, token=ana.token)
    assert answer.status == 200, answer.text


def test_a_message_that_comes_again_changes_nothing(ana: Leaver) -> None:
    closed = recorded(ana)
    before, kept = ana.world.rows(), ana.world.documents()
    make(ana, closed)
    make(ana, closed)
    assert (ana.world.rows(), ana.world.documents()) == (before, kept)


def test_two_workers_with_one_message_write_one_letter(ana: Leaver) -> None:
    case = at_its_letter(ana)
    make(ana, case, Archive(meanwhile=lambda: make(ana, case)))
    ana.world.settle_down()
    assert ana.read(case).status == "closed"
    assert [status for _, status in formals(ana)] == ["sent"]


def test_a_change_of_the_case_in_the_same_moment_is_not_lost(ana: Leaver) -> None:
    case = at_its_letter(ana)

    def looked() -> None:
        service.change(case.id, lambda one: replace(one, notes="Meanwhile"), "noted", LEO, ana.world.now)

    make(ana, case, Archive(meanwhile=looked))
    after = ana.read(case)
    assert (after.notes, bool(after.document)) == ("Meanwhile", True)


def test_while_the_archive_is_away_no_letter_is_written_and_the_case_stays_due(ana: Leaver) -> None:
    case = at_its_letter(ana)
    with pytest.raises(Unavailable):
        make(ana, case, Archive(broken=True))
    assert (formals(ana), ana.read(case).status) == ([], "executing")
    assert "cancellation" in steps.outstanding(ana.world)
    ana.tick(ana.world.now + LOOK_EVERY + SECOND)
    assert ana.read(case).status == "closed"
