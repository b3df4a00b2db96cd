"""Routes of the catalogue: public, as the store shows it to everybody."""

from __future__ import annotations

from chalice import Blueprint

from chalicelib import wiring
from chalicelib.catalog import service
from chalicelib.catalog.schemas import CurrencyQuery, ProductList, ProductOut, ProductQuery
from chalicelib.edge.routes import Call, route

bp = Blueprint(__name__)


@route(bp, "GET", "/v1/products", query=ProductQuery, out=ProductList)
def list_products(call: Call, query: ProductQuery) -> ProductList:
    """List or search the catalogue (S1)."""
    page = service.browse(query.q, query.kind, limit=query.limit, cursor=query.cursor)
    currency = query.currency or wiring.home_currency()
    shown = [ProductOut.of(product, call.locale, currency) for product in page.items]
    return ProductList(data=shown, next_cursor=page.next_cursor)


@route(bp, "GET", "/v1/products/{code}", query=CurrencyQuery, out=ProductOut)
def read_product(call: Call, query: CurrencyQuery) -> ProductOut:
    """Read one product (S1)."""
    return ProductOut.of(
        service.get(call.path["code"]), call.locale, query.currency or wiring.home_currency()
    )
