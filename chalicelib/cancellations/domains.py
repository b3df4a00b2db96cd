"""Whose register a domain name stands in, and what is asked for to move it: never a password (C10)."""

from __future__ import annotations

import re
import unicodedata

from chalicelib.kernel.spelling import bare

# Where responsibility for a name is looked up: the national registers of the markets, or the registrar of
# international names.
REGISTERS = {"br": "registro.br", "cl": "nic.cl", "es": "dominios.es"}
INTERNATIONAL = "godaddy.com"
WORDS = "password|passwd|passphrase|passcode|pass|pwd|pw|senha|contrasena|clave"
PASSWORD = re.compile(rf"\b({WORDS})\b")
# A word for it, and what it is: `senha: x`, `la contraseña es x`, `pwd x1`.
TOLD = re.compile(rf"\b({WORDS})s?(\s+\w+)?(\s*[:=]|\s+(is|es|é)\s|\s+\S*\d)")


def registrar_of(domain: str) -> str:
    """Where the responsibility for a domain name stands."""
    return REGISTERS.get(domain.rstrip(".").rpartition(".")[2].lower(), INTERNATIONAL)


def looks_like_password(text: str) -> bool:
    """Whether a field's name, or a short answer, tells that a password is in it."""
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text)
    return bool(PASSWORD.search(re.sub(r"[_\W\d]+", " ", bare(words))))


def tells_password(text: str) -> bool:
    """Whether a text in which passwords may well be spoken of tells one."""
    # The only accent that makes another word of it: "é" is, "e" and.
    return bool(TOLD.search("é".join(map(bare, re.split("[éÉ]", unicodedata.normalize("NFC", text))))))
