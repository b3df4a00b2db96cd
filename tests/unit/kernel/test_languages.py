"""The language of people in a country."""

from __future__ import annotations

import pytest

from chalicelib.kernel.errors import LOCALES
from chalicelib.kernel.markets import HISPANOPHONE, LUSOPHONE, MARKETS, language_of


@pytest.mark.parametrize(
    ("country", "language"),
    [("ES", "es"), ("CL", "es"), ("MX", "es"), ("BR", "pt-BR"), ("PT", "pt-BR"), ("DE", "en"), ("US", "en")],
)
def test_people_are_written_to_in_the_language_of_their_country(country: str, language: str) -> None:
    assert language_of(country) == language


def test_a_country_has_one_language_and_every_market_one_that_letters_are_written_in() -> None:
    assert not set(HISPANOPHONE.split()) & set(LUSOPHONE.split())
    assert {language_of(country) for country in MARKETS} <= set(LOCALES)
