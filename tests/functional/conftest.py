"""A world on moto for each functional test: single-threaded, in process."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from moto import mock_aws

from tests.world import Keys, World, sandbox


@pytest.fixture(scope="session")
def keys() -> Keys:
    return Keys()


@pytest.fixture(scope="session")
def jwks_url(keys: Keys) -> Iterator[str]:
    with keys.published() as url:
        yield url


@pytest.fixture
def world(keys: Keys, jwks_url: str) -> Iterator[World]:
    provider = sandbox()
    provider.start()
    with mock_aws():
        opened = World(keys, provider, endpoint=None)
        opened.open("vigencia-test", jwks_url)
        yield opened
    provider.stop()
