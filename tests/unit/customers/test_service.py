"""Accounts against a directory that does what it is told: what broke off is completed, nothing doubled."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from moto import mock_aws

from chalicelib.customers import gateways, service, store
from chalicelib.customers.gateways import SignedIn, User
from chalicelib.customers.identity import TokenRefused, customer_id_of, roles_of
from chalicelib.customers.rules import (
    BadCredentials,
    Customer,
    CustomerNotFound,
    EmailTaken,
    NotConfirmed,
    Profile,
    changed,
    check_tax_id,
    profile_of,
)
from chalicelib.kernel.errors import LOCALES, Invalid, Unavailable
from chalicelib.kernel.events import Actor
from chalicelib.storage.idempotency import IdempotencyKeyReused, Repeatable, Replay
from chalicelib.storage.table import bind
from tests.world import create_table

NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)
EVA = "eva@example.com"
PROFILE = Profile("Eva", "BR", "pt-BR", "529.982.247-25")
REQUEST = Repeatable("public", "POST /v1/customers", "k", b"{}")


class Crash(BaseException):
    """The function ends here."""


@dataclass
class Users:
    """A user directory in memory; `dies_after` names a call after which the function is gone."""

    users: dict[str, User] = field(default_factory=dict)
    confirmed: set[str] = field(default_factory=set)
    sent: list[str] = field(default_factory=list)
    dies_after: str = ""
    loses_the_answer: bool = False
    refuses: Exception | None = None

    def sign_up(self, email: str, password: str, profile: Mapping[str, str]) -> str:
        self._maybe_refuse()
        if email in self.users:
            raise gateways.UserExists(email)
        self.users[email] = User(str(uuid.uuid4()), email, profile)
        self._maybe_die("sign_up")
        if self.loses_the_answer:
            # The client library asks again by itself and hears of its own first try.
            raise gateways.UserExists(email)
        return self.users[email].sub

    def confirm(self, email: str, code: str) -> None:
        self._maybe_refuse()
        self.confirmed.add(email)

    def send_code_again(self, email: str) -> None:
        self.sent.append(email)

    def confirm_now(self, email: str) -> None:
        self.confirmed.add(email)
        self._maybe_die("confirm_now")

    def sign_in(self, email: str, password: str) -> SignedIn:
        self._maybe_refuse()
        return SignedIn("token", 3600)

    def change_password(self, access_token: str, current: str, new: str) -> None:
        self._maybe_refuse()

    def forgot_password(self, email: str) -> None:
        self.sent.append(email)

    def reset_password(self, email: str, code: str, new: str) -> None:
        self._maybe_refuse()

    def owner(self, email: str) -> User | None:
        return self.user(email)

    def user(self, name: str) -> User:
        self._maybe_refuse()
        return next(user for user in self.users.values() if name in (user.email, user.sub))

    def _maybe_refuse(self) -> None:
        if self.refuses:
            raise self.refuses

    def _maybe_die(self, call: str) -> None:
        if self.dies_after == call:
            self.dies_after = ""
            raise Crash


@pytest.fixture(autouse=True)
def _table() -> Iterator[None]:
    with mock_aws():
        create_table(boto3.client("dynamodb", region_name="us-east-1"), "vigencia-test")
        bind("vigencia-test")
        yield


def _register(users: Users, **changed: Any) -> Customer:
    given: dict[str, Any] = {"email": EVA, "profile": PROFILE, "repeatable": REQUEST, "now": NOW, **changed}
    return service.register(
        given["email"],
        "a long password",
        given["profile"],
        users,
        given["now"],
        confirm_now=True,
        answer=lambda customer: (201, customer.id),
        repeatable=given["repeatable"],
    )


@pytest.mark.parametrize("call", ["sign_up", "confirm_now"])
def test_a_registration_that_died_is_completed_by_its_repeat(call: str) -> None:
    users = Users(dies_after=call)
    with pytest.raises(Crash):
        _register(users)
    assert store.find(customer_id_of(users.users[EVA].sub)) is None
    customer = _register(users)
    assert store.get(customer.id).tax_id == "52998224725"
    assert EVA in users.confirmed
    with pytest.raises(Replay) as replay:
        _register(users)
    assert replay.value.answer.body == customer.id


@pytest.mark.parametrize(
    "changed",
    [
        {"repeatable": None},
        {"repeatable": Repeatable("public", "POST /v1/customers", "other", b"{}")},
        {"repeatable": Repeatable("public", "POST /v1/customers", "k", b"[]")},
    ],
    ids=["no key", "another key", "another body"],
)
def test_nobody_takes_over_an_account_whose_registration_died(changed: dict[str, Any]) -> None:
    users = Users(dies_after="sign_up")
    with pytest.raises(Crash):
        _register(users)
    with pytest.raises(EmailTaken):
        _register(users, **changed)
    assert store.find(customer_id_of(users.users[EVA].sub)) is None


@pytest.mark.parametrize("repeatable", [REQUEST, None], ids=["with a key", "without"])
def test_a_registration_recognises_its_own_sign_up_when_the_answer_was_lost(
    repeatable: Repeatable | None,
) -> None:
    customer = _register(Users(loses_the_answer=True), repeatable=repeatable)
    assert store.get(customer.id) == customer


def test_a_finished_registration_is_not_repeated_with_another_body() -> None:
    users = Users()
    _register(users)
    with pytest.raises(IdempotencyKeyReused):
        _register(users, repeatable=Repeatable("public", "POST /v1/customers", "k", b"[]"))


def test_a_customer_is_made_once_however_often_he_is_ensured() -> None:
    user = User(str(uuid.uuid4()), EVA, {"name": "Eva", "country": "BR", "locale": "pt-BR"})
    first = service.ensure_customer(user, NOW)
    later = service.ensure_customer(user, datetime(2030, 1, 1, tzinfo=UTC))
    assert first == later
    assert (first.id, first.version) == (customer_id_of(user.sub), 1)


@pytest.mark.parametrize(
    ("refusal", "told"),
    [
        (gateways.SignInRefused("who?"), BadCredentials),
        (gateways.SignInUnconfirmed("wait"), NotConfirmed),
    ],
)
def test_a_sign_in_is_refused_in_our_words(refusal: Exception, told: type[Exception]) -> None:
    verifier: Any = None
    with pytest.raises(told):
        service.sign_in(EVA, "x", Users(refuses=refusal), verifier, NOW)


@pytest.mark.parametrize(
    ("refusal", "pointer"),
    [
        (gateways.PasswordRefused("the directory's words"), "/password"),
        (gateways.EmailRefused("the directory's words"), "/email"),
    ],
)
def test_what_the_directory_refuses_at_sign_up_names_its_field(refusal: Exception, pointer: str) -> None:
    with pytest.raises(Invalid) as refused:
        _register(Users(refuses=refusal))
    (error,) = refused.value.errors
    assert error.pointer == pointer
    assert len({error.message(locale) for locale in LOCALES} - {str(refusal)}) == len(LOCALES)


def test_a_wrong_code_names_its_field_and_a_new_one_can_be_had() -> None:
    users = Users(refuses=gateways.CodeRefused("wrong"))
    with pytest.raises(Invalid) as refused:
        service.confirm(EVA, "000000", users)
    assert [error.pointer for error in refused.value.errors] == ["/code"]
    service.send_code_again(EVA, users)
    assert users.sent == [EVA]


def test_a_profile_that_somebody_else_put_into_the_directory_is_checked_as_any_input() -> None:
    faulty = {"name": " ", "country": "Brasil", "tax_id": "1", "phone": "call me", "admin": "yes"}
    faulty["address"] = "Calle Mayor\x00"
    with pytest.raises(Invalid) as refused:
        service.ensure_customer(User(str(uuid.uuid4()), EVA, faulty), NOW)
    assert {error.pointer for error in refused.value.errors} == {
        *("/name", "/country", "/locale", "/tax_id", "/phone", "/address")
    }
    sound = {"name": "Eva", "country": "BR", "locale": "es", "admin": "yes", "tax_id": "529.982.247-25"}
    assert profile_of(sound) == Profile("Eva", "BR", "es", "52998224725")
    assert profile_of({**sound, "address": "Rua 1\nSão Paulo"}).address == "Rua 1\nSão Paulo"
    with pytest.raises(Invalid):
        profile_of({**sound, "tax_id": "529.982.247-26"})


def test_own_data_of_nobody_cannot_be_changed() -> None:
    with pytest.raises(CustomerNotFound):
        service.change_own_data("cus_x", {"name": "X"}, Actor("cus_x", "store"), NOW)


# Rules


CUSTOMER = Customer("cus_1", EVA, "Eva", "BR", "pt-BR", "52998224725", None, None, NOW)


def test_a_changed_tax_id_is_kept_in_its_canonical_form() -> None:
    assert changed(CUSTOMER, {"tax_id": "111.444.777-35"}).tax_id == "11144477735"
    assert changed(CUSTOMER, {"tax_id": None}).tax_id is None
    assert changed(CUSTOMER, {"name": "Eva N."}).tax_id == CUSTOMER.tax_id


@pytest.mark.parametrize(("country", "fits"), [("BR", True), ("ES", False), ("CL", False)])
def test_a_boleto_is_the_usual_way_to_pay_in_brazil_only(country: str, fits: bool) -> None:
    customer = replace(CUSTOMER, country=country, tax_id=None)
    with nullcontext() if fits else pytest.raises(Invalid, match="not valid"):
        assert changed(customer, {"default_payment_method": "boleto"}).default_payment_method == "boleto"


def test_a_tax_id_of_another_country_is_refused_naming_the_field() -> None:
    with pytest.raises(Invalid) as refused:
        changed(CUSTOMER, {"tax_id": "12345678Z"})
    assert [(error.pointer, error.code) for error in refused.value.errors] == [("/tax_id", "tax_id")]
    assert check_tax_id("ES", "12345678Z") == "12345678Z"
    assert check_tax_id("ES", None) is None


def test_a_customers_id_is_his_users_id_in_our_spelling() -> None:
    ids = {customer_id_of(str(uuid.UUID(int=number))) for number in (0, 1, 2**128 - 1)}
    assert len(ids) == 3
    assert {len(one) for one in ids} == {30}
    for sub in ("", "admin", "not-a-uuid"):
        with pytest.raises(TokenRefused):
            customer_id_of(sub)


@pytest.mark.parametrize(
    ("groups", "roles"),
    [
        ([], {"customer"}),
        (["staff"], {"staff"}),
        (["it", "x"], {"it"}),
        (["customer", "finance"], {"finance"}),
        (["x"], {"customer"}),
    ],
)
def test_a_member_of_staff_is_no_customer(groups: list[str], roles: set[str]) -> None:
    assert roles_of(groups) == roles


def test_staff_is_known_by_his_address_or_while_that_cannot_be_had_by_his_sub() -> None:
    users = Users()
    sub = users.sign_up("eva@example.com", "a long password", {})
    assert service.readable_name(sub, users) == "eva@example.com"
    users.refuses = Unavailable()
    assert service.readable_name(sub, users) == sub
    assert service.readable_name("unknown", Users()) == "unknown"
