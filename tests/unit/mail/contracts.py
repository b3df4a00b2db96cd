"""Parameters of the letters about a contract."""

from __future__ import annotations

from typing import Any

PEOPLE = {"name": "Ana Núñez", "vendor": "Vigencia"}
CONTRACT = {**PEOPLE, "product": "Multipack", "store_url": "https://store.example/account"}
PRICE = {"amount": 119700, "currency": "BRL"}
PART = {"amount": 39900, "currency": "BRL"}
OWED = [{"day": "2027-01-22", "amount": PART}, {"day": "2027-02-22", "amount": PART}]
CHANGEABLE = {"until_at": "2027-11-07T03:00:00Z", "zone": "America/Sao_Paulo", "self_cancel": True}

PARAMS: dict[str, dict[str, Any]] = {
    "renewal_notice": {
        **CONTRACT,
        **CHANGEABLE,
        "last_day": "2027-11-21",
        "renews_day": "2027-11-22",
        "amount": PRICE,
        "installments": [{"day": "2027-11-07", "amount": PART}, {"day": "2027-12-22", "amount": PART}],
        "method": "card",
        "card": "4242",
    },
    "renewal_canceled": {**CONTRACT, **CHANGEABLE, "last_day": "2027-11-21", "installments": OWED},
    "renewal_resumed": {**CONTRACT, **CHANGEABLE, "renews_day": "2027-11-22", "amount": PRICE},
    "subscription_past_due": {
        **CONTRACT,
        "last_day": "2027-11-21",
        "number": "A-2027-000123",
        "amount": PART,
        "grace_day": "2027-11-26",
        "pay_url": "https://api.example/i/0123abc",
    },
    "subscription_ended": {
        **CONTRACT,
        "last_day": "2027-11-21",
        "because": "unpaid",
        "installments": OWED,
    },
    "contract_rescinded": {
        **CONTRACT,
        "effective_day": "2027-01-10",
        "dropped": OWED,
        "installments": OWED[:1],
        "refund": PART,
    },
    "withdrawal_received": {
        **PEOPLE,
        "number": "wdr_4m8s",
        "invoice": "A-2026-000004",
        "lines": [{"name": "Multipack", "quantity": 1, "amount": PART}],
        "total": PART,
        "received_at": "2026-11-28T02:30:00Z",
        "zone": "America/Sao_Paulo",
        "dropped": {"amount": 79800, "currency": "BRL"},
        "refund": PART,
        "store_url": "https://store.example/account",
    },
}
