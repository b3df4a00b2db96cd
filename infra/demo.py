"""The demonstration: catalogue, customers with what they hold, and staff; safe to seed again.

The catalogue's one source is `catalogue.json`. Customers register as any other does; what they hold at
the start is granted by staff, with a reason, as invariant 1 asks.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from botocore.session import get_session

from chalicelib.catalog import store as catalog
from chalicelib.catalog.rules import Product
from chalicelib.customers.gateways import User, UserExists
from chalicelib.customers.gateways.cognito import Cognito
from chalicelib.customers.rules import Customer, Profile
from chalicelib.customers.service import change_own_data, ensure_customer
from chalicelib.kernel.clock import local_date
from chalicelib.kernel.events import Actor, Change
from chalicelib.kernel.ids import derived_id
from chalicelib.kernel.markets import market_of
from chalicelib.kernel.money import Money
from chalicelib.kernel.terms import Seating, Terms
from chalicelib.storage import table
from chalicelib.storage.transaction import Stale, Transaction
from chalicelib.subscriptions import store as subscriptions
from chalicelib.subscriptions.changes import started

CATALOGUE = Path(__file__).with_name("catalogue.json")
PASSWORD = "Vigencia-demo-1"
GRANT = Actor("demo", "staff", "holds it since before this demonstration")

# Made-up people; the tax ids are well-formed test numbers.
CUSTOMERS: tuple[tuple[str, Profile, str, tuple[str, ...]], ...] = (
    (
        "ana@example.com",
        Profile(
            "Ana Souza",
            "BR",
            "pt-BR",
            "52998224725",
            address="Rua da Consolação, 100\n01301-000 São Paulo – SP",
        ),
        "boleto",
        ("erp", "multipack"),
    ),
    (
        "bia@example.com",
        Profile(
            "Beatriz Lima",
            "BR",
            "pt-BR",
            "11144477735",
            phone="+55 11 91234-5678",
            address="Avenida Paulista, 900\n01310-100 São Paulo – SP",
        ),
        "boleto",
        ("domain", "corporate-email", "site", "integration"),
    ),
    (
        "jose@example.com",
        Profile("José García", "ES", "es", "12345678Z", address="Calle de Alcalá, 50\n28014 Madrid"),
        "card",
        (),
    ),
)
STAFF = {"staff@example.com": "staff", "finance@example.com": "finance", "it@example.com": "it"}


def seed(env: Mapping[str, str]) -> None:
    """Fill a deployed stack: `env` is its function environment plus endpoint, region and credentials."""
    table.bind(env["TABLE_NAME"])
    session = get_session()
    client: Any = session.create_client("cognito-idp")
    directory = Cognito(client, env["USER_POOL_ID"], env["USER_POOL_CLIENT_ID"])
    now = datetime.now(UTC)
    for product in products():
        catalog.put(product)
    for email, profile, method, held in CUSTOMERS:
        customer = _customer(directory, email, profile, method, now)
        for code in held:
            _grant(customer, catalog.get(code), now)
    for email, group in STAFF.items():
        _user(directory, email, Profile(email.split("@")[0], "ES", "es"))
        client.admin_add_user_to_group(UserPoolId=env["USER_POOL_ID"], Username=email, GroupName=group)


def products() -> Iterator[Product]:
    """The products of the data file."""
    for entry in json.loads(CATALOGUE.read_text("utf-8"))["products"]:
        yield _product(entry)


def _product(entry: dict[str, Any]) -> Product:
    terms = entry.get("terms")
    return Product(
        code=entry["code"],
        kind=entry["kind"],
        names=entry["names"],
        descriptions=entry["descriptions"],
        prices=tuple(Money(minor, currency) for currency, minor in entry["prices"].items()),
        terms=Terms(**terms) if terms else None,
        requires=tuple(entry.get("requires", ())),
        license_product=entry.get("license_product"),
        minutes=entry.get("minutes"),
        seating=Seating(**entry["seating"]) if "seating" in entry else None,
        ending=entry.get("ending"),
    )


def _user(directory: Cognito, email: str, profile: Profile) -> User:
    stored = {name: value for name, value in asdict(profile).items() if value}
    with suppress(UserExists):
        directory.sign_up(email, PASSWORD, stored)
    directory.confirm_now(email)
    return directory.user(email)


def _customer(directory: Cognito, email: str, profile: Profile, method: str, now: datetime) -> Customer:
    customer = ensure_customer(_user(directory, email, profile), now)
    if customer.default_payment_method:
        return customer
    return change_own_data(customer.id, {"default_payment_method": method}, GRANT, now)


def _grant(customer: Customer, product: Product, now: datetime) -> None:
    """Give a customer a subscription that began a few days ago, once."""
    market = market_of(customer.country)
    price = product.price(market.currency)
    if product.terms is None or price is None:
        raise ValueError(f"{product.code} is no subscription sold in {market.currency}")
    start = local_date(now - timedelta(days=3), market.zone)
    subscription = started(
        id=derived_id("sub", "demo", customer.id, product.code),
        customer_id=customer.id,
        order_id=None,
        product=product.code,
        name=product.name(customer.locale),
        price=price,
        terms=product.terms,
        start=start,
        zone=market.zone,
        now=now,
    )
    writing = Transaction()
    writing.save(subscriptions.row(subscription))
    writing.audit(Change(subscription.id, customer.id, "granted", None, "active", GRANT, now))
    try:
        writing.commit()
    except Stale:
        return
