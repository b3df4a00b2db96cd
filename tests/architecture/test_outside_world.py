"""Who may reach the environment, clients, clock and chance (design rules 4 and 5), and that nothing scans."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator

import pytest

from tests.architecture.layers import layer_of
from tests.architecture.source import PRODUCT, Module, calls, modules

BUILDERS = frozenset(
    {
        "boto3.client",
        "boto3.resource",
        "boto3.session.Session",
        "botocore.session.get_session",
        "botocore.session.Session",
        "urllib3.PoolManager",
        "urllib3.request",
        "urllib.request.urlopen",
        "http.client.HTTPConnection",
        "http.client.HTTPSConnection",
        "socket.socket",
        "socket.create_connection",
        "jwt.PyJWKClient",
        "chalicelib.storage.table.bind",
    }
)
CLOCKS = frozenset(
    {
        "datetime.datetime.now",
        "datetime.datetime.utcnow",
        "datetime.datetime.today",
        "datetime.date.today",
        "time.time",
        "time.time_ns",
        "time.localtime",
        "time.gmtime",
    }
)
# `time` is for measuring and pausing; what else these modules give is a clock, chance or the outside.
IMPURE_MODULES = frozenset(
    {
        "asyncio",
        "glob",
        "http",
        "io",
        "logging",
        "os",
        "pathlib",
        "random",
        "secrets",
        "shutil",
        "socket",
        "sqlite3",
        "subprocess",
        "tempfile",
        "threading",
        "time",
    }
)
IMPURE_CALLS = CLOCKS | {
    "input",
    "open",
    "print",
    "uuid.uuid1",
    "uuid.uuid4",
    "urllib.request.urlopen",
    "chalicelib.kernel.clock.utc_now",
    "chalicelib.kernel.ids.new_id",
}
# (module, what it may use): since, why.
PURITY_EXCEPTIONS = {
    ("chalicelib/billing/page.py", "pathlib"): ("2026-11-27", "its templates are files of the package"),
    ("chalicelib/paper.py", "io"): ("2026-11-27", "reportlab writes to a file, here one in memory"),
    ("chalicelib/orders/acknowledgement.py", "pathlib"): (
        "2026-11-27",
        "its template is a file of the package",
    ),
    ("chalicelib/mail/render.py", "pathlib"): ("2026-11-22", "its templates are files of the package"),
}

Checker = Callable[[Module], Iterator[str]]


def environment_reads(module: Module) -> Iterator[str]:
    """Uses of the process's environment outside `settings`."""
    if module.dotted == "chalicelib.settings":
        return
    names = {"os.environ", "os.environb", "os.getenv", "os.getenvb", "os.putenv"}
    for found in module.imports:
        if found.item in names:
            yield f"{module.path}:{found.line}: takes {found.item}"
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Attribute) and ast.unparse(node) in names:
            yield module.at(node, f"uses {ast.unparse(node)}")


def built_clients(module: Module) -> Iterator[str]:
    """Clients, pools, providers and gateways built outside `wiring`."""
    # The validator's line to AWS is a client itself; `wiring` makes it (2026-11-22).
    if module.dotted in ("chalicelib.wiring", "chalicelib.validator.line"):
        return
    for call, name in calls(module):
        owner, _, called = name.rpartition(".")
        # An adapter's own folder may use its classes: records and the endpoint that adapters share.
        adapter = ".gateways." in owner and called[:1].isupper() and ".gateways." not in module.dotted
        if adapter or name in BUILDERS or called == "create_client" or called.endswith("Provider"):
            yield module.at(call, f"builds {name}")


def clock_readings(module: Module) -> Iterator[str]:
    """Readings of the system clock: by `utc_now` only, and that at the edge only."""
    if module.dotted == "chalicelib.kernel.clock":
        return
    outermost = layer_of(module.dotted) in ("edge", "entrance", "flows.entrance", "validator.entrance")
    for call, name in calls(module):
        if name in CLOCKS or (name == "chalicelib.kernel.clock.utc_now" and not outermost):
            yield module.at(call, f"reads the clock: {name}")


