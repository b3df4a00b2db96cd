"""The merged template, packaged once and without dependencies: the template does not depend on them."""

from __future__ import annotations

from typing import Any

import pytest

from infra.package import template


@pytest.fixture(scope="session")
def merged(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The template as a vendor deploys it, before CloudFormation expands it."""
    return template("prod", tmp_path_factory.mktemp("template"))
