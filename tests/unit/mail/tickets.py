"""Parameters of the letters about a ticket."""

from __future__ import annotations

from typing import Any

TICKET = {
    "name": "Ana Núñez",
    "vendor": "Vigencia",
    "number": "T-000123",
    "subject": "My plan",
    "store_url": "https://store.example/account",
}
PARAGRAPHS = [["Your plan has two users.", "A third one is extra."], ["Shall we add it?"]]

PARAMS: dict[str, dict[str, Any]] = {
    "ticket_received": {**TICKET, "due_at": "2026-11-24T13:00:00Z", "zone": "America/Sao_Paulo"},
    "ticket_answered": {**TICKET, "paragraphs": PARAGRAPHS, "asks": False},
    "ticket_resolved": {**TICKET, "paragraphs": PARAGRAPHS},
    "ticket_closed": {**TICKET, "reason": "Asked twice"},
}
