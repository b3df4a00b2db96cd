"""The command line: exit statuses, messages, JSON, and what it never prints."""

from __future__ import annotations

import http.server
import io
import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from vigencia_client.__main__ import main
from vigencia_client.http import Request

from tests.unit.client.kit import (
    DAY,
    FINGERPRINT,
    HOUR,
    JWKS,
    KEY,
    Clock,
    Server,
    addon,
    claims,
    signed,
)
from tests.unit.client.make_vectors import FILE_HEADER, wrapped


@pytest.fixture
def server() -> Server:
    # The command line has the machine's own clock.
    return Server(Clock(int(time.time())))


@pytest.fixture
def url(server: Server) -> Iterator[str]:
    """The server on a free port of loopback."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            answer = server(Request(self.command, self.path, body or None, 5))
            self.send_response(answer.status)
            self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body)

        do_GET = do_POST

        def log_message(self, format: str, *args: Any) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listening:
        thread = threading.Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        address = f"http://127.0.0.1:{listening.server_port}"
        now = int(server.clock())
        server.says = {
            "iss": address,
            "expires_at": now + 300 * DAY,
            "addons": {"supplier-a": addon(now + 9 * DAY)},
        }
        yield address
        listening.shutdown()
        thread.join()


@pytest.fixture
def options(url: str, tmp_path: Path) -> list[str]:
    return ["--url", url, "--cache", str(tmp_path / "answers.json")]


def test_a_valid_key_exits_with_0(options: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["validate", KEY, "--addon", "supplier-a", *options]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith("valid (VALID): The licence is valid.\n  addon supplier-a: active\n")
    assert main(["validate", KEY, *options]) == 0
    assert "from the remembered answer" in capsys.readouterr().out


def test_a_refused_key_exits_with_1(
    server: Server, options: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    server.refuses("REVOKED")
    assert main(["validate", KEY, *options]) == 1
    assert capsys.readouterr().out.startswith("invalid (REVOKED): The licence was revoked.")


def test_a_missing_addon_exits_with_1(options: list[str]) -> None:
    assert main(["validate", KEY, "--addon", "supplier-a", "--addon", "b", *options]) == 1


def test_a_mistyped_key_exits_with_1_without_asking(
    server: Server, options: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["validate", KEY[:-1], *options]) == 1
    assert "30 characters after VIG; this one has 29" in capsys.readouterr().out
    assert server.paths == []


def test_trouble_exits_with_3(server: Server, options: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    server.header = {"alg": "none"}
    assert main(["validate", KEY, *options]) == 3
    assert capsys.readouterr().out == "unknown: The answer cannot be believed (algorithm).\n"


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["validate"],
        ["guess", KEY],
        ["validate", KEY, "--environment", "moon"],
        ["validate", KEY, "--url", "http://api.example.com"],
        ["validate", KEY, "--url", ""],
        ["activate", KEY, "--url", "https://api.example.com"],
        ["deactivate", KEY, "--url", "https://api.example.com"],
        ["verify-file", "/nowhere/licence.txt", "--url", "https://api.example.com"],
        ["validate", KEY, "--url", "https://api.example.com", "--keys", "/nowhere/keys.json"],
        ["validate", KEY, "--url", "https://api.example.com", "--keys", __file__],
    ],
)
def test_wrong_use_exits_with_2_and_says_why(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        status = main(arguments)
    except SystemExit as stopped:
        status = stopped.code if isinstance(stopped.code, int) else -1
    said = capsys.readouterr()
    assert (status, said.out) == (2, "")
    assert said.err


def test_json_has_every_member_and_instants_as_the_api_writes_them(
    options: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["validate", KEY, "--json", *options]) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["state"], said["code"], said["source"], said["reason"]) == ("valid", "VALID", "server", None)
    assert said["addons"]["supplier-a"]["status"] == "active"
    assert said["checked_at"].endswith("Z")
    assert said["addons"]["supplier-a"]["grace_until"].endswith("Z")


def test_activating_and_deactivating_exit_with_0_when_done(server: Server, options: list[str]) -> None:
    machine = ["--fingerprint", FINGERPRINT, "--environment", "staging"]
    assert main(["activate", KEY, "--name", "Shop", *machine, *options]) == 0
    assert server.asked[-1]["environment"] == "staging"
    server.refuses("NOT_ACTIVATED")
    assert main(["deactivate", KEY, *machine, *options]) == 0


def test_force_asks_again(server: Server, options: list[str]) -> None:
    for more in ([], [], ["--force"]):
        assert main(["validate", KEY, *more, *options]) == 0
    assert len(server.asked) == 2


def test_a_key_can_be_kept_off_the_command_line(
    options: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{KEY}\n"))
    assert main(["validate", "-", *options]) == 0
    assert KEY[4:] not in capsys.readouterr().out


def test_a_licence_file_needs_no_server(tmp_path: Path, server: Server) -> None:
    now = int(server.clock())
    said = claims(now, exp=now + HOUR, grace_until=now + HOUR, next_check_at=None, fingerprint=FINGERPRINT)
    file, keys = tmp_path / "licence.txt", tmp_path / "keys.json"
    file.write_text(wrapped(signed(said, FILE_HEADER)))
    keys.write_text(json.dumps(JWKS))
    offline = ["--url", "https://api.example.com", "--keys", str(keys), "--cache", str(tmp_path / "a.json")]
    assert main(["verify-file", str(file), "--key", KEY, "--fingerprint", FINGERPRINT, *offline]) == 0
    assert main(["verify-file", str(file), "--fingerprint", FINGERPRINT, "--addon", "b", *offline]) == 1
    assert main(["verify-file", str(file), "--fingerprint", "elsewhere", *offline]) == 3
    file.write_bytes(b"\xff\xfe no licence")
    assert main(["verify-file", str(file), "--fingerprint", FINGERPRINT, *offline]) == 3


def test_the_module_runs_and_takes_its_server_from_the_environment(url: str, tmp_path: Path) -> None:
    source = str(Path(__file__).resolve().parents[3] / "clients" / "python")
    environment = {"VIGENCIA_URL": url, "XDG_CACHE_HOME": str(tmp_path), "PYTHONPATH": source}
    command = [sys.executable, "-m", "vigencia_client", "validate", KEY]
    ran = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert (tmp_path / "vigencia" / "answers.json").is_file()
