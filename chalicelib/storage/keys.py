"""The registered key prefixes, and keys built from them; apart from the table, as this needs no library."""

from __future__ import annotations

# Every item collection of the table. A store builds its keys from one of these; a test checks that
# no two stores share a prefix.
PREFIXES = {
    "AUD": "audit rows of a subject",
    "BCL": "business calendars as they were made",
    "BNK": "booked lines of bank statements",
    "CAN": "cancellations",
    "CAT": "the catalogue",
    "CRD": "cards on file",
    "CRM": "types of planned CRM tasks",
    "CRN": "credit notes, and what was credited of an invoice",
    "CUS": "customers",
    "EXP": "exports of customers' own data",
    "IDEM": "idempotency records",
    "INM": "e-mails that came in",
    "INV": "invoices",
    "KEY": "hashes of licence keys",
    "LIC": "a licence and its addons",
    "MAIL": "e-mails",
    "MSG": "messages about tickets",
    "NTC": "notices on customers' files",
    "ORD": "orders",
    "OUT": "outbox events",
    "PAY": "payments",
    "PEV": "provider events",
    "RFD": "refunds",
    "SER": "number series and their counters",
    "SLV": "service levels",
    "SNH": "what an address sent within an hour",
    "SUB": "subscriptions",
    "TKT": "tickets",
    "TRC": "traces of cancelled renewals",
    "TSK": "internal tasks",
    "UPL": "uploads for messages about tickets",
    "WDR": "withdrawals from a contract",
}


def key(prefix: str, *parts: str) -> str:
    """`key("ORD", id)` → `"ORD#…"`; KeyError for a prefix nobody registered."""
    PREFIXES[prefix]
    return "#".join((prefix, *parts))
