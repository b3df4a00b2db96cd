"""Pages and cursors: every item once, and no cursor but our own."""

from __future__ import annotations

import base64
import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.kernel.paging import NotACursor, Page, decode_cursor, encode_cursor, slice_page


@given(st.dictionaries(st.text(), st.text()))
def test_a_cursor_leads_back_to_its_position_and_fits_into_a_url(position: dict[str, str]) -> None:
    cursor = encode_cursor(position)
    assert decode_cursor(cursor) == position
    assert set(cursor) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")


@given(st.text())
def test_any_other_text_is_refused_or_is_a_position_of_texts(text: str) -> None:
    position: dict[str, str] = {}
    with suppress(NotACursor):
        position = decode_cursor(text)
    assert all(isinstance(value, str) for value in position.values())


def test_a_refused_cursor_is_a_faulty_query() -> None:
    with pytest.raises(NotACursor) as refused:
        decode_cursor("no cursor")
    assert [(error.pointer, error.code) for error in refused.value.errors] == [("/query/cursor", "cursor")]


@pytest.mark.parametrize("value", [None, 1, "text", ["list"], {"from": 1}, {"from": None}])
def test_other_json_is_no_cursor(value: object) -> None:
    with pytest.raises(NotACursor):
        decode_cursor(base64.urlsafe_b64encode(json.dumps(value).encode()).decode())


@given(st.lists(st.integers(), max_size=50), st.integers(1, 20))
def test_pages_one_after_the_other_are_the_whole_list(items: list[int], limit: int) -> None:
    seen: list[int] = []
    cursor = None
    for _ in range(len(items) + 1):
        page = slice_page(items, limit, cursor)
        assert len(page.items) <= limit
        seen += page.items
        cursor = page.next_cursor
        if cursor is None:
            break
    assert seen == items
    assert cursor is None


@pytest.mark.parametrize("position", [{"from": "-1"}, {"from": "x"}, {"from": ""}, {}, {"pk": "1"}])
def test_a_position_of_another_list_is_refused(position: dict[str, str]) -> None:
    with pytest.raises(NotACursor):
        slice_page([1, 2, 3], 2, encode_cursor(position))


def test_a_position_behind_the_end_is_an_empty_page() -> None:
    assert slice_page([1, 2, 3], 2, encode_cursor({"from": "99"})) == Page((), None)


def test_a_mapped_page_keeps_its_cursor() -> None:
    assert Page((1, 2), "next").map(str) == Page(("1", "2"), "next")
