"""What stands on an invoice or a credit note, as text and in its language; how it looks is `pdf`'s (V1, V7).

All of it but the address for paying online comes from the stored record, which never changes: the same record
says the same for ever.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from chalicelib.billing.credit_notes import CreditNote
from chalicelib.billing.rules import HowToPay, Invoice, InvoiceLine, Party
from chalicelib.billing.taxes import Tax, TaxShare, included
from chalicelib.billing.words import TAX_IDS, WORDS, Words
from chalicelib.kernel import formats
from chalicelib.kernel.formats import STYLES, Style
from chalicelib.kernel.methods import Method
from chalicelib.kernel.money import Money

# An address of more lines goes on in the last one.
ADDRESS_LINES = 6


@dataclass(frozen=True)
class Instruction:
    """How to pay by one method: what to do, and the address at which it is done online."""

    method: str
    text: str
    link: str | None = None


@dataclass(frozen=True)
class Sheet:
    """The text of one document: `totals` ends with what is to be paid, `page` takes {page} and {pages}.

    The first column of `rows` is text, the others are figures. A seller's or buyer's first line is his name.
    """

    locale: str
    title: str
    number: str
    date: str
    seller: tuple[str, ...]
    buyer_is: str
    buyer: tuple[str, ...]
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    totals: tuple[tuple[str, str], ...]
    page: str
    how_to_pay: str = ""
    instructions: tuple[Instruction, ...] = ()


def sheet_of(record: Invoice | CreditNote, pay_url: str) -> Sheet:
    """The text of a document; `pay_url` is where an invoice is paid online."""
    words, style = WORDS[record.locale], STYLES[record.locale]
    money = partial(formats.money, style)
    if isinstance(record, Invoice):
        title, owed = words.invoice, record.total
        columns, rows = _lines(record, words, style)
        instructions = tuple(_instructions(record, pay_url))
    else:
        title, owed, instructions = words.credit_note, record.amount, ()
        corrected = formats.day(style, record.invoice_issued_on)
        corrects = words.corrects.format(number=record.invoice_number, date=corrected)
        columns, rows = (words.description, words.amount), ((f"{corrects}\n{record.reason}", money(owed)),)
    return Sheet(
        locale=record.locale,
        title=title,
        number=record.number,
        date=formats.day(style, record.issued_on),
        seller=tuple(party_lines(record.seller, words)),
        buyer_is=words.customer,
        buyer=tuple(party_lines(record.buyer, words)),
        columns=columns,
        rows=rows,
        totals=(*_taxes(record.net, record.taxes, words, style), (words.total, money(owed))),
        page=words.page,
        how_to_pay=words.how_to_pay,
        instructions=instructions,
    )


def party_lines(party: Party, words: Words) -> Iterator[str]:
    """Somebody as documents name him, his name first."""
    yield " ".join(party.name.split())
    lines = [line.strip() for line in (party.address or "").split("\n") if line.strip()]
    yield from lines[: ADDRESS_LINES - 1]
    if last := lines[ADDRESS_LINES - 1 :]:
        yield ", ".join(last)
    yield words.countries.get(party.country, party.country)
    if party.tax_id:
        yield f"{TAX_IDS.get(party.country, words.tax_id)}: {party.tax_id}"
    yield party.email


def _lines(
    invoice: Invoice, words: Words, style: Style
) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """The columns and rows; where prices include a tax, each price stands there without it too."""
    prices = (words.price_without_tax, words.price_with_tax) if invoice.taxes else (words.price,)
    columns = (words.description, words.quantity, *prices, words.amount)
    return columns, tuple(_line(one, invoice.taxes, style) for one in invoice.lines)


def _line(line: InvoiceLine, taxes: tuple[TaxShare, ...], style: Style) -> tuple[str, ...]:
    net = [_without(line.unit_price, share) for share in taxes[:1]]
    figures = (*net, line.unit_price, line.amount)
    return (
        " ".join(line.description.split()),
        str(line.quantity),
        *(formats.money(style, figure) for figure in figures),
    )


def _without(price: Money, share: TaxShare) -> Money:
    (part,) = included(price, Tax(share.name, share.basis_points))
    return part.base


def _taxes(net: Money, taxes: tuple[TaxShare, ...], words: Words, style: Style) -> Iterator[tuple[str, str]]:
    if taxes:
        yield words.net, formats.money(style, net)
    for share in taxes:
        rate, base = formats.percent(style, share.basis_points), formats.money(style, share.base)
        yield words.tax.format(name=share.name, rate=rate, base=base), formats.money(style, share.amount)


def _instructions(invoice: Invoice, pay_url: str) -> Iterator[Instruction]:
    style, offered = STYLES[invoice.locale], invoice.how_to_pay or HowToPay(())
    for method in offered.methods:
        text = "\n".join(_instruction(method, offered, invoice.number, WORDS[invoice.locale], style))
        link = None if method == "transfer" else pay_url
        name = style.methods[method]
        yield Instruction(name[0].upper() + name[1:], text, link)


def _instruction(method: Method, offered: HowToPay, number: str, words: Words, style: Style) -> Iterator[str]:
    if method == "transfer":
        yield words.account.format(account=offered.account)
        yield words.reference.format(number=number)
        return
    if method == "boleto" and offered.due_date:
        yield words.boleto.format(date=formats.day(style, offered.due_date))
    yield words.online
