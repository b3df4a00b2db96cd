"""The user directory on Amazon Cognito (V4)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from chalicelib.customers import gateways
from chalicelib.customers.gateways import SignedIn, User
from chalicelib.kernel.errors import TooManyRequests, Unavailable

# One attribute holds the profile as JSON: it lets a registration that broke off be completed later.
PROFILE = "custom:profile"

REFUSALS: dict[str, type[Exception]] = {
    "UsernameExistsException": gateways.UserExists,
    "InvalidPasswordException": gateways.PasswordRefused,
    "CodeMismatchException": gateways.CodeRefused,
    "ExpiredCodeException": gateways.CodeRefused,
    "NotAuthorizedException": gateways.SignInRefused,
    "UserNotFoundException": gateways.SignInRefused,
    "UserNotConfirmedException": gateways.SignInUnconfirmed,
    "PasswordResetRequiredException": gateways.SignInRefused,
    "InvalidParameterException": gateways.EmailRefused,
}
LIMITS = {"TooManyRequestsException", "LimitExceededException", "TooManyFailedAttemptsException"}
TROUBLE = {"InternalErrorException", "CodeDeliveryFailureException", "ServiceUnavailableException"}
# Also who has been asked to set a new password has confirmed his address before.
CONFIRMED = {"CONFIRMED", "RESET_REQUIRED"}
# Cognito does not say how long.
RETRY_AFTER_SECONDS = 60


@dataclass(frozen=True)
class Cognito:
    """One user pool and the client that the API uses; `client` is a `cognito-idp` client."""

    client: Any
    pool_id: str
    client_id: str

    def sign_up(self, email: str, password: str, profile: Mapping[str, str]) -> str:
        """See `Directory.sign_up`."""
        attributes = [
            {"Name": "email", "Value": email},
            {"Name": PROFILE, "Value": json.dumps(dict(profile), ensure_ascii=False)},
        ]
        answer = self._call(
            "sign_up", ClientId=self.client_id, Username=email, Password=password, UserAttributes=attributes
        )
        return str(answer["UserSub"])

    def confirm(self, email: str, code: str) -> None:
        """See `Directory.confirm`."""
        try:
            self._call("confirm_sign_up", ClientId=self.client_id, Username=email, ConfirmationCode=code)
        except gateways.SignInRefused as refused:
            raise gateways.CodeRefused(str(refused)) from refused

    def send_code_again(self, email: str) -> None:
        """See `Directory.send_code_again`."""
        with suppress(gateways.SignInRefused, gateways.EmailRefused):
            self._call("resend_confirmation_code", ClientId=self.client_id, Username=email)

    def confirm_now(self, email: str) -> None:
        """See `Directory.confirm_now`."""
        # Cognito answers "not authorized" for a user who is confirmed already.
        with suppress(gateways.SignInRefused):
            self._call("admin_confirm_sign_up", UserPoolId=self.pool_id, Username=email)
        # A code would have proven the address too; without this, nobody could reset his password by it.
        self._call(
            "admin_update_user_attributes",
            UserPoolId=self.pool_id,
            Username=email,
            UserAttributes=[{"Name": "email_verified", "Value": "true"}],
        )

    def sign_in(self, email: str, password: str) -> SignedIn:
        """See `Directory.sign_in`."""
        answer = self._call(
            "initiate_auth",
            ClientId=self.client_id,
            AuthFlow="USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": email, "PASSWORD": password},
        )
        result = answer.get("AuthenticationResult")
        if result is None:
            # A challenge (such as a forced new password) is not a sign-in.
            raise gateways.SignInRefused(answer.get("ChallengeName", "no result"))
        return SignedIn(result["AccessToken"], int(result["ExpiresIn"]))

    def change_password(self, access_token: str, current: str, new: str) -> None:
        """See `Directory.change_password`. The token is the permission: no IAM action is needed."""
        self._set_password(
            "change_password", AccessToken=access_token, PreviousPassword=current, ProposedPassword=new
        )

    def forgot_password(self, email: str) -> None:
        """See `Directory.forgot_password`."""
        with suppress(gateways.SignInRefused, gateways.SignInUnconfirmed, gateways.EmailRefused):
            self._call("forgot_password", ClientId=self.client_id, Username=email)

    def reset_password(self, email: str, code: str, new: str) -> None:
        """See `Directory.reset_password`."""
        user = {"ClientId": self.client_id, "Username": email}
        try:
            self._set_password("confirm_forgot_password", **user, ConfirmationCode=code, Password=new)
        except (gateways.SignInRefused, gateways.SignInUnconfirmed) as refused:
            raise gateways.CodeRefused(str(refused)) from refused

    def _set_password(self, operation: str, **arguments: str) -> None:
        try:
            self._call(operation, **arguments)
        except gateways.EmailRefused as refused:
            # Of all parameters only the new password can be one that Cognito does not even look at.
            raise gateways.PasswordRefused(str(refused)) from refused

    def owner(self, email: str) -> User | None:
        """See `Directory.owner`."""
        try:
            answer = self._call("admin_get_user", UserPoolId=self.pool_id, Username=email)
        except (gateways.SignInRefused, gateways.EmailRefused):
            return None
        user, verified = _user(answer), _attributes(answer).get("email_verified") == "true"
        # Whoever asks by a user's name instead of his address asks for nobody.
        known = answer["UserStatus"] in CONFIRMED and answer["Enabled"] and verified
        return user if known and user.email.lower() == email.lower() else None

    def user(self, name: str) -> User:
        """See `Directory.user`."""
        return _user(self._call("admin_get_user", UserPoolId=self.pool_id, Username=name))

    def _call(self, operation: str, **arguments: Any) -> dict[str, Any]:
        try:
            answer: dict[str, Any] = getattr(self.client, operation)(**arguments)
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code in LIMITS:
                raise TooManyRequests(retry_after=RETRY_AFTER_SECONDS) from error
            if code in TROUBLE:
                raise Unavailable() from error
            if code not in REFUSALS:
                raise
            raise REFUSALS[code](error.response["Error"].get("Message", "")) from error
        return answer


def _user(answer: Mapping[str, Any]) -> User:
    attributes = _attributes(answer)
    return User(attributes["sub"], attributes["email"], json.loads(attributes.get(PROFILE, "{}")))


def _attributes(answer: Mapping[str, Any]) -> dict[str, str]:
    return {item["Name"]: item["Value"] for item in answer["UserAttributes"]}
