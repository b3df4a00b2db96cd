"""What the API shows of invoices, credit notes and payments."""

from __future__ import annotations

from datetime import date

from pydantic import Field

from chalicelib.billing.cards import Card
from chalicelib.billing.credit_notes import CreditNote
from chalicelib.billing.failures import why
from chalicelib.billing.links import Links
from chalicelib.billing.refunds import Refund
from chalicelib.billing.rules import Invoice, Party, Payment
from chalicelib.billing.taxes import TaxShare
from chalicelib.edge.schema import Instant, MoneyOut, Schema
from chalicelib.kernel.paging import Page


class BoletoOut(Schema):
    """What a customer needs to pay a slip."""

    digitable_line: str = Field(description="47 digits")
    pdf_url: str
    pix: str | None = Field(description="copy-and-paste code that pays the same charge at once")


class FormOut(Schema):
    """What the payer's browser posts to the provider's page."""

    url: str
    fields: dict[str, str]


class TransferOut(Schema):
    """What a customer needs to pay by bank transfer."""

    account: str
    reference: str = Field(description="to be quoted with the transfer")


class PaymentOut(Schema):
    """One attempt to collect an invoice."""

    id: str
    order_id: str
    invoice_id: str
    method: str
    status: str = Field(
        description="requested until the provider has the charge; pending, paid, failed, canceled or refunded"
    )
    failure: str | None = Field(description="declined, authentication, not_completed or refused")
    amount: MoneyOut
    due_date: date | None
    boleto: BoletoOut | None
    redirect_url: str | None = Field(description="where to pay by card or PayPal")
    form: FormOut | None = Field(description="what to post to pay by Redsys, while it can be paid")
    card_id: str | None = Field(description="the card on file that is charged")
    instructions: TransferOut | None = Field(description="how to pay by bank transfer")
    received: MoneyOut | None = Field(description="what has arrived of a transfer so far")
    refunded: MoneyOut | None = Field(description="what of it has gone back so far")
    created_at: Instant
    paid_at: Instant | None

    @classmethod
    def of(cls, payment: Payment) -> PaymentOut:
        slip, transfer, form = payment.slip, payment.transfer, payment.form
        return cls(
            id=payment.id,
            order_id=payment.order_id,
            invoice_id=payment.invoice_id,
            method=payment.method,
            status=payment.status,
            amount=MoneyOut.of(payment.amount),
            due_date=payment.due_date,
            failure=why(payment) if payment.status == "failed" else None,
            boleto=BoletoOut(digitable_line=slip.line, pdf_url=slip.pdf_url, pix=payment.pix)
            if slip
            else None,
            redirect_url=payment.redirect_url,
            form=FormOut(url=form.url, fields=form.fields) if form and payment.is_open else None,
            card_id=payment.card_id,
            instructions=TransferOut(account=transfer.account, reference=transfer.reference)
            if transfer
            else None,
            received=MoneyOut.of(payment.received) if payment.received else None,
            refunded=MoneyOut.of(payment.refunded) if payment.refunded else None,
            created_at=payment.created_at,
            paid_at=payment.paid_at,
        )


class PaymentList(Schema):
    """One page of a customer's payments."""

    data: list[PaymentOut]
    next_cursor: str | None


class RefundOut(Schema):
    """One refund as finance sees it."""

    id: str
    payment_id: str
    invoice_id: str
    order_id: str
    customer_id: str
    status: str = Field(description="requested until it is certain; done, refused or by_hand")
    amount: MoneyOut
    reason: str
    failure: str | None = Field(description="why the provider does not make it")
    reference: str | None = Field(description="the bank's, where it was sent by hand")
    requested_by: str
    created_at: Instant
    done_at: Instant | None

    @classmethod
    def of(cls, refund: Refund) -> RefundOut:
        plain = {name: getattr(refund, name) for name in cls.model_fields.keys() - {"amount"}}
        return cls(**plain, amount=MoneyOut.of(refund.amount))


class RefundList(Schema):
    """One page of a payment's refunds."""

    data: list[RefundOut]
    next_cursor: str | None


