"""The acknowledgement of a withdrawal as a document of its own: what was received, and exactly when (B7)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

from chalicelib.kernel import formats
from chalicelib.kernel.clock import local_date, local_time
from chalicelib.orders.withdrawals import Content

if TYPE_CHECKING:
    from jinja2 import Environment

TEMPLATES = Path(__file__).with_name("templates")

# `received` takes {name}, {seller}, {date}, {time} and {offset}; `ordered` takes {invoice} and {date}.
WORDS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "title": "Acknowledgement of your withdrawal",
        "received": "{name}, {seller} received your withdrawal from the contract below on {date} at {time} "
        "({offset}).",
        "number": "Withdrawal no.",
        "contract": "The contract",
        "ordered": "Invoice {invoice}, ordered on {date}",
        "name": "Description",
        "quantity": "Quantity",
        "amount": "Amount",
        "total": "Total",
        "ends": "What has ended",
        "no_longer_owed": "You no longer have to pay",
        "refund": "We give back to you",
        "statement": "Your message",
        "questions": "Questions? Write to us:",
    },
    "es": {
        "title": "Acuse de recibo de su desistimiento",
        "received": "{name}: {seller} recibió su desistimiento del contrato siguiente el {date} a las {time} "
        "({offset}).",
        "number": "Desistimiento n.º",
        "contract": "El contrato",
        "ordered": "Factura {invoice}, pedido del {date}",
        "name": "Descripción",
        "quantity": "Cantidad",
        "amount": "Importe",
        "total": "Total",
        "ends": "Lo que ha terminado",
        "no_longer_owed": "Ya no tiene que pagar",
        "refund": "Le devolvemos",
        "statement": "Su mensaje",
        "questions": "¿Dudas? Escríbanos:",
    },
    "pt-BR": {
        "title": "Confirmação de recebimento da sua desistência",
        "received": "{name}, {seller} recebeu a sua desistência do contrato abaixo em {date} às {time} "
        "({offset}).",
        "number": "Desistência n.º",
        "contract": "O contrato",
        "ordered": "Fatura {invoice}, pedido de {date}",
        "name": "Descrição",
        "quantity": "Quantidade",
        "amount": "Valor",
        "total": "Total",
        "ends": "O que terminou",
        "no_longer_owed": "Você não precisa mais pagar",
        "refund": "Devolvemos a você",
        "statement": "Sua mensagem",
        "questions": "Dúvidas? Escreva para nós:",
    },
}


def render(id: str, content: Content, statement: str | None, received_at: datetime) -> str:
    """A complete HTML document in the contract's language, with the time as its customer's clocks show it."""
    words, style = WORDS[content.locale], formats.STYLES[content.locale]
    at = local_time(received_at, content.zone)
    received = words["received"].format(
        name=content.customer_name,
        seller=content.seller_name,
        date=formats.day(style, at.date()),
        time=f"{at:%H:%M:%S}",
        offset=f"UTC{at.isoformat()[-6:]}",
    )
    ordered = words["ordered"].format(
        invoice=content.invoice_number,
        date=formats.day(style, local_date(content.ordered_at, content.zone)),
    )
    return (
        _environment(content.locale)
        .get_template("acknowledgement.html.j2")
        .render(id=id, content=content, statement=statement, at=at, received=received, ordered=ordered)
    )


@cache
def _environment(locale: str) -> Environment:
    # Imported here: every function of the application imports this module, one of them makes documents.
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals |= {"words": WORDS[locale], "locale": locale}
    environment.filters["money"] = partial(formats.money, formats.STYLES[locale])
    return environment
