"""The documents of invoices and credit notes: where each is kept, and how it is known again (V1)."""

from __future__ import annotations

import hashlib

from chalicelib.billing.credit_notes import CreditNote
from chalicelib.billing.rules import Invoice
from chalicelib.kernel.errors import Conflict

MEDIA_TYPE = "application/pdf"


class DocumentNotReady(Conflict):
    """The document is still being made."""

    code = "document_not_ready"
    text = {
        "en": "The document of {number} is still being made; try again in a moment.",
        "es": "El documento de {number} aún se está generando; inténtelo de nuevo en un momento.",
        "pt-BR": "O documento de {number} ainda está sendo gerado; tente de novo em um momento.",
    }


class DocumentDamaged(Exception):
    """What the archive holds is not the document that was made."""


def key_of(record: Invoice | CreditNote) -> str:
    """Under which key of the archive the document of a record is kept."""
    folder = "invoices" if isinstance(record, Invoice) else "credit_notes"
    return f"{folder}/{record.id}.pdf"


def disposition(number: str) -> str:
    """How a browser is told to show the document with a number, and to name it when it is saved."""
    return f'inline; filename="{number}.pdf"'


def digest_of(content: bytes) -> str:
    """What a document is known by: its SHA-256, in hexadecimal."""
    return hashlib.sha256(content).hexdigest()
