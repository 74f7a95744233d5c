"""Counters and caps of an account: exact under concurrency, created when they are missing (S44)."""

from __future__ import annotations

import pytest

from api.storage.counters import CapReached, Caps, Counters
from api.storage.keys import Keys
from api.storage.sessions import Session, Sessions
from api.storage.tokens import Token, Tokens
from api.wiring import Storage
from tests.storage.conftest import NOW, Parallel
from tests.storage.test_keys import key

CAP = 5


def token(number: int, expires_at: int | None = None) -> Token:
    return Token(f"t{number}", "n", "h", "…", ("*",), (), (), NOW, expires_at=expires_at)


def session(number: int, at: int = NOW) -> Session:
    return Session(f"s{number}", "r", "token", 1, at, at, expires_at=at + 900)


@pytest.fixture
def counters(storage: Storage) -> Counters:
    return Counters(storage.table, Caps(keys=CAP, tokens=CAP, sessions=CAP))


@pytest.fixture
def tokens(storage: Storage, counters: Counters) -> Tokens:
    return Tokens(storage.table, storage.users, counters)


@pytest.fixture
def keys(storage: Storage, counters: Counters) -> Keys:
    return Keys(storage.table, storage.users, storage.pools, storage.schedules, counters)


def counted(storage: Storage, username: str, kind: str) -> int:
    item = storage.table.get(f"USER#{username}", f"COUNT#{kind}")
    assert item is not None
    return int(item["item_count"])


def test_s44_concurrent_creations_stay_within_the_cap(
    storage: Storage, username: str, tokens: Tokens, parallel: Parallel
) -> None:
    def create(number: int) -> bool:
        try:
            tokens.create(username, token(number))
        except CapReached:
            return False
        return True

    assert sum(parallel(CAP + 4, create)) == CAP
    assert len(tokens.page(username, 50, None).items) == CAP
    assert counted(storage, username, "tokens") == CAP


def test_s44_keys_are_created_all_or_none_within_the_cap(
    storage: Storage, username: str, keys: Keys
) -> None:
    stored = [key() for _ in range(CAP - 1)]
    keys.create(username, stored)
    with pytest.raises(CapReached) as reached:
        keys.create(username, [key(), key()])
    assert reached.value.cap == CAP
    assert len(keys.page(username, 50, None).items) == CAP - 1
    keys.create(username, [key()])
    with pytest.raises(CapReached):
        keys.create(username, [key("other")])
    keys.delete(username, stored[0])
    keys.create(username, [key("other")])
    assert counted(storage, username, "keys") == CAP


def test_s44_an_account_of_an_older_version_is_counted_at_its_first_change(
    storage: Storage, username: str, tokens: Tokens, keys: Keys
) -> None:
    pk = f"USER#{username}"
    for number in range(CAP + 2):
        storage.tokens.create(username, token(number))
    storage.keys.create(username, [key(), key()])
    storage.table.delete_keys([(pk, "COUNT#tokens"), (pk, "COUNT#keys")])
    with pytest.raises(CapReached):
        tokens.create(username, token(99))
    assert len(tokens.page(username, 50, None).items) == CAP + 2
    assert counted(storage, username, "tokens") == CAP + 2
    keys.create(username, [key("another")])
    assert counted(storage, username, "keys") == 3


def test_s44_a_deletion_without_a_counter_succeeds(
    storage: Storage, username: str, tokens: Tokens
) -> None:
    tokens.create(username, token(1))
    storage.table.delete_keys([(f"USER#{username}", "COUNT#tokens")])
    assert tokens.delete(username, "t1")
    assert not tokens.delete(username, "t1")


def test_s44_expired_items_make_room(storage: Storage, username: str, tokens: Tokens) -> None:
    for number in range(CAP):
        tokens.create(username, token(number, expires_at=NOW + 60 if number else None))
    later = Token("late", "n", "h", "…", ("*",), (), (), NOW + 61)
    tokens.create(username, later)
    assert counted(storage, username, "tokens") == 2


def test_s44_a_full_account_is_counted_at_most_once_a_minute(
    storage: Storage, username: str, tokens: Tokens, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(CAP):
        tokens.create(username, token(number))
    counts: list[str] = []
    count = storage.table.count

    def counting(pk: str, **arguments: object) -> int:
        counts.append(pk)
        return count(pk, **arguments)

    monkeypatch.setattr(storage.table, "count", counting)
    for at in (NOW + 70, NOW + 71, NOW + 72, NOW + 140):
        with pytest.raises(CapReached):
            tokens.create(username, Token("x", "n", "h", "…", ("*",), (), (), at))
    assert len(counts) == 2


def test_s44_without_a_cap_items_are_counted_but_not_limited(
    storage: Storage, username: str
) -> None:
    unlimited = Tokens(storage.table, storage.users, Counters(storage.table, Caps()))
    for number in range(CAP + 3):
        unlimited.create(username, token(number))
    assert counted(storage, username, "tokens") == CAP + 3


def test_s44_the_sessions_used_longest_ago_end(
    storage: Storage, username: str, counters: Counters
) -> None:
    sessions = Sessions(storage.table, counters)
    for number in range(CAP):
        count = sessions.create(username, session(number, NOW + number))
        assert not sessions.is_over_cap(count)
    assert sessions.rotate(username, session(0), "r2", NOW + 50, NOW + 950)
    assert sessions.is_over_cap(sessions.create(username, session(9, NOW + 60)))
    assert sessions.end_oldest(username, NOW + 60, "s9") == 1
    left = {found.session_id for found in sessions.page(username, 50, None).items}
    assert left == {"s0", "s2", "s3", "s4", "s9"}
    assert counted(storage, username, "sessions") == CAP


def test_s44_the_new_session_stays_if_all_were_opened_in_the_same_second(
    storage: Storage, username: str, counters: Counters
) -> None:
    sessions = Sessions(storage.table, counters)
    for number in range(CAP + 3):
        sessions.create(username, session(number))
    assert sessions.end_oldest(username, NOW, "s0") == 3
    left = {found.session_id for found in sessions.page(username, 50, None).items}
    assert "s0" in left and len(left) == CAP


def test_s44_expired_sessions_do_not_count(
    storage: Storage, username: str, counters: Counters
) -> None:
    sessions = Sessions(storage.table, counters)
    for number in range(CAP + 1):
        sessions.create(username, session(number, NOW))
    assert sessions.end_oldest(username, NOW + 2000, "s0") == 0
    assert counted(storage, username, "sessions") == 0
