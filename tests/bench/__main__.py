"""`python -m tests.bench`: what starting and answering cost, as Markdown tables for README.

Everything is a ratio to a bare Chalice application with one view, measured in the same run, since
milliseconds of one machine say little about another. Each part is a process of its own.
"""

from __future__ import annotations

import subprocess
import sys
from platform import python_version

PARTS = ("imports", "validate", "calls")


def main() -> int:
    """Run every part; each prints its table. 0 when all of them worked."""
    for part in PARTS:
        failed = subprocess.run([sys.executable, "-m", f"tests.bench.{part}"]).returncode
        if failed:
            return failed
        print(flush=True)
    print(
        f"CPU times are the least of interleaved rounds, with bytecode ready, on Python {python_version()}."
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
