"""What a customer is, and the refusals around his account."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from chalicelib.customers.tax_ids import TaxIdNotValid, normalise
from chalicelib.kernel.errors import LOCALES, Conflict, FieldError, Invalid, NotAuthenticated, NotFound
from chalicelib.kernel.faults import Fault
from chalicelib.kernel.markets import market_of
from chalicelib.kernel.methods import Method, currency_fault

PROFILE_FAULTS = {
    "name": Fault("name.in_directory"),
    "country": Fault("country.in_directory"),
    "locale": Fault("locale.in_directory"),
    "tax_id": Fault("tax_id.in_directory"),
    "phone": Fault("phone.in_directory"),
    "address": Fault("address.in_directory"),
}
# The user pool's policy, for the sentence about a password that it refuses.
PASSWORD_LEAST = 12


@dataclass(frozen=True)
class Profile:
    """What a customer says of himself when he registers; `tax_id` in its canonical form."""

    name: str
    country: str
    locale: str
    tax_id: str | None = None
    phone: str | None = None
    address: str | None = None


@dataclass(frozen=True)
class Customer:
    """A customer of the vendor; `id` follows from his user in the pool."""

    id: str
    email: str
    name: str
    country: str
    locale: str
    tax_id: str | None
    phone: str | None
    default_payment_method: Method | None
    created_at: datetime
    address: str | None = None
    version: int | None = None


# What each field of a profile looks like.
PROFILE_FIELDS = {
    "name": r"\S(.{0,198}\S)?",
    "country": r"[A-Z]{2}",
    "locale": "|".join(LOCALES),
    "tax_id": r".{3,32}",
    "phone": r"\+?[0-9 ()./-]{5,30}",
    # Several lines, but no other control characters.
    "address": r"[^\x00-\x20\x7f-\x9f][^\x00-\x09\x0b-\x1f\x7f-\x9f]{0,299}",
}
REQUIRED = ("name", "country", "locale")


class EmailTaken(Conflict):
    """Somebody registered with this e-mail address before."""

    code = "email_taken"
    text = {
        "en": "There is an account with this e-mail address; sign in instead.",
        "es": "Ya hay una cuenta con este correo; inicie sesión.",
        "pt-BR": "Já existe uma conta com este e-mail; entre nela.",
    }


class NotConfirmed(Conflict):
    """The account waits for the code that was e-mailed."""

    code = "not_confirmed"
    text = {
        "en": "Confirm the account first with the code that was e-mailed.",
        "es": "Confirme primero la cuenta con el código enviado por correo.",
        "pt-BR": "Confirme primeiro a conta com o código enviado por e-mail.",
    }


class BadCredentials(NotAuthenticated):
    """Unknown e-mail or wrong password; the answer does not tell which."""

    code = "bad_credentials"
    text = {
        "en": "The e-mail address or the password is wrong.",
        "es": "El correo o la contraseña no son correctos.",
        "pt-BR": "O e-mail ou a senha estão errados.",
    }


class CustomerNotFound(NotFound):
    """No such customer."""

    code = "customer_not_found"
    thing = {"en": "customer", "es": "el cliente", "pt-BR": "o cliente"}


def profile_of(stored: Mapping[str, str]) -> Profile:
    """The profile that a sign-up left in the directory; `Invalid` naming every faulty field.

    Anybody can sign up at the directory itself, past our routes: what it holds is input like any other.
    """
    faults = [
        FieldError(f"/{name}", PROFILE_FAULTS[name])
        for name, fits in PROFILE_FIELDS.items()
        if not re.fullmatch(fits, stored.get(name, "")) and (name in stored or name in REQUIRED)
    ]
    if faults:
        raise Invalid(errors=faults)
    known = {name: stored[name] for name in PROFILE_FIELDS if name in stored}
    tax_id = check_tax_id(known["country"], known.pop("tax_id", None))
    return Profile(**known, tax_id=tax_id)


def new_customer(id: str, email: str, profile: Profile, now: datetime) -> Customer:
    """A customer who has just registered."""
    return Customer(id=id, email=email, default_payment_method=None, created_at=now, **asdict(profile))


def check_tax_id(country: str, tax_id: str | None) -> str | None:
    """The canonical tax id; `Invalid` naming the field when it is not one of the country."""
    if tax_id is None:
        return None
    try:
        return normalise(country, tax_id)
    except TaxIdNotValid as error:
        raise Invalid(errors=[FieldError("/tax_id", error)]) from None


def changed(customer: Customer, changes: dict[str, Any]) -> Customer:
    """The customer with some of his own data changed; `Invalid` for what does not fit his country."""
    if "tax_id" in changes:
        changes = {**changes, "tax_id": check_tax_id(customer.country, changes["tax_id"])}
    method = changes.get("default_payment_method")
    if method and (fault := currency_fault(method, market_of(customer.country).currency)):
        raise Invalid(errors=[FieldError("/default_payment_method", fault)])
    return replace(customer, **changes)
