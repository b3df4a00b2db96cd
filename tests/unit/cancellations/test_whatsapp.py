"""The prepared message by WhatsApp: in the customer's language, to a number that wa.me takes (C3, C4)."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from chalicelib.cancellations.whatsapp import Addressee, digits_of, message
from chalicelib.kernel.errors import LOCALES
from tests.unit.cancellations.cases import NOW, case

ANA = {"name": "Ana Souza", "locale": "pt-BR", "country": "BR", "phone": "11 91234-5678"}


def _to(**changed: Any) -> Addressee:
    return Addressee(**{**ANA, **changed})


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("told", [{}, {"channel": "broken_off"}, {"channel": "chat", "silent_since": NOW}])
def test_it_names_the_vendor_the_customer_and_his_case(locale: str, told: dict[str, Any]) -> None:
    text = message(case(**told), _to(locale=locale), "Vigencia").text
    assert "Ana" in text
    assert "Souza" not in text
    assert "Vigencia" in text
    assert "C-000001" in text


def test_what_was_interrupted_is_to_be_completed() -> None:
    texts = [
        {locale: message(case(**told), _to(locale=locale), "V").text for locale in LOCALES}
        for told in ({}, {"channel": "broken_off"}, {"channel": "chat", "silent_since": NOW})
    ]
    assert len(set(texts[0].values())) == len(set(texts[1].values())) == len(LOCALES)
    assert texts[1] == texts[2]
    assert not set(texts[0].values()) & set(texts[1].values())


def test_the_link_opens_that_text_to_his_number() -> None:
    ready = message(case(), _to(), "Vigencia & Co.")
    assert ready.url
    link = urlsplit(ready.url)
    assert (link.scheme, link.netloc, link.path) == ("https", "wa.me", "/5511912345678")
    assert parse_qs(link.query) == {"text": [ready.text]}


def test_without_a_number_there_is_a_text_and_no_link() -> None:
    assert message(case(), _to(phone=None), "Vigencia").url is None
    assert message(case(), _to(phone="91234-5678", country="US"), "Vigencia").url is None


@pytest.mark.parametrize(
    ("phone", "country", "digits"),
    [
        ("+55 (11) 91234-5678", "BR", "5511912345678"),
        ("(11) 91234-5678", "BR", "5511912345678"),
        ("011 3123-4567", "BR", "551131234567"),
        # Area code 55, in the south.
        ("55 99123-4567", "BR", "5555991234567"),
        ("55 11 91234 5678", "BR", "5511912345678"),
        ("9 8765 4321", "CL", "56987654321"),
        ("612 345 678", "ES", "34612345678"),
        ("34 612 345 678", "ES", "34612345678"),
        ("0034 612 345 678", "BR", "34612345678"),
        (" +1 202 555 0123", "ES", "12025550123"),
        ("202 555 0123", "US", None),
        ("+1 202 555 0123", "US", "12025550123"),
    ],
)
def test_a_national_number_gets_the_code_of_its_country(phone: str, country: str, digits: str | None) -> None:
    assert digits_of(phone, country) == digits
