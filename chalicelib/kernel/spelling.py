"""Texts as they are compared, not as they are shown."""

from __future__ import annotations

import unicodedata


def bare(text: str) -> str:
    """A text without case and accents: "Sesion" finds "sesión"."""
    decomposed = unicodedata.normalize("NFD", text.casefold())
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))
