"""What importing each Lambda function costs, in CPU time of a fresh interpreter.

The functions' handlers are where Chalice says: `app.app` for the API, `<module of the blueprint>.<function>`
for the others, so that a worker imports its own module and what that needs, not the whole application.
The interpreter runs without `site` and environment (`-S -I`) and finds all bytecode ready, as in the package.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Mapping
from pathlib import Path

from tests.bench.table import table

ROOT = Path(__file__).resolve().parents[2]
ROUNDS = 9

BARE = """
from chalice import Chalice

app = Chalice(app_name="bare")


@app.route("/")
def view():
    return {}
"""
EMPTY, BASE, PLAIN = "sys", "bare", "tests.bench.plain"
FUNCTIONS: Mapping[str, str] = {
    "API": "app",
    # Its entrance, and what its first call imports.
    "validator": "chalicelib.validator.handler, chalicelib.validator.validator, chalicelib.validator.aws",
    "the plain version of it": PLAIN,
    # Its entrance, and what its first call imports.
    "authorizer": "chalicelib.edge.auth, chalicelib.customers.tokens",
    "outbox relay": "chalicelib.flows.relay",
    "charges, settlements, reconcile": "chalicelib.flows.events",
    "mails": "chalicelib.mail.events",
    # Its entrance, and what its first call imports.
    "documents": "chalicelib.flows.events, chalicelib.billing.pdf",
}


def seconds(folder: str, module: str) -> float:
    """CPU time of a fresh interpreter that imports one module and ends without tidying up."""
    paths = [
        folder,
        str(ROOT),
        *dict.fromkeys((sysconfig.get_path("purelib"), sysconfig.get_path("platlib"))),
    ]
    statement = f"import os, sys; sys.path[:0] = {paths!r}; import {module}; os._exit(0)"
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-S", "-I", "-c", statement], check=True, cwd=folder)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def measured() -> dict[str, float]:
    """CPU seconds by module above those of an empty interpreter: the least of several interleaved rounds.

    What else runs on the machine can only add to CPU time, so the least is the nearest to the truth.
    """
    modules = (EMPTY, BASE, *FUNCTIONS.values())
    least = dict.fromkeys(modules, float("inf"))
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, f"{BASE}.py").write_text(BARE, encoding="utf-8")
        for number in range(ROUNDS + 1):
            for module in modules:
                spent = seconds(folder, module)
                # The first round writes the bytecode.
                least[module] = min(least[module], spent) if number else least[module]
    return {module: spent - least[EMPTY] for module, spent in least.items()}


def main() -> None:
    """Print the table."""
    spent = measured()
    bare = spent[BASE]
    rows = [
        (
            name,
            f"`{module.partition(',')[0]}`",
            f"{spent[module] / bare:.1f}",
            f"1/{spent[PLAIN] / spent[module]:.1f}",
            f"{spent[module] * 1000:.0f}",
        )
        for name, module in (("a bare Chalice view", BASE), *FUNCTIONS.items())
    ]
    print(table(("cold import of", "module", "× bare view", "of the plain version", "CPU ms here"), rows))


if __name__ == "__main__":
    main()
