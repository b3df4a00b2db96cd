"""Routes of accounts: register, confirm, sign in, own data."""

from __future__ import annotations

from chalice import Blueprint

from chalicelib import wiring
from chalicelib.customers import service
from chalicelib.customers.rules import BadCredentials, EmailTaken, NotConfirmed, Profile
from chalicelib.customers.schemas import (
    ConfirmedOut,
    ConfirmIn,
    CustomerOut,
    ForgotIn,
    OwnDataIn,
    PasswordChangedOut,
    PasswordIn,
    RegisterIn,
    ResendIn,
    ResetIn,
    ResetSentOut,
    SentOut,
    SessionOut,
    SignInIn,
)
from chalicelib.edge.auth import CUSTOMER
from chalicelib.edge.routes import Call, route
from chalicelib.kernel.errors import TooManyRequests
from chalicelib.kernel.events import Actor

bp = Blueprint(__name__)


@route(
    bp,
    "POST",
    "/v1/customers",
    body=RegisterIn,
    out=CustomerOut,
    status=201,
    repeatable=True,
    refuses=(EmailTaken,),
)
def register(call: Call, body: RegisterIn) -> CustomerOut:
    """Register oneself as a customer (V4)."""
    customer = service.register(
        body.email,
        body.password.get_secret_value(),
        Profile(body.name, body.country, body.locale, body.tax_id, body.phone, body.address),
        wiring.directory(),
        call.now,
        confirm_now=wiring.confirms_at_once(),
        answer=lambda customer: (201, CustomerOut.of(customer).model_dump_json()),
        repeatable=call.repeatable,
    )
    return CustomerOut.of(customer)


@route(bp, "POST", "/v1/customers/confirm", body=ConfirmIn, out=ConfirmedOut)
def confirm(call: Call, body: ConfirmIn) -> ConfirmedOut:
    """Confirm an account with the code that was e-mailed."""
    service.confirm(body.email, body.code, wiring.directory())
    return ConfirmedOut()


@route(bp, "POST", "/v1/customers/confirm/resend", body=ResendIn, out=SentOut, status=202)
def send_code_again(call: Call, body: ResendIn) -> SentOut:
    """Have a new confirmation code e-mailed; the answer is the same for any address."""
    service.send_code_again(body.email, wiring.directory())
    return SentOut()


@route(
    bp,
    "POST",
    "/v1/sessions",
    body=SignInIn,
    out=SessionOut,
    status=201,
    refuses=(BadCredentials, NotConfirmed),
)
def sign_in(call: Call, body: SignInIn) -> SessionOut:
    """Sign in with e-mail and password (V4)."""
    session = service.sign_in(
        body.email, body.password.get_secret_value(), wiring.directory(), wiring.tokens(), call.now
    )
    return SessionOut.of(session)


@route(bp, "GET", "/v1/me", roles=CUSTOMER, out=CustomerOut)
def read_me(call: Call) -> CustomerOut:
    """One's own data (V5)."""
    return CustomerOut.of(service.get(call.customer_id))


@route(bp, "PATCH", "/v1/me", roles=CUSTOMER, body=OwnDataIn, out=CustomerOut)
def change_me(call: Call, body: OwnDataIn) -> CustomerOut:
    """Change one's own data; fields left out stay as they are (V5)."""
    changes = body.model_dump(exclude_unset=True)
    customer = service.change_own_data(call.customer_id, changes, Actor(call.customer_id, "store"), call.now)
    return CustomerOut.of(customer)


@route(
    bp,
    "POST",
    "/v1/me/password",
    roles=CUSTOMER,
    body=PasswordIn,
    out=PasswordChangedOut,
    refuses=(TooManyRequests,),
)
def change_password(call: Call, body: PasswordIn) -> PasswordChangedOut:
    """Change one's own password; sessions that are open stay so (V5)."""
    current, new = body.current_password.get_secret_value(), body.new_password.get_secret_value()
    service.change_password(call.customer_id, call.token, current, new, wiring.directory(), call.now)
    return PasswordChangedOut()


@route(
    bp,
    "POST",
    "/v1/me/password/forgot",
    body=ForgotIn,
    out=ResetSentOut,
    status=202,
    refuses=(TooManyRequests,),
)
def forgot_password(call: Call, body: ForgotIn) -> ResetSentOut:
    """Have a code e-mailed to choose a new password with; the answer is the same for any address (V5)."""
    service.send_reset_code(body.email, wiring.directory())
    return ResetSentOut()


@route(
    bp,
    "POST",
    "/v1/me/password/reset",
    body=ResetIn,
    out=PasswordChangedOut,
    refuses=(TooManyRequests,),
)
def reset_password(call: Call, body: ResetIn) -> PasswordChangedOut:
    """Choose a new password with the code that was e-mailed (V5)."""
    new = body.new_password.get_secret_value()
    service.reset_password(body.email, body.code, new, wiring.directory(), call.now)
    return PasswordChangedOut()
