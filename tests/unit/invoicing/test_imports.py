"""Only the worker that draws documents loads reportlab and its image library, and only when it draws."""

from __future__ import annotations

import subprocess
import sys

import pytest

PROBE = """
import sys
import app, chalicelib.flows.events, chalicelib.flows.relay, chalicelib.mail.events, chalicelib.wiring
print(*{"reportlab", "PIL"} & set(sys.modules))
"""


def test_no_function_loads_the_library_that_draws_when_it_starts(request: pytest.FixtureRequest) -> None:
    root = request.config.rootpath
    done = subprocess.run([sys.executable, "-c", PROBE], cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
