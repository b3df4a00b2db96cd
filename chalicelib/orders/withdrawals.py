"""The legal right to withdraw from a contract: how long it lasts, and what its use leaves behind (B7)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from chalicelib.kernel.clock import local_date
from chalicelib.kernel.errors import Conflict, NotFound
from chalicelib.kernel.ids import derived_id
from chalicelib.kernel.markets import market_of
from chalicelib.kernel.money import Money
from chalicelib.orders.rules import Order

# Directive 2011/83/EU, art. 9; elsewhere it holds by contract.
DAYS = 14
# Código de Defesa do Consumidor, art. 49; Ley 19.496, art. 3 bis.
DAYS_IN: Mapping[str, int] = {"BR": 7, "CL": 10}


@dataclass(frozen=True)
class Line:
    """One line of the contract, as its invoice says it."""

    name: str
    quantity: int
    amount: Money


@dataclass(frozen=True)
class Content:
    """From which contract somebody withdraws, and what follows: as he is told.

    It is possible through `until`, a day in his `zone`. `ends` names what stops at once; `no_longer_owed` is
    what he has not paid and need not pay any more, `refund` what he is given back, each None for nothing.
    """

    order_id: str
    invoice_number: str
    customer_name: str
    seller_name: str
    seller_email: str
    locale: str
    zone: str
    ordered_at: datetime
    lines: tuple[Line, ...]
    total: Money
    until: date
    ends: tuple[str, ...] = ()
    no_longer_owed: Money | None = None
    refund: Money | None = None


@dataclass(frozen=True)
class Withdrawal:
    """One withdrawal, received at `created_at`; an order has one at most.

    `statement` is what its customer wrote, if he did. `document` is its acknowledgement as HTML: kept, so
    that it stays the same for ever.
    """

    id: str
    customer_id: str
    created_at: datetime
    content: Content
    document: str
    statement: str | None = None
    version: int | None = None


class WithdrawalNotFound(NotFound):
    """No such withdrawal, or somebody else's."""

    code = "withdrawal_not_found"
    thing = {"en": "withdrawal", "es": "el desistimiento", "pt-BR": "a desistência"}


class WithdrawalWindowClosed(Conflict):
    """The days in which one could withdraw are over."""

    code = "withdrawal_window_closed"
    text = {
        "en": "It was possible to withdraw from order {id} until the end of {until}.",
        "es": "Se pudo desistir del pedido {id} hasta el final del {until}.",
        "pt-BR": "Foi possível desistir do pedido {id} até o fim de {until}.",
    }


class OrderNotWithdrawable(Conflict):
    """There is nothing (any more) from which one could withdraw."""

    code = "order_not_withdrawable"
    text = {
        "en": "There is nothing to withdraw from in order {id}: it is {status}.",
        "es": "No hay nada de que desistir en el pedido {id}: su estado es {status}.",
        "pt-BR": "Não há do que desistir no pedido {id}: seu estado é {status}.",
    }


def withdrawal_id(order_id: str) -> str:
    """The id of the only withdrawal that an order can have."""
    return derived_id("wdr", order_id)


def last_day(placed_at: datetime, country: str) -> date:
    """The last day on which one can withdraw, in the market's zone, counted from the day after the order.

    One that falls on a weekend moves to the Monday after it.
    """
    days = timedelta(days=DAYS_IN.get(country, DAYS))
    day = local_date(placed_at, market_of(country).zone) + days
    return day + timedelta(days=7 - day.weekday()) if day.weekday() >= 5 else day


def require_open(order: Order, until: date, zone: str, now: datetime) -> None:
    """`OrderNotWithdrawable`; `WithdrawalWindowClosed` from the day after `until` on."""
    if order.status not in ("pending_payment", "expired", "paid") or order.withdrawn_at:
        raise OrderNotWithdrawable(id=order.id, status=order.stage)
    if local_date(now, zone) > until:
        raise WithdrawalWindowClosed(id=order.id, until=until.isoformat())
