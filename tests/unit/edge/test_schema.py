"""The base of requests and answers, and what is told about a request that is not as it should be."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Annotated

import pytest
from pydantic import AfterValidator, BaseModel, Field, SecretStr, ValidationError

from chalicelib.edge.problems import problem_of, unexpected
from chalicelib.edge.schema import Instant, MoneyOut, Problem, Schema, refusal_of
from chalicelib.kernel.errors import FieldError, Invalid, Malformed, Refusal, TooManyRequests
from chalicelib.kernel.faults import Fault
from chalicelib.kernel.money import Money


class Shown(Schema):
    """An answer of these tests."""

    at: Instant
    price: MoneyOut


def test_answers_show_instants_in_utc_and_money_in_minor_units() -> None:
    at = datetime(2026, 11, 22, 7, 0, 0, 999999, tzinfo=timezone(timedelta(hours=-3)))
    shown = Shown(at=at, price=MoneyOut.of(Money(19900, "BRL")))
    assert shown.model_dump_json() == (
        '{"at":"2026-11-22T10:00:00Z","price":{"amount":19900,"currency":"BRL"}}'
    )


def test_a_schema_refuses_unknown_fields_and_cannot_be_changed() -> None:
    with pytest.raises(ValidationError, match="extra_forbidden"):
        MoneyOut.model_validate({"amount": 1, "currency": "EUR", "exponent": 2})
    money = MoneyOut(amount=1, currency="EUR")
    with pytest.raises(ValidationError, match="frozen"):
        money.amount = 2


@pytest.mark.parametrize(
    "problem",
    [
        problem_of(Invalid(errors=[FieldError("/a", Fault("missing"))]), "es", "req-1"),
        problem_of(TooManyRequests(retry_after=3), "en", ""),
        unexpected("pt-BR", "req-2"),
    ],
    ids=["invalid", "too_many", "unexpected"],
)
def test_every_problem_is_as_the_description_of_the_api_says(problem: dict[str, object]) -> None:
    assert Problem.model_validate(problem).model_dump() == problem


class Body(BaseModel):
    """A body of these tests."""

    name: str = Field(max_length=3)
    secret: SecretStr = Field(min_length=9)
    deep: list[dict[str, int]]


def _refused(raw: str, root: str = "") -> Refusal:
    with pytest.raises(ValidationError) as found:
        Body.model_validate_json(raw)
    return refusal_of(found.value, root)


@pytest.mark.parametrize("raw", ["", "{", '{"name": ', "nul", '{"name": "x"}}'])
def test_unreadable_json_is_malformed(raw: str) -> None:
    assert isinstance(_refused(raw), Malformed)


def test_unreadable_json_is_told_by_its_place_in_every_language() -> None:
    refusal = _refused('{"name": ')
    assert refusal.message("en") == "The body is not readable: it is not valid JSON, see line 1, column 9."
    assert refusal.message("es") == "El cuerpo no se puede leer: no es JSON válido: línea 1, columna 9."


@pytest.mark.parametrize("raw", ["null", "[]", '"x"', "1"])
def test_what_is_readable_but_no_object_is_invalid_as_a_whole(raw: str) -> None:
    refusal = _refused(raw)
    assert isinstance(refusal, Invalid)
    assert [error.pointer for error in refusal.errors] == [""]


def test_pointers_follow_the_document_and_escape_what_they_must() -> None:
    refusal = _refused('{"name": "long", "secret": "short", "deep": [{}, {"a/b~c": "x"}]}')
    assert [error.pointer for error in refusal.errors] == ["/name", "/secret", "/deep/1/a~1b~0c"]
    assert [error.pointer for error in _refused("{}", "/query").errors] == [
        "/query/name",
        "/query/secret",
        "/query/deep",
    ]


def test_a_problem_does_not_repeat_what_was_sent() -> None:
    refusal = _refused('{"name": "Zacharias", "secret": "s3cr3t", "deep": ["x"]}')
    told = str(problem_of(refusal, "en", ""))
    assert len(refusal.errors) == 3
    assert "s3cr3t" not in told
    assert "Zacharias" not in told


class Even(BaseModel):
    """A body with a validator of ours."""

    number: Annotated[int, AfterValidator(lambda value: _even(value))]


def _even(value: int) -> int:
    if value % 2:
        raise Fault("range", least=2, most=8)
    return value


def test_a_fault_that_one_of_our_validators_found_keeps_its_own_code_and_facts() -> None:
    with pytest.raises(ValidationError) as found:
        Even.model_validate({"number": 3})
    (error,) = refusal_of(found.value).errors
    assert (error.pointer, error.code) == ("/number", "range")
    assert error.message("es") == "un número entero de 2 a 8"
