"""Durations as ISO 8601 writes them, in hours and exact (B9)."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.tickets.durations import iso_duration

SHAPE = re.compile(r"PT(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)(?:\.(\d{1,6}))?S)?")


@pytest.mark.parametrize(
    ("span", "text"),
    [
        (timedelta(hours=48), "PT48H"),
        (timedelta(hours=7, minutes=30), "PT7H30M"),
        (timedelta(minutes=1), "PT1M"),
        (timedelta(seconds=10), "PT10S"),
        (timedelta(0), "PT0S"),
        (timedelta(hours=1, seconds=0.5), "PT1H0.5S"),
        (timedelta(microseconds=1), "PT0.000001S"),
    ],
)
def test_a_duration_is_written_in_hours_minutes_and_seconds(span: timedelta, text: str) -> None:
    assert iso_duration(span) == text


@given(st.timedeltas(timedelta(0), timedelta(days=10_000)))
def test_nothing_is_lost(span: timedelta) -> None:
    match = SHAPE.fullmatch(iso_duration(span))
    assert match
    hours, minutes, seconds, fraction = match.groups()
    assert span == timedelta(
        hours=int(hours or 0),
        minutes=int(minutes or 0),
        seconds=int(seconds or 0),
        microseconds=int((fraction or "0").ljust(6, "0")),
    )
