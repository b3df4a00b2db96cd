"""Files of tickets over the API: announced, uploaded past it, named in a message, downloaded past it (V6)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from chalicelib import wiring
from chalicelib.flows.requesting import Request, open_ticket
from chalicelib.kernel.errors import Invalid
from chalicelib.kernel.events import SYSTEM, Actor
from chalicelib.storage.transaction import Transaction
from chalicelib.tickets import attachments_service, rules, service, store
from chalicelib.tickets.attachments import LARGEST
from chalicelib.tickets.messages import Attachment
from tests.world import Answer, World, bucket_of

PNG = {"name": "erro.png", "media_type": "image/png", "size": 4}


@dataclass(frozen=True)
class Conversation:
    """A customer's ticket, and what both sides do with its files."""

    world: World
    customer_id: str
    token: str
    ticket_id: str

    def announce(self, body: Mapping[str, Any] = PNG, *, staff: bool = False) -> Answer:
        return self.world.http("POST", self._path(staff), dict(body), token=self.token_of(staff))

    def upload(self, answer: Answer, content: bytes = b"\x89PNG") -> str:
        """The file is put where the answer says; its id."""
        key = urlsplit(answer.json["upload"]["url"]).path.partition("/uploads/")[2]
        s3 = self.world.client("s3")
        s3.put_object(Bucket=self.bucket, Key=f"uploads/{key}", Body=content)
        return str(answer.json["id"])

    def attached(self, *ids: str) -> tuple[Attachment, ...]:
        return attachments_service.attached(self.ticket_id, ids, wiring.files())

    def say(self, *files: Attachment, internal: bool = False) -> None:
        actor = Actor("usr_staff", "staff")
        said = service.message(
            self.ticket_id, "staff", actor, "Veja", self.world.now, internal=internal, attachments=files
        )
        writing = Transaction()
        writing.save(store.messages.row(said))
        writing.commit()

    def read(self, id: str, *, staff: bool = False) -> Answer:
        return self.world.http("GET", f"{self._path(staff)}/{id}", token=self.token_of(staff))

    @property
    def bucket(self) -> str:
        return bucket_of(self.world.table_name, "attachments")

    def stored(self) -> set[str]:
        listed = self.world.client("s3").list_objects_v2(Bucket=self.bucket).get("Contents", [])
        return {one["Key"] for one in listed}

    def _path(self, staff: bool) -> str:
        return f"/v1/{'staff/' if staff else ''}tickets/{self.ticket_id}/attachments"

    def token_of(self, staff: bool) -> str:
        return self.world.staff("staff") if staff else self.token


@pytest.fixture
def talk(world: World) -> Conversation:
    customer, token = world.customer()
    asked = Request("support", "Ajuda", "Não consigo entrar.")
    actor = Actor(customer.id, "store")
    ticket = open_ticket(customer.id, asked, wiring.vendor(), actor, world.now, answer=lambda _: (201, ""))
    return Conversation(world, customer.id, token, ticket.id)


def faults(refused: pytest.ExceptionInfo[Invalid]) -> list[tuple[str, str]]:
    return [(one.pointer, one.code) for one in refused.value.errors]


def test_permission_to_upload_binds_exactly_the_size_and_type_announced(talk: Conversation) -> None:
    answer = talk.announce()
    assert answer.status == 201, answer.text
    shown = answer.json
    assert (shown["name"], shown["media_type"], shown["size"]) == ("erro.png", "image/png", 4)
    upload = shown["upload"]
    assert (upload["method"], upload["headers"]) == (
        "PUT",
        {"Content-Type": "image/png", "Content-Length": "4"},
    )
    signed = parse_qs(urlsplit(upload["url"]).query)
    assert set(signed["X-Amz-SignedHeaders"][0].split(";")) == {"content-length", "content-type", "host"}
    assert signed["X-Amz-Expires"] == ["600"]
    assert datetime.fromisoformat(shown["expires_at"]) <= datetime.now(UTC) + timedelta(minutes=10)


@pytest.mark.parametrize(
    ("given", "pointers"),
    [
        ({"size": LARGEST + 1}, ["/size"]),
        ({"size": 0}, ["/size"]),
        ({"media_type": "text/html"}, ["/media_type"]),
        ({"media_type": "image/svg+xml", "name": "", "size": -1}, ["/media_type", "/name", "/size"]),
    ],
)
def test_every_faulty_field_of_an_announcement_is_named(
    talk: Conversation, given: dict[str, Any], pointers: list[str]
) -> None:
    answer = talk.announce({**PNG, **given})
    assert answer.status == 422
    assert sorted(one["pointer"] for one in answer.json["errors"]) == pointers
    assert talk.world.rows("upload") == []


def test_a_name_is_kept_without_folders_and_with_an_ending_of_its_type(talk: Conversation) -> None:
    answer = talk.announce({**PNG, "name": "../..\\etc/erro.exe"})
    assert answer.json["name"] == "erro.exe.png"


