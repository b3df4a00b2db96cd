"""What identifies an installation, and its environment class when the tool does not say (V10, B3).

Shops are named by their address, which one tool writes as `https://www.Loja.com.br:443/admin` and the next
as `loja.com.br`: both are one installation. Everything else, a machine's id for one, is left as it is.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ipaddress import IPv4Address, IPv6Address

    from chalicelib.licensing.standing import Environment

# A host and what may surround it. Only after a scheme is `user@` a log-in: `ana@example.com` is an e-mail
# address, and all customers of one mail provider are not one installation.
WRITTEN = re.compile(
    r"(?P<scheme>(?:[a-z][a-z0-9+.-]*:)?//(?:[^/?#]*@)?)?"
    r"(?P<host>\[[0-9a-f:.]+\]|[^/?#:@\[\]]+)(?::[0-9]*)?(?:[/?#].*)?",
    re.ASCII | re.IGNORECASE | re.DOTALL,
)
# Underscores are no part of host names by the book (RFC 1123), yet shops run under them.
LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
LONGEST = 253

# Names that never lead to the public internet (RFC 6761, 6762, 8375, ICANN's `internal`) or by habit do not.
# `.example` is not here: in documents and demonstrations it stands for real shops.
LOCAL = ("localhost", "local", "test", "invalid", "internal", "lan", "localdomain", "home.arpa")
# Left of the registered domain, alone or between hyphens, numbered or not: `shop-dev2.example.com`.
STAGING = frozenset(
    {"dev", "homolog", "preprod", "preview", "pruebas", "qa", "sandbox", "stage", "staging", "test", "uat"}
)
# Under two-letter top levels these are the registry's own: of `test.com.br`, `test` is what was registered.
SECOND_LEVELS = frozenset({"co", "com", "edu", "gob", "gov", "net", "org"})


def canonical(fingerprint: str) -> str:
    """The one form of a fingerprint (V10, B3): the bare host of a URL or domain name, else itself, trimmed.

    A host is lower case, in A-labels (UTS 46, non-transitional), without leading `www.`, port or final dot.
    It has a dot, unless it is `localhost` or came with a scheme, or it is an IP address. What only looks
    like one (a faulty label, an invalid international name, a name ending in a number) is opaque. Applying
    it twice changes nothing, and no text is an error.
    """
    text = fingerprint.strip()
    return _host(text) or text


def environment_of(canonical: str) -> Environment:
    """The class of an installation whose tool does not name it (B3); opaque ones count as production."""
    host = _host(canonical)
    if host is None:
        return "production"
    if host.endswith(tuple(f".{name}" for name in LOCAL)) or host == "localhost" or _is_private(host):
        return "local"
    return "staging" if _words(host) & STAGING else "production"


def _host(text: str) -> str | None:
    found = WRITTEN.fullmatch(text)
    if found is None:
        return _address(text)
    if found["host"].startswith("["):
        return _address(found["host"][1:-1])
    host = _ascii(found["host"]).lower().removesuffix(".")
    labels = host.split(".")
    if len(host) > LONGEST or not all(LABEL.fullmatch(label) for label in labels):
        return None
    if labels[-1].isdigit():
        return _address(host)
    bare = len(labels) == 1 and host != "localhost"
    return None if bare and not found["scheme"] else _without_www(host)


def _ascii(host: str) -> str:
    """In A-labels; empty when it has none."""
    if host.isascii() or len(host) > LONGEST:
        return host
    # Imported here: few need it, and the licence validator, which imports this module, must start fast.
    import idna

    try:
        return idna.encode(host, uts46=True).decode()
    except idna.IDNAError:
        return ""


def _without_www(host: str) -> str:
    # All of them: were only one taken off, taking the canonical form twice would not give the same.
    while host.startswith("www.") and host.count(".") > 1:
        host = host.removeprefix("www.")
    return host


def _address(text: str) -> str | None:
    """An IP address in its shortest form; None when it is none."""
    address = _parsed(text)
    return str(address) if address else None


def _is_private(host: str) -> bool:
    """Whether it is an IP address out of reach of the public internet: loopback and link-local too."""
    if not (":" in host or host[-1].isdigit()):
        return False
    address = _parsed(host)
    return address is not None and address.is_private


def _parsed(text: str) -> IPv4Address | IPv6Address | None:
    # Imported here for the same reason as idna.
    from ipaddress import ip_address

    try:
        address = ip_address(text)
    except ValueError:
        return None
    # IPv4 written as IPv6 is the same machine.
    return getattr(address, "ipv4_mapped", None) or address


def _words(host: str) -> set[str]:
    """The words left of the registered domain, without the numbers behind them."""
    *labels, second, top = ("", *host.split("."))
    if len(top) == 2 and second in SECOND_LEVELS:
        labels = labels[:-1]
    return {word.rstrip("0123456789") for label in labels for word in label.split("-")}
