"""What the online version of an invoice shows, in whatever language: facts, and what can be done (V7, V8)."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

from chalicelib.billing.failures import Why, why
from chalicelib.billing.methods import Buyer, open_to
from chalicelib.billing.rules import Form, Invoice, InvoiceLine, InvoiceStatus, Party, Payment, Slip, Transfer
from chalicelib.billing.taxes import TaxShare
from chalicelib.billing.transfers import missing
from chalicelib.kernel.clock import local_date
from chalicelib.kernel.ids import crockford
from chalicelib.kernel.markets import market_of
from chalicelib.kernel.methods import Method
from chalicelib.kernel.money import Money
from chalicelib.kernel.plain import to_json

State = Literal["open", "preparing", "waiting", "checking", "paid", "expired", "void", "refunded"]
PAYABLE: frozenset[State] = frozenset({"open", "preparing", "waiting"})
# After these, nothing happens that somebody would wait for.
FINAL: frozenset[State] = frozenset({"paid", "expired", "void", "refunded"})
# What an invoice says by itself, whatever became of its payments.
CLOSED: Mapping[InvoiceStatus, State] = {
    "paid": "paid",
    "uncollectible": "expired",
    "void": "void",
    "refunded": "refunded",
}
# Where a payer may be sent: over an encrypted line, or to this very machine.
ADDRESS = re.compile(
    r"(https://[A-Za-z0-9.-]+(?::[0-9]+)?|http://(?:localhost|127\.0\.0\.1|\[::1\])(?::[0-9]+)?)(?:[/?][!-~]*)?"
)


@dataclass(frozen=True)
class Way:
    """The attempt that was begun: what its payer needs to end it. All None until its provider has it, or when
    there is nothing for him to do. `received` and `missing` are parts of a transfer."""

    method: Method
    due_date: date | None
    redirect_url: str | None
    form: Form | None
    slip: Slip | None
    pix: str | None
    transfer: Transfer | None
    received: Money | None
    missing: Money | None


@dataclass(frozen=True)
class View:
    """Everything that is shown.

    `way` is there while the invoice can be paid and an attempt was begun; `methods` are the other ways.
    `failure` says why the last attempt came to nothing, `paid_by` how it was paid, where that is known. `net`
    and `taxes` are what the total is made of.
    """

    number: str
    locale: str
    issued_on: date
    seller: Party
    buyer: Party
    lines: tuple[InvoiceLine, ...]
    net: Money
    taxes: tuple[TaxShare, ...]
    total: Money
    state: State
    paid_on: date | None
    paid_by: Method | None
    refunded: Money | None
    failure: Why | None
    way: Way | None
    methods: tuple[Method, ...]
    pdf_url: str | None = None

    @property
    def is_payable(self) -> bool:
        """Whether somebody can pay, or begin to."""
        return self.state in PAYABLE

    @property
    def is_final(self) -> bool:
        """Whether nothing more will happen."""
        return self.state in FINAL

    @property
    def choices(self) -> tuple[Method, ...]:
        """Every way that may be asked for: the one that was begun can be begun again."""
        return (self.way.method, *self.methods) if self.way else self.methods

    @property
    def version(self) -> str:
        """The same text for the same facts."""
        return crockford(hashlib.sha256(to_json(self).encode()).digest(), 16).lower()


def view_of(invoice: Invoice, payment: Payment, on_offer: Collection[Method]) -> View:
    """The invoice with its present payment; `on_offer` are the ways to pay that the vendor takes."""
    state = _state(invoice, payment)
    payable = state in PAYABLE
    begun = payable and payment.is_open
    zone = market_of(invoice.buyer.country).zone
    possible = open_to(Buyer(invoice.total.currency, invoice.buyer.tax_id), on_offer) if payable else []
    return View(
        number=invoice.number,
        locale=invoice.locale,
        issued_on=invoice.issued_on,
        seller=invoice.seller,
        buyer=invoice.buyer,
        lines=invoice.lines,
        net=invoice.net,
        taxes=invoice.taxes,
        total=invoice.total,
        state=state,
        paid_on=local_date(invoice.paid_at, zone) if invoice.paid_at else None,
        paid_by=payment.method if payment.paid_at else None,
        refunded=payment.refunded,
        failure=why(payment) if payable and payment.status == "failed" else None,
        way=_way(payment) if begun else None,
        methods=tuple(method for method in possible if not begun or method != payment.method),
    )


def origin_of(url: str) -> str | None:
    """`https://pay.example` of an address to which a payer may be sent; None for any other."""
    found = ADDRESS.fullmatch(url)
    return found[1] if found else None


def _state(invoice: Invoice, payment: Payment) -> State:
    if payment.status == "refunded":
        return "refunded"
    if closed := CLOSED.get(invoice.status):
        return closed
    if payment.held:
        return "checking"
    return "preparing" if payment.status == "requested" else "waiting" if payment.is_open else "open"


def _way(payment: Payment) -> Way:
    redirect_url, form = payment.redirect_url, payment.form
    return Way(
        method=payment.method,
        due_date=payment.due_date,
        redirect_url=redirect_url if redirect_url and origin_of(redirect_url) else None,
        form=form if form and origin_of(form.url) else None,
        slip=payment.slip,
        pix=payment.pix,
        transfer=payment.transfer,
        received=payment.received,
        missing=missing(payment) if payment.received else None,
    )
