"""Start-up cost: every function imports this feature, only the mail worker writes and sends letters."""

from __future__ import annotations

import subprocess
import sys

import pytest

PROBE = """
import sys
import chalicelib.mail.service, chalicelib.mail.gateways.ses
print(*{"jinja2", "boto3"} & set(sys.modules))
"""


def test_importing_the_feature_loads_neither_jinja2_nor_boto3(request: pytest.FixtureRequest) -> None:
    root = request.config.rootpath
    done = subprocess.run([sys.executable, "-c", PROBE], cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
