"""Pages and cursors: every item once, and no cursor but our own."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.kernel.paging import (
    FULL_PAGE,
    NotACursor,
    Page,
    all_pages,
    decode_cursor,
    encode_cursor,
    pick_page,
    slice_page,
)


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


@pytest.mark.parametrize("size", [0, 1, FULL_PAGE, FULL_PAGE + 1, 3 * FULL_PAGE])
def test_all_pages_are_the_whole_list_read_by_full_pages(size: int) -> None:
    asked: list[int] = []

    def page(limit: int, cursor: str | None) -> Page[int]:
        asked.append(limit)
        return slice_page(range(size), limit, cursor)

    assert list(all_pages(page)) == list(range(size))
    assert asked == [FULL_PAGE] * max(1, -(-size // FULL_PAGE))


@pytest.mark.parametrize("position", [{"from": "-1"}, {"from": "x"}, {"from": ""}, {}, {"pk": "1"}])
def test_a_position_of_another_list_is_refused(position: dict[str, str]) -> None:
    with pytest.raises(NotACursor):
        slice_page([1, 2, 3], 2, encode_cursor(position))


def test_a_position_behind_the_end_is_an_empty_page() -> None:
    assert slice_page([1, 2, 3], 2, encode_cursor({"from": "99"})) == Page((), None)


# Pages of a stream


FALLING = [f"{number:03d}" for number in range(40, 0, -1)]


def _picked(items: Iterable[str], limit: int, cursor: str | None = None) -> Page[str]:
    return pick_page(items, str, limit, cursor)


@given(st.sets(st.text(min_size=1), max_size=30), st.integers(1, 10))
def test_pages_of_a_stream_one_after_the_other_are_all_of_it(texts: set[str], limit: int) -> None:
    falling = sorted(texts, reverse=True)
    page = _picked(falling, limit)
    seen = [*page.items]
    while page.next_cursor:
        assert len(page.items) == limit
        page = _picked(falling, limit, page.next_cursor)
        assert page.items
        seen += page.items
    assert seen == falling


def test_a_page_takes_no_more_of_a_stream_than_it_needs() -> None:
    stream = iter(FALLING)
    assert _picked(stream, 5).items == tuple(FALLING[:5])
    assert next(stream) == FALLING[6]


def test_what_comes_in_at_the_top_or_goes_shifts_no_page() -> None:
    first = _picked(FALLING, 5)
    later = ["999", *(one for one in FALLING if one != first.items[-1])]
    assert _picked(later, 5, first.next_cursor).items == tuple(FALLING[5:10])


@pytest.mark.parametrize("position", [{}, {"from": "1"}, {"after": "1", "pk": "x"}, {"pk": "x", "sk": "x"}])
def test_a_position_of_another_list_is_none_of_a_stream_and_nothing_is_taken(
    position: dict[str, str],
) -> None:
    stream = iter(FALLING)
    with pytest.raises(NotACursor):
        _picked(stream, 5, encode_cursor(position))
    assert next(stream) == FALLING[0]


def test_a_mapped_page_keeps_its_cursor() -> None:
    assert Page((1, 2), "next").map(str) == Page(("1", "2"), "next")
