"""The embedded AWS: ministack in a process of its own, on loopback, with its state in one folder.

It runs in the virtualenv `.venv-aws` (it pins botocore exactly), enforces every role's policy, and saves
its state at a clean stop only. What it cannot carry is listed in `infra/README.md`.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import shutil
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from infra.package import ROOT

PYTHON = ROOT / ".venv-aws" / "bin" / "python"
REGION = "us-east-1"
# The emulator's own root user: any other key would be a user without rights.
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
# It takes no template that has these; `make mail` does what they would.
UNKNOWN_TYPES = frozenset({"AWS::SES::ReceiptRuleSet", "AWS::SES::ReceiptRule"})
START_SECONDS = 60.0
STOP_SECONDS = 60.0

# Loopback is never behind a proxy, whatever the environment says.
direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class EmulatorFailed(Exception):
    """The emulator did not start; the text carries the end of its log."""


def free_port() -> int:
    """A loopback port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def carried(template: Mapping[str, Any]) -> dict[str, Any]:
    """A template without the resources that the emulator does not know."""
    resources = template["Resources"].items()
    known = {name: one for name, one in resources if one["Type"] not in UNKNOWN_TYPES}
    return {**template, "Resources": known}


def connect(url: str) -> Callable[[str], Any]:
    """A maker of boto3 clients, by service name, for the emulator at `url`."""

    def client(service: str) -> Any:
        return boto3.session.Session().client(
            service,  # type: ignore[call-overload]
            endpoint_url=url,
            region_name=REGION,
            aws_access_key_id=CREDENTIALS["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
            # An invocation may take as long as the longest function.
            config=Config(proxies={}, read_timeout=330),
        )

    return client


class Emulator:
    """One emulator; use it as a context manager, or `start` and `stop` it.

    `state` keeps everything between runs. Queue addresses carry the port, so the same state needs the same
    port again. `python` is an interpreter that has ministack: it also runs the Lambda functions.
    """

    def __init__(self, state: Path, port: int | None = None, python: Path = PYTHON) -> None:
        self.state = state.resolve()
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.mail_outbox = f"{self.url}/_ministack/ses/messages"
        self.client = connect(self.url)
        self.log = self.state / "emulator.log"
        self._python = python
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Emulator:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def environment(self) -> dict[str, str]:
        """A process environment in which SDKs talk to this AWS, and to no other."""
        region = {"AWS_REGION": REGION, "AWS_DEFAULT_REGION": REGION}
        return {**clean_environment(), "AWS_ENDPOINT_URL": self.url, **region, **CREDENTIALS}

    @property
    def running(self) -> bool:
        """Whether the process lives."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start and wait until it answers; `EmulatorFailed` if it does not."""
        self._keep_port()
        scratch = self.state / "tmp"
        # Unpacked functions of a run that was killed.
        shutil.rmtree(scratch, ignore_errors=True)
        scratch.mkdir()
        _forget_stream_positions(self.state / "lambda.json")
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                [self._python, "-m", "ministack"],
                env=self._settings(scratch),
                cwd=self.state,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                # Ctrl-C at the terminal is for us; the emulator is told afterwards, in order.
                start_new_session=True,
                # And when we are killed, it must not stay behind: it saves its state and ends.
                preexec_fn=_end_with_parent,
            )
        give_up = time.monotonic() + START_SECONDS
        while not self._answers():
            if not self.running or time.monotonic() > give_up:
                self.stop()
                raise EmulatorFailed("\n".join(self.log.read_text(errors="replace").splitlines()[-15:]))
            time.sleep(0.05)

    def stop(self) -> None:
        """Stop it; returns when its state is saved. Harmless when it is not running."""
        if self._process is None:
            return
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    def _keep_port(self) -> None:
        self.state.mkdir(parents=True, exist_ok=True)
        port = self.state / "port"
        if port.exists() and port.read_text() != str(self.port):
            raise EmulatorFailed(
                f"the data in {self.state} belongs to port {port.read_text()}: use it, or delete the data"
            )
        port.write_text(str(self.port))

    def _answers(self) -> bool:
        with contextlib.suppress(OSError), direct.open(f"{self.url}/_ministack/health", timeout=2) as answer:
            return bool(answer.status == 200)
        return False

    def _settings(self, scratch: Path) -> dict[str, str]:
        """The emulator's own environment, which the functions inherit."""
        return {
            **clean_environment(),
            **CREDENTIALS,
            "GATEWAY_PORT": str(self.port),
            "BIND_HOST": "127.0.0.1",
            "MINISTACK_HOST": "127.0.0.1",
            "MINISTACK_REGION": REGION,
            "AUTH": "true",
            "PERSIST_STATE": "1",
            "STATE_DIR": str(self.state),
            "S3_PERSIST": "1",
            "S3_DATA_DIR": str(self.state / "s3"),
            "TMPDIR": str(scratch),
            "IOT_MTLS_ENABLED": "0",
            "SFTP_ENABLED": "0",
            # A burst leaves one process per concurrent call behind; this is how long.
            "LAMBDA_WARM_TTL_SECONDS": "30",
        }


def clean_environment() -> dict[str, str]:
    """An environment without anything that could lead an SDK to a real account or through a proxy."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    nowhere = {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}
    return {**kept, **nowhere, "AWS_EC2_METADATA_DISABLED": "true"}


def _end_with_parent() -> None:
    """Have the kernel send SIGTERM when the thread that started this process ends (Linux)."""
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)


def _forget_stream_positions(saved: Path) -> None:
    """Let the streams start afresh, as their records do.

    The emulator (1.5.33) saves how far each stream was read but not the records, and after a restart would
    skip as many new records as it had read before.
    """
    if saved.exists():
        state = json.loads(saved.read_text())
        if state["payload"].pop("dynamodb_stream_positions", None):
            saved.write_text(json.dumps(state))
