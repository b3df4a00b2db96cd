"""The forms and their reasons, as data (R2 to R5)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args

import pytest

from chalicelib.kernel.errors import LOCALES, Invalid
from chalicelib.tickets.forms import FORMS, LONGEST, check_outcome, faults, subject
from chalicelib.tickets.rules import Kind

SAID = {"description": "All about it"}


def _faulty(kind: Any, reason: str | None, texts: Mapping[str, str | None]) -> list[tuple[str, str]]:
    return [(fault.pointer, fault.code) for fault in faults(kind, reason, texts)]


def test_everything_but_what_is_bought_has_a_form() -> None:
    assert set(FORMS) == set(get_args(Kind)) - {"advisory"}


def test_every_label_is_there_in_every_language_and_tells_reasons_apart() -> None:
    for form in FORMS.values():
        labels = [*form.reasons.values(), *([form.title] if form.title else [])]
        assert all(set(label) == set(LOCALES) and all(label.values()) for label in labels)
        for locale in LOCALES:
            shown = [label[locale] for label in form.reasons.values()]
            assert len(set(shown)) == len(shown)


def test_only_form_a_needs_a_reason_and_only_a_deletion_needs_no_text() -> None:
    assert [kind for kind, form in FORMS.items() if form.needs_reason] == ["cancel_contract"]
    assert [kind for kind, form in FORMS.items() if not form.needs_text] == ["data_deletion"]


@pytest.mark.parametrize("kind", FORMS)
def test_a_form_takes_its_own_reasons_and_no_others(kind: Kind) -> None:
    every = {code for form in FORMS.values() for code in form.reasons}
    taken = {code for code in every if not _faulty(kind, code, SAID)}
    assert taken == set(FORMS[kind].reasons)


def test_all_faults_are_told_together() -> None:
    texts: dict[str, str | None] = {"subject": "x" * 201, "product": "x" * 201, "description": " "}
    assert _faulty("cancel_contract", None, texts) == [
        ("/reason_code", "missing"),
        ("/description", "missing"),
        ("/subject", "string_too_long"),
        ("/product", "string_too_long"),
    ]
    assert _faulty("support", "plan", {}) == [("/reason_code", "unknown_reason"), ("/description", "missing")]


@pytest.mark.parametrize("name", LONGEST)
def test_a_text_may_be_as_long_as_it_may(name: str) -> None:
    assert _faulty("support", None, {**SAID, name: "x" * LONGEST[name]}) == []
    assert _faulty("support", None, {**SAID, name: "x" * (LONGEST[name] + 1)}) == [
        (f"/{name}", "string_too_long")
    ]


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("One line", "One line"),
        ("\n  First \r\nsecond", "First"),
        ("x" * 120, "x" * 120),
        ("x" * 121, "x" * 119 + "…"),
        ("word " * 40, "word " * 23 + "word…"),
    ],
)
def test_without_a_reason_a_request_is_named_after_the_beginning_of_its_text(text: str, named: str) -> None:
    assert subject("support", None, text, "en") == named


def test_a_reason_names_a_request_in_its_customers_language() -> None:
    told = [subject("review_contract", "plan", "Long account", locale) for locale in LOCALES]
    assert told == ["Plan contratado", "Plano contratado", "Question on the plan"]
    assert subject("data_deletion", None, "Please", "es") == "Supresión de mis datos"


def test_how_form_c_ended_is_always_recorded_and_others_have_no_outcome() -> None:
    for outcome in ("meeting", "steps_sent"):
        check_outcome("product_request", outcome)
    check_outcome("support", None)
    check_outcome("advisory", None)
    kinds: list[tuple[Kind, str | None, str]] = [
        ("product_request", None, "missing"),
        ("product_request", "sold", "unknown_outcome"),
        ("support", "meeting", "unknown_outcome"),
        ("advisory", "meeting", "unknown_outcome"),
    ]
    for kind, ended, code in kinds:
        with pytest.raises(Invalid) as refused:
            check_outcome(kind, ended)
        assert [(error.pointer, error.code) for error in refused.value.errors] == [("/outcome", code)]
