"""What is remembered between calls: signed answers, the key set, the latest time seen.

One small JSON file for all processes of a machine, replaced as a whole and readable by its owner alone.
A broken cache is no cache: it costs one question to the server, never a verdict.
"""

from __future__ import annotations

import contextlib
import json
import os
import stat
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from vigencia_client import strict
from vigencia_client.timing import CLOCK_WRONG
from vigencia_client.tokens import MAX_INSTANT

VERSION = 1
MAX_FILE = 4_194_304
MAX_ANSWERS = 50


@dataclass(frozen=True)
class Answer:
    """One question's last signed answer and the failures since; local seconds since 1970."""

    token: str | None = None
    asked_at: int = 0
    failures: int = 0
    retry_at: int = 0


@dataclass(frozen=True)
class Memory:
    """All that is remembered.

    `seen` is the latest time seen by the server's clock, `offset` how many seconds that clock was ahead of
    the local one at the last good answer; `jwks` as received at the local time `jwks_at`.
    """

    seen: int = 0
    offset: int = 0
    jwks: Mapping[str, Any] | None = None
    jwks_at: int = 0
    answers: Mapping[str, Answer] = field(default_factory=dict)

    def answer(self, id: str) -> Answer:
        """What is remembered of a question; empty if nothing is."""
        return self.answers.get(id, Answer())

    def with_answer(self, id: str, answer: Answer) -> Memory:
        """The same with this answer; of too many, those asked for longest ago are forgotten."""
        latest = sorted({**self.answers, id: answer}.items(), key=lambda one: one[1].asked_at)
        kept = dict(latest[-MAX_ANSWERS:])
        return replace(self, answers={**kept, id: answer})

    def without(self, id: str) -> Memory:
        """The same with nothing about a question."""
        return replace(self, answers={one: answer for one, answer in self.answers.items() if one != id})


class Cache:
    """The memory, in a file about one server; in this process only while no file can be written."""

    def __init__(self, path: Path | None, server: str) -> None:
        self._path, self._server = path, server
        self._unsaved: Memory | None = None

    def load(self) -> Memory:
        """What is remembered; empty if the file is missing, broken, or another server's."""
        if self._unsaved is not None or self._path is None:
            return self._unsaved or Memory()
        try:
            return _memory(strict.parse_object(_read(self._path)), self._server)
        except (OSError, ValueError, KeyError, TypeError):
            return Memory()

    def update(self, change: Callable[[Memory], Memory]) -> None:
        """Change what is remembered, starting from what other processes left there meanwhile."""
        memory = change(self.load())
        self._unsaved = memory
        if self._path is not None:
            said = {"version": VERSION, "server": self._server, **asdict(memory)}
            with contextlib.suppress(OSError):
                _replace(self._path, json.dumps(said, separators=(",", ":")).encode("utf-8"))
                self._unsaved = None


def _read(path: Path) -> bytes:
    """The bytes of a regular file of a sensible size; OSError, ValueError."""
    found = path.stat()
    if not stat.S_ISREG(found.st_mode) or found.st_size > MAX_FILE:
        raise ValueError("not a file of ours")
    return path.read_bytes()


def _replace(path: Path, data: bytes) -> None:
    """Write so that readers see the old file or the new one; `mkstemp` gives it to its owner alone."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(name, path)
    except OSError:
        with contextlib.suppress(OSError):
            os.unlink(name)
        raise


def _memory(said: Mapping[str, Any], server: str) -> Memory:
    if (said["version"], said["server"]) != (VERSION, server):
        raise ValueError("written by another version, or about another server")
    offset, jwks = said["offset"], said["jwks"]
    if type(offset) is not int or abs(offset) > CLOCK_WRONG or not isinstance(jwks, dict | None):
        raise ValueError("not written by us")
    return Memory(
        seen=_count(said["seen"]),
        offset=offset,
        jwks=jwks,
        jwks_at=_count(said["jwks_at"]),
        answers={id: _answer(one) for id, one in said["answers"].items()},
    )


def _answer(said: Mapping[str, Any]) -> Answer:
    token = said["token"]
    if not isinstance(token, str | None):
        raise TypeError("a token is a text")
    return Answer(token, _count(said["asked_at"]), _count(said["failures"]), _count(said["retry_at"]))


def _count(value: Any) -> int:
    if type(value) is not int or not 0 <= value <= MAX_INSTANT:
        raise ValueError("not an instant or a count")
    return value
