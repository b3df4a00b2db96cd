"""What `make run` needs of the machine it runs on, checked before anything is started."""

from __future__ import annotations

import platform
import socket
import sys
from dataclasses import asdict, dataclass

from infra.emulator import PYTHON, free_port


class CannotRun(Exception):
    """Something on this machine is in the way; the text is one sentence for its user."""


@dataclass(frozen=True)
class Ports:
    """Where the four servers listen, on loopback."""

    api: int
    aws: int
    sandbox: int
    validator: int

    @classmethod
    def free(cls) -> Ports:
        """Four ports that nobody uses, for tests."""
        return cls(free_port(), free_port(), free_port(), free_port())


def check(ports: Ports) -> None:
    """`CannotRun` unless the package's binaries, the emulator and the ports can be used."""
    if sys.platform != "linux" or platform.libc_ver()[0] != "glibc":
        raise CannotRun("the package holds binaries for Linux with glibc, which this machine cannot run")
    if not PYTHON.exists():
        raise CannotRun(f"{PYTHON} is missing: `make run` installs it")
    for name, port in asdict(ports).items():
        if not _free(port):
            hint = f"stop what uses it, or choose another with `make run {name.upper()}_PORT=…`"
            raise CannotRun(f"port {port} is busy: {hint}")


def architecture() -> str:
    """This machine's processor, as Lambda names it."""
    return "arm64" if platform.machine() in ("arm64", "aarch64") else "x86_64"


def _free(port: int) -> bool:
    with socket.socket() as probe:
        # As the servers do: the remains of a closed connection do not count.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
