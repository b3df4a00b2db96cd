"""The user directory on Cognito, against moto: its words translated into ours."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from chalicelib.customers import gateways
from chalicelib.customers.gateways.cognito import Cognito
from chalicelib.kernel.errors import TooManyRequests, Unavailable

EVA = "eva@example.com"
PASSWORD = "correct horse battery"
PROFILE = {"name": "Eva Núñez", "country": "BR"}


class Refusing:
    """A client that answers every call with one error of Cognito's."""

    def __init__(self, code: str) -> None:
        self.code = code

    def __getattr__(self, operation: str) -> Any:
        def call(**_: Any) -> None:
            raise ClientError({"Error": {"Code": self.code, "Message": "no"}}, operation)

        return call


@pytest.fixture
def directory() -> Iterator[Cognito]:
    with mock_aws():
        client = boto3.client("cognito-idp", region_name="us-east-1")
        names = ("Lowercase", "Uppercase", "Numbers", "Symbols")
        policy: Any = {"MinimumLength": 12, **{f"Require{name}": False for name in names}}
        pool = client.create_user_pool(
            PoolName="test",
            UsernameAttributes=["email"],
            Schema=[{"Name": "profile", "AttributeDataType": "String"}],
            Policies={"PasswordPolicy": policy},
        )["UserPool"]["Id"]
        made = client.create_user_pool_client(UserPoolId=pool, ClientName="api")["UserPoolClient"]
        yield Cognito(client, pool, made["ClientId"])


def test_a_user_carries_the_profile_he_signed_up_with(directory: Cognito) -> None:
    sub = directory.sign_up(EVA, PASSWORD, PROFILE)
    assert directory.user(EVA) == directory.user(sub) == gateways.User(sub, EVA, PROFILE)


def test_an_address_signs_up_once(directory: Cognito) -> None:
    directory.sign_up(EVA, PASSWORD, PROFILE)
    with pytest.raises(gateways.UserExists):
        directory.sign_up(EVA, PASSWORD, PROFILE)


def test_the_pools_own_policy_refuses_a_password(directory: Cognito) -> None:
    with pytest.raises(gateways.PasswordRefused):
        directory.sign_up(EVA, "short", PROFILE)


def test_a_user_signs_in_once_he_is_confirmed(directory: Cognito) -> None:
    directory.sign_up(EVA, PASSWORD, PROFILE)
    with pytest.raises(gateways.SignInUnconfirmed):
        directory.sign_in(EVA, PASSWORD)
    for _ in range(2):
        directory.confirm_now(EVA)
    signed_in = directory.sign_in(EVA, PASSWORD)
    assert signed_in.access_token.count(".") == 2
    assert signed_in.expires_in == 3600


@pytest.mark.parametrize(("email", "password"), [(EVA, "wrong password"), ("no@example.com", PASSWORD)])
def test_unknown_users_and_wrong_passwords_are_refused_alike(
    directory: Cognito, email: str, password: str
) -> None:
    directory.sign_up(EVA, PASSWORD, PROFILE)
    directory.confirm_now(EVA)
    with pytest.raises(gateways.SignInRefused):
        directory.sign_in(email, password)


def test_a_challenge_is_no_sign_in(directory: Cognito) -> None:
    directory.client.admin_create_user(
        UserPoolId=directory.pool_id, Username=EVA, TemporaryPassword=PASSWORD, MessageAction="SUPPRESS"
    )
    with pytest.raises(gateways.SignInRefused):
        directory.sign_in(EVA, PASSWORD)


def test_a_user_whom_somebody_else_made_has_an_empty_profile(directory: Cognito) -> None:
    directory.client.admin_create_user(
        UserPoolId=directory.pool_id, Username=EVA, UserAttributes=[{"Name": "email", "Value": EVA}]
    )
    assert directory.user(EVA).profile == {}


@pytest.mark.parametrize("code", ["CodeMismatchException", "ExpiredCodeException", "NotAuthorizedException"])
def test_a_code_that_does_not_fit_is_refused(code: str) -> None:
    with pytest.raises(gateways.CodeRefused):
        Cognito(Refusing(code), "pool", "client").confirm(EVA, "000000")


class ConfirmedAlready:
    """A client that refuses to confirm, as Cognito does then, and keeps what it is told of the user."""

    def admin_confirm_sign_up(self, **_: Any) -> None:
        Refusing("NotAuthorizedException").admin_confirm_sign_up()

    def admin_update_user_attributes(self, **request: Any) -> dict[str, Any]:
        self.told = request["UserAttributes"]
        return {}


def test_a_user_who_is_confirmed_already_is_fine_and_his_address_counts_as_his() -> None:
    client = ConfirmedAlready()
    Cognito(client, "pool", "client").confirm_now(EVA)
    assert client.told == [{"Name": "email_verified", "Value": "true"}]


