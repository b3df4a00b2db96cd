"""One machine per test, with an empty cache."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.client.kit import Machine


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path / "answers.json")
