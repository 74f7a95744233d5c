"""Spend by token and model: each call is counted once, in its hour, also when an hour moves."""

from __future__ import annotations

import pytest

from api.storage.batch_results import BatchResults
from api.storage.listed_spend import SpendCounts, SpendKey
from api.storage.spend_records import SpendRecord
from api.storage.table import ConditionFailed, Table
from api.storage.usage import Usage
from api.storage.usage_records import DAY, HOUR
from api.wiring import Storage
from tests.storage.conftest import NOW, Parallel
from tests.storage.test_usage import request_of

THIS_HOUR = NOW - NOW % HOUR
TODAY = NOW - NOW % DAY
MINI = SpendKey("t" * 13, "gpt-4o-mini")
SESSION = SpendKey("", "claude-opus-4-1")
NAMELESS = SpendKey("t" * 13, "")


def record(
    storage: Storage,
    username: str,
    now: int,
    spend: dict[SpendKey, SpendCounts],
    api_name: str = "openai",
) -> None:
    """Record a request as the proxy does."""
    given = request_of(username, now) | {"api_name": api_name, "spend": spend}
    outcome = storage.table.batch([storage.usage.record_op(**given)])[0]
    if isinstance(outcome, ConditionFailed):
        storage.usage.after_record(**given, outcome=outcome)


def spent(storage: Storage, username: str, start: int = 0, end: int = NOW + 9 * DAY) -> set[object]:
    return set(storage.usage.spend_records(username, start, end, NOW))


def test_the_spend_of_the_current_hour_is_in_the_rate_limit_item(
    storage: Storage, table: Table, username: str
) -> None:
    record(storage, username, NOW, {MINI: {"c": 1200, "k": 1}})
    record(storage, username, NOW + 1, {MINI: {"c": 300, "e": 300, "k": 1}})
    record(storage, username, NOW + 1, {SESSION: {"x": 1}, NAMELESS: {"k": 1}})
    limit = storage.usage.rate_limit(username, "openai", NOW)
    assert limit is not None
    assert limit.spend == {
        MINI: {"c": 1500, "e": 300, "k": 2},
        SESSION: {"x": 1},
        NAMELESS: {"k": 1},
    }
    assert spent(storage, username) == {
        SpendRecord(THIS_HOUR, "openai", MINI.token_id, "gpt-4o-mini", 1500, 300, 2, 0),
        SpendRecord(THIS_HOUR, "openai", None, "claude-opus-4-1", 0, 0, 1, 1),
        SpendRecord(THIS_HOUR, "openai", NAMELESS.token_id, None, 0, 0, 1, 0),
    }
    assert table.query_all(f"USER#{username}", prefix="SPEND#") == []


def test_an_hour_moves_to_one_item_for_each_token_and_day(
    storage: Storage, table: Table, username: str
) -> None:
    for hour in (0, 1, 2):
        spend = {MINI: {"c": 10**12 + hour, "k": 1}, SESSION: {"c": 7, "k": 1}}
        record(storage, username, THIS_HOUR + hour * HOUR, spend)
    before = spent(storage, username)
    items = table.query_all(f"USER#{username}", prefix="SPEND#")
    day = f"SPEND#{TODAY:010d}#openai"
    assert [item["SK"] for item in items] == [f"{day}#-", f"{day}#{MINI.token_id}"]
    number = THIS_HOUR % DAY // HOUR
    assert items[1] == {
        "PK": f"USER#{username}",
        "SK": f"{day}#{MINI.token_id}",
        "api_name": "openai",
        "start": TODAY,
        "ttl": TODAY + 400 * DAY,
        f"c{number:02d}_gpt-4o-mini": 10**12,
        f"k{number:02d}_gpt-4o-mini": 1,
        f"c{number + 1:02d}_gpt-4o-mini": 10**12 + 1,
        f"k{number + 1:02d}_gpt-4o-mini": 1,
    }
    assert {one.cost for one in before if isinstance(one, SpendRecord)} == {
        7, 10**12, 10**12 + 1, 10**12 + 2
    }  # fmt: skip
    assert len(before) == 6
    shown = spent(storage, username, THIS_HOUR + HOUR, THIS_HOUR + 2 * HOUR)
    assert shown == {
        SpendRecord(THIS_HOUR + HOUR, "openai", MINI.token_id, MINI.model, 10**12 + 1, 0, 1, 0),
        SpendRecord(THIS_HOUR + HOUR, "openai", None, SESSION.model, 7, 0, 1, 0),
    }


