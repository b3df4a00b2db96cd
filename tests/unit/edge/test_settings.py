"""The environment: read in one place, complete or refused with everything that is missing."""

from __future__ import annotations

import dataclasses

import pytest

from chalicelib.settings import Settings, SettingsIncomplete, read
from tests.world import QUEUES, environment

COMPLETE = environment("vigencia-x", "https://x/jwks.json", dict.fromkeys(QUEUES, "q"), "https://p")


def test_every_setting_is_read_from_its_variable() -> None:
    found = dataclasses.asdict(read(COMPLETE))
    assert found == {name.lower(): value for name, value in COMPLETE.items()}


def test_everything_missing_or_empty_is_named_at_once() -> None:
    incomplete = {**COMPLETE, "TABLE_NAME": ""}
    del incomplete["STAGE"], incomplete["MAIL_FROM"]
    with pytest.raises(SettingsIncomplete) as refused:
        read(incomplete)
    assert refused.value.names == ["STAGE", "TABLE_NAME", "MAIL_FROM"]
    assert str(refused.value) == "missing environment variables: STAGE, TABLE_NAME, MAIL_FROM"


def test_without_any_variable_all_are_named() -> None:
    with pytest.raises(SettingsIncomplete) as refused:
        read({})
    assert len(refused.value.names) == len(dataclasses.fields(Settings))


@pytest.mark.parametrize(
    ("text", "origins"),
    [
        ("https://a.example.com", {"https://a.example.com"}),
        (
            " https://a.example.com , https://b.example.com,",
            {"https://a.example.com", "https://b.example.com"},
        ),
        (" , ", set()),
    ],
)
def test_origins_are_a_list_with_commas(text: str, origins: set[str]) -> None:
    assert read({**COMPLETE, "ALLOWED_ORIGINS": text}).origins == origins
