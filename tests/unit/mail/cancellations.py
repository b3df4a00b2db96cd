"""Parameters of the letters about a cancellation."""

from __future__ import annotations

from typing import Any

CASE = {
    "name": "Ana Núñez",
    "vendor": "Vigencia",
    "number": "C-000017",
    "store_url": "https://store.example/account",
}
ZONED = {**CASE, "zone": "America/Sao_Paulo"}
SITE = {"name": "Site", "detail": "Plano anual", "domain": "ana.com.br"}
READINGS = {"name": "Leituras", "detail": None, "domain": None}
OWED = {
    "number": "A-2026-000004",
    "amount": {"amount": 39900, "currency": "BRL"},
    "due_date": "2026-11-02",
    "pay_url": "https://api.example/i/0123?a=1&b=2",
}
TO_COME = {
    "number": None,
    "amount": {"amount": 4900, "currency": "BRL"},
    "due_date": "2026-11-20",
    "pay_url": None,
}
VOIDED = {**OWED, "number": "A-2026-000009", "due_date": "2026-12-20", "pay_url": None}
ASKED_AT, UNTIL_AT, ENDED_AT = "2026-11-28T02:30:00Z", "2026-12-02T17:00:00Z", "2026-12-03T12:05:00Z"
TRAINING = {"kind": "training", "detail": "two hours with a person", "amount": None, "until_day": None}
CHEAPER = {
    "kind": "plan_change",
    "detail": "the small plan",
    "amount": {"amount": 2900, "currency": "BRL"},
    "until_day": None,
}
FEWER = {**CHEAPER, "kind": "drop_services", "detail": "without readings"}
PAUSE = {"kind": "pause", "detail": "over the summer", "amount": None, "until_day": "2027-03-01"}

PARAMS: dict[str, dict[str, Any]] = {
    "cancellation_received": {
        **ZONED,
        "requested_at": ASKED_AT,
        "products": [SITE, READINGS],
        "frozen": True,
    },
    "contact_attempted": {**ZONED, "products": [SITE, READINGS], "until_at": UNTIL_AT},
    "confirm_request": {**ZONED, "products": [SITE, READINGS], "until_at": UNTIL_AT},
    "cancellation_owed": {**CASE, "slips": [OWED, TO_COME]},
    "cancellation_reverted": {
        **CASE,
        "agreed": "one month for free",
        "offers": [TRAINING, CHEAPER, FEWER, PAUSE],
        "dropped": [READINGS],
        "kept": [SITE],
    },
    "cancellation_confirmed": {
        **ZONED,
        "requested_at": ASKED_AT,
        "ended": [{**SITE, "ended_at": ENDED_AT, "refund": None}],
        "kept": [READINGS],
        "slips": [OWED, TO_COME],
        "voided": [VOIDED],
    },
}
