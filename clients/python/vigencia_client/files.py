"""Licence files: a signed token for machines without network, wrapped so that mail leaves it alone."""

from __future__ import annotations

import re

from vigencia_client.tokens import MAX_TOKEN, Refused

BEGIN = "-----BEGIN VIGENCIA LICENSE-----"
END = "-----END VIGENCIA LICENSE-----"
WIDTH = 64
# Lines of the token, with room for line ends and white space around the whole.
MAX_FILE = 2 * MAX_TOKEN
LINE = re.compile(rf"[A-Za-z0-9_.-]{{1,{WIDTH}}}")


def unwrap(content: str) -> str:
    """The token of a licence file; `Refused("malformed")` for anything but one such block."""
    lines = content.strip().splitlines() if len(content) <= MAX_FILE else []
    body = lines[1:-1]
    if not body or (lines[0], lines[-1]) != (BEGIN, END) or not all(map(LINE.fullmatch, body)):
        raise Refused("malformed")
    return "".join(body)
