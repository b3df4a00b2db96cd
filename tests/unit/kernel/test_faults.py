"""The sentences of faults: the same ones in each language, of the same facts (B12)."""

from __future__ import annotations

import string

import pytest

from chalicelib.kernel.errors import LOCALES, FieldError
from chalicelib.kernel.faults import OTHER, TEXTS, Fault

ENGLISH = TEXTS["en"]


def _variables(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_there_is_a_table_of_sentences_for_each_language() -> None:
    assert set(TEXTS) == set(LOCALES)
    assert all(texts.keys() == ENGLISH.keys() for texts in TEXTS.values())


@pytest.mark.parametrize("name", ENGLISH)
def test_a_sentence_is_another_one_in_english_and_tells_the_same_facts_in_each_language(name: str) -> None:
    told = [TEXTS[locale][name] for locale in LOCALES]
    assert all(told)
    assert TEXTS["es"][name] != ENGLISH[name] != TEXTS["pt-BR"][name]
    assert len({frozenset(_variables(text)) for text in told}) == 1


@pytest.mark.parametrize(
    ("locale", "text"),
    [("es", "queda EUR 1.00"), ("pt-BR", "restam EUR 1.00"), ("en", "EUR 1.00 is left of it")],
)
def test_a_faulty_field_is_told_in_the_wanted_language(locale: str, text: str) -> None:
    error = FieldError("/amount", Fault("more_than_left", left="EUR 1.00"))
    assert (error.pointer, error.code, error.message(locale)) == ("/amount", "more_than_left", text)


def test_a_code_can_have_several_sentences() -> None:
    first, second = Fault("hours.order"), Fault("hours.never")
    assert first.code == second.code == "hours"
    assert str(first) == "hours end before they begin"
    assert str(second) == "the company is never open"


@pytest.mark.parametrize("locale", LOCALES)
def test_a_fault_that_nobody_foresaw_is_told_all_the_same(locale: str) -> None:
    assert Fault("uuid_parsing", error="x").message(locale) == TEXTS[locale][OTHER]
