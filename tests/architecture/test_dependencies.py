"""Dependencies point one way, and a feature never imports another feature (design rules 1, 2 and 3)."""

from __future__ import annotations

import pytest

from tests.architecture.layers import forbidden_imports, layer_of, unneeded_exceptions
from tests.architecture.source import EVERYTHING, PRODUCT, Module, calls, modules


def test_every_module_imports_only_what_its_layer_may() -> None:
    assert [fault for module in modules(*PRODUCT) for fault in forbidden_imports(module)] == []


def test_every_exception_to_the_layers_is_still_needed() -> None:
    assert list(unneeded_exceptions(modules(*PRODUCT))) == []


def test_what_is_under_the_gpl_is_run_by_tests_and_imported_by_nobody() -> None:
    imported = {found.target.partition(".")[0] for module in modules(*EVERYTHING) for found in module.imports}
    assert "urllib3" in imported
    assert "localstripe" not in imported


def test_no_import_is_hidden_in_a_string() -> None:
    assert [fault for module in modules(*PRODUCT) for fault in hidden_imports(module)] == []


def hidden_imports(module: Module) -> list[str]:
    """Imports that the layers cannot see."""
    hiding = ("__import__", "importlib.", "runpy.", "exec", "eval")
    return [module.at(call, f"calls {name}") for call, name in calls(module) if name.startswith(hiding)]


@pytest.mark.parametrize(
    ("path", "line", "fault"),
    [
        ("kernel/money.py", "from chalicelib.orders import rules", "kernel imports rules"),
        ("kernel/money.py", "import pydantic", "kernel imports the library pydantic"),
        ("kernel/money.py", "from chalicelib.storage.table import key", "kernel imports storage"),
        ("storage/table.py", "import boto3", "storage imports the library boto3"),
        ("storage/table.py", "from chalicelib.orders.rules import Order", "storage imports rules"),
        ("storage/table.py", "from chalicelib.settings import settings", "storage imports settings"),
        ("orders/rules.py", "import pynamodb.models", "rules imports the library pynamodb"),
        ("orders/rules.py", "from chalicelib.orders import store", "rules imports store"),
        ("orders/rules.py", "from . import store", "rules imports store"),
        ("orders/pricing.py", "from chalicelib.storage import table", "rules imports storage"),
        (
            "orders/rules.py",
            "from chalicelib.billing.rules import Payment",
            "feature orders imports the feature",
        ),
        ("billing/store.py", "from chalicelib.billing import service", "store imports service"),
        ("orders/store.py", "from chalicelib.billing import store", "feature orders imports the feature"),
        ("billing/service.py", "from chalicelib.orders import store", "feature billing imports the feature"),
        ("billing/service.py", "from chalicelib.flows import charging", "service imports flows"),
        (
            "billing/service.py",
            "from chalicelib.billing.gateways.asaas import Asaas",
            "service imports adapter",
        ),
        ("billing/service.py", "from chalicelib import wiring", "service imports wiring"),
        ("billing/service.py", "import chalice", "service imports the library chalice"),
        ("billing/gateways/asaas.py", "from chalicelib.billing import store", "adapter imports store"),
        ("billing/schemas.py", "from chalicelib.billing import store", "schemas imports store"),
        ("billing/schemas.py", "from chalicelib.edge.routes import Call", "schemas imports edge"),
        ("billing/api.py", "from chalicelib.orders import service", "feature billing imports the feature"),
        ("billing/api.py", "from chalicelib.flows import purchase", "entrance imports flows"),
        (
            "billing/api.py",
            "import aws_lambda_powertools",
            "entrance imports the library aws_lambda_powertools",
        ),
        ("flows/purchase.py", "from chalicelib.billing.schemas import PaymentOut", "flows imports schemas"),
        ("flows/purchase.py", "import chalice", "flows imports the library chalice"),
        ("flows/purchase.py", "from chalicelib.edge import log", "flows imports edge"),
        (
            "flows/events.py",
            "from chalicelib.billing.schemas import PaymentOut",
            "flows.entrance imports schemas",
        ),
        ("flows/reports_api.py", "import pynamodb", "flows.api imports the library pynamodb"),
        ("flows/reports_schemas.py", "from chalicelib.billing import store", "flows.schemas imports store"),
        ("flows/bank_schemas.py", "from chalicelib import wiring", "flows.schemas imports wiring"),
        ("flows/bank_api.py", "import pydantic", "flows.api imports the library pydantic"),
        ("edge/schema.py", "from chalicelib import wiring", "shapes imports wiring"),
        ("edge/routes.py", "from chalicelib.orders import store", "edge imports store"),
        ("edge/routes.py", "import boto3", "edge imports the library boto3"),
        ("wiring.py", "from chalicelib.edge import log", "wiring imports edge"),
        ("settings.py", "from chalicelib.kernel import money", "settings imports kernel"),
        ("orders/rules.py", "def f():\n    import boto3", "rules imports the library boto3"),
        ("orders/store.py", "from infra.demo import products", "store imports the library infra"),
    ],
)
def test_a_wrong_import_is_reported(path: str, line: str, fault: str) -> None:
    (found,) = forbidden_imports(Module(f"chalicelib/{path}", line))
    assert fault in found


def test_app_registers_entrances_and_imports_nothing_deeper() -> None:
    (found,) = forbidden_imports(Module("app.py", "from chalicelib.orders import store"))
    assert "app imports store" in found


def test_a_folder_nobody_knows_is_refused() -> None:
    with pytest.raises(ValueError, match="no known folder"):
        layer_of("chalicelib.utils.helpers")


@pytest.mark.parametrize(
    "line",
    ["__import__('boto3')", "import importlib\nimportlib.import_module('boto3')", "exec('import boto3')"],
)
def test_a_hidden_import_is_reported(line: str) -> None:
    assert hidden_imports(Module("chalicelib/orders/rules.py", line))


def test_an_exception_nobody_needs_is_reported() -> None:
    assert len(list(unneeded_exceptions(()))) > 0
