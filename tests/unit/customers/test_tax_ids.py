"""Tax ids: known good and bad ones, one canonical form, and nothing personal in the refusal."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.customers.tax_ids import TaxIdNotValid, normalise
from infra.sandbox import taxids

GOOD = [
    ("BR", "529.982.247-25", "52998224725"),
    ("BR", " 52998224725 ", "52998224725"),
    ("BR", "111.444.777-35", "11144477735"),
    ("BR", "11.222.333/0001-81", "11222333000181"),
    ("BR", "12.ABC.345/01DE-35", "12ABC34501DE35"),
    ("BR", "12.abc.345/01de-35", "12ABC34501DE35"),
    ("ES", "12345678Z", "12345678Z"),
    ("ES", "12.345.678-z", "12345678Z"),
    ("ES", "X-1234567-L", "X1234567L"),
    ("ES", "Y1234567X", "Y1234567X"),
    ("ES", "Z1234567R", "Z1234567R"),
    ("ES", "M-1234567-L", "M1234567L"),
    ("ES", "A58818501", "A58818501"),
    ("ES", "A-5881850-A", "A5881850A"),
    ("ES", "J99216582", "J99216582"),
    ("CL", "12.531.909-2", "125319092"),
    ("CL", "76.086.428-5", "760864285"),
    ("CL", "10.000.013-k", "10000013K"),
    ("CL", "9.876.543-3", "98765433"),
]
BAD = [
    ("BR", "529.982.247-26", "the second check digit"),
    ("BR", "529.982.247-35", "the first check digit"),
    ("BR", "111.111.111-11", "all equal, though the check digits fit"),
    ("BR", "000.000.000-00", "all equal"),
    ("BR", "00.000.000/0000-00", "all equal"),
    ("BR", "11.222.333/0001-80", "the check digit of a company"),
    ("BR", "12.ABC.345/01DE-36", "the check digit of a company with letters"),
    ("BR", "12.ABC.345/01DE-3A", "a letter as check digit"),
    ("BR", "5299822472", "too short"),
    ("BR", "529982247250", "too long"),
    ("BR", "５２９９８２２４７２５", "digits of another script"),
    ("BR", "529_982_247_25", "another separator"),
    ("BR", "", "empty"),
    ("ES", "12345678A", "the letter of a person"),
    ("ES", "X1234567A", "the letter of a foreigner"),
    ("ES", "A58818502", "the control of a company"),
    ("ES", "ſ5881850A", "a letter that only becomes S in upper case"),
    ("ES", "1234567Z", "too short"),
    ("ES", "I1234567A", "no such kind of entity"),
    ("CL", "12.531.909-3", "the check digit"),
    ("CL", "0.531.909-2", "a leading zero"),
    ("CL", "12.531.909-L", "no check digit at all"),
]


@pytest.mark.parametrize(("country", "text", "canonical"), GOOD)
def test_a_sound_tax_id_is_kept_without_punctuation(country: str, text: str, canonical: str) -> None:
    assert normalise(country, text) == canonical


@pytest.mark.parametrize(("country", "text", "canonical"), GOOD)
def test_the_canonical_form_is_its_own_canonical_form(country: str, text: str, canonical: str) -> None:
    assert normalise(country, canonical) == canonical


@pytest.mark.parametrize(("country", "text", "why"), BAD)
def test_a_faulty_tax_id_is_refused(country: str, text: str, why: str) -> None:
    with pytest.raises(TaxIdNotValid):
        normalise(country, text)


def test_the_refusal_names_the_country_but_not_the_tax_id() -> None:
    with pytest.raises(TaxIdNotValid) as refusal:
        normalise("BR", "529.982.247-26")
    assert str(refusal.value) == "not a tax id of BR"
    assert refusal.value.facts == {"country": "BR"}


@pytest.mark.parametrize("text", ["123", " AB 123-4 ", "x" * 32])
def test_ids_of_other_countries_are_only_trimmed(text: str) -> None:
    assert normalise("PT", text) == text.strip()


@pytest.mark.parametrize("text", ["", "12", " 12 ", "x" * 33, "12\n34", "123\u0000", "12\u202e34"])
def test_ids_of_other_countries_have_3_to_32_printable_characters(text: str) -> None:
    with pytest.raises(TaxIdNotValid):
        normalise("PT", text)


@given(st.integers(0, 10), st.sampled_from("0123456789"))
def test_no_changed_digit_of_a_cpf_goes_unnoticed(place: int, digit: str) -> None:
    changed = "52998224725"[:place] + digit + "52998224725"[place + 1 :]
    if changed == "52998224725":
        assert normalise("BR", changed) == changed
    else:
        with pytest.raises(TaxIdNotValid):
            normalise("BR", changed)


@given(st.text("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=9, max_size=12), st.integers(0, 99))
def test_brazilian_ids_are_judged_as_the_providers_sandbox_judges_them(body: str, check: int) -> None:
    text = f"{body}{check:02d}"
    try:
        accepted = bool(normalise("BR", text))
    except TaxIdNotValid:
        accepted = False
    assert accepted == (taxids.is_person(text) or taxids.is_company(text))


@given(st.integers(1_000_000, 99_999_999))
def test_every_chilean_number_has_exactly_one_check_digit(number: int) -> None:
    accepted = []
    for check in "0123456789K":
        try:
            accepted.append(normalise("CL", f"{number}{check}"))
        except TaxIdNotValid:
            continue
    assert len(accepted) == 1


@given(st.integers(0, 99_999_999))
def test_every_spanish_number_has_exactly_one_letter(number: int) -> None:
    accepted = []
    for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ":
        try:
            accepted.append(normalise("ES", f"{number:08d}{letter}"))
        except TaxIdNotValid:
            continue
    assert len(accepted) == 1
