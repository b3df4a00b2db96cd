"""Requests and answers of a purchase; an order's answer shows its payment too."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import Field

from chalicelib.billing.schemas import CardOut, PaymentOut
from chalicelib.billing.transfers import BankEntry
from chalicelib.edge.schema import TRIMMED, Instant, MoneyIn, MoneyOut, Schema
from chalicelib.flows.attempts import PayBy
from chalicelib.flows.placing import Placed
from chalicelib.flows.purchase import Preview
from chalicelib.flows.quote import Wish
from chalicelib.kernel.methods import Method
from chalicelib.kernel.money import Money
from chalicelib.orders.rules import Installation, OrderItem

Domain = Annotated[str, TRIMMED, Field(min_length=1, max_length=253)]


class InstallationIn(Schema):
    """Where a licence will be used."""

    name: Annotated[str, TRIMMED, Field(min_length=1, max_length=100)]
    domain: Domain | None = None


class ItemIn(Schema):
    """One line of an order; prices are the catalogue's, never the client's."""

    product: str = Field(min_length=1, max_length=64)
    quantity: int = Field(1, ge=1, le=20, strict=True)
    license_id: str | None = Field(
        None, max_length=64, description="the licence that an addon extends, or that is renewed"
    )
    installation: InstallationIn | None = None

    def wish(self) -> Wish:
        place = Installation(self.installation.name, self.installation.domain) if self.installation else None
        return Wish(self.product, self.quantity, self.license_id, place)


class OrderIn(Schema):
    """What is ordered and how it will be paid; without a method, the customer's usual one."""

    items: list[ItemIn] = Field(min_length=1, max_length=20)
    payment_method: Method | None = None
    new_card: bool = Field(False, description="pay by another card than the one on file")
    keep_card: bool = Field(False, description="keep the card that will be used, for later orders")

    def pay_by(self) -> PayBy:
        return PayBy(self.payment_method, self.new_card, self.keep_card)


class AttemptIn(Schema):
    """Another way to pay an invoice."""

    method: Method
    new_card: bool = Field(False, description="pay by another card than the one on file")
    keep_card: bool = Field(False, description="keep the card that will be used, for later orders")

    def pay_by(self) -> PayBy:
        return PayBy(self.method, self.new_card, self.keep_card)


class ConfirmIn(Schema):
    """A line of a bank statement: its reference there, the day it counts from, and how much."""

    reference: Annotated[str, TRIMMED, Field(min_length=1, max_length=100)]
    value_date: date
    amount: MoneyIn

    def entry(self) -> BankEntry:
        return BankEntry(self.reference, self.value_date, self.amount.money())


class RefundIn(Schema):
    """How much of a payment goes back, without an amount all that is left of it; and why, for ourselves."""

    amount: MoneyIn | None = None
    reason: Annotated[str, TRIMMED, Field(min_length=1, max_length=500)]

    def money(self) -> Money | None:
        return self.amount.money() if self.amount else None


class SentIn(Schema):
    """The line of a bank statement that shows a refund sent by hand: its reference there, and its day."""

    reference: Annotated[str, TRIMMED, Field(min_length=1, max_length=100)]
    value_date: date


class OrderItemOut(Schema):
    """One priced line; `note` says which part of what is paid by it, such as `1/3` of the instalments."""

    product: str
    name: str
    note: str | None
    quantity: int
    unit_price: MoneyOut
    amount: MoneyOut
    license_id: str | None

    @classmethod
    def of(cls, item: OrderItem) -> OrderItemOut:
        return cls(
            product=item.product,
            name=item.name,
            note=item.note,
            quantity=item.quantity,
            unit_price=MoneyOut.of(item.unit_price),
            amount=MoneyOut.of(item.amount),
            license_id=item.license_id,
        )


class PreviewPaymentOut(Schema):
    """How the order would be paid; with a `card` on file, at once."""

    method: str
    due_date: date | None
    card: CardOut | None


class PreviewOut(Schema):
    """What the order would be (S2)."""

    items: list[OrderItemOut]
    total: MoneyOut
    payment: PreviewPaymentOut

    @classmethod
    def of(cls, preview: Preview) -> PreviewOut:
        how = preview.how
        return cls(
            items=[OrderItemOut.of(item) for item in preview.quote.items],
            total=MoneyOut.of(preview.quote.total),
            payment=PreviewPaymentOut(
                method=how.method, due_date=how.due_date, card=CardOut.of(how.card) if how.card else None
            ),
        )


class OrderOut(Schema):
    """One order with its payment, its tickets and, once activated, its licences."""

    id: str
    status: str
    items: list[OrderItemOut]
    total: MoneyOut
    invoice_id: str
    payment: PaymentOut
    tickets: list[str]
    licenses: list[str]
    created_at: Instant
    paid_at: Instant | None

    @classmethod
    def of(cls, placed: Placed) -> OrderOut:
        order = placed.order
        return cls(
            id=order.id,
            status=order.status,
            items=[OrderItemOut.of(item) for item in order.items],
            total=MoneyOut.of(order.total),
            invoice_id=order.invoice_id,
            payment=PaymentOut.of(placed.payment),
            tickets=list(order.ticket_ids),
            licenses=list(order.license_ids),
            created_at=order.created_at,
            paid_at=order.paid_at,
        )


class OrderList(Schema):
    """One page of a customer's orders."""

    data: list[OrderOut]
    next_cursor: str | None
