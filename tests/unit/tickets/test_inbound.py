"""What becomes of a mail: by what the server verified, who wrote it, and which ticket it names."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.tickets import inbound
from chalicelib.tickets.gateways.ses import receipt_of
from chalicelib.tickets.inbound import Case, Decision, decide, joined, number_in, without_number
from chalicelib.tickets.mime import Letter
from chalicelib.tickets.receipts import Receipt, Verdict, speaks_for
from chalicelib.tickets.rules import Ticket
from infra.inbound import notification

NOON = datetime(2026, 11, 27, 12, tzinfo=UTC)
ANA = "ana@example.com"
RECEIPT = Receipt("ses-1", "mail/ses-1", NOON, ANA, (f"Ana <{ANA}>",), "pass", "pass", "pass", "pass", "pass")
LETTER = Letter(sender=ANA, subject="Ajuda", text="Não consigo entrar.")
TICKET = Ticket("tkt_1", "T-000001", "support", "open", "low", "Ajuda", "cus_ana", NOON)
CASE = Case(RECEIPT, LETTER, frozenset({"support@example.com"}), "cus_ana")
VERDICTS: st.SearchStrategy[Verdict] = st.sampled_from(["pass", "fail", "unclear"])


@pytest.mark.parametrize(
    ("change", "speaks"),
    [
        ({}, True),
        ({"dmarc": "fail"}, False),
        ({"dmarc": "unclear", "spf": "pass"}, True),
        ({"dmarc": "unclear", "spf": "pass", "envelope_sender": "x@EXAMPLE.com"}, True),
        ({"dmarc": "unclear", "spf": "pass", "envelope_sender": "x@forger.example"}, False),
        ({"dmarc": "unclear", "spf": "pass", "envelope_sender": "x@evil-example.com"}, False),
        ({"dmarc": "unclear", "spf": "pass", "envelope_sender": ""}, False),
        ({"dmarc": "unclear", "spf": "unclear", "dkim": "pass"}, False),
        ({"senders": ()}, False),
        ({"senders": (ANA, "x@forger.example")}, False),
        ({"senders": ("x@forger.example",)}, False),
        ({"senders": (f"{ANA} <x@forger.example>",)}, False),
        ({"senders": (f"x{ANA}",)}, False),
        ({"senders": ("ANA@example.com",)}, True),
    ],
)
def test_a_mail_speaks_for_an_address_that_the_server_verified(change: dict[str, Any], speaks: bool) -> None:
    assert speaks_for(replace(RECEIPT, **change), ANA) is speaks


@given(VERDICTS, VERDICTS, VERDICTS, st.sampled_from(["x@forger.example", ""]))
def test_without_dmarc_a_foreign_envelope_proves_nothing_whatever_else_passes(
    spf: Verdict, dkim: Verdict, dmarc: Verdict, envelope: str
) -> None:
    receipt = replace(RECEIPT, spf=spf, dkim=dkim, dmarc=dmarc, envelope_sender=envelope)
    assert speaks_for(receipt, ANA) is (dmarc == "pass")


def changed(**change: Any) -> Case:
    """The case with other facts of its receipt or letter."""
    receipt = {name: value for name, value in change.items() if name in Receipt.__dataclass_fields__}
    letter = {name: value for name, value in change.items() if name in ("fault", "sender", "robot")}
    rest = {name: value for name, value in change.items() if name not in receipt | letter}
    return replace(CASE, receipt=replace(RECEIPT, **receipt), letter=replace(LETTER, **letter), **rest)


@pytest.mark.parametrize(
    ("change", "status", "reason"),
    [
        ({}, "opened", None),
        ({"virus": "fail", "spam": "fail"}, "ignored", "virus"),
        ({"spam": "fail", "dmarc": "fail", "customer_id": None}, "ignored", "spam"),
        ({"spam": "fail", "customer_id": None}, "ignored", "spam"),
        ({"spam": "fail"}, "parked", "spam"),
        ({"spam": "fail", "robot": "auto_reply"}, "ignored", "auto_reply"),
        ({"spam": "unclear"}, "opened", None),
        ({"sender": "support@example.com"}, "ignored", "own_address"),
        ({"envelope_sender": ""}, "ignored", "bounce"),
        ({"robot": "bounce"}, "ignored", "bounce"),
        ({"robot": "loop"}, "ignored", "loop"),
        ({"robot": "auto_reply", "dmarc": "fail"}, "ignored", "auto_reply"),
        ({"sent": inbound.MOST_PER_HOUR - 1}, "opened", None),
        ({"sent": inbound.MOST_PER_HOUR}, "parked", "too_many"),
        ({"virus": "unclear"}, "parked", "not_scanned"),
        ({"fault": "too_large", "sender": None}, "parked", "too_large"),
        ({"fault": "several_senders", "sender": None}, "parked", "several_senders"),
        ({"dmarc": "fail", "customer_id": None}, "parked", "not_authenticated"),
        ({"customer_id": None}, "parked", "unknown_sender"),
        ({"ticket": TICKET}, "joined", None),
        ({"ticket": replace(TICKET, status="resolved")}, "joined", None),
        ({"ticket": replace(TICKET, status="closed")}, "opened", None),
        ({"ticket": replace(TICKET, customer_id="cus_jose")}, "opened", None),
    ],
)
def test_the_most_serious_reason_decides(change: dict[str, Any], status: Any, reason: str | None) -> None:
    assert decide(changed(**change)) == Decision(status, reason)


@given(
    VERDICTS,
    VERDICTS,
    VERDICTS,
    st.sampled_from(["cus_ana", "cus_jose", None]),
    st.sampled_from(["cus_ana", "cus_jose"]),
)
def test_whatever_is_verified_a_ticket_is_joined_by_its_own_customer_alone(
    spf: Verdict, dkim: Verdict, dmarc: Verdict, sender: str | None, owner: str
) -> None:
    case = changed(spf=spf, dkim=dkim, dmarc=dmarc, customer_id=sender)
    case = replace(case, ticket=replace(TICKET, customer_id=owner))
    if decide(case).status == "joined":
        assert sender == owner
        assert speaks_for(case.receipt, ANA)
    assert joined(case) is None or sender == owner


@pytest.mark.parametrize(
    ("subject", "number"),
    [
        ("Re: [T-000123] Ajuda", 123),
        ("[T-000123] [T-000123]", 123),
        ("[T-1000000]", 1_000_000),
        ("[T-000123] [T-000124]", None),
        ("T-000123", None),
        ("[T-123]", None),
        ("[T-000123", None),
        ("[T-١٢٣٤٥٦]", None),
        ("", None),
    ],
)
def test_a_subject_names_one_ticket_or_none(subject: str, number: int | None) -> None:
    assert number_in(subject) == number


def test_a_new_tickets_subject_has_nobodys_number() -> None:
    assert without_number("Re: [T-000123]  Ajuda [T-000124]") == "Re: Ajuda"


def test_what_ses_says_is_read() -> None:
    told = notification("ses-1", f"Ana <{ANA}>", "support@example.com", NOON, {})
    assert receipt_of(json.dumps(told)) == RECEIPT


@pytest.mark.parametrize("status", ["GRAY", "PROCESSING_FAILED", "DISABLED", ""])
def test_a_verdict_that_is_neither_yes_nor_no_is_unclear(status: str) -> None:
    told = notification("ses-1", ANA, "support@example.com", NOON, {"dmarc": status, "virus": status})
    receipt = receipt_of(json.dumps(told))
    assert receipt
    assert (receipt.dmarc, receipt.virus, receipt.spf) == ("unclear", "unclear", "pass")


def test_a_verdict_that_is_missing_is_unclear() -> None:
    told = notification("ses-1", ANA, "support@example.com", NOON, {})
    del told["receipt"]["dmarcVerdict"], told["mail"]["commonHeaders"], told["mail"]["source"]
    receipt = receipt_of(json.dumps(told))
    assert receipt
    assert (receipt.dmarc, receipt.senders, receipt.envelope_sender) == ("unclear", (), "")


@pytest.mark.parametrize(
    "text",
    ["Successfully validated SNS topic", "[]", "null", "{}", '{"notificationType": "Bounce"}'],
)
def test_what_tells_of_no_mail_is_no_receipt(text: str) -> None:
    assert receipt_of(text) is None
