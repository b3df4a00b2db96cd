"""Sound AWS for these tests: one emulator on a free port, and fresh worlds on it at the price of a table."""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from chalice import Chalice
from chalice.local import LocalChalice

from infra.emulator import Emulator
from infra.local import Local
from infra.machine import Ports
from infra.sandbox.server import Sandbox
from tests.integration.running import Client
from tests.world import Keys, World, forget_everything, published, sandbox


@contextmanager
def serving_threads(served: Chalice) -> Iterator[None]:
    """As Chalice's own local server does it: each thread has a current request of its own."""
    plain = served.__class__
    served.__class__ = LocalChalice
    try:
        yield
    finally:
        served.__class__ = plain


@pytest.fixture(scope="session")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    with Emulator(tmp_path_factory.mktemp("aws")) as running:
        yield running


@pytest.fixture(scope="session")
def local(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Local]:
    """The whole product as `make run` starts it, with the demonstration's data."""
    running = Local(tmp_path_factory.mktemp("stack"), Ports.free(), say=lambda line: None)
    try:
        running.start()
        running.seed()
        yield running
    finally:
        running.stop()


@pytest.fixture
def visitor(local: Local) -> Client:
    return Client(local.endpoints["api"])


@pytest.fixture(scope="session")
def keys() -> Keys:
    return Keys()


@pytest.fixture(scope="session")
def jwks_url(keys: Keys) -> Iterator[str]:
    with published(keys.jwks()) as url:
        yield url


@pytest.fixture
def provider() -> Iterator[Sandbox]:
    started = sandbox()
    started.start()
    yield started
    started.stop()


@pytest.fixture
def new_world(
    emulator: Emulator, keys: Keys, jwks_url: str, provider: Sandbox
) -> Iterator[Callable[[], World]]:
    """Makes worlds with a table and queues of their own; the latest one made is the one the app sees."""

    def make() -> World:
        world = World(keys, provider, emulator.url)
        world.open(f"vigencia-{uuid.uuid4().hex[:12]}", jwks_url)
        return world

    before = dict(os.environ)
    yield make
    os.environ.clear()
    os.environ.update(before)
    forget_everything()


@pytest.fixture
def world(new_world: Callable[[], World]) -> World:
    return new_world()
