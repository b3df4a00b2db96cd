"""The same empty table as the tests of storage have."""

from __future__ import annotations

from tests.unit.storage.conftest import rows

__all__ = ["rows"]
