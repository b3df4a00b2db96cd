"""Routes of a purchase: they show orders together with what other features know of them."""

from __future__ import annotations

from chalice import Blueprint

from chalicelib import wiring
from chalicelib.billing.refunds import NotByHand, PaymentContested, PaymentNotRefundable
from chalicelib.billing.schemas import InvoiceOut, PaymentOut, RefundOut
from chalicelib.billing.transfers import ReferenceUsed
from chalicelib.catalog.schemas import ProductList, ProductOut
from chalicelib.customers import store as customers
from chalicelib.edge.auth import CUSTOMER, FINANCE
from chalicelib.edge.routes import Call, route
from chalicelib.edge.schema import ListQuery, ReasonIn
from chalicelib.flows import attempts, purchase, refunds, transfers, voiding
from chalicelib.flows.attempts import InvoiceNotPayable, TooManyAttempts
from chalicelib.flows.schemas import (
    AttemptIn,
    ConfirmIn,
    OrderIn,
    OrderList,
    OrderOut,
    PreviewOut,
    RefundIn,
    SentIn,
)
from chalicelib.flows.voiding import InvoiceNotVoidable
from chalicelib.kernel.events import Actor
from chalicelib.kernel.markets import market_of
from chalicelib.kernel.paging import slice_page

bp = Blueprint(__name__)


@route(bp, "POST", "/v1/orders/preview", roles=CUSTOMER, body=OrderIn, out=PreviewOut)
def preview_order(call: Call, body: OrderIn) -> PreviewOut:
    """Price an order without placing it (S2)."""
    wishes = [item.wish() for item in body.items]
    vendor = wiring.vendor()
    return PreviewOut.of(purchase.preview(call.customer_id, wishes, body.pay_by(), vendor, call.now))


@route(bp, "POST", "/v1/orders", roles=CUSTOMER, body=OrderIn, out=OrderOut, status=201, repeatable=True)
def place_order(call: Call, body: OrderIn) -> OrderOut:
    """Buy: order, invoice, payment and tickets in one step (S2, S3)."""
    placed = purchase.place(
        call.customer_id,
        [item.wish() for item in body.items],
        body.pay_by(),
        wiring.vendor(),
        call.now,
        answer=lambda placed: (201, OrderOut.of(placed).model_dump_json()),
        repeatable=call.repeatable,
    )
    return OrderOut.of(placed)


@route(bp, "GET", "/v1/orders", roles=CUSTOMER, query=ListQuery, out=OrderList)
def list_orders(call: Call, query: ListQuery) -> OrderList:
    """One's own orders, newest first."""
    page = purchase.page(call.customer_id, query.limit, query.cursor)
    return OrderList(data=[OrderOut.of(placed) for placed in page.items], next_cursor=page.next_cursor)


@route(bp, "GET", "/v1/orders/{order_id}", roles=CUSTOMER, out=OrderOut)
def read_order(call: Call) -> OrderOut:
    """One of one's own orders, with its payment, tickets and licences."""
    return OrderOut.of(purchase.get_own(call.path["order_id"], call.customer_id))


@route(
    bp,
    "POST",
    "/v1/invoices/{invoice_id}/payments",
    roles=CUSTOMER,
    body=AttemptIn,
    out=PaymentOut,
    status=201,
    repeatable=True,
    refuses=(InvoiceNotPayable, TooManyAttempts),
)
def pay_again(call: Call, body: AttemptIn) -> PaymentOut:
    """Pay an open invoice in another way (S5); an open attempt of the same kind is given as it is."""
    payment = attempts.pay_again(
        call.path["invoice_id"],
        body.pay_by(),
        wiring.vendor(),
        call.now,
        actor=Actor(call.customer_id, "store"),
        customer_id=call.customer_id,
        answer=lambda made: (201, PaymentOut.of(made).model_dump_json()),
        repeatable=call.repeatable,
    )
    return PaymentOut.of(payment)


@route(
    bp,
    "POST",
    "/v1/staff/payments/{payment_id}/confirm",
    roles=FINANCE,
    body=ConfirmIn,
    out=PaymentOut,
)
def confirm_transfer(call: Call, body: ConfirmIn) -> PaymentOut:
    """Book money that arrived by bank transfer (V8); the same reference twice books once."""
    entry = body.entry()
    actor = transfers.teller(call.staff_id, entry)
    return PaymentOut.of(transfers.confirm(call.path["payment_id"], entry, actor, call.now).payment)


@route(
    bp,
    "POST",
    "/v1/staff/invoices/{invoice_id}/void",
    roles=FINANCE,
    body=ReasonIn,
    out=InvoiceOut,
    repeatable=True,
    refuses=(InvoiceNotVoidable,),
)
def void_invoice(call: Call, body: ReasonIn) -> InvoiceOut:
    """Take an unpaid invoice back, with a credit note, and cancel its order (V1)."""
    invoice = voiding.void(
        call.path["invoice_id"],
        wiring.vendor().zone,
        Actor(call.staff_id, "staff", body.reason),
        call.now,
        answer=lambda void: (200, InvoiceOut.of(void, wiring.links()).model_dump_json()),
        repeatable=call.repeatable,
    )
    return InvoiceOut.of(invoice, wiring.links())


@route(
    bp,
    "POST",
    "/v1/staff/payments/{payment_id}/refund",
    roles=FINANCE,
    body=RefundIn,
    out=RefundOut,
    status=201,
    repeatable=True,
    refuses=(PaymentNotRefundable, PaymentContested),
)
def refund_payment(call: Call, body: RefundIn) -> RefundOut:
    """Give some of a payment back, or all that is left of it; a worker has its provider do it."""
    refund = refunds.request(
        call.path["payment_id"],
        body.money(),
        body.reason,
        Actor(call.staff_id, "staff", body.reason),
        call.now,
        answer=lambda made: (201, RefundOut.of(made).model_dump_json()),
        repeatable=call.repeatable,
    )
    return RefundOut.of(refund)


@route(
    bp,
    "POST",
    "/v1/staff/refunds/{refund_id}/confirm",
    roles=FINANCE,
    body=SentIn,
    out=RefundOut,
    refuses=(NotByHand, ReferenceUsed),
)
def confirm_refund(call: Call, body: SentIn) -> RefundOut:
    """Book a refund that was sent by hand; the same reference twice books once."""
    actor = Actor(call.staff_id, "staff", f"bank statement {body.reference}")
    refund = refunds.confirm(call.path["refund_id"], body.reference, body.value_date, actor, call.now)
    return RefundOut.of(refund)


@route(bp, "GET", "/v1/me/products", roles=CUSTOMER, query=ListQuery, out=ProductList)
def list_offered_products(call: Call, query: ListQuery) -> ProductList:
    """The products one may buy, given the host products one holds, in one's own currency (R1)."""
    customer = customers.get(call.customer_id)
    page = slice_page(purchase.offered(customer.id, call.now), query.limit, query.cursor)
    currency = market_of(customer.country).currency
    shown = [ProductOut.of(product, customer.locale, currency) for product in page.items]
    return ProductList(data=shown, next_cursor=page.next_cursor)
