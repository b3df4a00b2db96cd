"""The record of a cancellation: what it says, in each language, and the same bytes each time."""

from __future__ import annotations

import hashlib
import io
import subprocess
import sys
from dataclasses import replace
from datetime import date, timedelta
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader

from chalicelib.cancellations import steps
from chalicelib.cancellations.answers import NOT_OURS, Answers, completed
from chalicelib.cancellations.checklist import FORMAL, checklist
from chalicelib.cancellations.pdf import render
from chalicelib.cancellations.procedures import Channel
from chalicelib.cancellations.records import Facts, Section, named, sheet_of, unpaid
from chalicelib.cancellations.retention import Reason
from chalicelib.cancellations.rules import Case
from chalicelib.cancellations.words import WORDS
from chalicelib.kernel.errors import LOCALES
from chalicelib.kernel.events import SYSTEM
from tests.unit.cancellations.cases import NOW, canceled, case, item, slip

HOUR = timedelta(hours=1)
VENDOR = ("Vigencia Demo S.L.", "España", "NIF: B12345674")
CUSTOMER = ("José García", "Calle de Alcalá, 50", "España")
SITE = item(1, ending="site", name="Site", detail="Plan anual", domain="jose.es")
DOMAIN = item(2, ending="domain", name="Dominio", domain="jose.com")
KEPT = item(3, name="ERP")
OWED = slip(1, invoice_number="A-2026-000004", due_date=date(2026, 11, 2))
VOIDED = slip(2, invoice_number="A-2026-000009", due_date=date(2026, 12, 20), owed=False)

PROBE = """
import hashlib
from chalicelib.cancellations.pdf import render
from tests.unit.cancellations.test_records import facts
print(hashlib.sha256(render(facts())).hexdigest())
"""


def carried_out(one: Case) -> Case:
    """The case when only its letter is still to come: its people have done what is theirs an hour apart."""
    at = one.decided_at or NOW
    while ready := [step for step in steps.ready(one, at) if step.action != FORMAL]:
        at += HOUR
        step = ready[0]
        if step.action == "find_responsible":
            one = completed(one, step.id, Answers(responsible="customer"), "usr_eva", at)
        elif step.action == "deactivate_users":
            one = steps.skipped(one, step.id, "There are none", "usr_eva", at)
        elif step.performer == "system":
            one = steps.done(one, step.id, "rescinded", SYSTEM.id, at)
        else:
            one = steps.done(one, step.id, "seen", "usr_eva", at)
        if step.action == "end_contract":
            one = steps.ended(one, step.subject, at, None)
    return one


def a_case(**changed: Any) -> Case:
    asked = case(items=(SITE, DOMAIN, KEPT), reason_code="price", notes="He shouted at Eva", **changed)
    plan = checklist(asked.id, (SITE, DOMAIN), (OWED, VOIDED), (KEPT,))
    return carried_out(replace(canceled(asked, (OWED, VOIDED)), plan=plan))


def facts(locale: str = "es", **changed: Any) -> Facts:
    """What the record of a site and a domain is made of, whose customer keeps his ERP."""
    one = changed.pop("case", None) or a_case()
    told = {"owed": unpaid(one, owed=True), "vendor": VENDOR, "customer": CUSTOMER, "zone": "Europe/Madrid"}
    return Facts(case=one, locale=locale, **{**told, **changed})


def section(of: Facts, heading: str) -> Section:
    """One section of a record, by what its heading is called."""
    wanted = WORDS[of.locale][heading] if heading else ""
    (found,) = [one for one in sheet_of(of).sections if one.heading == wanted]
    return found


def read(document: bytes) -> PdfReader:
    assert document.startswith(b"%PDF-")
    return PdfReader(io.BytesIO(document))


def text_of(document: bytes) -> str:
    """All that can be selected, with every white space as one."""
    return " ".join(" ".join(page.extract_text() for page in read(document).pages).split())


# What it says


