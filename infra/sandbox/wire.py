"""The small HTTP vocabulary of the sandbox: a request, an answer, and a table of routes."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

Json = dict[str, Any]


@dataclass(frozen=True)
class Request:
    """One HTTP request, read completely. Header names are in lower case."""

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    def below(self, prefix: str) -> "Request":
        """The same request as seen by what is mounted at `prefix`."""
        return Request(self.method, self.path.removeprefix(prefix), self.query, self.headers, self.body)


@dataclass(frozen=True)
class Answer:
    """One HTTP answer. `created` marks the answers that the knob `lost_answer` may swallow."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    created: bool = False


class Refused(Exception):
    """Ends the handling of a request with the given answer."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.status)
        self.answer = answer


def json_answer(
    status: int, body: object, headers: Mapping[str, str] | None = None, created: bool = False
) -> Answer:
    """An answer with a JSON body."""
    raw = json.dumps(body, ensure_ascii=False).encode()
    return Answer(status, raw, {"Content-Type": "application/json", **(headers or {})}, created)


class Routes:
    """Finds the handler of a request; `{name}` in a path is one segment, handed to the handler in order."""

    def __init__(self, *table: tuple[str, str, Callable[..., Answer]]) -> None:
        self._table = [
            (method, re.compile(re.sub(r"\{\w+\}", "([^/]+)", path)), handler)
            for method, path, handler in table
        ]

    def answer(self, request: Request) -> Answer | None:
        """What the handler answers, or None where there is no such route."""
        for method, pattern, handler in self._table:
            match = pattern.fullmatch(request.path)
            if match and method == request.method:
                return handler(request, *map(unquote, match.groups()))
        return None