def test_an_item_of_an_older_version_has_no_spend(
    storage: Storage, table: Table, username: str
) -> None:
    """An hour that an older version began is moved, and counts on in the next one."""
    item = {
        "PK": f"USER#{username}",
        "SK": "RATELIMIT#openai",
        "updated_at": NOW,
        "ttl": NOW + 400 * DAY,
        "hour": THIS_HOUR,
        "t6_" + "t" * 13: 12,
        "t_" + "u" * 13: 12,
        "u_n": 5,
        "u_s2": 5,
    }
    table.run(table.put_op(item))
    assert spent(storage, username) == set()
    record(storage, username, NOW + HOUR, {MINI: {"c": 1, "k": 1}})
    assert spent(storage, username) == {
        SpendRecord(THIS_HOUR + HOUR, "openai", MINI.token_id, MINI.model, 1, 0, 1, 0)
    }
    (hour,) = storage.usage.records.hours(username, THIS_HOUR, THIS_HOUR + 1, NOW)
    assert hour.counters == {"n": 5, "s2": 5}


def test_the_spend_of_many_processes_moves_in_parts(
    storage: Storage, table: Table, username: str
) -> None:
    keys = [SpendKey(f"{number:013d}", f"model-{number % 3}") for number in range(35)]
    for start in range(0, 35, 5):
        part = {key: {"c": 5, "e": 1, "k": 2, "x": 1} for key in keys[start : start + 5]}
        record(storage, username, NOW, part)
    before = spent(storage, username)
    assert len(before) == 35
    record(storage, username, NOW + HOUR, {MINI: {"k": 1}})
    after = spent(storage, username)
    later = SpendRecord(THIS_HOUR + HOUR, "openai", MINI.token_id, MINI.model, 0, 0, 1, 0)
    assert after == before | {later}
    limit = storage.usage.rate_limit(username, "openai", NOW)
    assert limit is not None and limit.spend == {MINI: {"k": 1}}
    item = table.get(f"USER#{username}", "RATELIMIT#openai")
    assert item is not None and sum(name.startswith("p") for name in item) == 2


@pytest.mark.parametrize("late", [False, True])
def test_concurrent_calls_at_the_start_of_an_hour_cost_once(
    storage: Storage, username: str, parallel: Parallel, late: bool
) -> None:
    keys = [SpendKey(f"{number:013d}", "m") for number in range(14)]

    def work(number: int) -> None:
        turned = number % 2 if late else number >= 20
        at = THIS_HOUR + HOUR + number if turned else THIS_HOUR + number
        record(storage, username, at, {keys[number % 14]: {"c": number, "k": 1}})

    parallel(40, work)
    found = storage.usage.spend_records(username, 0, NOW + DAY, NOW)
    assert sum(one.cost for one in found) == sum(range(40))
    assert sum(one.calls for one in found) == 40
    first = [one for one in found if one.start == THIS_HOUR]
    assert sum(one.calls for one in first) == 20


def test_a_process_killed_between_the_parts_of_a_move_loses_nothing(
    storage: Storage, table: Table, username: str
) -> None:
    class Killed(Table):
        left = 1

        def transact(self, calls: object) -> None:
            if not self.left:
                raise SystemExit
            self.left -= 1
            super().transact(calls)  # type: ignore[arg-type]

    keys = [SpendKey(f"{number:013d}", "m") for number in range(25)]
    record(storage, username, NOW, {key: {"c": 3, "k": 1} for key in keys})
    before = spent(storage, username)
    given = request_of(username, NOW + HOUR)
    outcome = table.batch([storage.usage.record_op(**given)])[0]
    with pytest.raises(SystemExit):
        Usage(Killed(table.client, table.name)).after_record(**given, outcome=outcome)
    assert spent(storage, username) == before
    assert len(table.query_all(f"USER#{username}", prefix="SPEND#")) == 10
    record(storage, username, NOW + HOUR, {})
    assert spent(storage, username) == before
    assert len(table.query_all(f"USER#{username}", prefix="SPEND#")) == 25


def test_sweeping_deletes_expired_days_only(storage: Storage, table: Table, username: str) -> None:
    days = [TODAY - 401 * DAY, TODAY - 399 * DAY, TODAY]
    for day in days:
        table.batch(storage.usage.spend.add_ops(username, "openai", {MINI: {"k": 1}}, day))
    assert {one.start for one in storage.usage.spend_records(username, 0, NOW, NOW)} == {*days[1:]}
    storage.usage.sweep(username, NOW)
    items = table.query_all(f"USER#{username}", prefix="SPEND#")
    assert [item["start"] for item in items] == days[1:]


def test_results_of_a_batch_are_claimed_once(storage: Storage, username: str) -> None:
    claims = BatchResults(storage.table)
    path = "/v1/files/file-1/content"
    assert claims.claim(username, "openai", path, NOW)
    assert not claims.claim(username, "openai", path, NOW + DAY)
    assert claims.claim(username, "other", path, NOW)
    assert claims.claim(username, "openai", "/v1/files/file-2/content", NOW)
    claims.sweep(username, NOW + 200 * DAY)
    assert claims.claim(username, "openai", path, NOW + 200 * DAY)
