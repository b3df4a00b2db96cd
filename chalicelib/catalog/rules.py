"""Products and what may be asked of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from chalicelib.kernel.errors import DEFAULT_LOCALE, NotFound
from chalicelib.kernel.money import Money
from chalicelib.kernel.spelling import bare
from chalicelib.kernel.terms import Ending, Seating, Terms

Kind = Literal["license", "addon", "service", "subscription"]


@dataclass(frozen=True)
class Product:
    """One thing that can be ordered.

    `requires` lists host products of which the customer must hold one (R1); `license_product` is, for
    an addon, the product whose licences it extends; `minutes` is the length of a service's session;
    `seating` is for licences that allow more than one installation, or other moves than usual; `ending` is
    what more than its billing has to be ended with a contract about it.
    """

    code: str
    kind: Kind
    names: dict[str, str]
    descriptions: dict[str, str]
    prices: tuple[Money, ...]
    terms: Terms | None = None
    requires: tuple[str, ...] = ()
    license_product: str | None = None
    minutes: int | None = None
    seating: Seating | None = None
    ending: Ending | None = None
    version: int | None = None

    def name(self, locale: str) -> str:
        """The name in a language, or in English."""
        return self.names.get(locale) or self.names[DEFAULT_LOCALE]

    def description(self, locale: str) -> str:
        """The description in a language, or in English."""
        return self.descriptions.get(locale) or self.descriptions[DEFAULT_LOCALE]

    def price(self, currency: str) -> Money | None:
        """The price in a currency, or None where it is not sold in it."""
        return next((price for price in self.prices if price.currency == currency), None)


class ProductNotFound(NotFound):
    """No product has this code."""

    code = "product_not_found"
    thing = {"en": "product", "es": "el producto", "pt-BR": "o produto"}


def search(products: Iterable[Product], text: str | None, kind: Kind | None) -> tuple[Product, ...]:
    """Products of a kind whose name, code or description has every word of `text`, in any language."""
    words = bare(text or "").split()
    return tuple(
        product
        for product in products
        if (kind is None or product.kind == kind) and all(word in _haystack(product) for word in words)
    )


def offered_to(product: Product, held: frozenset[str]) -> bool:
    """Whether a customer who holds these products may see and buy this one (R1)."""
    return not product.requires or bool(held & set(product.requires))


def _haystack(product: Product) -> str:
    return bare(" ".join((product.code, *product.names.values(), *product.descriptions.values())))
