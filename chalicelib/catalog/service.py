"""Use cases of the catalogue."""

from __future__ import annotations

from chalicelib.catalog import store
from chalicelib.catalog.rules import Kind, Product, search
from chalicelib.kernel.paging import Page, slice_page

get = store.get


def browse(text: str | None, kind: Kind | None, *, limit: int, cursor: str | None) -> Page[Product]:
    """One page of the products that match, in order of code (S1). Raises `NotACursor`."""
    return slice_page(search(store.everything(), text, kind), limit, cursor)
