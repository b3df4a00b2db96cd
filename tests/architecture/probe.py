"""Imports modules in a bare process and says what they did besides defining things.

Run as `python -I probe.py FOLDER MODULE…` with an empty environment. Each module is imported before all other
ones of ours, so that it cannot rely on them. It is imported twice and watched the second time: what libraries
do when they are first imported (urllib3 tries a socket out) is not our work. Prints one line per fault.
"""

from __future__ import annotations

import importlib
import sys
import threading
from collections.abc import Sequence

# What the interpreter tells its audit hooks (docs.python.org/library/audit_events), and what it means here.
FORBIDDEN = {
    "socket.__new__": "opens a socket",
    "socket.getaddrinfo": "looks up a host",
    "subprocess.Popen": "starts a process",
    "os.system": "starts a process",
    "os.remove": "removes a file",
    "os.mkdir": "makes a folder",
}


class Watch:
    """What has happened since the last module."""

    def __init__(self) -> None:
        self.seen: list[str] = []
        sys.addaudithook(self._heard)

    def _heard(self, event: str, arguments: tuple[object, ...]) -> None:
        if event in FORBIDDEN:
            self.seen.append(f"{FORBIDDEN[event]}: {event}{arguments}")
        if event == "open":
            self._opened(str(arguments[0]), arguments[1])

    def _opened(self, path: str, mode: object) -> None:
        # botocore reads the model of a service when a client for it is made, and at no other time.
        if "service-2.json" in path:
            self.seen.append(f"makes a client: {path}")
        if isinstance(mode, str) and set(mode) & set("wax+"):
            self.seen.append(f"writes a file: {path}")

    def importing(self, name: str) -> list[str]:
        """Import one module afresh and tell what it did."""
        for _ in range(2):
            self.seen.clear()
            forget({name.partition(".")[0], "app", "chalicelib"})
            try:
                importlib.import_module(name)
            except Exception as error:
                self.seen.append(f"fails: {type(error).__name__}: {error}")
        if threading.active_count() > 1:
            self.seen.append("starts a thread")
        return [f"{name} {what}" for what in self.seen]


def forget(packages: set[str]) -> None:
    """As if nothing of these had been imported."""
    for known in [known for known in sys.modules if known.partition(".")[0] in packages]:
        del sys.modules[known]


def main(folder: str, names: Sequence[str]) -> None:
    """Import the modules found in `folder`."""
    sys.dont_write_bytecode = True
    sys.path.insert(0, folder)
    watch = Watch()
    for name in names:
        for fault in watch.importing(name):
            print(fault)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
