"""Tokens: only a hash is stored, revocation holds at once, expired ones open nothing."""

from __future__ import annotations

import secrets

import msgspec
import pytest

from api.storage.table import ConditionFailed, Table
from api.storage.tokens import Token, as_token
from api.wiring import Storage
from tests.storage.conftest import NOW


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


def test_a_token_comes_back_as_it_was_stored_for_its_owner_alone(
    storage: Storage, table: Table, username: str
) -> None:
    stored = token(expires_at=NOW + 100, limit=5, window=60)
    storage.tokens.create(username, stored)
    assert storage.tokens.get(username, stored.token_id) == stored
    assert storage.tokens.get(username + "a", stored.token_id) is None
    item = table.get(f"USER#{username}", f"TOKEN#{stored.token_id}")
    assert item is not None and item["ttl"] == NOW + 100


def test_a_token_without_an_end_never_expires(
    storage: Storage, table: Table, username: str
) -> None:
    stored = token()
    storage.tokens.create(username, stored)
    item = table.get(f"USER#{username}", f"TOKEN#{stored.token_id}")
    assert item is not None and "ttl" not in item


def test_a_revoked_token_stays_revoked(storage: Storage, username: str) -> None:
    stored = token()
    storage.tokens.create(username, stored)
    assert storage.tokens.delete(username, stored.token_id)
    assert not storage.tokens.delete(username, stored.token_id)
    storage.tokens.set_last_used(username, {stored.token_id: NOW})
    assert storage.tokens.get(username, stored.token_id) is None


def test_last_uses_are_remembered(storage: Storage, username: str) -> None:
    one, other = token(), token()
    for stored in (one, other):
        storage.tokens.create(username, stored)
    storage.tokens.set_last_used(username, {one.token_id: NOW + 1, other.token_id: NOW + 2})
    storage.tokens.set_last_used(username, {})
    used = [storage.tokens.get(username, stored.token_id) for stored in (one, other)]
    assert [found.last_used_at for found in used if found] == [NOW + 1, NOW + 2]


def test_tokens_are_paged(storage: Storage, username: str) -> None:
    stored = [token() for _ in range(5)]
    for one in stored:
        storage.tokens.create(username, one)
    first = storage.tokens.page(username, 2, None)
    assert first.last is not None
    rest = storage.tokens.page(username, 10, first.last["SK"])
    assert rest.last is None
    found = [as_token(item).token_id for item in first.items + rest.items]
    assert found == sorted(one.token_id for one in stored)


def test_a_change_fails_where_somebody_else_was_first(storage: Storage, username: str) -> None:
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


def test_a_change_does_not_bring_a_revoked_token_back(storage: Storage, username: str) -> None:
    old = token()
    storage.tokens.create(username, old)
    storage.tokens.delete(username, old.token_id)
    with pytest.raises(ConditionFailed):
        storage.tokens.replace(username, old, msgspec.structs.replace(old, revision=2))
    assert storage.tokens.get(username, old.token_id) is None
