"""The user directory: sign-up, passwords and groups live there, never here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol


class UserExists(Exception):
    """The directory has a user with this e-mail address."""


class PasswordRefused(Exception):
    """The directory's password policy refuses it; the text says why."""


class EmailRefused(Exception):
    """The directory takes no such e-mail address; the text says why."""


class CodeRefused(Exception):
    """The confirmation code is wrong or has expired."""


class SignInRefused(Exception):
    """Unknown user or wrong password."""


class SignInUnconfirmed(Exception):
    """The user has not confirmed his e-mail address."""


@dataclass(frozen=True)
class User:
    """A user of the directory, with the profile that was stored at sign-up."""

    sub: str
    email: str
    profile: Mapping[str, str]


@dataclass(frozen=True)
class SignedIn:
    """An access token and the seconds it lasts."""

    access_token: str
    expires_in: int


class Directory(Protocol):
    """What a user directory must do for us.

    Besides what each names, every method may raise `TooManyRequests` and `Unavailable`.
    """

    def sign_up(self, email: str, password: str, profile: Mapping[str, str]) -> str:
        """Create a user and return his `sub`. Raises `UserExists`, `PasswordRefused`,
        `EmailRefused`."""

    def confirm(self, email: str, code: str) -> None:
        """Confirm with the e-mailed code. Raises `CodeRefused`."""

    def send_code_again(self, email: str) -> None:
        """E-mail a new code; nothing happens for an unknown or confirmed user."""

    def confirm_now(self, email: str) -> None:
        """Confirm user and address without a code, where the deployment says so; safe to repeat."""

    def sign_in(self, email: str, password: str) -> SignedIn:
        """Raises `SignInRefused`, `SignInUnconfirmed`."""

    def change_password(self, access_token: str, current: str, new: str) -> None:
        """Change the password of the token's user. Raises `SignInRefused` for another current password,
        `PasswordRefused`."""

    def forgot_password(self, email: str) -> None:
        """E-mail a code to choose a new password with; nothing happens for an address that has none."""

    def reset_password(self, email: str, code: str, new: str) -> None:
        """Set a new password with the e-mailed code. Raises `CodeRefused`, `PasswordRefused`."""

    def owner(self, email: str) -> User | None:
        """The user who has confirmed that this e-mail address is his; None if nobody has."""

    def user(self, name: str) -> User:
        """The user with this e-mail address or `sub`, who is known to exist."""
