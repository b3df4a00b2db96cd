"""Fixtures of all tests: no real account, no real network, one world per test."""

from __future__ import annotations

import os

from hypothesis import settings

os.environ.update(
    AWS_ACCESS_KEY_ID="test",
    AWS_SECRET_ACCESS_KEY="test",
    AWS_DEFAULT_REGION="us-east-1",
    AWS_REGION="us-east-1",
    AWS_EC2_METADATA_DISABLED="true",
    POWERTOOLS_DEV="false",
)

# How long an example takes says something about the machine, not about the code. In CI the same change is
# always shown the same examples; new ones are looked for on every run elsewhere.
settings.register_profile("vigencia", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("vigencia")
