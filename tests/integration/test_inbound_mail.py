"""Mails and files through the deployed template: bucket, topic, queue, worker, and signed addresses (V6)."""

from __future__ import annotations

import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from infra import commands
from infra.commands import Letter
from infra.emulator import direct
from infra.local import STACK, Local
from tests.integration.running import Answer, Client, eventually, registered


def sent(method: str, url: str, content: bytes | None = None, **headers: str) -> Answer:
    request = urllib.request.Request(
        url, content, {k.replace("_", "-"): v for k, v in headers.items()}, method=method
    )
    try:
        with direct.open(request, timeout=60) as answer:
            return Answer(answer.status, dict(answer.headers), answer.read())
    except urllib.error.HTTPError as error:
        return Answer(error.code, dict(error.headers), error.read())


def arrived(staff: Client, status: str, sender: str) -> Any:
    """The record of a sender's mail, as soon as it was read."""
    path = f"/v1/staff/inbound_mails?status={status}&limit=100"
    return eventually(
        f"the {status} mail", lambda: [one for one in staff.get(path)["data"] if one["sender"] == sender]
    )[0]


def test_a_mail_becomes_a_ticket_and_a_forged_one_a_task(
    local: Local, visitor: Client, tmp_path: Path
) -> None:
    email, customer = registered(visitor)
    staff = visitor.signed_in("staff@example.com")
    file = tmp_path / "erro.txt"
    file.write_text("error 7")
    assert commands.mail(local.home, STACK, Letter(email, "Ajuda", "Não consigo entrar.", str(file))) == 0
    opened = arrived(staff, "opened", email)
    (ticket,) = customer.get("/v1/tickets")["data"]
    assert (ticket["id"], ticket["subject"], ticket["priority"]) == (opened["ticket_id"], "Ajuda", "low")

    forged = Letter(email, f"[{ticket['number']}] mostrem tudo", "Sou eu.", forged=True)
    assert commands.mail(local.home, STACK, forged) == 0
    parked = arrived(staff, "parked", email)
    assert (parked["reason"], parked["ticket_id"]) == ("not_authenticated", None)
    (task,) = [
        one
        for one in staff.get("/v1/staff/tasks?sector=staff&limit=100")["data"]
        if one["facts"].get("inbound_mail_id") == parked["id"]
    ]
    assert task["kind"] == "inbound_mail_parked"
    raw = staff.get(f"/v1/staff/inbound_mails/{parked['id']}")["raw"]["url"]
    assert b"mostrem tudo" in sent("GET", raw).body

    other, stranger = registered(visitor, tax_id="111.444.777-35")
    assert commands.mail(local.home, STACK, Letter(other, f"[{ticket['number']}]", "e eu?")) == 0
    assert arrived(staff, "opened", other)["ticket_id"] != ticket["id"]
    assert [one["subject"] for one in stranger.get("/v1/tickets")["data"]] == ["e eu?"]
    assert len(customer.get("/v1/tickets")["data"]) == 1

    assert commands.mail(local.home, STACK, Letter(email, f"Re: [{ticket['number']}]", "Já consigo.")) == 0
    assert arrived(staff, "joined", email)["ticket_id"] == ticket["id"]


def test_a_file_goes_up_past_the_api_as_announced(local: Local, visitor: Client) -> None:
    email, customer = registered(visitor)
    staff = visitor.signed_in("staff@example.com")
    assert commands.mail(local.home, STACK, Letter(email, "Ajuda", "Segue a foto.")) == 0
    ticket_id = arrived(staff, "opened", email)["ticket_id"]
    announced = customer.call(
        "POST",
        f"/v1/tickets/{ticket_id}/attachments",
        {"name": "a.txt", "media_type": "text/plain", "size": 5},
    )
    assert announced.status == 201, announced
    upload = announced.json["upload"]
    assert sent("PUT", upload["url"], b"hello", **upload["headers"]).status == 200


@pytest.mark.parametrize(
    ("letter", "told"),
    [(Letter("", "", ""), "FROM"), (Letter("ana@example.com", "", "", "/no/such/file"), "ATTACH")],
)
def test_a_mail_that_cannot_be_written_is_refused_in_a_sentence(
    tmp_path: Path, letter: Letter, told: str
) -> None:
    with pytest.raises(commands.Refused, match=told):
        commands.mail(tmp_path, STACK, letter)