def test_a_file_that_was_uploaded_goes_with_a_message_and_can_be_downloaded(talk: Conversation) -> None:
    id = talk.upload(talk.announce())
    (file,) = talk.attached(id)
    assert file == Attachment(id, "erro.png", "image/png", 4)
    talk.say(file)
    for staff in (False, True):
        answer = talk.read(id, staff=staff)
        assert answer.status == 200, answer.text
        url = urlsplit(answer.json["url"])
        asked = parse_qs(url.query)
        assert url.path.endswith(f"/attachments/{talk.ticket_id}/{id}")
        assert asked["response-content-disposition"] == [
            "attachment; filename=\"erro.png\"; filename*=UTF-8''erro.png"
        ]
        assert asked["response-content-type"] == ["image/png"]


@pytest.mark.parametrize("staff", [False, True])
def test_a_message_over_http_names_its_files_and_its_repeat_needs_them_no_more(
    talk: Conversation, staff: bool
) -> None:
    id = talk.upload(talk.announce(staff=staff))
    path = f"/v1/{'staff/' if staff else ''}tickets/{talk.ticket_id}/messages"
    token, headers = talk.token_of(staff), {"Idempotency-Key": "m-1"}
    body = {"text": "Veja", "attachments": [id]}
    first = talk.world.http("POST", path, body, token=token, headers=headers)
    assert first.status == 201, first.text
    assert first.json["attachments"] == [{"id": id, **PNG}]
    talk.world.client("s3").delete_object(Bucket=talk.bucket, Key=f"uploads/{talk.ticket_id}/{id}")
    again = talk.world.http("POST", path, body, token=token, headers=headers)
    assert (again.status, again.json) == (201, first.json)
    before = talk.world.rows("message")
    missing = talk.world.http("POST", path, {**body, "attachments": ["att_x"]}, token=token)
    assert (missing.status, missing.json["errors"][0]["pointer"]) == (422, "/attachments/0")
    assert talk.world.rows("message") == before
    assert talk.read(id).status == 200


def test_what_is_attached_cannot_be_changed_by_uploading_again(talk: Conversation) -> None:
    announced = talk.announce()
    id = talk.upload(announced)
    talk.attached(id)
    talk.upload(announced, b"EVIL")
    kept = talk.world.client("s3").get_object(Bucket=talk.bucket, Key=f"attachments/{talk.ticket_id}/{id}")
    assert kept["Body"].read() == b"\x89PNG"


def test_every_file_that_is_not_there_as_announced_is_named_and_none_is_kept(talk: Conversation) -> None:
    good, missing = talk.upload(talk.announce()), talk.announce().json["id"]
    short = talk.upload(talk.announce(), b"x")
    with pytest.raises(Invalid) as refused:
        talk.attached(good, missing, short, "att_unknown", good)
    assert faults(refused) == [
        ("/attachments/1", "not_uploaded"),
        ("/attachments/2", "not_uploaded"),
        ("/attachments/3", "unknown_attachment"),
        ("/attachments/4", "repeated"),
    ]
    assert not [key for key in talk.stored() if key.startswith("attachments/")]


def test_an_upload_for_another_ticket_is_unknown(talk: Conversation) -> None:
    id = talk.upload(talk.announce())
    with pytest.raises(Invalid) as refused:
        attachments_service.attached("tkt_other", [id], wiring.files())
    assert faults(refused) == [("/attachments/0", "unknown_attachment")]


def test_a_message_has_room_for_ten_files(talk: Conversation) -> None:
    with pytest.raises(Invalid) as refused:
        talk.attached(*[f"att_{number}" for number in range(11)])
    assert faults(refused) == [("/attachments", "too_many")]


def test_a_file_of_a_note_is_for_staff_alone(talk: Conversation) -> None:
    id = talk.upload(talk.announce(staff=True))
    talk.say(*talk.attached(id), internal=True)
    assert talk.read(id, staff=True).status == 200
    assert talk.read(id).json["code"] == "attachment_not_found"


def test_a_file_that_no_message_names_is_nobodys_to_download(talk: Conversation) -> None:
    id = talk.upload(talk.announce())
    talk.attached(id)
    assert talk.read(id).status == talk.read(id, staff=True).status == 404


def test_a_closed_ticket_takes_no_more_files(talk: Conversation) -> None:
    now = talk.world.now
    service.change(talk.ticket_id, lambda one: rules.closed(one, "done", now), "closed", SYSTEM, now)
    for staff in (False, True):
        answer = talk.announce(staff=staff)
        assert (answer.status, answer.json["code"]) == (409, "ticket_closed")


def test_a_request_with_the_same_key_announces_one_file(talk: Conversation) -> None:
    path, key = f"/v1/tickets/{talk.ticket_id}/attachments", {"Idempotency-Key": "k-1"}
    first, again = (talk.world.http("POST", path, PNG, token=talk.token, headers=key) for _ in range(2))
    assert (again.status, again.json, again.headers["Idempotent-Replayed"]) == (201, first.json, "true")
    assert len(talk.world.rows("upload")) == 1
    other = talk.world.http("POST", path, {**PNG, "size": 5}, token=talk.token, headers=key)
    assert (other.status, other.json["code"]) == (422, "idempotency_key_reused")


def test_an_upload_leaves_the_table_when_nobody_may_attach_it_any_more(talk: Conversation) -> None:
    talk.announce()
    (row,) = talk.world.rows("upload")
    made = datetime.fromisoformat(row["created_at"])
    assert row["ttl"] == int((made + timedelta(days=1)).timestamp())
