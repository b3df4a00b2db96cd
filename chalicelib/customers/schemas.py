"""Requests and answers around accounts."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, SecretStr, ValidationInfo, field_validator

from chalicelib.customers.rules import PROFILE_FIELDS, Customer
from chalicelib.customers.service import Session
from chalicelib.customers.tax_ids import normalise
from chalicelib.edge.schema import TRIMMED, Instant, Schema
from chalicelib.kernel.faults import Fault
from chalicelib.kernel.methods import Method

Locale = Literal["es", "pt-BR", "en"]
ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]{1,64}"
# Deliverability is proven by the code that Cognito e-mails; this only keeps typing errors out.
Email = Annotated[
    str,
    TRIMMED,
    Field(pattern=rf"^{ATOM}(\.{ATOM})*@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+$", max_length=254),
    AfterValidator(str.lower),
]
Country = Annotated[str, Field(pattern=r"^[A-Z]{2}$", description="ISO 3166-1 alpha-2")]
Name = Annotated[str, TRIMMED, Field(min_length=1, max_length=200)]
Phone = Annotated[str, TRIMMED, Field(pattern=r"^\+?[0-9 ()./-]{5,30}$")]
Address = Annotated[
    str,
    TRIMMED,
    Field(
        pattern=f"^{PROFILE_FIELDS['address']}$",
        max_length=300,
        description="as it is written on an envelope; several lines",
    ),
]
TaxId = Annotated[str, TRIMMED, Field(min_length=3, max_length=32)]
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
    address: Address | None = None

    @field_validator("tax_id")
    @classmethod
    def _of_the_country(cls, tax_id: str | None, known: ValidationInfo) -> str | None:
        # Here too, so that it is reported together with the other faulty fields.
        return normalise(known.data["country"], tax_id) if tax_id and "country" in known.data else tax_id


class ConfirmIn(Schema):
    """The code that was e-mailed after registering."""

    email: Email
    code: str = Field(min_length=1, max_length=20)


class ResendIn(Schema):
    """Who needs a new code."""

    email: Email


class SentOut(Schema):
    """If there is an unconfirmed account with that address, a code is on its way."""

    status: Literal["sent"] = "sent"


class SignInIn(Schema):
    """E-mail and password."""

    email: Email
    password: Password


class PasswordIn(Schema):
    """One's password, and the one to have from now on."""

    current_password: Password
    new_password: Password


class ForgotIn(Schema):
    """Who cannot sign in any more."""

    email: Email


class ResetIn(Schema):
    """The code that was e-mailed, and the password to have from now on."""

    email: Email
    code: str = Field(min_length=1, max_length=64)
    new_password: Password


class ResetSentOut(Schema):
    """If there is an account with that address, a code is on its way."""

    status: Literal["sent"] = "sent"


class PasswordChangedOut(Schema):
    """From now on one signs in with the new password."""

    status: Literal["changed"] = "changed"


def _kept(value: str | None) -> str:
    if value is None:
        raise Fault("value_error.kept")
    return value


class OwnDataIn(Schema):
    """What a customer may change himself; fields left out stay as they are, null removes what can be."""

    name: Annotated[Name | None, AfterValidator(_kept)] = None
    locale: Annotated[Locale | None, AfterValidator(_kept)] = None
    tax_id: TaxId | None = None
    phone: Phone | None = None
    address: Address | None = None
    default_payment_method: Method | None = None


class CustomerOut(Schema):
    """A customer's own data."""

    id: str
    email: str
    name: str
    country: str
    locale: Locale
    tax_id: str | None
    phone: str | None
    address: str | None
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