def test_it_says_what_was_asked_for_when_how_and_why_and_who_decided() -> None:
    assert section(facts("en"), "").rows == (
        ("Case", "C-000001"),
        ("Channel of the request", "e-mail"),
        ("Asked for on", "27 November 2026, 11:00 (Madrid time)"),
        ("Reason", "the price"),
        ("Decided on", "27 November 2026, 11:00 (Madrid time)"),
        ("Decided by", "our team, as agreed with the customer"),
    )


@pytest.mark.parametrize(
    ("by", "said"),
    [("usr_eva", "our team"), (SYSTEM.id, "the customer’s silence"), ("cus_1", "the customer")],
)
def test_who_decided_is_the_team_silence_or_the_customer(by: str, said: str) -> None:
    told = section(facts("en", case=replace(a_case(), decided_by=by)), "").rows[-1][1]
    assert told.startswith(said)


def test_it_says_what_ended_and_when_and_what_goes_on() -> None:
    told = facts("en")
    ended = section(told, "ended").rows
    assert [name for name, _, _ in ended] == ["Site: Plan anual (jose.es)", "Dominio (jose.com)"]
    assert ended[0][1:] == ("27 November 2026, 12:00 (Madrid time)", "–")
    assert section(told, "kept").rows == (("ERP",),)


def test_it_says_what_is_owed_by_now_and_what_was_voided() -> None:
    told = facts("en")
    assert section(told, "owed").rows == (("A-2026-000004", "2 November 2026", "€ 49.00"),)
    assert section(told, "voided").rows == (("A-2026-000009", "20 December 2026", "€ 49.00"),)
    later = replace(told.owed[0], number=None, order_id=None)
    assert section(replace(told, owed=(later,)), "owed").rows[0][0] == "Instalment not invoiced yet"
    assert section(replace(told, owed=()), "owed").nothing == "Nothing."


def test_it_lists_every_step_in_order_with_sector_instant_and_evidence_or_reason() -> None:
    told = facts("en")
    rows = section(told, "steps").rows
    assert len(rows) == len(told.case.plan)
    by_step = {row[0]: row[1:] for row in rows}
    assert by_step["End the contract: Site: Plan anual (jose.es)"] == (
        "system",
        "27 November 2026, 12:00 (Madrid time)",
        "contract rescinded",
    )
    skipped = by_step["Deactivate the users: Site: Plan anual (jose.es)"]
    assert (skipped[0], skipped[2]) == ("IT", "Left out: There are none")
    responsible = by_step["Find out who is responsible for the domain name: Dominio (jose.com)"]
    assert (responsible[0], responsible[2]) == ("registry", "godaddy.com: customer")
    moved = by_step["Transfer the domain name: Dominio (jose.com)"]
    assert moved[2] == "Left out: the customer is responsible for it"
    assert by_step["Cancel the charge: A-2026-000009"][0] == "system"
    assert rows[-1] == ("Confirm formally by e-mail", "system", "–", "with this record attached")


def test_a_step_of_the_systems_that_somebody_left_out_was_left_out_by_staff() -> None:
    one = canceled(case())
    over = steps.done(one, "end_contract:sub_1", "rescinded", SYSTEM.id, NOW + HOUR)
    one = steps.ended(over, "sub_1", NOW, None)
    one = steps.skipped(one, "open_internal_task:sub_1", "not needed", "usr_eva", NOW + HOUR)
    (row,) = [
        row for row in section(facts("en", case=carried_out(one)), "steps").rows if "internal" in row[0]
    ]
    assert (row[1], row[3]) == ("customer service", "Left out: not needed")


@pytest.mark.parametrize("locale", LOCALES)
def test_it_names_nobody_of_the_team_and_nothing_that_is_only_the_teams(locale: str) -> None:
    one = a_case()
    noted = [
        replace(step, evidence="He shouted at Eva") if step.action == "note_on_file" else step
        for step in one.plan
    ]
    told = str(sheet_of(facts(locale, case=replace(one, plan=tuple(noted)))))
    for hidden in ("usr_eva", "staff-1", "shouted", "cus_1", NOT_OURS if locale != "en" else "usr_"):
        assert hidden not in told, hidden


