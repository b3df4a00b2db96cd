"""The copy of a licence's standing under the hash of each of its keys: where it lies and what is in it.

Apart from the store, because the validator reads it without the store's library.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chalicelib.kernel.plain import from_json
from chalicelib.licensing.standing import Standing
from chalicelib.storage.keys import key

SORT_KEY = "KEY"
ATTRIBUTE = "standing"


def copy_key(key_hash: str) -> str:
    """The partition key of the copy; `SORT_KEY` is its other half."""
    return key("KEY", key_hash)


def standing_in(item: Mapping[str, Any]) -> Standing:
    """What a copy says of its licence; `item` is in DynamoDB's own JSON."""
    found: Standing = from_json(item[ATTRIBUTE]["S"], Standing)
    return found