def impurities(module: Module) -> Iterator[str]:
    """Clock, chance, input and output in modules that only decide: rules, their siblings and ports."""
    if layer_of(module.dotted) not in ("rules", "port"):
        return
    for found in module.imports:
        library = found.target.partition(".")[0]
        if library in IMPURE_MODULES and (module.path, library) not in PURITY_EXCEPTIONS:
            yield f"{module.path}:{found.line}: imports {found.target}"
    for call, name in calls(module):
        if name in IMPURE_CALLS:
            yield module.at(call, f"calls {name}")


def scans(module: Module) -> Iterator[str]:
    """Reads of the whole table or index."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            if node.func.attr in ("scan", "rate_limited_scan", "parallel_scan"):
                yield module.at(node, f"scans: {ast.unparse(node.func)}")
            if node.func.attr == "get_paginator" and "scan" in ast.unparse(node):
                yield module.at(node, "scans through a paginator")


@pytest.mark.parametrize("check", [environment_reads, built_clients, clock_readings, impurities, scans])
def test_the_product_keeps_its_hands_off(check: Checker) -> None:
    assert [fault for module in modules(*PRODUCT) for fault in check(module)] == []


def test_seeding_and_tools_do_not_scan_either() -> None:
    assert [fault for module in modules("infra") for fault in scans(module)] == []


def test_every_exception_to_purity_is_still_needed() -> None:
    used = {(module.path, found.target) for module in modules(*PRODUCT) for found in module.imports}
    assert set(PURITY_EXCEPTIONS) <= used


@pytest.mark.parametrize(
    ("check", "path", "text"),
    [
        (environment_reads, "wiring.py", "import os\nos.environ['STAGE']"),
        (environment_reads, "wiring.py", "import os\nos.getenv('STAGE')"),
        (environment_reads, "edge/log.py", "from os import environ"),
        (built_clients, "storage/table.py", "import boto3\nboto3.client('dynamodb')"),
        (built_clients, "mail/events.py", "def f(session):\n    session.create_client('sesv2')"),
        (built_clients, "billing/gateways/asaas.py", "import urllib3\nPOOL = urllib3.PoolManager()"),
        (built_clients, "mail/events.py", "from chalicelib.mail.gateways import ses\nses.SesMailer(None)"),
        (built_clients, "edge/auth.py", "from jwt import PyJWKClient as Keys\nKeys('https://pool')"),
        (
            built_clients,
            "edge/auth.py",
            "from aws_lambda_powertools.utilities import parameters\nparameters.SSMProvider()",
        ),
        (clock_readings, "orders/store.py", "from datetime import datetime\ndatetime.now()"),
        (clock_readings, "edge/routes.py", "import time\ntime.time()"),
        (clock_readings, "flows/purchase.py", "from chalicelib.kernel.clock import utc_now\nutc_now()"),
        (clock_readings, "storage/series.py", "import datetime as dt\ndt.date.today()"),
        (impurities, "orders/rules.py", "import random"),
        (impurities, "orders/rules.py", "from datetime import datetime, UTC\nNOW = datetime.now(UTC)"),
        (impurities, "orders/rules.py", "from uuid import uuid4\nuuid4()"),
        (impurities, "orders/pricing.py", "from secrets import token_hex"),
        (impurities, "licensing/keys.py", "from chalicelib.kernel.ids import new_id\nnew_id('lic', None)"),
        (impurities, "mail/render.py", "import socket"),
        (impurities, "billing/gateways/__init__.py", "open('/etc/passwd')"),
        (scans, "storage/table.py", "def f(row):\n    return list(row.scan())"),
        (scans, "storage/table.py", "def f(client):\n    client.get_paginator('scan')"),
    ],
)
def test_a_hand_where_it_does_not_belong_is_reported(check: Checker, path: str, text: str) -> None:
    assert list(check(Module(f"chalicelib/{path}", text)))


def test_wiring_may_build_and_settings_may_read() -> None:
    assert not list(built_clients(Module("chalicelib/wiring.py", "import urllib3\nurllib3.PoolManager()")))
    assert not list(environment_reads(Module("chalicelib/settings.py", "import os\nos.environ")))
