"""Importing any module does no work (design rule 5): packaging imports `app.py` where there is no AWS."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture import probe
from tests.architecture.layers import layer_of
from tests.architecture.source import PRODUCT, ROOT, modules


def faults(folder: Path, *names: str) -> list[str]:
    """What these modules do when they are imported, each first of all, without any environment."""
    command = [sys.executable, "-I", str(Path(probe.__file__)), str(folder), *names]
    done = subprocess.run(command, env={}, capture_output=True, text=True, check=True)
    return done.stdout.splitlines()


def test_importing_any_module_does_no_work() -> None:
    assert faults(ROOT, *(module.dotted for module in modules(*PRODUCT))) == []


# Libraries that few calls need, and that take long to import.
LATE = frozenset({"holidays"})


def loaded(*names: str) -> set[str]:
    """The top-level packages that a fresh interpreter has loaded after importing some modules."""
    probe = f"import sys, {', '.join(names)}\nprint(*{{name.partition('.')[0] for name in sys.modules}})"
    command = [sys.executable, "-c", probe]
    return set(subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split())


def test_no_function_loads_at_its_start_what_few_calls_need() -> None:
    entrances = [one.dotted for one in modules(*PRODUCT) if "entrance" in layer_of(one.dotted)]
    assert not loaded("app", "chalicelib.wiring", *entrances) & LATE


def test_what_is_loaded_late_would_be_noticed() -> None:
    assert loaded("chalicelib.tickets.public_holidays") >= LATE


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("import os\nos.environ['TABLE_NAME']", "fails: KeyError: 'TABLE_NAME'"),
        ("import socket\nsocket.socket()", "opens a socket"),
        (
            "from botocore.session import get_session\nget_session().create_client('sqs', 'us-east-1')",
            "makes a client",
        ),
        ("import pathlib\npathlib.Path(__file__).with_suffix('.log').write_text('x')", "writes a file"),
        ("import subprocess\nsubprocess.run(['true'])", "starts a process"),
        (
            "import threading\nthreading.Thread(target=threading.Event().wait, daemon=True).start()",
            "a thread",
        ),
        ("import offender.missing", "fails: ModuleNotFoundError"),
    ],
)
def test_work_done_by_an_import_is_reported(tmp_path: Path, text: str, fault: str) -> None:
    (tmp_path / "offender.py").write_text(text, encoding="utf-8")
    assert any(fault in found for found in faults(tmp_path, "offender"))
