"""A world on moto for each functional test: single-threaded, in process."""

from __future__ import annotations

import copy
import gzip
import os
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

import boto3
import moto.cognitoidp
import pytest
from moto import mock_aws
from moto.dynamodb.models.table import Table

from chalicelib.edge import openapi
from tests.functional import steps
from tests.functional.held import Held
from tests.functional.mailroom import ANA, JOSE, Mailroom
from tests.functional.mailroom import opened as mails_in
from tests.functional.subscribed import Doors, doors
from tests.world import REGION, Keys, World, forget_everything, published, sandbox


def _snapshot(table: Table, memo: object) -> Table:
    """A copy to go back to, cheaply.

    Moto takes one of the whole table for every row of a transaction. In ours rows are put, never updated
    in place, so it is enough to remember which row stood where.
    """
    copied = copy.copy(table)
    copied.items = defaultdict(dict, {key: dict(rows) for key, rows in table.items.items()})
    return copied


Table.__deepcopy__ = _snapshot  # type: ignore[attr-defined]


@pytest.fixture(scope="session")
def keys() -> Keys:
    return Keys()


@pytest.fixture(scope="session")
def jwks_url(keys: Keys) -> Iterator[str]:
    with published(keys.jwks()) as url:
        yield url


@cache
def _moto_client(service: str) -> Any:
    return boto3.client(service, region_name=REGION)  # type: ignore[call-overload]


class MotoWorld(World):
    """Hundreds of worlds are opened here: they share their clients, and copy the first one's catalogue."""

    shelf: ClassVar[list[Any]] = []

    def _client(self, service: str) -> Any:
        return _moto_client(service)

    def stock_up(self) -> None:
        dynamodb = self.client("dynamodb")
        if not self.shelf:
            super().stock_up()
            self.shelf.extend(dynamodb.scan(TableName=self.table_name)["Items"])
            return
        puts = [{"PutRequest": {"Item": item}} for item in self.shelf]
        dynamodb.batch_write_item(RequestItems={self.table_name: puts})


@contextmanager
def opened(keys: Keys, jwks_url: str) -> Iterator[World]:
    """A fresh world; when it ends, everything it was answered must stand in the API's description."""
    provider = sandbox()
    provider.start()
    with mock_aws():
        world = MotoWorld(keys, provider, endpoint=None)
        world.open("vigencia-test", jwks_url)
        yield world
    provider.stop()
    assert undocumented(world) == []


def undocumented(world: World) -> list[tuple[str, str, int]]:
    paths = openapi.document()["paths"]
    return [
        (method, path, status)
        for method, path, status in world.answered
        if method != "OPTIONS" and str(status) not in paths[path][method.lower()]["responses"]
    ]


@pytest.fixture
def world(keys: Keys, jwks_url: str) -> Iterator[World]:
    with opened(keys, jwks_url) as fresh:
        yield fresh


@pytest.fixture
def held(world: World) -> Held:
    """A licence with one addon, which nobody uses yet."""
    return _held(world)


@pytest.fixture
def house(world: World) -> Doors:
    """A customer with every door by which a renewal of his is cancelled."""
    return doors(world)


@pytest.fixture(scope="module")
def shared_world(keys: Keys, jwks_url: str) -> Iterator[World]:
    """One world for a module whose tests change nothing in it, or do not mind each other's changes."""
    with opened(keys, jwks_url) as fresh:
        yield fresh


@pytest.fixture(scope="module")
def held_by_all(shared_world: World) -> Held:
    """The same for a module whose tests do not mind each other's changes."""
    return _held(shared_world)


def _held(world: World) -> Held:
    customer, token = world.customer()
    steps.bought(world, token, steps.LICENSE, steps.ADDON_A)
    (shown,) = steps.licenses(world, token)
    return Held(world, customer.id, token, shown["id"], shown["key"])


@dataclass(frozen=True)
class Pool:
    """A user pool as the template declares it; it signs its tokens itself."""

    world: World
    id: str

    def join(self, email: str, group: str) -> None:
        self.world.client("cognito-idp").admin_add_user_to_group(
            UserPoolId=self.id, Username=email, GroupName=group
        )


@pytest.fixture(scope="session")
def pool_keys() -> Iterator[str]:
    """Where the public key is published with which moto's user pools sign."""
    packed = Path(moto.cognitoidp.__file__).with_name("resources") / "jwks-public.json.gz"
    with published(gzip.decompress(packed.read_bytes())) as url:
        yield url


@pytest.fixture
def pool(world: World, pool_keys: str) -> Pool:
    """The world's accounts live in a user pool on moto from here on."""
    cognito = world.client("cognito-idp")
    classes = ("Lowercase", "Uppercase", "Numbers", "Symbols")
    policy = {"MinimumLength": 12, **{f"Require{name}": False for name in classes}}
    text = {"MinLength": "0", "MaxLength": "2048"}
    pool_id = cognito.create_user_pool(
        PoolName="vigencia-test",
        UsernameAttributes=["email"],
        AutoVerifiedAttributes=["email"],
        Schema=[{"Name": "profile", "AttributeDataType": "String", "StringAttributeConstraints": text}],
        Policies={"PasswordPolicy": policy},
    )["UserPool"]["Id"]
    client_id = cognito.create_user_pool_client(UserPoolId=pool_id, ClientName="api")["UserPoolClient"][
        "ClientId"
    ]
    for group in ("staff", "finance", "it"):
        cognito.create_group(UserPoolId=pool_id, GroupName=group)
    os.environ.update(
        USER_POOL_ID=pool_id,
        USER_POOL_CLIENT_ID=client_id,
        TOKEN_ISSUER=f"https://cognito-idp.us-east-1.amazonaws.com/{pool_id}",
        JWKS_URL=pool_keys,
    )
    forget_everything()
    return Pool(world, pool_id)


@pytest.fixture
def mailroom(pool: Pool, jwks_url: str) -> Mailroom:
    """The pool's world, with two customers, whose mails come in."""
    room = mails_in(pool.world, jwks_url)
    for email in (ANA, JOSE):
        room.register(email)
    return room
