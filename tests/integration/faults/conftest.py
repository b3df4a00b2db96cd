"""One stage for each test process: its emulator is emptied again and again, so it is shared with nobody."""

from __future__ import annotations

import gc
import logging
import os
from collections.abc import Iterator

import pytest

from app import app
from infra.emulator import Emulator
from tests.integration.conftest import serving_threads
from tests.integration.faults.hooks import hooked
from tests.integration.faults.stage import Stage
from tests.world import Keys, World, forget_everything, sandbox


class Progress:
    """One line for each part of the sweep, from whichever process it comes."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        told = dict(report.user_properties)
        terminal = self.config.pluginmanager.get_plugin("terminalreporter")
        if report.when == "call" and "done" in told and terminal:
            terminal.ensure_newline()
            terminal.write_line(f"{report.head_line}: {told['done']} in {report.duration:.0f} s")


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(Progress(config))


@pytest.fixture(scope="session")
def stage(tmp_path_factory: pytest.TempPathFactory, keys: Keys, jwks_url: str) -> Iterator[Stage]:
    """A world with the hook on its wire; the application's thousands of log lines are not wanted here."""
    provider = sandbox()
    provider.start()
    before = dict(os.environ)
    logging.disable(logging.CRITICAL)
    with Emulator(tmp_path_factory.mktemp("faults")) as emulator, hooked(), serving_threads(app):
        world = World(keys, provider, emulator.url)
        world.open("vigencia-faults", jwks_url)
        # What is there by now stays: to look through it again and again would take a tenth of the time.
        gc.freeze()
        yield Stage(world, emulator)
    gc.unfreeze()
    logging.disable(logging.NOTSET)
    os.environ.clear()
    os.environ.update(before)
    forget_everything()
    provider.stop()