def test_an_address_is_its_owners_once_he_has_confirmed_it(directory: Cognito) -> None:
    sub = directory.sign_up(EVA, PASSWORD, PROFILE)
    assert directory.owner(EVA) is None
    directory.confirm_now(EVA)
    assert directory.owner(EVA) == gateways.User(sub, EVA, PROFILE)
    assert directory.owner("nobody@example.com") is None
    assert directory.owner(sub) is None


class Answering:
    """A client that answers one and the same thing about a user."""

    def __init__(self, **answer: Any) -> None:
        attributes = {"sub": "s", "email": EVA, "email_verified": "true", **answer.pop("attributes", {})}
        listed = [{"Name": name, "Value": value} for name, value in attributes.items()]
        self.answer = {"UserStatus": "CONFIRMED", "Enabled": True, "UserAttributes": listed, **answer}

    def admin_get_user(self, **_: Any) -> dict[str, Any]:
        return self.answer


@pytest.mark.parametrize(
    "answer",
    [
        {"UserStatus": "UNCONFIRMED"},
        {"UserStatus": "FORCE_CHANGE_PASSWORD"},
        {"Enabled": False},
        {"attributes": {"email_verified": "false"}},
        {"attributes": {"email": "other@example.com"}},
    ],
)
def test_an_address_that_nobody_confirmed_is_nobodys(answer: dict[str, Any]) -> None:
    assert Cognito(Answering(), "pool", "client").owner(EVA)
    assert Cognito(Answering(**answer), "pool", "client").owner(EVA) is None


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("TooManyRequestsException", TooManyRequests),
        ("LimitExceededException", TooManyRequests),
        ("TooManyFailedAttemptsException", TooManyRequests),
        ("InternalErrorException", Unavailable),
        ("CodeDeliveryFailureException", Unavailable),
        ("PasswordResetRequiredException", gateways.SignInRefused),
        ("ResourceNotFoundException", ClientError),
    ],
)
def test_what_cognito_says_becomes_what_a_client_can_act_on(code: str, told: type[Exception]) -> None:
    with pytest.raises(told):
        Cognito(Refusing(code), "pool", "client").sign_in(EVA, PASSWORD)


def test_an_address_that_cognito_does_not_take_is_refused() -> None:
    with pytest.raises(gateways.EmailRefused):
        Cognito(Refusing("InvalidParameterException"), "pool", "client").sign_up(EVA, PASSWORD, PROFILE)


class Recording:
    """A client that keeps what it is asked to send."""

    def resend_confirmation_code(self, **request: str) -> dict[str, str]:
        self.request = request
        return {}


def test_a_new_code_is_asked_for_by_address() -> None:
    client = Recording()
    Cognito(client, "pool", "client").send_code_again(EVA)
    assert client.request == {"ClientId": "client", "Username": EVA}


@pytest.mark.parametrize("code", ["UserNotFoundException", "InvalidParameterException"])
def test_a_code_for_nobody_who_waits_for_one_is_not_sent_and_nothing_told(code: str) -> None:
    Cognito(Refusing(code), "pool", "client").send_code_again(EVA)


def test_a_password_is_changed_by_who_knows_it(directory: Cognito) -> None:
    directory.sign_up(EVA, PASSWORD, PROFILE)
    directory.confirm_now(EVA)
    token = directory.sign_in(EVA, PASSWORD).access_token
    with pytest.raises(gateways.SignInRefused):
        directory.change_password(token, "not the password", "another password")
    with pytest.raises(gateways.PasswordRefused):
        directory.change_password(token, PASSWORD, "short")
    directory.change_password(token, PASSWORD, "another password")
    assert directory.sign_in(EVA, "another password")


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("CodeMismatchException", gateways.CodeRefused),
        ("ExpiredCodeException", gateways.CodeRefused),
        ("UserNotFoundException", gateways.CodeRefused),
        ("UserNotConfirmedException", gateways.CodeRefused),
        ("InvalidPasswordException", gateways.PasswordRefused),
        ("InvalidParameterException", gateways.PasswordRefused),
        ("TooManyFailedAttemptsException", TooManyRequests),
    ],
)
def test_a_reset_that_is_refused_names_code_or_password(code: str, told: type[Exception]) -> None:
    with pytest.raises(told):
        Cognito(Refusing(code), "pool", "client").reset_password(EVA, "000000", PASSWORD)


@pytest.mark.parametrize(
    "code", ["UserNotFoundException", "UserNotConfirmedException", "InvalidParameterException"]
)
def test_nothing_is_told_of_a_code_for_an_address_without_a_password(code: str) -> None:
    Cognito(Refusing(code), "pool", "client").forgot_password(EVA)
