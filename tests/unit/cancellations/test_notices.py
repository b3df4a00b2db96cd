"""A notice: closed once, by whoever was first, and admitted by what it says."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chalicelib.cancellations.notices import Notice, NoticeFilter, closed

NOW = datetime(2026, 11, 27, 10, tzinfo=UTC)
NOTICE = Notice(
    id="ntc_1",
    customer_id="cus_1",
    group="cancellation",
    products=("erp", "site"),
    reason="closing",
    sector="registry",
    description="his shop",
    status="open",
    created_at=NOW,
    created_by="eva",
)


def test_whoever_closes_a_notice_first_is_who_closed_it() -> None:
    first = closed(NOTICE, "eva", NOW)
    assert first == replace(NOTICE, status="closed", closed_at=NOW, closed_by="eva")
    assert closed(first, "leo", NOW + timedelta(days=1)) is first


@pytest.mark.parametrize(
    ("wanted", "admitted"),
    [
        ({}, True),
        ({"status": "open"}, True),
        ({"status": "closed"}, False),
        ({"sector": "registry"}, True),
        ({"sector": "it"}, False),
        ({"product": "site"}, True),
        ({"product": "domain"}, False),
        ({"status": "open", "sector": "registry", "product": "erp"}, True),
        ({"status": "open", "sector": "registry", "product": "domain"}, False),
    ],
)
def test_a_filter_admits_what_is_like_all_of_it(wanted: dict[str, Any], admitted: bool) -> None:
    assert NoticeFilter(**wanted).admits(NOTICE) is admitted
