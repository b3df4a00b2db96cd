"""What a report reads: so many records at most, and all of them where they are counted."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.reports.periods import ReportTooLarge
from chalicelib.reports.reading import no_more_than, page_of_all


@given(st.lists(st.integers(), max_size=8), st.integers(0, 8))
def test_as_many_as_a_report_can_tell_are_read_and_one_more_is_refused(found: list[int], most: int) -> None:
    if len(found) <= most:
        assert list(no_more_than(most, found)) == found
    else:
        with pytest.raises(ReportTooLarge):
            list(no_more_than(most, found))


@given(st.integers(0, 9), st.integers(1, 9))
def test_a_page_is_picked_and_all_the_rest_is_read(count: int, limit: int) -> None:
    read: list[str] = []
    found = [str(number) for number in range(count)][::-1]
    page = page_of_all((read.append(one) or one for one in found), str, limit, None)  # type: ignore[func-returns-value]
    assert list(page.items) == found[:limit]
    assert (page.next_cursor is not None) == (count > limit)
    assert read == found
