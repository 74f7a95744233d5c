"""Data for a test's account: many keys, many requests, a history."""

from __future__ import annotations

import random
import time
from collections.abc import Iterable

from api.proxy.key_state_cache import KeyStateCache
from api.proxy.recording import CallRecord
from api.storage.requests import LogEntry
from api.wiring import Storage, build_recorder
from tests.support.accounts import Account
from tests.support.upstream import Place

_BATCH = 25  # the maximum of DynamoDB


def seed_keys(account: Account, place: Place, count: int, prefix: str = "api") -> list[str]:
    """Store `count` keys, each of its own API (`api-000`, ...), and return their ids in order."""
    return [
        account.key(place, api_name=f"{prefix}-{number:03}", secret=f"sk-seeded-{number:08}")[
            "key_id"
        ]
        for number in range(count)
    ]


def seed_log(
    storage: Storage, account: Account, count: int, api_name: str = "test", seconds: int = 86_400
) -> None:
    """Write `count` log entries, evenly over the last `seconds`, without their statistics."""
    now = time.time()
    entries = [
        LogEntry(
            request_id=f"{number:016x}",
            at=round(now - 5 - number * seconds / count, 3),
            api_name=api_name,
            method=("GET", "POST", "GET", "DELETE")[number % 4],
            host="api.example.com",
            path=f"/v1/things/{number}",
            status=(200, 201, 200, 404, 200, 500, 200, 429)[number % 8],
            duration_ms=20 + number % 400,
            upstream_ms=15 + number % 400,
            bytes_in=120,
            bytes_out=2_000 + number % 1_000,
        )
        for number in range(count)
    ]
    table = storage.table
    for start in range(0, count, _BATCH):
        puts = [
            {"PutRequest": {"Item": storage.log.put_op(account.username, entry)[1]["Item"]}}
            for entry in entries[start : start + _BATCH]
        ]
        answer = table.client.call("BatchWriteItem", {"RequestItems": {table.name: puts}})
        assert not answer.get("UnprocessedItems"), answer


def seed_past(storage: Storage, account: Account, entries: Iterable[LogEntry]) -> None:
    """Record past requests as the proxy does: log, statistics and the last use of tokens.

    No entry may be older than the newest request that this account has in the same hour.
    """
    at = 0.0
    recorder = build_recorder(storage, KeyStateCache(lambda: at), lambda: at)
    for entry in sorted(entries, key=lambda entry: entry.at):
        at = entry.at
        recorder.record(account.username, CallRecord(entry))


def hours_of_traffic(
    chance: random.Random, now: float, hours: int, each_hour: float
) -> Iterable[float]:
    """Return times of requests in the last `hours`, about `each_hour`, fewer at night."""
    for hour in range(hours):
        begin = now - (hour + 1) * 3600
        of_day = time.gmtime(begin).tm_hour
        share = 1.5 if 8 <= of_day < 19 else 0.45
        # A sum of random bits is close to the number of requests of independent callers.
        count = sum(chance.random() < share / 3 for _ in range(round(each_hour * 3)))
        for _ in range(count):
            yield round(min(begin + chance.uniform(0, 3600), now - 2), 3)


def forget_confirmations(storage: Storage, account: Account) -> None:
    """Let the last proof of every session be from long ago."""
    sessions = storage.sessions
    for session in sessions.page(account.username, 50, None).items:
        assert sessions.set_verified(account.username, session.session_id, 1)
