"""Every refusal is a problem: a status, a stable code, a sentence in each language (RFC 9457, B12)."""

from __future__ import annotations

import importlib
import pkgutil
import string
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

import chalicelib
from chalicelib.edge.problems import (
    STATUS_OF_FAMILY,
    TITLES,
    headers_of,
    problem_of,
    status_of,
    unexpected,
)
from chalicelib.kernel.errors import LOCALES, FieldError, Invalid, NotFound, Refusal, TooManyRequests
from chalicelib.kernel.faults import Fault
from chalicelib.subscriptions.cancelling import PastCutoff

# Clients match these: a code is never renamed, a status never changed.
CODES = {
    "malformed": 400,
    "not_authenticated": 401,
    "bad_credentials": 401,
    "webhook_not_authentic": 401,
    "forbidden": 403,
    "self_service_not_allowed": 403,
    "not_found": 404,
    "activation_not_found": 404,
    "attachment_not_found": 404,
    "inbound_mail_not_found": 404,
    "inbound_mail_not_parked": 409,
    "addon_not_found": 404,
    "customer_not_found": 404,
    "cancellation_decided": 409,
    "cancellation_not_found": 404,
    "card_not_found": 404,
    "credit_note_not_found": 404,
    "crm_task_not_found": 404,
    "export_not_found": 404,
    "formal_email_not_failed": 409,
    "invoice_not_payable": 409,
    "invoice_not_voidable": 409,
    "too_many_attempts": 409,
    "too_many_offers": 409,
    "invoice_not_found": 404,
    "license_not_found": 404,
    "calendar_not_found": 404,
    "mail_not_found": 404,
    "message_not_found": 404,
    "online_invoice_not_found": 404,
    "order_not_found": 404,
    "payment_not_found": 404,
    "product_not_found": 404,
    "provider_event_not_found": 404,
    "refund_not_found": 404,
    "subscription_not_found": 404,
    "withdrawal_not_found": 404,
    "task_not_found": 404,
    "ticket_not_found": 404,
    "ticket_awaits_payment": 409,
    "ticket_awaits_session": 409,
    "ticket_closed": 409,
    "ticket_not_answered": 409,
    "ticket_not_advisory": 409,
    "session_step_not_due": 409,
    "session_not_begun": 409,
    "conflict": 409,
    "credit_exceeds_invoice": 409,
    "document_not_ready": 409,
    "email_taken": 409,
    "license_not_usable": 409,
    "license_revoked": 409,
    "moves_exhausted": 409,
    "no_free_seat": 409,
    "no_moves_allowed": 409,
    "not_confirmed": 409,
    "not_renewable": 409,
    "order_not_withdrawable": 409,
    "past_cutoff": 409,
    "notice_not_found": 404,
    "task_needs_answers": 409,
    "step_is_automatic": 409,
    "step_not_found": 404,
    "step_not_ready": 409,
    "step_not_skippable": 409,
    "subscription_ended": 409,
    "withdrawal_window_closed": 409,
    "not_a_transfer": 409,
    "payment_contested": 409,
    "payment_not_refundable": 409,
    "reference_used": 409,
    "refund_not_by_hand": 409,
    "used_offline": 409,
    "too_large": 413,
    "unsupported_media_type": 415,
    "invalid": 422,
    "idempotency_key_reused": 422,
    "method_not_offered": 422,
    "report_too_large": 422,
    "calendar_not_valid": 422,
    "policies_not_valid": 422,
    "service_levels_not_valid": 422,
    "too_many_requests": 429,
    "unavailable": 503,
}


def _below(family: type[Refusal]) -> Iterator[type[Refusal]]:
    for found in family.__subclasses__():
        yield found
        yield from _below(found)


def _refusals() -> list[type[Refusal]]:
    for module in pkgutil.walk_packages(chalicelib.__path__, "chalicelib."):
        importlib.import_module(module.name)
    return sorted(set(_below(Refusal)), key=lambda one: one.__qualname__)


REFUSALS = _refusals()


def _facts(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_every_refusal_has_a_code_of_its_own_and_its_familys_status() -> None:
    with_code = [one for one in REFUSALS if "code" in vars(one)]
    assert {one.code: status_of(one) for one in with_code} == CODES
    assert len({one.code for one in with_code}) == len(with_code)


@pytest.mark.parametrize("refusal", REFUSALS, ids=lambda one: one.__name__)
def test_every_refusal_speaks_three_languages_of_the_same_facts(refusal: type[Refusal]) -> None:
    assert set(refusal.text) == set(LOCALES)
    assert len({frozenset(_facts(text)) for text in refusal.text.values()}) == 1
    assert len(set(refusal.text.values())) == len(LOCALES)
    if issubclass(refusal, NotFound):
        assert set(refusal.thing) == set(LOCALES)
        told = {refusal(id="x").message(locale) for locale in LOCALES}
        assert len(told) == len(LOCALES)


def test_every_status_has_a_title_in_three_languages() -> None:
    assert {status for _, status in STATUS_OF_FAMILY} | {500} == set(TITLES)
    for titles in TITLES.values():
        assert set(titles) == set(LOCALES)
        assert len(set(titles.values())) == len(LOCALES)


def test_a_problem_names_every_faulty_field() -> None:
    faults = [FieldError("/a", Fault("missing")), FieldError("/b/0", Fault("hours.order"))]
    problem = problem_of(Invalid(errors=faults), "es", "req-1")
    assert problem == {
        "type": "about:blank",
        "title": "Valores no válidos",
        "status": 422,
        "code": "invalid",
        "detail": "Algunos campos no son válidos.",
        "request_id": "req-1",
        "errors": [
            {"pointer": "/a", "code": "missing", "detail": "Falta este campo"},
            {"pointer": "/b/0", "code": "hours", "detail": "el horario acaba antes de empezar"},
        ],
    }


@pytest.mark.parametrize("locale", LOCALES)
def test_what_was_not_foreseen_tells_only_which_request_it_was(locale: str) -> None:
    problem = unexpected(locale, "req-1")
    title = TITLES[500][locale]
    assert problem == {
        "type": "about:blank",
        "title": title,
        "status": 500,
        "code": "internal_error",
        "detail": title,
        "request_id": "req-1",
        "errors": [],
    }


def test_a_fact_that_programs_act_on_is_a_member_of_its_own() -> None:
    until = datetime(2026, 12, 15, 23, tzinfo=UTC)
    problem = problem_of(PastCutoff(until), "en", "req-1")
    assert problem["cancel_renewal_until"] == "2026-12-15T23:00:00Z"
    assert "2026-12-15T23:00:00Z" in problem["detail"]
    assert "id" not in problem_of(NotFound(id="x"), "en", "req-1")


def test_who_must_wait_is_told_how_long_in_a_header() -> None:
    assert headers_of(TooManyRequests(retry_after=30)) == {"Retry-After": "30"}
    assert headers_of(NotFound(id="x")) == {}
