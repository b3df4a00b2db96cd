"""Use cases of an account: register, confirm, sign in, change one's own data (V4, V5)."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from chalicelib.customers import store
from chalicelib.customers.gateways import (
    CodeRefused,
    Directory,
    EmailRefused,
    PasswordRefused,
    SignInRefused,
    SignInUnconfirmed,
    User,
    UserExists,
)
from chalicelib.customers.identity import customer_id_of
from chalicelib.customers.rules import (
    PASSWORD_LEAST,
    BadCredentials,
    Customer,
    EmailTaken,
    NotConfirmed,
    Profile,
    changed,
    check_tax_id,
    new_customer,
    profile_of,
)
from chalicelib.kernel.errors import FieldError, Invalid
from chalicelib.kernel.events import Actor, Change
from chalicelib.kernel.faults import Fault
from chalicelib.storage.idempotency import Repeatable
from chalicelib.storage.table import Row
from chalicelib.storage.transaction import Transaction, retrying

if TYPE_CHECKING:
    # It comes with the library that verifies tokens; most calls of the API have had theirs verified.
    from chalicelib.customers.tokens import TokenVerifier

# What marks, in the directory, which registration request made a user.
REGISTRATION = "registration"


@dataclass(frozen=True)
class Session:
    """A signed-in user; `customer_id` is None for staff."""

    access_token: str
    expires_in: int
    customer_id: str | None
    roles: frozenset[str]


def register(
    email: str,
    password: str,
    profile: Profile,
    directory: Directory,
    now: datetime,
    *,
    confirm_now: bool,
    answer: Callable[[Customer], tuple[int, str]],
    repeatable: Repeatable | None = None,
) -> Customer:
    """Register a customer (V4). `answer` gives the status and body that a repeat of the request gets again.

    The directory and the table cannot be written together, so the directory comes first and carries
    the profile: whatever breaks off afterwards is completed by the same request coming again with its
    Idempotency-Key, or by the first sign-in.

    Raises `EmailTaken`, `Invalid` (password, tax id), `Replay`, `IdempotencyKeyReused`.
    """
    if repeatable:
        # Nobody has signed in here: two people may well think of the same key.
        repeatable = replace(repeatable, principal=email)
        repeatable.replay()
    profile = Profile(**{**asdict(profile), "tax_id": check_tax_id(profile.country, profile.tax_id)})
    stored = {name: value for name, value in asdict(profile).items() if value is not None}
    # Also without a key: the client library itself repeats a call whose answer was lost.
    mark = repeatable.fingerprint if repeatable else secrets.token_hex(16)
    try:
        sub = directory.sign_up(email, password, {**stored, REGISTRATION: mark})
    except UserExists:
        sub = _own_earlier_try(directory.user(email), mark)
    except PasswordRefused:
        raise _refused("/password") from None
    except EmailRefused:
        raise Invalid(errors=[FieldError("/email", Fault("email"))]) from None
    if confirm_now:
        directory.confirm_now(email)
    record = (lambda customer: repeatable.row(*answer(customer), now)) if repeatable else None
    return ensure_customer(User(sub, email, stored), now, record)


def _own_earlier_try(user: User, mark: str) -> str:
    if user.profile.get(REGISTRATION) != mark:
        raise EmailTaken()
    return user.sub


def ensure_customer(user: User, now: datetime, record: Callable[[Customer], Row] | None = None) -> Customer:
    """The customer of a user, created from the profile in the directory if he has no row yet.

    `record` makes the idempotency record that is written with him. `Invalid` for a faulty profile.
    """

    def attempt() -> Customer:
        customer_id = customer_id_of(user.sub)
        existing = store.find(customer_id)
        if existing:
            return existing
        customer = new_customer(customer_id, user.email, profile_of(user.profile), now)
        writing = Transaction()
        writing.save(store.row(customer), *([record(customer)] if record else []))
        writing.audit(
            Change(customer.id, customer.id, "registered", None, "active", Actor(customer.id, "store"), now)
        )
        writing.commit()
        return store.get(customer_id)

    return retrying(attempt)


def confirm(email: str, code: str, directory: Directory) -> None:
    """Confirm an account with the e-mailed code; `Invalid` naming the code."""
    try:
        directory.confirm(email, code)
    except CodeRefused:
        raise Invalid(errors=[FieldError("/code", Fault("code"))]) from None


def send_code_again(email: str, directory: Directory) -> None:
    """E-mail a new confirmation code; for an address without an unconfirmed account, nothing happens."""
    directory.send_code_again(email)


def sign_in(email: str, password: str, directory: Directory, tokens: TokenVerifier, now: datetime) -> Session:
    """Sign in (V4). Raises `BadCredentials`, `NotConfirmed`."""
    try:
        signed_in = directory.sign_in(email, password)
    except SignInUnconfirmed:
        raise NotConfirmed() from None
    except SignInRefused:
        raise BadCredentials() from None
    identity = tokens.verify(signed_in.access_token)
    customer_id = None
    if "customer" in identity.roles:
        customer = store.find(identity.customer_id) or ensure_customer(directory.user(email), now)
        customer_id = customer.id
    return Session(signed_in.access_token, signed_in.expires_in, customer_id, identity.roles)


def change_password(
    customer_id: str, access_token: str, current: str, new: str, directory: Directory, now: datetime
) -> None:
    """Change one's own password (V5); `Invalid` naming the current one, or the new one that is refused."""
    try:
        directory.change_password(access_token, current, new)
    except SignInRefused:
        raise Invalid(errors=[FieldError("/current_password", Fault("current_password"))]) from None
    except PasswordRefused:
        raise _refused("/new_password") from None
    _audit_password(customer_id, "password changed", now)


