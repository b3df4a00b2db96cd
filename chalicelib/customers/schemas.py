"""Requests and answers around accounts."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, SecretStr

from chalicelib.customers.rules import Customer
from chalicelib.customers.service import Session
from chalicelib.edge.schema import Instant, Schema

Locale = Literal["es", "pt-BR", "en"]
# Deliverability is proven by the code that Cognito e-mails; this only keeps typing errors out.
Email = Annotated[
    str,
    Field(pattern=r"^[^@\s\"<>(),;:\\\[\]]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+$", max_length=254),
    AfterValidator(str.lower),
]
Country = Annotated[str, Field(pattern=r"^[A-Z]{2}$", description="ISO 3166-1 alpha-2")]
Name = Annotated[str, Field(min_length=1, max_length=200)]
Phone = Annotated[str, Field(pattern=r"^\+?[0-9 ()./-]{5,30}$")]
TaxId = Annotated[str, Field(min_length=3, max_length=32)]
# The shape only; what makes a good password is the user pool's policy.
Password = Annotated[SecretStr, Field(min_length=1, max_length=256)]


class RegisterIn(Schema):
    """Self-registration (V4)."""

    email: Email
    password: Password
    name: Name
    country: Country
    locale: Locale
    tax_id: TaxId | None = None
    phone: Phone | None = None


class ConfirmIn(Schema):
    """The code that was e-mailed after registering."""

    email: Email
    code: str = Field(min_length=1, max_length=20)


class SignInIn(Schema):
    """E-mail and password."""

    email: Email
    password: Password


class OwnDataIn(Schema):
    """What a customer may change himself; fields left out stay as they are."""

    name: Name | None = None
    locale: Locale | None = None
    tax_id: TaxId | None = None
    phone: Phone | None = None
    default_payment_method: Literal["boleto", "card"] | None = None


class CustomerOut(Schema):
    """A customer's own data."""

    id: str
    email: str
    name: str
    country: str
    locale: Locale
    tax_id: str | None
    phone: str | None
    default_payment_method: str | None
    created_at: Instant

    @classmethod
    def of(cls, customer: Customer) -> CustomerOut:
        return cls(**{name: getattr(customer, name) for name in cls.model_fields})


class SessionOut(Schema):
    """A session: send the token as `Authorization: Bearer …`."""

    access_token: str
    expires_in: int = Field(description="seconds")
    customer_id: str | None
    roles: list[str]

    @classmethod
    def of(cls, session: Session) -> SessionOut:
        return cls(
            access_token=session.access_token,
            expires_in=session.expires_in,
            customer_id=session.customer_id,
            roles=sorted(session.roles),
        )


class ConfirmedOut(Schema):
    """The account can be signed in to."""

    status: Literal["confirmed"] = "confirmed"
