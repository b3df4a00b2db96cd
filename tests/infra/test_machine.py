"""What `make run` asks of this machine: its ports, each of which is told apart and can be chosen."""

from __future__ import annotations

import socket
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from infra.local import Local
from infra.machine import CannotRun, Ports, check


@pytest.mark.parametrize("name", ["api", "aws", "sandbox", "validator"])
def test_a_busy_port_is_named_with_the_way_out(name: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(CannotRun, match=rf"port {port} is busy: .*{name.upper()}_PORT=…"):
            check(replace(Ports.free(), **{name: port}))


def test_free_ports_are_good_enough() -> None:
    check(Ports.free())


def test_every_server_has_an_address_of_its_own(tmp_path: Path) -> None:
    ports = Ports.free()
    endpoints = Local(tmp_path, ports).endpoints
    for name, port in asdict(ports).items():
        assert endpoints[name] == f"http://127.0.0.1:{port}"