@pytest.mark.parametrize("locale", LOCALES)
def test_every_channel_reason_and_step_has_its_words(locale: str) -> None:
    words = WORDS[locale]
    reasons = {*get_args(Reason), "withdrawal"}
    assert {f"channel.{one}" for one in get_args(Channel)} <= words.keys()
    assert {f"reason.{one}" for one in reasons} <= words.keys()
    endings = ("domain", "corporate_email", "site", "software", None)
    every = [item(number, ending=ending) for number, ending in enumerate(endings)]
    plan = checklist("can_1", every, (OWED, VOIDED), (KEPT,))
    assert {f"action.{step.action}" for step in plan} <= words.keys()
    assert {f"sector.{step.performer}" for step in plan} <= words.keys()


def test_a_code_that_nobody_knows_stands_for_itself_and_none_is_not_told() -> None:
    for code, said in (("moon", "moon"), (None, "no indicado")):
        assert ("Motivo", said) in section(facts(case=replace(a_case(), reason_code=code)), "").rows


@pytest.mark.parametrize(
    ("detail", "domain", "said"),
    [(None, None, "ERP"), ("two users", None, "ERP: two users"), (None, "a.br", "ERP (a.br)")],
)
def test_a_contract_is_named_with_its_line_and_its_domain(
    detail: str | None, domain: str | None, said: str
) -> None:
    assert named(item(detail=detail, domain=domain)) == said


def test_its_day_is_that_of_the_last_step_and_not_of_the_drawing() -> None:
    one = a_case()
    plan = tuple(replace(step, at=step.at and step.at + timedelta(days=3)) for step in one.plan)
    assert sheet_of(facts("en")).date == "28 November 2026"
    assert sheet_of(facts("en", case=replace(one, plan=plan))).date == "1 December 2026"


# How it is drawn


def test_the_same_facts_give_the_same_bytes() -> None:
    assert render(facts()) == render(facts())


@pytest.mark.parametrize("seed", ["1", "2"])
def test_another_process_gives_the_same_bytes(seed: str, request: pytest.FixtureRequest) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROBE],
        cwd=request.config.rootpath,
        env={"PYTHONHASHSEED": seed, "TZ": "Asia/Tokyo"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == hashlib.sha256(render(facts())).hexdigest()


@pytest.mark.parametrize("locale", LOCALES)
def test_all_of_it_can_be_selected_as_text(locale: str) -> None:
    told = facts(locale)
    shown, sheet = text_of(render(told)), sheet_of(told)
    cells = [cell for one in sheet.sections for row in one.rows for cell in row]
    for wanted in (*cells, *VENDOR, *CUSTOMER, sheet.title, *(one.heading for one in sheet.sections)):
        assert "".join(wanted.split()) in shown.replace(" ", ""), wanted
    assert WORDS[locale]["page"].format(page=1, pages=2) in shown


def test_title_author_and_language_are_in_its_properties() -> None:
    found = read(render(facts("pt-BR")))
    assert found.metadata
    assert (found.metadata.title, found.metadata.author) == (
        "Registro de cancelamento C-000001",
        "Vigencia Demo S.L.",
    )
    assert str(found.root_object["/Lang"]) == "pt-BR"


def test_a_case_of_many_contracts_goes_with_a_letter_whose_row_has_room() -> None:
    many = tuple(
        item(number, ending="site", name=f"Site {number}", detail="anual " * 20, domain=f"a{number}.com.br")
        for number in range(20)
    )
    one = carried_out(canceled(case(items=many)))
    drawn = render(facts(case=one))
    assert len(read(drawn).pages) > 3
    # Of the 400 kB of a row, in base64.
    assert len(drawn) * 4 / 3 < 150_000


@settings(max_examples=20, deadline=None)
@given(st.text(max_size=300), st.text(max_size=2000), st.text(max_size=100))
def test_no_detail_evidence_or_name_keeps_it_from_being_drawn(detail: str, evidence: str, name: str) -> None:
    one = a_case()
    plan = tuple(replace(step, evidence=evidence) if step.at else step for step in one.plan)
    items = tuple(replace(each, detail=detail) for each in one.items)
    told = facts(case=replace(one, plan=plan, items=items), customer=(name,))
    assert read(render(told)).pages
