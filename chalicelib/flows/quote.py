"""From what a customer asks for to priced order lines, or all faults at once (S1, R1). Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from chalicelib.catalog.rules import Product, offered_to
from chalicelib.kernel.errors import FieldError, Invalid
from chalicelib.kernel.faults import Fault
from chalicelib.kernel.money import Money, total
from chalicelib.orders.rules import Installation, OrderItem

# All that is bought together is activated in one transaction, of at most 100 rows: six for each licence, with
# its copies, audit row and event, and two for the order.
LARGEST_ORDER = 16


@dataclass(frozen=True)
class Wish:
    """One line as asked for."""

    product: str
    quantity: int = 1
    license_id: str | None = None
    installation: Installation | None = None


@dataclass(frozen=True)
class Quote:
    """The priced lines and their sum."""

    items: tuple[OrderItem, ...]
    total: Money


@dataclass(frozen=True)
class Extendable:
    """What matters of a licence that an order extends; `endless` names what of it has no end to renew."""

    product: str
    usable: bool = True
    revoked: bool = False
    endless: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Context:
    """What decides on a wish: the catalogue, the products held, the customer's licences by id, and his
    currency and language."""

    products: Mapping[str, Product]
    held: frozenset[str]
    licenses: Mapping[str, Extendable]
    currency: str
    locale: str


def quote(wishes: Sequence[Wish], context: Context) -> Quote:
    """Price the wishes; `Invalid` names every faulty field, and prices come from the catalogue only."""
    faults = [fault for at, wish in enumerate(wishes) for fault in _faults(at, wish, wishes, context)]
    faults += _repeated(wishes, context)
    if sum(wish.quantity for wish in wishes) > LARGEST_ORDER:
        faults.append(FieldError("/items", Fault("too_many", most=LARGEST_ORDER)))
    if faults:
        raise Invalid(errors=faults)
    items = tuple(_item(wish, wishes, context) for wish in wishes)
    return Quote(items, total((item.amount for item in items), context.currency))


def _faults(at: int, wish: Wish, wishes: Sequence[Wish], context: Context) -> list[FieldError]:
    product = context.products.get(wish.product)
    if product is None:
        return [_fault(at, "product", Fault("unknown_product", product=wish.product))]
    faults = []
    if not offered_to(product, context.held):
        hosts = ", ".join(product.requires)
        faults.append(_fault(at, "product", Fault("host_product_required", hosts=hosts)))
    if product.price(context.currency) is None:
        faults.append(_fault(at, "product", Fault("no_price", currency=context.currency)))
    # Only licences come in numbers: a session, say, has a ticket of its own.
    if wish.quantity != 1 and (product.kind != "license" or wish.installation or wish.license_id):
        faults.append(_fault(at, "quantity", Fault("one_only")))
    if wish.installation and (product.kind != "license" or wish.license_id):
        faults.append(_fault(at, "installation", Fault("not_a_license")))
    return faults + _host_faults(at, wish, product, wishes, context)


def _host_faults(
    at: int, wish: Wish, product: Product, wishes: Sequence[Wish], context: Context
) -> list[FieldError]:
    if wish.license_id is not None:
        found = _license_fault(wish.license_id, product, wishes, context)
        return [_fault(at, "license_id", found)] if found else []
    if product.kind != "addon":
        return []
    hosts = [
        other for other in wishes if other.product == product.license_product and other.license_id is None
    ]
    if len(hosts) == 1 and hosts[0].quantity == 1:
        return []
    return [_fault(at, "license_id", Fault("license_required", product=product.license_product))]


def _license_fault(
    license_id: str, product: Product, wishes: Sequence[Wish], context: Context
) -> Fault | None:
    """Why a licence cannot be extended by an addon, or paid for another term."""
    if product.kind not in ("addon", "license"):
        return Fault("not_an_addon")
    host = product.license_product if product.kind == "addon" else product.code
    held = context.licenses.get(license_id)
    if held is None or held.product != host:
        return Fault("unknown_license", product=host)
    if held.revoked:
        return Fault("license_not_usable.revoked")
    if product.code in held.endless:
        return Fault("never_ends", product=product.code)
    renewed = any(other.license_id == license_id and other.product == host for other in wishes)
    if held.usable or renewed or product.kind == "license":
        return None
    return Fault("license_not_usable")


def _repeated(wishes: Sequence[Wish], context: Context) -> list[FieldError]:
    seen: set[tuple[str, str | None]] = set()
    faults = []
    for at, wish in enumerate(wishes):
        product = context.products.get(wish.product)
        if product is None or (product.kind != "addon" and wish.license_id is None):
            continue
        if (wish.product, wish.license_id) in seen:
            faults.append(_fault(at, "product", Fault("repeated")))
        seen.add((wish.product, wish.license_id))
    return faults


def _item(wish: Wish, wishes: Sequence[Wish], context: Context) -> OrderItem:
    product = context.products[wish.product]
    price = product.price(context.currency)
    if price is None:
        raise ValueError(f"{wish.product} has no price in {context.currency}")
    # Of what is paid in instalments, the order is the first one; the others are charged on their days.
    parts = price.split(product.terms.installments if product.kind == "subscription" and product.terms else 1)
    host = None
    if product.kind == "addon" and wish.license_id is None:
        host = next(
            at
            for at, other in enumerate(wishes)
            if other.product == product.license_product and other.license_id is None
        )
    return OrderItem(
        product=product.code,
        kind=product.kind,
        name=product.name(context.locale),
        quantity=wish.quantity,
        unit_price=parts[0],
        terms=product.terms,
        license_id=wish.license_id,
        host_item=host,
        installation=wish.installation,
        seating=product.seating,
        period_price=price if len(parts) > 1 else None,
        note=f"1/{len(parts)}" if len(parts) > 1 else None,
        minutes=product.minutes,
    )


def _fault(at: int, field: str, fault: Fault) -> FieldError:
    return FieldError(f"/items/{at}/{field}", fault)
