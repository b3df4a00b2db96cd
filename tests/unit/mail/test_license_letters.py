"""Letters about the end of a licence and of an addon, and about what staff changed of a licence."""

from __future__ import annotations

from typing import Any

import pytest
from jinja2 import UndefinedError

from chalicelib.kernel.errors import LOCALES
from chalicelib.mail.render import Letter, render

from .conftest import PARAMS

ENDS = ("license_expiring", "license_expired")
CHANGES = ("suspended", "reinstated", "revoked", "rotated")
# What the reader of each language sees of the same day.
DAY = {"en": "29 November 2027", "es": "29 de noviembre de 2027", "pt-BR": "29 de novembro de 2027"}
LINK = '<a href="https://store.example/licences">https://store.example/licences</a>'


def letter(kind: str, locale: str, **changes: Any) -> Letter:
    return render(kind, locale, {**PARAMS[kind], **changes})


# Every shape that a letter of these kinds can take.
SHAPES: list[tuple[str, dict[str, Any]]] = [
    *((kind, {"addon": addon}) for kind in ENDS for addon in (None, "Proveedor A")),
    *(("license_expired", {"addon": addon, "grace_day": None}) for addon in (None, "Proveedor A")),
    *(("license_changed", {"change": change, "old_until": None}) for change in CHANGES),
    ("license_changed", {"change": "rotated"}),
]


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize(("kind", "changes"), SHAPES)
def test_each_says_which_licence_and_leads_to_the_store(
    kind: str, changes: dict[str, Any], locale: str
) -> None:
    found = letter(kind, locale, **changes)
    assert "PrestaImport" in found.subject
    assert "…K7QX2M" in found.subject
    assert "PrestaImport" in found.text
    assert " K7QX2M\n" in found.text
    assert LINK in found.html
    assert "None" not in found.subject + found.text


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize(("kind", "changes"), SHAPES)
def test_paragraphs_are_as_written_with_nothing_empty_or_run_together(
    kind: str, changes: dict[str, Any], locale: str
) -> None:
    text = letter(kind, locale, **changes).text
    assert "\n\n\n" not in text
    assert "  " not in text
    assert not [line for line in text.splitlines() if line != line.strip()]
    last = text.split("\n\n")[-1]
    assert "Vigencia" in last
    assert "PrestaImport" not in last


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("kind", ENDS)
def test_the_end_of_an_addon_names_it_and_that_of_the_licence_names_none(kind: str, locale: str) -> None:
    addon, licence = letter(kind, locale, addon="Proveedor A"), letter(kind, locale, addon=None)
    assert "Proveedor A" in addon.subject
    assert "Proveedor A" in addon.text
    assert addon.subject != licence.subject
    assert addon.text != licence.text
    assert "Proveedor A" not in licence.text


@pytest.mark.parametrize(
    ("locale", "untouched"),
    [
        ("en", "your licence and its other add-ons go on as they are"),
        ("es", "su licencia y los demás complementos siguen como están"),
        ("pt-BR", "a sua licença e os demais complementos continuam como estão"),
    ],
)
@pytest.mark.parametrize("kind", ENDS)
def test_only_the_end_of_an_addon_leaves_everything_else_working(
    kind: str, locale: str, untouched: str
) -> None:
    assert untouched in letter(kind, locale, addon="Proveedor A").text
    assert untouched not in letter(kind, locale, addon=None).text


@pytest.mark.parametrize(
    ("locale", "days", "written"),
    [
        ("en", 30, "Your PrestaImport licence ends in 30 days.\n"),
        ("en", 7, "Your PrestaImport licence ends in 7 days.\n"),
        ("en", 1, "Your PrestaImport licence ends in 1 day.\n"),
        ("es", 30, "Su licencia de PrestaImport caduca dentro de 30 días.\n"),
        ("es", 1, "Su licencia de PrestaImport caduca dentro de 1 día.\n"),
        ("pt-BR", 30, "Faltam 30 dias para a sua licença de PrestaImport vencer.\n"),
        ("pt-BR", 1, "Falta 1 dia para a sua licença de PrestaImport vencer.\n"),
    ],
)
def test_days_left_agree_in_number(locale: str, days: int, written: str) -> None:
    assert written in letter("license_expiring", locale, days=days).text


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("addon", [None, "Proveedor A"])
def test_the_last_day_is_written_out(locale: str, addon: str | None) -> None:
    found = letter("license_expiring", locale, addon=addon, last_day="2027-11-29")
    assert DAY[locale] in found.subject
    assert f": {DAY[locale]}\n" in found.text
    assert f": {DAY[locale]}\n" in letter("license_expired", locale, addon=addon, last_day="2027-11-29").text


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("addon", [None, "Proveedor A"])
def test_days_of_grace_are_told_when_there_are_any(locale: str, addon: str | None) -> None:
    assert DAY[locale] in letter("license_expired", locale, addon=addon).text
    without = letter("license_expired", locale, addon=addon, grace_day=None).text
    assert DAY[locale] not in without
    stopped = {"en": "no longer works", "es": "ya no funciona", "pt-BR": "não funciona mais"}
    assert stopped[locale] in without


@pytest.mark.parametrize("locale", LOCALES)
def test_each_change_is_a_letter_of_its_own(locale: str) -> None:
    letters = [letter("license_changed", locale, change=change) for change in CHANGES]
    assert len({one.subject for one in letters}) == len({one.text for one in letters}) == len(CHANGES)


@pytest.mark.parametrize("locale", LOCALES)
def test_an_unknown_change_is_an_error_not_another_letter(locale: str) -> None:
    with pytest.raises(UndefinedError):
        letter("license_changed", locale, change="renamed")


@pytest.mark.parametrize("locale", LOCALES)
def test_a_new_key_comes_with_the_last_day_of_the_old_one(locale: str) -> None:
    assert f": {DAY[locale]}\n" in letter("license_changed", locale).text
    assert DAY[locale] not in letter("license_changed", locale, old_until=None).text


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("change", ["suspended", "reinstated", "revoked"])
def test_only_a_new_key_speaks_of_an_old_one(locale: str, change: str) -> None:
    assert DAY[locale] not in letter("license_changed", locale, change=change).text
