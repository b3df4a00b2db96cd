"""Whose register a domain name stands in, and what is asked for to move it: never a password (C10)."""

from __future__ import annotations

import re
import unicodedata

# Where responsibility for a name is looked up: the national registers of the markets, or the registrar of
# international names.
REGISTERS = {"br": "registro.br", "cl": "nic.cl", "es": "dominios.es"}
INTERNATIONAL = "godaddy.com"
PASSWORD = re.compile(r"\b(password|passwd|passphrase|pass|pwd|pw|senha|contrasena|clave)\b")


def registrar_of(domain: str) -> str:
    """Where the responsibility for a domain name stands."""
    return REGISTERS.get(domain.rstrip(".").rpartition(".")[2].lower(), INTERNATIONAL)


def looks_like_password(text: str) -> bool:
    """Whether a field's name, or a line of text, tells that a password is in it."""
    plain = unicodedata.normalize("NFD", text.casefold())
    bare = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return bool(PASSWORD.search(re.sub(r"[_\W\d]+", " ", bare)))