def send_reset_code(email: str, directory: Directory) -> None:
    """E-mail a code to choose a new password with; for an address without an account, nothing happens."""
    directory.forgot_password(email)


def reset_password(email: str, code: str, new: str, directory: Directory, now: datetime) -> None:
    """Set a new password with the e-mailed code (V5); `Invalid` naming the code or the password."""
    try:
        directory.reset_password(email, code, new)
    except CodeRefused:
        raise Invalid(errors=[FieldError("/code", Fault("code"))]) from None
    except PasswordRefused:
        raise _refused("/new_password") from None
    customer_id = customer_id_of(directory.user(email).sub)
    # Staff has no row here, and who has never signed in may have none yet.
    if store.find(customer_id):
        _audit_password(customer_id, "password reset", now)


def _refused(pointer: str) -> Invalid:
    return Invalid(errors=[FieldError(pointer, Fault("password", least=PASSWORD_LEAST))])


def _audit_password(customer_id: str, action: str, now: datetime) -> None:
    writing = Transaction()
    actor = Actor(customer_id, "store")
    writing.audit(Change(customer_id, customer_id, action, "active", "active", actor, now))
    writing.commit()


def readable_name(sub: str, directory: Directory) -> str:
    """What people know a user by who has no name here, as staff has none: his e-mail address.

    Whatever keeps the directory from telling it, nothing else is held up by that: then it is his `sub`.
    """
    try:
        return directory.user(sub).email
    except Exception:
        return sub


def change_own_data(
    customer_id: str, changes: dict[str, str | None], actor: Actor, now: datetime
) -> Customer:
    """Change one's own data (V5); `Invalid` for a tax id not of one's country."""

    def attempt() -> Customer:
        before = store.get(customer_id)
        customer = changed(before, changes)
        if customer == before:
            return before
        writing = Transaction()
        writing.save(store.row(customer))
        action = f"changed {', '.join(sorted(changes))}"
        writing.audit(Change(customer_id, customer_id, action, "active", "active", actor, now))
        writing.commit()
        return store.get(customer_id)

    return retrying(attempt)


get = store.get
