"""The networks of a token and the uses of its old texts, written by several processes at once."""

from __future__ import annotations

import msgspec

from api.storage.table import Table
from api.storage.token_networks import MAX_NETWORKS, latest_networks
from api.storage.token_uses import TokenUse
from api.storage.tokens import Token
from api.wiring import Storage
from tests.storage.conftest import NOW, Parallel
from tests.storage.test_tokens import token


def stored_token(storage: Storage, username: str) -> Token:
    stored = token()
    storage.tokens.create(username, stored)
    return stored


def read(storage: Storage, username: str, stored: Token) -> Token:
    found = storage.tokens.get(username, stored.token_id)
    assert found is not None
    return found


def use(storage: Storage, username: str, seen: Token, network: str, at: int) -> None:
    """Record the use from a network by a process that has read the token as `seen`."""
    storage.table.batch([storage.tokens.network_op(username, seen, network, at)])


def test_processes_lose_none_of_each_others_networks(
    storage: Storage, username: str, parallel: Parallel
) -> None:
    stored = stored_token(storage, username)
    parallel(16, lambda number: use(storage, username, stored, f"10.0.0.{number}", NOW + number))
    found = read(storage, username, stored)
    assert found.networks == {f"10.0.0.{number}": NOW + number for number in range(16)}


def test_the_first_use_stays_and_the_earliest_networks_go(
    storage: Storage, table: Table, username: str, parallel: Parallel
) -> None:
    stored = stored_token(storage, username)
    for number in range(MAX_NETWORKS):
        seen = read(storage, username, stored)
        use(storage, username, seen, f"10.0.0.{number}", NOW + number)
        use(storage, username, seen, f"10.0.0.{number}", NOW + 99)
    seen = read(storage, username, stored)
    assert list(seen.networks.values()) == [NOW + n for n in range(MAX_NETWORKS - 1, -1, -1)]
    # Two processes remove the same one, and each adds one.
    parallel(2, lambda number: use(storage, username, seen, f"10.1.0.{number}", NOW + 100))
    found = read(storage, username, stored)
    assert len(found.networks) == MAX_NETWORKS
    assert {"10.1.0.0", "10.1.0.1"} <= set(found.networks)
    use(storage, username, storage_token(table, username, stored), "10.2.0.0", NOW + 200)
    item = table.get(f"USER#{username}", f"TOKEN#{stored.token_id}")
    assert item is not None
    assert sum(name.startswith("n_") for name in item) == MAX_NETWORKS


def storage_token(table: Table, username: str, stored: Token) -> Token:
    """Return the token with all stored networks, as the proxy reads it."""
    item = table.get(f"USER#{username}", f"TOKEN#{stored.token_id}")
    assert item is not None
    networks = {name[2:]: at for name, at in item.items() if name.startswith("n_")}
    return msgspec.structs.replace(stored, networks=networks)


def test_the_use_of_an_old_text_is_stored_unless_a_later_one_is(
    storage: Storage, username: str
) -> None:
    stored = stored_token(storage, username)
    old = TokenUse(stored.token_id, "curl", "ab")
    storage.tokens.set_last_used(username, {old: NOW + 50})
    storage.tokens.set_last_used(username, {TokenUse(stored.token_id, "curl"): NOW + 60})
    storage.tokens.set_last_used(username, {old: NOW + 20})
    found = read(storage, username, stored)
    assert found.old_texts == {"ab": NOW + 50}
    assert (found.last_used_at, found.clients) == (NOW + 60, {"curl": NOW + 60})


def test_a_rotation_removes_what_is_stored_of_older_texts(storage: Storage, username: str) -> None:
    stored = stored_token(storage, username)
    for mark in ("ab", "cd"):
        storage.tokens.set_last_used(username, {TokenUse(stored.token_id, "curl", mark): NOW})
    old = read(storage, username, stored)
    rotated = msgspec.structs.replace(
        old, token_hash="ef2", previous_hash="cd1", previous_until=NOW + 9, revision=2
    )
    storage.tokens.replace(username, old, rotated)
    found = read(storage, username, stored)
    assert (found.token_hash, found.previous_hash) == ("ef2", "cd1")
    assert found.old_texts == {"cd": NOW}
    assert found.previous_used_at == NOW
    assert (found.has_previous(NOW + 8.9), found.has_previous(NOW + 9)) == (True, False)


def test_the_window_of_a_limit_is_found_by_its_counters(storage: Storage, username: str) -> None:
    from api.services.limits.token_limits import token_rule, token_scope

    limits = storage.limits
    assert limits.window_start(username, token_scope("t1")) is None
    for token_id, start in (("t1", NOW + 0.125), ("t11", NOW + 5.0)):
        rule = token_rule(token_id, 5, 60, start)
        for at in (start, start + 61):
            storage.table.batch([limits.take_op(username, rule, at)])
    assert limits.window_start(username, token_scope("t1")) == NOW + 0.125
    assert limits.window_start(username, token_scope("t11")) == NOW + 5.0


def test_the_latest_networks_come_first() -> None:
    assert list(latest_networks({"a": 1, "b": 3, "c": 2})) == ["b", "c", "a"]
