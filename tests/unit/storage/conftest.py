"""An empty table on moto, bound to the rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from chalicelib.storage.table import bind
from tests.world import create_table

TABLE = "vigencia-test"
Rows = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def rows() -> Iterator[Rows]:
    """The raw rows of a table that is there for one test."""
    with mock_aws():
        create_table(boto3.client("dynamodb", region_name="us-east-1"), TABLE)
        bind(TABLE)
        table = boto3.resource("dynamodb", region_name="us-east-1").Table(TABLE)
        yield lambda: table.scan()["Items"]
