"""What the API shows of a product."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from chalicelib.catalog.rules import Kind, Product
from chalicelib.edge.schema import ListQuery, MoneyOut, Schema
from chalicelib.kernel.money import Money
from chalicelib.kernel.terms import Seating


class ProductQuery(ListQuery):
    """`?q=&kind=&currency=&limit=&cursor=`; the price shown is in `currency`, or the vendor's own."""

    q: str | None = Field(None, max_length=100)
    kind: Kind | None = None
    currency: Literal["BRL", "CLP", "EUR"] | None = None


class CurrencyQuery(Schema):
    """`?currency=`."""

    currency: Literal["BRL", "CLP", "EUR"] | None = None


class BillingOut(Schema):
    """How the price comes due."""

    type: Literal["one_time", "recurring"]
    period: str | None = Field(description="ISO 8601, such as P1M or P1Y")
    installments: int = 1


class ProductOut(Schema):
    """One product in the language and currency asked for."""

    code: str
    kind: Kind
    name: str
    description: str
    price: MoneyOut | None
    prices: list[MoneyOut]
    billing: BillingOut
    requires: list[str] = Field(description="the customer must hold one of these products")
    license_product: str | None = Field(description="for an addon: the product whose licences it extends")
    minutes: int | None = Field(description="for a service: the length of the session")
    seats: int | None = Field(description="for a licence: how many production installations it allows")

    @classmethod
    def of(cls, product: Product, locale: str, currency: str) -> ProductOut:
        terms = product.terms
        billing = (
            BillingOut(type="recurring", period=terms.period, installments=terms.installments)
            if terms
            else BillingOut(type="one_time", period=None)
        )
        return cls(
            code=product.code,
            kind=product.kind,
            name=product.name(locale),
            description=product.description(locale),
            price=_out(product.price(currency)),
            prices=[MoneyOut.of(price) for price in product.prices],
            billing=billing,
            requires=list(product.requires),
            license_product=product.license_product,
            minutes=product.minutes,
            seats=(product.seating or Seating()).seats if product.kind == "license" else None,
        )


class ProductList(Schema):
    """One page of the catalogue."""

    data: list[ProductOut]
    next_cursor: str | None


def _out(price: Money | None) -> MoneyOut | None:
    return MoneyOut.of(price) if price else None