class CardOut(Schema):
    """A card on file."""

    id: str
    brand: str
    last4: str
    expires: str = Field(description="YYYY-MM")
    created_at: Instant

    @classmethod
    def of(cls, card: Card) -> CardOut:
        return cls(**{name: getattr(card, name) for name in cls.model_fields})


class CardList(Schema):
    """One page of one's own cards on file, the one that was kept last first: that one is charged."""

    data: list[CardOut]
    next_cursor: str | None

    @classmethod
    def of(cls, page: Page[Card]) -> CardList:
        return cls(data=[CardOut.of(card) for card in page.items], next_cursor=page.next_cursor)


class PartyOut(Schema):
    """Seller or buyer as they were when the invoice was issued."""

    name: str
    tax_id: str | None
    country: str
    email: str
    address: str | None

    @classmethod
    def of(cls, party: Party) -> PartyOut:
        return cls(**{name: getattr(party, name) for name in cls.model_fields})


class TaxOut(Schema):
    """A tax that the total includes: `base` and `amount` add up to what it is on."""

    name: str
    basis_points: int = Field(description="the rate: 2100 is 21 %")
    base: MoneyOut
    amount: MoneyOut

    @classmethod
    def of(cls, share: TaxShare) -> TaxOut:
        return cls(
            name=share.name,
            basis_points=share.basis_points,
            base=MoneyOut.of(share.base),
            amount=MoneyOut.of(share.amount),
        )


class InvoiceLineOut(Schema):
    """One line of an invoice."""

    description: str
    quantity: int
    unit_price: MoneyOut
    amount: MoneyOut


class InvoiceOut(Schema):
    """One invoice."""

    id: str
    number: str
    status: str
    order_id: str
    lines: list[InvoiceLineOut]
    net: MoneyOut = Field(description="the total without its taxes")
    taxes: list[TaxOut]
    total: MoneyOut
    seller: PartyOut
    buyer: PartyOut
    issued_on: date
    paid_at: Instant | None
    online_url: str = Field(
        description="where whoever knows the address sees and pays it, without signing in"
    )

    @classmethod
    def of(cls, invoice: Invoice, links: Links) -> InvoiceOut:
        lines = [
            InvoiceLineOut(
                description=line.description,
                quantity=line.quantity,
                unit_price=MoneyOut.of(line.unit_price),
                amount=MoneyOut.of(line.amount),
            )
            for line in invoice.lines
        ]
        return cls(
            id=invoice.id,
            number=invoice.number,
            status=invoice.status,
            order_id=invoice.order_id,
            lines=lines,
            net=MoneyOut.of(invoice.net),
            taxes=[TaxOut.of(share) for share in invoice.taxes],
            total=MoneyOut.of(invoice.total),
            seller=PartyOut.of(invoice.seller),
            buyer=PartyOut.of(invoice.buyer),
            issued_on=invoice.issued_on,
            paid_at=invoice.paid_at,
            online_url=links.online(invoice),
        )


class InvoiceList(Schema):
    """One page of a customer's invoices."""

    data: list[InvoiceOut]
    next_cursor: str | None


class CreditNoteOut(Schema):
    """What was taken off an invoice."""

    id: str
    number: str
    invoice_id: str
    invoice_number: str
    order_id: str
    reason: str
    net: MoneyOut = Field(description="the amount without its taxes")
    taxes: list[TaxOut]
    amount: MoneyOut
    seller: PartyOut
    buyer: PartyOut
    issued_on: date

    @classmethod
    def of(cls, note: CreditNote) -> CreditNoteOut:
        return cls(
            id=note.id,
            number=note.number,
            invoice_id=note.invoice_id,
            invoice_number=note.invoice_number,
            order_id=note.order_id,
            reason=note.reason,
            net=MoneyOut.of(note.net),
            taxes=[TaxOut.of(share) for share in note.taxes],
            amount=MoneyOut.of(note.amount),
            seller=PartyOut.of(note.seller),
            buyer=PartyOut.of(note.buyer),
            issued_on=note.issued_on,
        )


class CreditNoteList(Schema):
    """One page of a customer's credit notes."""

    data: list[CreditNoteOut]
    next_cursor: str | None


class ReceivedOut(Schema):
    """A provider's event is kept."""

    received: bool = True
