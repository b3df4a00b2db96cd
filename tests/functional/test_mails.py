"""The e-mails of a purchase: each once, in the customer's language, with what he needs (V1, V2, S4)."""

from __future__ import annotations

import pytest

from chalicelib.mail import service as mail
from chalicelib.mail.gateways import MailRefused, Message
from tests.functional import steps
from tests.functional.steps import ADDON_A, ADDON_B, LICENSE
from tests.world import World

KINDS = ["boleto_to_pay", "invoice_issued", "license_active", "payment_received"]


def _kinds(world: World) -> list[str]:
    assert {row["status"] for row in world.rows("mail")} <= {"sent"}
    return sorted(row["mail_kind"] for row in world.rows("mail"))


def test_a_purchase_by_boleto_sends_four_mails_once_each(world: World) -> None:
    _, token = world.customer()
    order = steps.charged(world, token, LICENSE, ADDON_A)
    assert _kinds(world) == KINDS[:2]
    world.pay(order["payment"]["id"])
    for _ in range(3):
        world.webhooks()
        world.settle_down()
        world.reconcile()
    assert _kinds(world) == KINDS
    assert len(steps.letters()) == 4
    assert {str(letter.destinations["ToAddresses"]) for letter in steps.letters()} == {"['ana@example.com']"}
    assert {letter.source for letter in steps.letters()} == {"store@example.com"}


def test_a_purchase_by_card_sends_no_boleto(world: World) -> None:
    _, token = world.customer()
    steps.bought(world, token, LICENSE, method="card")
    assert _kinds(world) == KINDS[1:]


@pytest.mark.parametrize(
    ("country", "locale", "subject"),
    [("BR", "pt-BR", "Fatura"), ("ES", "es", "Factura"), ("ES", "en", "Invoice")],
)
def test_mails_are_in_the_customers_own_language(
    world: World, country: str, locale: str, subject: str
) -> None:
    tax_id = {"BR": "52998224725", "ES": "12345678Z"}[country]
    _, token = world.customer(country=country, locale=locale, tax_id=tax_id)
    steps.place(world, token, LICENSE)
    world.settle_down()
    (invoice,) = [letter for letter in steps.letters() if subject in letter.subject]
    (number,) = [row["number"] for row in world.rows("invoice")]
    assert number in invoice.body or number in invoice.subject


def test_the_boleto_mail_carries_the_line_that_the_order_shows(world: World) -> None:
    _, token = world.customer()
    order = steps.charged(world, token, LICENSE)
    (mail,) = [row for row in world.rows("mail") if row["mail_kind"] == "boleto_to_pay"]
    assert order["payment"]["boleto"]["digitable_line"] in mail["params"]
    assert order["payment"]["due_date"] in mail["params"]


class Refusing:
    """A sender that will take none of our mails."""

    def send(self, message: Message) -> str:
        raise MailRefused("BadRequestException", retryable=False)


def test_a_mail_that_cannot_be_delivered_becomes_a_task_for_staff(world: World) -> None:
    _, token = world.customer()
    steps.place(world, token, LICENSE)
    world.stream()
    (message,) = steps.waiting(world, "mails")
    mail.deliver(message["mail_id"], Refusing(), world.now)
    world.stream()
    assert steps.tasks(world) == [("mail_undelivered", "staff")]


def test_every_later_order_tells_of_the_licence_it_extends_once(world: World) -> None:
    _, token = world.customer()
    (license_id,) = steps.bought(world, token, LICENSE)["licenses"]
    for addon in (ADDON_A, ADDON_B):
        steps.bought(world, token, {**addon, "license_id": license_id})
    assert _kinds(world).count("license_active") == 3
    told = [row["params"] for row in world.rows("mail") if row["mail_kind"] == "license_active"]
    assert sorted(("Fornecedor A" in one, "Fornecedor B" in one) for one in told) == [
        (False, False),
        (False, True),
        (True, False),
    ]
