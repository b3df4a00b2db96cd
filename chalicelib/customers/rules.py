"""What a customer is, and the refusals around his account."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from datetime import datetime

from chalicelib.customers.tax_ids import TaxIdNotValid, normalise
from chalicelib.kernel.errors import Conflict, FieldError, Invalid, NotAuthenticated, NotFound


@dataclass(frozen=True)
class Profile:
    """What a customer says of himself when he registers; `tax_id` in its canonical form."""

    name: str
    country: str
    locale: str
    tax_id: str | None = None
    phone: str | None = None


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
    default_payment_method: str | None
    created_at: datetime
    version: int | None = None


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
        raise Invalid(errors=[FieldError("/tax_id", error.code, str(error))]) from None


def changed(customer: Customer, changes: dict[str, str | None]) -> Customer:
    """The customer with some of his own data changed; `Invalid` for a tax id not of his country."""
    if "tax_id" in changes:
        changes = {**changes, "tax_id": check_tax_id(customer.country, changes["tax_id"])}
    return replace(customer, **changes)  # type: ignore[arg-type]
