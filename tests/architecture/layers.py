"""The house as tables: which layer a module belongs to, and what each layer may import."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from tests.architecture.source import Import, Module

# A new folder in chalicelib is a new feature or layer, and is named here.
FEATURES = frozenset(
    {
        "billing",
        "cancellations",
        "catalog",
        "customers",
        "licensing",
        "mail",
        "orders",
        "reports",
        "subscriptions",
        "tasks",
        "tickets",
    }
)
SHARED = frozenset({"kernel", "storage", "edge", "flows", "validator"})

# Files whose name says what they are. Any other file of a feature is a sibling of `rules`.
ENTRANCES = frozenset({"api", "events"})
NAMED = frozenset({"store", "service", "schemas"}) | ENTRANCES


@dataclass(frozen=True)
class Layer:
    """What modules of a layer may import besides the standard library.

    `own` are layers inside the same feature (or shared folder), `others` layers wherever they are.
    """

    own: frozenset[str] = frozenset()
    others: frozenset[str] = frozenset()
    libraries: frozenset[str] = frozenset()


def _layer(own: str = "", others: str = "", libraries: str = "") -> Layer:
    return Layer(*(frozenset(names.split()) for names in (own, others, libraries)))


DECIDING = "rules port store service"
LAYERS: Mapping[str, Layer] = {
    "kernel": _layer(others="kernel"),
    # Where rows lie, without the library that reads them.
    "keys": _layer(others="kernel keys rules"),
    "storage": _layer(others="kernel keys storage", libraries="pynamodb botocore"),
    # Inside a feature, from pure to outermost. A port is a `gateways` package itself: the Protocol.
    "rules": _layer(own="rules", others="kernel"),
    "port": _layer(own="rules", others="kernel"),
    "adapter": _layer(own="rules port adapter", others="kernel", libraries="urllib3 botocore cryptography"),
    "store": _layer(own="rules", others="kernel keys storage", libraries="pynamodb"),
    "service": _layer(own=DECIDING, others="kernel storage"),
    "schemas": _layer(
        own="rules service schemas", others="kernel shapes", libraries="pydantic pydantic_core"
    ),
    "entrance": _layer(
        own=f"{DECIDING} schemas adapter",
        others="kernel edge shapes wiring validator validator.entrance",
        libraries="chalice",
    ),
    # The function of its own that validates licences: it starts with next to no library.
    "validator": _layer(others="kernel rules keys answers settings validator"),
    "validator.entrance": _layer(others="kernel validator wiring"),
    # What joins features.
    "flows": _layer(others=f"kernel storage {DECIDING} flows"),
    "flows.schemas": _layer(
        others="kernel rules service flows schemas flows.schemas shapes", libraries="pydantic pydantic_core"
    ),
    "flows.entrance": _layer(others=f"kernel {DECIDING} flows edge shapes wiring", libraries="chalice"),
    "flows.api": _layer(
        others=f"kernel {DECIDING} flows schemas flows.schemas edge shapes wiring", libraries="chalice"
    ),
    # What surrounds them.
    "settings": _layer(),
    "wiring": _layer(
        others=f"kernel storage {DECIDING} adapter flows validator settings",
        libraries="botocore urllib3 jwt aws_lambda_powertools",
    ),
    "shapes": _layer(others="kernel", libraries="pydantic pydantic_core"),
    "answers": _layer(others="kernel answers"),
    # What documents of every feature are drawn on; only the worker that makes documents loads it.
    "paper": _layer(others="kernel", libraries="reportlab"),
    "edge": _layer(
        others="kernel storage edge answers shapes wiring",
        libraries="chalice aws_lambda_powertools pydantic pydantic_core",
    ),
    "app": _layer(others="edge entrance flows.entrance flows.api", libraries="chalice"),
}


@dataclass(frozen=True)
class Allowed:
    """One import beyond its layer, with the reason for it."""

    module: str
    target: str
    since: str
    why: str


EXCEPTIONS = (
    Allowed(
        "chalicelib.billing.gateways.paypal_webhooks",
        "cryptography",
        "2026-11-22",
        "verifying a certificate is computation",
    ),
    Allowed(
        "chalicelib.billing.gateways.redsys_signing",
        "cryptography",
        "2026-11-22",
        "signing a form is computation",
    ),
    Allowed("chalicelib.billing.pdf", "chalicelib.paper", "2026-11-28", "drawing a page is computation"),
    Allowed(
        "chalicelib.cancellations.pdf", "chalicelib.paper", "2026-11-28", "drawing a page is computation"
    ),
    Allowed("chalicelib.customers.tokens", "jwt", "2026-11-22", "verifying a token is computation"),
    Allowed("chalicelib.licensing.domains", "idna", "2026-11-22", "one form of a name is computation"),
    Allowed("chalicelib.licensing.signing", "cryptography", "2026-11-22", "signing a token is computation"),
    Allowed("chalicelib.billing.page", "jinja2", "2026-11-27", "rendering a page is computation"),
    Allowed("chalicelib.billing.page", "markupsafe", "2026-11-27", "rendering a page is computation"),
    Allowed(
        "chalicelib.orders.acknowledgement", "jinja2", "2026-11-27", "rendering a document is computation"
    ),
    Allowed(
        "chalicelib.tickets.public_holidays",
        "holidays",
        "2026-11-27",
        "looking up a law's days is computation",
    ),
    Allowed("chalicelib.mail.render", "jinja2", "2026-11-22", "rendering a letter is computation"),
    Allowed(
        "chalicelib.edge.auth",
        "chalicelib.customers.identity",
        "2026-11-22",
        "the authorizer answers 401 to a refused token, and the refusal is the customers feature's",
    ),
)


# Modules that are not in the layer of their folder.
APART: Mapping[str, str] = {
    "app": "app",
    "chalicelib": "settings",
    "chalicelib.edge.headers": "answers",
    "chalicelib.tickets.service_levels": "service",
    "chalicelib.edge.problems": "answers",
    "chalicelib.edge.schema": "shapes",
    "chalicelib.licensing.copies": "keys",
    "chalicelib.paper": "paper",
    "chalicelib.storage.keys": "keys",
    "chalicelib.validator.handler": "validator.entrance",
}


def layer_of(dotted: str) -> str:
    """The layer of a module of ours, by its dotted name; ValueError for one that has no place."""
    if dotted in APART:
        return APART[dotted]
    first, _, rest = dotted.partition(".")
    folder, _, file = rest.partition(".")
    if first != "chalicelib":
        raise ValueError(f"{dotted} is not part of the product")
    if folder == "flows":
        return _flows_layer(file)
    if folder in SHARED or folder in ("settings", "wiring"):
        return folder
    if folder in FEATURES:
        return _feature_layer(file)
    raise ValueError(f"{dotted} is in no known folder: name the folder in tests/architecture/layers.py")


def _flows_layer(file: str) -> str:
    # The routes of one subject have a module of their own: `reports_api`, `reports_schemas`.
    if (kind := file.rpartition("_")[2]) in ("api", "schemas"):
        return f"flows.{kind}"
    return "flows.entrance" if file in ("events", "relay") else "flows"


def _feature_layer(file: str) -> str:
    if file.endswith("_schemas"):
        return "schemas"
    if file in ENTRANCES:
        return "entrance"
    if file in NAMED:
        return file
    if file.partition(".")[0] == "gateways":
        return "adapter" if "." in file else "port"
    # What a feature has several subjects of is named by both: `attachments_store`, `attachments_api`.
    if (kind := file.rpartition("_")[2]) in NAMED - {"events"}:
        return "entrance" if kind in ENTRANCES else kind
    return "rules"


def folder_of(dotted: str) -> str:
    """The feature or shared folder a module is in; empty at the top."""
    parts = dotted.split(".")
    return parts[1] if len(parts) > 1 and parts[1] in FEATURES | SHARED else ""


def is_ours(dotted: str) -> bool:
    """Whether a module belongs to the product, and not to a library, the tools or the tests."""
    return dotted.partition(".")[0] in ("app", "chalicelib")


def forbidden_imports(module: Module) -> Iterator[str]:
    """What a module imports and its layer may not."""
    for found in module.imports:
        if found.target == "__future__" or _is_allowed(module.dotted, found.target):
            continue
        if fault := _fault(module.dotted, found):
            yield f"{module.path}:{found.line}: {fault}"


def _fault(importer: str, found: Import) -> str | None:
    layer = layer_of(importer)
    library = found.target.partition(".")[0]
    if not is_ours(found.target):
        known = LAYERS[layer].libraries | sys.stdlib_module_names
        return None if library in known else f"{layer} imports the library {library}"
    theirs, same = layer_of(found.target), folder_of(found.target) == folder_of(importer)
    if theirs in LAYERS[layer].others or (same and theirs in LAYERS[layer].own):
        return None
    if {folder_of(importer), folder_of(found.target)} <= FEATURES and not same:
        return f"the feature {folder_of(importer)} imports the feature {folder_of(found.target)}"
    return f"{layer} imports {theirs}: {found.target}"


def _is_allowed(importer: str, target: str) -> bool:
    return any(
        one.module == importer and (target == one.target or target.startswith(f"{one.target}."))
        for one in EXCEPTIONS
    )


def unneeded_exceptions(modules: tuple[Module, ...]) -> Iterator[str]:
    """Exceptions that no import makes use of any more."""
    targets = {module.dotted: [found.target for found in module.imports] for module in modules}
    for one in EXCEPTIONS:
        used = (target for target in targets.get(one.module, []) if _is_allowed(one.module, target))
        if not any(used):
            yield f"{one.module} no longer imports {one.target}"
