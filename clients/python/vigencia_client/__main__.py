"""The command line: `python -m vigencia_client validate KEY`.

Exit status: 0 valid (for `deactivate`: done), 1 invalid, 2 wrong use, 3 unknown (a technical failure).
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from vigencia_client import strict
from vigencia_client.client import LicenseClient
from vigencia_client.verdict import Result
from vigencia_client.version import VERSION

STATUS = {"valid": 0, "invalid": 1, "unknown": 3}
WRONG_USE = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit status."""
    parser = _parser()
    options = parser.parse_args(arguments)
    try:
        result = _run(options)
    except (ValueError, OSError) as error:
        print(f"{parser.prog}: {error}", file=sys.stderr)
        return WRONG_USE
    print(json.dumps(_members(result), indent=2) if options.json else _text(result))
    if options.command == "deactivate" and result.source == "server":
        return 0
    return STATUS[result.state]


def _run(options: argparse.Namespace) -> Result:
    if not options.url:
        raise ValueError("where is the licence server? Give --url, or set VIGENCIA_URL.")
    client = LicenseClient(
        options.url,
        second_url=options.second_url,
        cache_path=options.cache,
        fingerprint=options.fingerprint,
        environment=options.environment,
        public_keys=strict.parse_object(options.keys.read_bytes()) if options.keys else None,
    )
    if options.command == "verify-file":
        content = options.file.read_bytes().decode("ascii", "replace")
        return client.verify_file(content, key=options.key, addons=options.addon)
    key = sys.stdin.readline() if options.key == "-" else options.key
    if options.command == "validate":
        result = client.validate(key, options.addon, force=options.force)
        # Whoever types this after a refusal has changed something, and wants to know what holds now.
        refused = (result.state, result.source) == ("invalid", "cache")
        return client.validate(key, options.addon, force=True) if refused else result
    if options.command == "activate":
        return client.activate(key, options.addon, name=options.name)
    return client.deactivate(key)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m vigencia_client", description=(__doc__ or "").strip())
    parser.add_argument("--version", action="version", version=VERSION)
    commands = parser.add_subparsers(dest="command", required=True)
    validate = _command(commands, "validate", "may this installation work with this key?")
    validate.add_argument("--force", action="store_true", help="ask the server even if it is not time yet")
    activate = _command(commands, "activate", "bind the licence to this installation (--fingerprint)")
    activate.add_argument("--name", help="what people call this installation")
    deactivate = _command(commands, "deactivate", "give this installation up (--fingerprint)")
    for command in (validate, activate, deactivate):
        command.add_argument("key", metavar="KEY", help="the licence key; - reads it from standard input")
    verify = _command(commands, "verify-file", "does this licence file let this machine work?")
    verify.add_argument("file", metavar="FILE", type=Path)
    verify.add_argument("--key", help="the key whose file it must be")
    for command in (validate, activate, verify):
        command.add_argument(
            "--addon", action="append", default=[], help="an addon that is needed, repeatable"
        )
    return parser


def _command(commands: Any, name: str, help: str) -> argparse.ArgumentParser:
    command: argparse.ArgumentParser = commands.add_parser(name, help=help)
    command.add_argument("--url", default=os.environ.get("VIGENCIA_URL"), help="or VIGENCIA_URL")
    command.add_argument("--second-url", help="asked when the first address is in trouble")
    command.add_argument("--fingerprint", help="what tells this installation from others")
    command.add_argument("--environment", choices=("production", "staging", "local"))
    command.add_argument("--cache", type=Path, default=_default_cache(), help="default: %(default)s")
    command.add_argument("--keys", type=Path, help="a JWKS file to believe instead of the published keys")
    command.add_argument("--json", action="store_true", help="answer in JSON")
    return command


def _default_cache() -> Path:
    home = os.environ.get("XDG_CACHE_HOME")
    return (Path(home) if home else Path.home() / ".cache") / "vigencia" / "answers.json"


def _text(result: Result) -> str:
    lines = [f"{result.state}{f' ({result.code})' if result.code else ''}: {result.detail}"]
    lines += [f"  addon {code}: {addon.status}" for code, addon in sorted(result.addons.items())]
    if result.grace_until is not None:
        lines.append(f"  works without asking until {_shown(result.grace_until)}")
    if result.source == "cache":
        lines.append("  from the remembered answer" + (f" ({result.reason})" if result.reason else ""))
    return "\n".join(lines)


def _members(said: Any) -> Any:
    """A result as JSON: instants as people and the API write them."""
    members = asdict(said) if isinstance(said, Result) else said
    return {name: _member(name, value) for name, value in members.items()}


def _member(name: str, value: Any) -> Any:
    if isinstance(value, dict):
        return _members(value)
    return _shown(value) if name.endswith(("_at", "_until")) and value is not None else value


def _shown(instant: int) -> str:
    return datetime.fromtimestamp(instant, UTC).isoformat().replace("+00:00", "Z")


if __name__ == "__main__":
    sys.exit(main())
