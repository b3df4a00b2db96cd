"""The validator starts light: none of the libraries that the other functions need (B1)."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.world import QUEUES, environment

HEAVY = (
    "aws_lambda_powertools",
    "boto3",
    "botocore",
    "chalice",
    "idna",
    "jinja2",
    "jwt",
    "pydantic",
    "pynamodb",
    "urllib3",
)
PROBE = f"""
import sys
import chalicelib.validator.handler
from chalicelib import wiring
wiring.validator()
print(*set({HEAVY!r}) & set(sys.modules))
"""
ANSWER = f"""
import json, sys
from chalicelib.validator.handler import validate
event = {{
    "rawPath": "/",
    "headers": {{}},
    "requestContext": {{"http": {{"method": "GET", "sourceIp": "203.0.113.7"}}}},
}}
told = validate(event, None)
print(told["statusCode"], *set({HEAVY!r}) & set(sys.modules))
"""


def _ran(probe: str, request: pytest.FixtureRequest) -> list[str]:
    """What a fresh process prints that has what Lambda gives to the function."""
    at = "http://127.0.0.1:1"
    made_up = environment("vigencia-test", at, dict.fromkeys(QUEUES, at), at)
    access = {name: "x" for name in ("AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")}
    done = subprocess.run(
        [sys.executable, "-c", probe],
        cwd=request.config.rootpath,
        env={"PATH": os.environ["PATH"], **made_up, **access},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.splitlines()[-1].split()


def test_building_the_validator_loads_nothing_heavy(request: pytest.FixtureRequest) -> None:
    assert _ran(PROBE, request) == []


def test_answering_loads_nothing_heavy_either(request: pytest.FixtureRequest) -> None:
    assert _ran(ANSWER, request) == ["404"]
