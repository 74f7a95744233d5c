"""Sweeping on one machine deletes expired items and nothing else."""

from __future__ import annotations

import secrets
from typing import Any

import msgspec
import pytest

from api.limits.rules import LimitRule
from api.services.accounts.usernames import skeleton
from api.storage.requests import LogEntry
from api.storage.sessions import Session
from api.storage.table import ConditionFailed
from api.storage.throttles import ThrottleScope
from api.storage.tokens import Token
from api.storage.usage_records import DAY, HOUR
from api.storage.users import User
from api.wiring import Storage
from api.wiring.api import build_sweeper
from tests.storage.conftest import NOW
from tests.storage.test_keys import key

LONG_AGO = NOW - 500 * DAY
KINDS = ("LIMIT#", "LOG#", "RATELIMIT#", "SESSION#", "SOURCE#", "TOKEN#", "USAGE#D#", "USAGE#H#")


def new_user(storage: Storage) -> str:
    name = f"u{secrets.token_hex(8)}x"
    storage.users.create(User(name, "hash", "u@example.com", LONG_AGO), skeleton(name))
    return name


def create_items(storage: Storage, username: str, at: int, mark: str) -> None:
    """Create one item of each expiring kind at the time `at`, and a finished hour of usage."""
    storage.sessions.create(
        username, Session(f"s{mark}", "r", "token", 1, at, at, expires_at=at + 60), f"net-{mark}"
    )
    storage.tokens.create(
        username, Token(f"t{mark}", "n", "h", "…", ("*",), (), (), at, expires_at=at + 60)
    )
    storage.table.run(storage.limits.take_op(username, LimitRule(f"api:{mark}", 9, 60, at), at))
    entry = LogEntry("id", at, mark, "GET", "h", "/", 200, 1)
    storage.table.run(storage.log.put_op(username, entry))
    for moment in (at, at + HOUR):
        counters, texts = {"n": 1}, dict[int, str]()
        request = (username, mark, counters, moment, texts, None, None)
        outcome = storage.table.batch([storage.usage.record_op(*request)])[0]
        if isinstance(outcome, ConditionFailed):
            storage.usage.after_record(*request, outcome)


def sort_keys(storage: Storage, username: str) -> set[str]:
    """Return the sort keys of a user's items, without the counters, which never expire."""
    keys = {item["SK"] for item in storage.table.query_all(f"USER#{username}")}
    return {key for key in keys if not key.startswith("COUNT#")}


@pytest.mark.parametrize("with_key", [True, False])
def test_expired_items_and_nothing_else_are_deleted(storage: Storage, with_key: bool) -> None:
    username = new_user(storage)
    if with_key:
        storage.keys.create(username, [key()])
    storage.tokens.create(username, Token("endless", "n", "h", "…", ("*",), (), (), LONG_AGO))
    before = sort_keys(storage, username)
    create_items(storage, username, NOW, "new")
    live = sort_keys(storage, username)
    create_items(storage, username, LONG_AGO, "old")
    assert len(sort_keys(storage, username) - live) == len(live - before) == 8
    scope = ThrottleScope("sign_in", secrets.token_hex(8), 900)
    storage.throttles.count([scope], NOW - DAY)
    storage.throttles.count([scope], NOW)

    build_sweeper(storage, 365).sweep(NOW)

    assert sort_keys(storage, username) == live
    assert storage.throttles.count([scope], NOW - DAY) == [1]
    assert storage.throttles.count([scope], NOW) == [2]


def test_records_of_hours_are_deleted_before_those_of_days(storage: Storage) -> None:
    username = new_user(storage)
    create_items(storage, username, NOW - 40 * DAY, "old")
    build_sweeper(storage, 365).sweep(NOW)
    left = {kind for kind in KINDS if any(k.startswith(kind) for k in sort_keys(storage, username))}
    assert left == {"USAGE#D#", "RATELIMIT#", "SOURCE#"}


def test_an_item_that_expired_less_than_an_hour_ago_stays(storage: Storage) -> None:
    username = new_user(storage)
    storage.sessions.create(
        username, Session("s", "r", "token", 1, NOW, NOW, expires_at=NOW - 3000)
    )
    build_sweeper(storage, 365).sweep(NOW)
    assert "SESSION#s" in sort_keys(storage, username)


def test_an_interrupted_account_deletion_is_finished(storage: Storage) -> None:
    username, other = new_user(storage), new_user(storage)
    for name in (username, other):
        storage.tokens.create(name, Token("t", "n", "h", "…", ("*",), (), (), NOW))
    storage.users.begin_deletion(username)

    build_sweeper(storage, 365).sweep(NOW)

    assert sort_keys(storage, username) == set()
    assert username not in storage.users.usernames()
    assert sort_keys(storage, other) == {"PROFILE", "TOKEN#t"}


def test_a_token_whose_expiry_is_extended_concurrently_is_kept(
    storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    username = new_user(storage)
    old = Token("t", "n", "h", "…", ("*",), (), (), LONG_AGO, expires_at=LONG_AGO + 60)
    storage.tokens.create(username, old)
    query = storage.table.query

    def slow(*given: Any, **named: Any) -> Any:
        page = query(*given, **named)
        if page.items and named.get("prefix") == "TOKEN#":
            new = msgspec.structs.replace(old, expires_at=NOW + 60)
            storage.tokens.replace(username, old, new)
        return page

    monkeypatch.setattr(storage.table, "query", slow)
    build_sweeper(storage, 365).sweep_user(username, NOW)

    assert "TOKEN#t" in sort_keys(storage, username)


def test_many_expired_items_of_one_user_are_all_deleted(storage: Storage) -> None:
    username = new_user(storage)
    bounds = [LimitRule("api:a", 9, 1, LONG_AGO + i) for i in range(600)]
    for start in range(0, 600, 100):
        storage.table.batch(
            [
                storage.limits.take_op(username, bound, bound.window_start)
                for bound in bounds[start : start + 100]
            ]
        )
    build_sweeper(storage, 365).sweep(NOW)
    assert sort_keys(storage, username) == {"PROFILE"}
