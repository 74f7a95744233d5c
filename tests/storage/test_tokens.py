"""Tokens: only a hash is stored, and a deleted token stays deleted."""

from __future__ import annotations

import secrets

import msgspec
import pytest

from api.storage.table import ConditionFailed, Table
from api.storage.token_uses import MAX_CLIENTS, TokenUse
from api.storage.tokens import Token
from api.wiring import Storage
from tests.storage.conftest import NOW, Parallel


def token(**members: object) -> Token:
    return msgspec.structs.replace(
        Token(
            token_id=secrets.token_hex(8),
            name="script",
            token_hash="a hash",
            hint="…abcd",
            apis=("openai", "github"),
            methods=("GET",),
            path_prefixes=("/v1",),
            created_at=NOW,
        ),
        **members,
    )


def test_a_token_is_read_back_for_its_owner_only(
    storage: Storage, table: Table, username: str
) -> None:
    stored = token(expires_at=NOW + 100, limit=5, window=60)
    storage.tokens.create(username, stored)
    assert storage.tokens.get(username, stored.token_id) == stored
    assert storage.tokens.get(username + "a", stored.token_id) is None
    item = table.get(f"USER#{username}", f"TOKEN#{stored.token_id}")
    assert item is not None and item["ttl"] == NOW + 100


def test_a_token_without_an_expiry_never_expires(
    storage: Storage, table: Table, username: str
) -> None:
    stored = token()
    storage.tokens.create(username, stored)
    item = table.get(f"USER#{username}", f"TOKEN#{stored.token_id}")
    assert item is not None and "ttl" not in item


def test_storing_the_last_use_does_not_restore_a_deleted_token(
    storage: Storage, username: str
) -> None:
    stored = token()
    storage.tokens.create(username, stored)
    assert storage.tokens.delete(username, stored.token_id)
    assert not storage.tokens.delete(username, stored.token_id)
    storage.tokens.set_last_used(username, {TokenUse(stored.token_id, "curl"): NOW})
    assert storage.tokens.get(username, stored.token_id) is None


def test_last_uses_are_stored(storage: Storage, username: str) -> None:
    one, other = token(), token()
    for stored in (one, other):
        storage.tokens.create(username, stored)
    uses = {TokenUse(one.token_id, ""): NOW + 1, TokenUse(other.token_id, "curl"): NOW + 2}
    storage.tokens.set_last_used(username, uses)
    storage.tokens.set_last_used(username, {})
    used = [storage.tokens.get(username, stored.token_id) for stored in (one, other)]
    assert [(found.last_used_at, found.clients) for found in used if found] == [
        (NOW + 1, {}),
        (NOW + 2, {"curl": NOW + 2}),
    ]


def test_an_earlier_use_does_not_replace_a_later_one(storage: Storage, username: str) -> None:
    """The uses of an API's last hour are stored when its next hour begins, however late."""
    stored = token()
    storage.tokens.create(username, stored)
    curl, node = TokenUse(stored.token_id, "curl"), TokenUse(stored.token_id, "node")
    storage.tokens.set_last_used(username, {curl: NOW + 50, node: NOW + 10})
    storage.tokens.set_last_used(username, {curl: NOW + 20, node: NOW + 30})
    found = storage.tokens.get(username, stored.token_id)
    assert found is not None
    assert (found.last_used_at, found.clients) == (NOW + 50, {"curl": NOW + 50, "node": NOW + 30})


def test_the_latest_clients_are_kept(storage: Storage, table: Table, username: str) -> None:
    stored = token()
    storage.tokens.create(username, stored)
    for number in range(30):
        use = TokenUse(stored.token_id, f"client-{number}")
        storage.tokens.set_last_used(username, {use: NOW + number})
    late = {TokenUse(stored.token_id, f"late-{number}"): NOW - number for number in range(5)}
    storage.tokens.set_last_used(username, late)
    found = storage.tokens.get(username, stored.token_id)
    assert found is not None
    latest = {f"client-{number}": NOW + number for number in range(29, 29 - MAX_CLIENTS, -1)}
    assert list(found.clients.items()) == list(latest.items())
    item = table.get(f"USER#{username}", f"TOKEN#{stored.token_id}")
    assert item is not None
    assert {name for name in item if name.startswith("c_")} == {f"c_{name}" for name in latest}


def test_parallel_uses_of_one_token_are_all_stored(
    storage: Storage, username: str, parallel: Parallel
) -> None:
    stored = token()
    storage.tokens.create(username, stored)

    def use(number: int) -> None:
        one = TokenUse(stored.token_id, f"client-{number % MAX_CLIENTS}")
        storage.tokens.set_last_used(username, {one: NOW + number % MAX_CLIENTS})

    parallel(64, use)
    found = storage.tokens.get(username, stored.token_id)
    assert found is not None and found.last_used_at is not None
    assert found.clients == {f"client-{n}": NOW + n for n in range(MAX_CLIENTS)}


def test_tokens_are_paged(storage: Storage, username: str) -> None:
    stored = [token() for _ in range(5)]
    for one in stored:
        storage.tokens.create(username, one)
    first = storage.tokens.page(username, 2, None)
    assert first.next is not None
    rest = storage.tokens.page(username, 10, first.next)
    assert rest.next is None
    found = [one.token_id for one in first.items + rest.items]
    assert found == sorted(one.token_id for one in stored)


def test_a_change_fails_when_the_token_was_changed_concurrently(
    storage: Storage, username: str
) -> None:
    old = token()
    storage.tokens.create(username, old)
    new = msgspec.structs.replace(old, name="renamed", revision=2)
    storage.tokens.replace(username, old, new)
    with pytest.raises(ConditionFailed):
        storage.tokens.replace(username, old, new)
    assert storage.tokens.get(username, old.token_id) == new


def test_a_token_that_was_stored_without_a_revision_can_be_changed(
    storage: Storage, table: Table, username: str
) -> None:
    old = token()
    storage.tokens.create(username, old)
    key = f"USER#{username}", f"TOKEN#{old.token_id}"
    table.run(table.update_op(*key, "REMOVE revision"))
    new = msgspec.structs.replace(old, name="renamed", revision=2)
    storage.tokens.replace(username, old, new)
    assert storage.tokens.get(username, old.token_id) == new


def test_a_change_does_not_restore_a_deleted_token(storage: Storage, username: str) -> None:
    old = token()
    storage.tokens.create(username, old)
    storage.tokens.delete(username, old.token_id)
    with pytest.raises(ConditionFailed):
        storage.tokens.replace(username, old, msgspec.structs.replace(old, revision=2))
    assert storage.tokens.get(username, old.token_id) is None
