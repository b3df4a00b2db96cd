"""Parameters of the letters about a session that was bought."""

from __future__ import annotations

from typing import Any

SESSION = {
    "name": "Ana Núñez",
    "vendor": "Vigencia",
    "number": "T-000123",
    "product": "Assessoria Especializada 1h",
    "store_url": "https://store.example/account",
}
WHEN = {"starts_at": "2026-12-01T14:00:00Z", "zone": "America/Sao_Paulo"}

PARAMS: dict[str, dict[str, Any]] = {
    "advisory_slots_wanted": {**SESSION, "minutes": 60},
    "advisory_scheduled": {
        **SESSION,
        **WHEN,
        "minutes": 60,
        "meeting_url": "https://meet.example/abc?a=1&b=2",
        "access": "PIN 1234",
        "moved": False,
    },
    "advisory_other_slots_wanted": {**SESSION, **WHEN, "reason": "Our expert is ill"},
    "advisory_missed": {**SESSION, **WHEN},
}
