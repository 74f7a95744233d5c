"""A write whose response is lost is sent again, and does not fail because of its own first
attempt."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler
from typing import Any

import msgspec
import pytest

from api.aws.json_client import JsonClient, Operation
from api.credentials import AuthScheme
from api.http.connection import Connection
from api.http.timeouts import Timeouts
from api.limits.policies import Policy
from api.settings import read_settings
from api.storage.keys import StoredKey
from api.storage.policies import PolicyChanged
from api.storage.sessions import Session
from api.storage.tokens import Token
from api.storage.users import NameTaken, User
from api.wiring import Storage, build_storage
from tests.storage.conftest import NOW
from tests.support.engines import new_table
from tests.support.products import keep
from tests.support.relay import Relay

KEY = StoredKey(
    "test.1", "test", "https://a.example", AuthScheme("bearer"), "sealed", "6789", NOW, NOW
)
TOKEN = Token("1234567890123", "t", "hash", "hint", ("*",), (), (), NOW)
SESSION = Session("s1", "r1", "token", 1, NOW, NOW, NOW + 900)
POLICY = Policy(limit=5, window=60, window_start=NOW + 0.5)


class ForgetfulClient(JsonClient):
    """A client of an engine that forgets the tokens of transactions, as a restart makes it do."""

    def _send(self, call: Operation, timeouts: Timeouts, fresh: bool) -> Connection:
        operation, payload = call
        kept = {name: part for name, part in payload.items() if name != "ClientRequestToken"}
        return super()._send((operation, kept), timeouts, fresh)


class Lossy:
    """The storage, which loses the response to the next write after `lose_one`."""

    def __init__(self, endpoint: str, table: str) -> None:
        self._left = 0
        self.relay = Relay(endpoint, self._passes)
        settings = {"AWS_ENDPOINT_URL_DYNAMODB": self.relay.url, "DYNAMODB_TABLE": table}
        self.storage = build_storage(read_settings(settings))
        self.storage.table.client.__class__ = ForgetfulClient
        keep(self.storage)

    def lose_one(self) -> Storage:
        self._left = 1
        return self.storage

    @property
    def lost(self) -> bool:
        return self._left == 0

    def _passes(self, request: BaseHTTPRequestHandler) -> bool:
        reads = ("GetItem", "BatchGetItem", "Query")
        if self._left and request.headers["X-Amz-Target"].partition(".")[2] not in reads:
            self._left -= 1
            return False
        return True


@pytest.fixture(scope="module")
def storage(database: str) -> Storage:
    """The storage on the embedded database, with its own table."""
    name = f"repeated-{secrets.token_hex(4)}"
    keep(new_table(database, name))
    settings = {"AWS_ENDPOINT_URL_DYNAMODB": database, "DYNAMODB_TABLE": name}
    built = build_storage(read_settings(settings))
    keep(built)
    return built


@pytest.fixture(scope="module")
def lossy(database: str, storage: Storage) -> Iterator[Lossy]:
    made = Lossy(database, storage.table.name)
    yield made
    made.relay.close()


def prepare(storage: Storage, username: str) -> None:
    storage.tokens.create(username, TOKEN)
    storage.sessions.create(username, SESSION)
    storage.keys.create(username, [KEY])
    storage.policies.replace(username, "test", None, POLICY)


NEW_KEY = msgspec.structs.replace(KEY, encrypted_key="new", revision=2)
NEW_TOKEN = msgspec.structs.replace(TOKEN, name="new", expires_at=NOW + 900, revision=2)
NEW_POLICY = msgspec.structs.replace(POLICY, limit=6, revision=2)

WRITES: dict[str, Callable[[Storage, str], Any]] = {
    "revoke a token": lambda storage, name: storage.tokens.delete(name, TOKEN.token_id),
    "change a token": lambda storage, name: storage.tokens.replace(name, TOKEN, NEW_TOKEN),
    "end a session": lambda storage, name: storage.sessions.delete(name, "s1"),
    "refresh a session": lambda storage, name: storage.sessions.rotate(
        name, SESSION, "r2", NOW, NOW + 900
    ),
    "create a key": lambda storage, name: storage.keys.create(
        name, [msgspec.structs.replace(KEY, key_id="test.2")]
    ),
    "change a key": lambda storage, name: storage.keys.replace(name, KEY, NEW_KEY),
    "delete a key": lambda storage, name: storage.keys.delete(name, KEY),
    "set a policy": lambda storage, name: storage.policies.replace(name, "other", None, POLICY),
    "change a policy": lambda storage, name: storage.policies.replace(
        name, "test", POLICY, NEW_POLICY
    ),
    "remove a policy": lambda storage, name: storage.policies.replace(name, "test", POLICY, None),
    "create a user": lambda storage, name: storage.users.create(
        User(f"{name}2", "another hash", "u@example.com", NOW), f"{name}2"
    ),
    "set a password": lambda storage, name: storage.users.set_password(
        User(name, "hash", "u@example.com", NOW), "new hash"
    ),
}


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES.keys())
def test_a_repeated_write_succeeds_as_if_its_response_had_arrived(
    lossy: Lossy, storage: Storage, username: str, write: Callable[[Storage, str], Any]
) -> None:
    prepare(storage, username)
    result = write(lossy.lose_one(), username)
    assert lossy.lost
    assert result is not False


def test_a_write_that_another_request_has_prevented_still_fails(
    lossy: Lossy, storage: Storage, username: str
) -> None:
    prepare(storage, username)
    other = msgspec.structs.replace(NEW_POLICY, limit=7)
    storage.policies.replace(username, "test", POLICY, other)
    with pytest.raises(PolicyChanged):
        lossy.lose_one().policies.replace(username, "test", POLICY, NEW_POLICY)
    with pytest.raises(NameTaken):
        lossy.lose_one().users.create(
            User(username, "another hash", "u@example.com", NOW), username
        )
    assert not lossy.lose_one().sessions.rotate(
        username, msgspec.structs.replace(SESSION, refresh_id="r0"), "r2", NOW, NOW + 900
    )


def test_a_write_that_was_sent_once_depends_on_its_condition(
    storage: Storage, username: str
) -> None:
    assert not storage.tokens.delete(username, "1234567890124")
