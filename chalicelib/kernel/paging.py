"""Pages of a list and the opaque cursor that leads to the next."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Generic, TypeVar

from chalicelib.kernel.errors import FieldError, Invalid
from chalicelib.kernel.faults import Fault

# How many items of a list are read at once by whoever reads all of it.
FULL_PAGE = 100

T = TypeVar("T")
U = TypeVar("U")


@dataclass(frozen=True)
class Page(Generic[T]):
    """Items of one page and the cursor of the next (None at the end)."""

    items: tuple[T, ...]
    next_cursor: str | None = None

    def map(self, change: Callable[[T], U]) -> Page[U]:
        """The same page with every item changed."""
        return Page(tuple(change(item) for item in self.items), self.next_cursor)


class NotACursor(Invalid):
    """The `cursor` is not one that this list gave out."""

    def __init__(self) -> None:
        super().__init__(errors=[FieldError("/query/cursor", Fault("cursor"))])


def encode_cursor(position: Mapping[str, str]) -> str:
    """An opaque, URL-safe text of a position in a list."""
    return base64.urlsafe_b64encode(json.dumps(dict(position)).encode()).decode().rstrip("=")


def decode_cursor(cursor: str) -> dict[str, str]:
    """The position again; `NotACursor` for anything `encode_cursor` did not make."""
    try:
        position = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except ValueError as error:
        raise NotACursor() from error
    if not isinstance(position, dict) or not all(isinstance(v, str) for v in position.values()):
        raise NotACursor()
    return position


def slice_page(items: Sequence[T], limit: int, cursor: str | None) -> Page[T]:
    """One page of a list that is in memory anyway."""
    start = 0
    if cursor:
        text = decode_cursor(cursor).get("from", "")
        if not text.isdecimal():
            raise NotACursor()
        start = int(text)
    following = encode_cursor({"from": str(start + limit)}) if start + limit < len(items) else None
    return Page(tuple(items[start : start + limit]), following)


def all_pages(page: Callable[[int, str | None], Page[T]]) -> Iterator[T]:
    """Everything of a list that is read page by page: so many items, from a cursor on."""
    cursor: str | None = None
    while True:
        found = page(FULL_PAGE, cursor)
        yield from found.items
        cursor = found.next_cursor
        if cursor is None:
            return


def pick_page(items: Iterable[T], place: Callable[[T], str], limit: int, cursor: str | None) -> Page[T]:
    """One page of what comes in falling order of `place`; takes no more of it than the page needs."""
    last = _last_place(cursor) if cursor else None
    rest = (item for item in items if last is None or place(item) < last)
    # One more than is shown: it tells whether there is a next page.
    found = tuple(islice(rest, limit + 1))
    following = encode_cursor({"after": place(found[limit - 1])}) if len(found) > limit else None
    return Page(found[:limit], following)


def _last_place(cursor: str) -> str:
    position = decode_cursor(cursor)
    if position.keys() != {"after"}:
        raise NotACursor()
    return position["after"]
