"""Usage: every request is counted once, also when many are recorded as a new hour starts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import pytest

from api.aws.json_client import Operation
from api.quota.windows import QuotaWindow
from api.storage.quota_codec import KeyQuota, encode_quota
from api.storage.table import ConditionFailed, Table
from api.storage.token_uses import TokenUse
from api.storage.usage import Usage
from api.storage.usage_records import DAY, HOUR, Counters, UsageRecord
from api.wiring import Storage
from tests.storage.conftest import NOW, Parallel

THIS_HOUR = NOW - NOW % HOUR
TODAY = NOW - NOW % DAY
ONE: Counters = {"n": 1, "s2": 1, "ms": 12, "l5": 1}


def record(
    storage: Storage,
    username: str,
    now: int,
    counters: Counters = ONE,
    texts: Mapping[int, str] = {},
    primary: QuotaWindow | None = None,
    use: TokenUse | None = None,
    api_name: str = "openai",
) -> dict[TokenUse, int]:
    """Record a request as the proxy does."""
    given = (username, api_name, counters, now, texts, primary, use)
    outcome = storage.table.batch([storage.usage.record_op(*given)])[0]
    if isinstance(outcome, ConditionFailed):
        return storage.usage.after_record(*given, outcome)
    return {}


def request_of(username: str, now: int, counters: Counters = ONE) -> dict[str, Any]:
    """Return the arguments of `record_op` for a request that reports no quota."""
    return {
        "username": username,
        "api_name": "openai",
        "counters": counters,
        "now": now,
        "quota_texts": {},
        "primary_window": None,
        "use": None,
    }


def total(records: Sequence[UsageRecord]) -> Counters:
    summed: Counters = {}
    for one in records:
        for name, value in one.counters.items():
            summed[name] = summed.get(name, 0) + value
    return summed


def test_the_rate_limit_item_has_the_fixed_names(
    storage: Storage, table: Table, username: str
) -> None:
    window = QuotaWindow("requests", 100, 99, NOW + 60)
    record(storage, username, NOW, texts={2: '["k",1,[]]'}, primary=window, use=TokenUse("t1", ""))
    assert table.get(f"USER#{username}", "RATELIMIT#openai") == {
        "PK": f"USER#{username}",
        "SK": "RATELIMIT#openai",
        "limit": 100,
        "remaining": 99,
        "reset_at": NOW + 60,
        "updated_at": NOW,
        "ttl": NOW + 400 * DAY,
        "w2": '["k",1,[]]',
        "hour": THIS_HOUR,
        "t_t1": NOW - THIS_HOUR,
        "u_n": 1,
        "u_s2": 1,
        "u_ms": 12,
        "u_l5": 1,
    }


def test_requests_of_one_hour_add_up(storage: Storage, username: str) -> None:
    for second in range(3):
        record(storage, username, NOW + second, use=TokenUse(f"t{second % 2}", "curl"))
    limit = storage.usage.rate_limit(username, "openai", NOW)
    assert limit is not None
    assert limit.counters == {"n": 3, "s2": 3, "ms": 36, "l5": 3}
    assert limit.uses == {TokenUse("t0", "curl"): NOW + 2, TokenUse("t1", "curl"): NOW + 1}
    assert (limit.hour, limit.updated_at) == (THIS_HOUR, NOW + 2)
    assert storage.usage.rate_limit(username, "github", NOW) is None


def test_a_quota_stays_until_another_is_reported(storage: Storage, username: str) -> None:
    day = QuotaWindow("day", 9)
    first, second = KeyQuota("one", NOW, ()), KeyQuota("two", NOW + 2, (day,))

    def text(quota: KeyQuota) -> str:
        return encode_quota(username, "openai", quota.short_id, quota.windows, 1, quota.seen_at)

    shown = QuotaWindow("requests", 100, 99, NOW + 60)
    record(storage, username, NOW, texts={0: text(first)}, primary=shown)
    record(storage, username, NOW + 1)
    limit = storage.usage.rate_limit(username, "openai", NOW)
    assert limit is not None
    assert (limit.limit, limit.remaining, limit.key_quotas) == (100, 99, (first,))
    shown = QuotaWindow("requests", None, 98)
    record(storage, username, NOW + 2, texts={5: text(second)}, primary=shown)
    limit = storage.usage.rate_limit(username, "openai", NOW)
    assert limit is not None
    assert (limit.limit, limit.remaining, limit.reset_at) == (None, 98, None)
    assert limit.key_quotas == (second, first), "the latest first"
    record(storage, username, NOW + 3, texts={5: text(first)})
    limit = storage.usage.rate_limit(username, "openai", NOW)
    assert limit is not None and limit.key_quotas == (first, first)
    assert (limit.limit, limit.remaining) == (None, None)


def test_forgetting_observed_limits_keeps_the_usage(storage: Storage, username: str) -> None:
    record(storage, username, NOW, texts={3: '["k",1,[]]'}, primary=QuotaWindow("day", 100, 99))
    assert storage.usage.forget_observed(username, "openai")
    assert not storage.usage.forget_observed(username, "openai")
    assert not storage.usage.forget_observed(username, "github")
    limit = storage.usage.rate_limit(username, "openai", NOW)
    assert limit is not None
    assert (limit.limit, limit.key_quotas, limit.counters["n"]) == (None, (), 1)


def test_the_first_request_of_an_hour_moves_the_counters_of_the_last(
    storage: Storage, table: Table, username: str
) -> None:
    record(storage, username, NOW, use=TokenUse("t1", ""))
    record(storage, username, NOW + 1, use=TokenUse("t2", "curl"))
    assert storage.usage.records.hours(username, TODAY, TODAY + DAY, NOW) == []
    seen = record(storage, username, THIS_HOUR + HOUR, use=TokenUse("t2", "my-job"))
    assert seen == {TokenUse("t1", ""): NOW, TokenUse("t2", "curl"): NOW + 1}
    counted = {"n": 2, "s2": 2, "ms": 24, "l5": 2}
    assert storage.usage.records.hours(username, THIS_HOUR, THIS_HOUR + 1, NOW) == [
        UsageRecord(THIS_HOUR, "openai", counted)
    ]
    assert storage.usage.records.days(username, TODAY, TODAY + 1, NOW) == [
        UsageRecord(TODAY, "openai", counted)
    ]
    limit = storage.usage.rate_limit(username, "openai", NOW)
    assert limit is not None
    assert (limit.hour, limit.counters) == (THIS_HOUR + HOUR, ONE)
    assert limit.uses == {TokenUse("t2", "my-job"): THIS_HOUR + HOUR}
    items = table.query_all(f"USER#{username}", prefix="USAGE#")
    assert [(item["SK"], item["ttl"]) for item in items] == [
        (f"USAGE#D#{TODAY:010d}#openai", TODAY + 400 * DAY),
        (f"USAGE#H#{THIS_HOUR:010d}#openai", THIS_HOUR + 35 * DAY),
    ]


def test_a_late_request_does_not_restart_an_hour_that_is_being_moved(
    storage: Storage, table: Table, username: str
) -> None:
    """Otherwise the item would have the same count as before, and its hour would move twice."""

    class Interrupted(Table):
        def transact(self, calls: Sequence[Operation]) -> None:
            super().transact(calls)
            record(storage, username, THIS_HOUR + 1, {"n": 1, "ms": 30})
            stale = storage.usage.after_record(**request, outcome=old)
            assert stale == {}

    record(storage, username, THIS_HOUR, {"n": 1, "ms": 2})
    request = request_of(username, THIS_HOUR + HOUR, {"n": 1, "ms": 500})
    old = table.batch([storage.usage.record_op(**request)])[0]
    assert isinstance(old, ConditionFailed)
    Usage(Interrupted(table.client, table.name)).after_record(**request, outcome=old)
    present = storage.usage.rate_limit(username, "openai", NOW)
    assert present is not None and present.counters == {"n": 2, "ms": 1000}
    (hour,) = storage.usage.records.hours(username, THIS_HOUR, THIS_HOUR + HOUR, NOW)
    assert hour.counters == {"n": 2, "ms": 32}


def test_a_process_killed_after_moving_an_hour_does_not_block_others(
    storage: Storage, table: Table, username: str
) -> None:
    class Killed(Table):
        def transact(self, calls: Sequence[Operation]) -> None:
            super().transact(calls)
            raise SystemExit

    record(storage, username, THIS_HOUR)
    request = request_of(username, THIS_HOUR + HOUR)
    old = table.batch([storage.usage.record_op(**request)])[0]
    with pytest.raises(SystemExit):
        Usage(Killed(table.client, table.name)).after_record(**request, outcome=old)
    record(storage, username, THIS_HOUR + 2 * HOUR)
    present = storage.usage.rate_limit(username, "openai", NOW)
    assert present is not None and (present.hour, present.counters) == (THIS_HOUR + 2 * HOUR, ONE)
    hours = storage.usage.records.hours(username, THIS_HOUR, THIS_HOUR + 3 * HOUR, NOW)
    assert hours == [UsageRecord(THIS_HOUR, "openai", ONE)]


def test_hours_add_up_to_their_day(storage: Storage, username: str) -> None:
    for hour in range(30):
        record(storage, username, TODAY + hour * HOUR)
    assert len(storage.usage.records.hours(username, TODAY, TODAY + 2 * DAY, NOW)) == 29
    days = storage.usage.records.days(username, TODAY, TODAY + 2 * DAY, NOW)
    assert [(day.start, day.counters["n"]) for day in days] == [(TODAY, 24), (TODAY + DAY, 5)]


@pytest.mark.parametrize("late", [False, True])
def test_concurrent_requests_at_the_start_of_an_hour_are_counted_once(
    storage: Storage, username: str, parallel: Parallel, late: bool
) -> None:
    """With `late`, some requests still count in the old hour after the new one has started."""

    def work(i: int) -> None:
        turned = i % 2 if late else i >= 60
        moment = THIS_HOUR + HOUR + i if turned else THIS_HOUR + i
        record(storage, username, moment, {"n": 1, "ms": i}, use=TokenUse(f"t{i % 5}", "curl"))

    record(storage, username, THIS_HOUR, {"n": 1, "ms": 0})
    parallel(120, work)
    present = storage.usage.rate_limit(username, "openai", NOW)
    assert present is not None
    finished = storage.usage.records.hours(username, THIS_HOUR, THIS_HOUR + 2 * HOUR, NOW)
    now = UsageRecord(present.hour, "openai", present.counters)
    assert total([*finished, now]) == {"n": 121, "ms": sum(range(120))}
    assert present.hour == THIS_HOUR + HOUR
    assert {one.start: one.counters["n"] for one in finished} == {THIS_HOUR: 61}
    assert present.counters["n"] == 60
    assert total(storage.usage.records.days(username, TODAY, TODAY + DAY, NOW))["n"] == 61


def test_a_range_excludes_its_end_and_other_users(storage: Storage, username: str) -> None:
    for hour in range(4):
        record(storage, username, THIS_HOUR + hour * HOUR, api_name="a")
        record(storage, username, THIS_HOUR + hour * HOUR, api_name="ab")
    found = storage.usage.records.hours(username, THIS_HOUR + HOUR, THIS_HOUR + 2 * HOUR, NOW)
    assert [(one.start, one.api_name) for one in found] == [
        (THIS_HOUR + HOUR, "a"),
        (THIS_HOUR + HOUR, "ab"),
    ]
    assert storage.usage.records.hours(username + "a", 0, NOW + DAY, NOW) == []


def test_expired_records_are_not_read_although_their_items_exist(
    storage: Storage, table: Table, username: str
) -> None:
    record(storage, username, NOW)
    record(storage, username, NOW + HOUR, texts={0: '["k",1,[]]'})
    hours, days = NOW + 36 * DAY, NOW + 402 * DAY
    assert storage.usage.records.hours(username, 0, hours, hours) == []
    assert len(storage.usage.records.days(username, 0, hours, hours)) == 1
    assert storage.usage.records.days(username, 0, days, days) == []
    assert storage.usage.rate_limits(username, days) == []
    assert storage.usage.rate_limit(username, "openai", days) is None
    assert len(table.query_all(f"USER#{username}", prefix="USAGE#")) == 2
    assert len(table.query_all(f"USER#{username}", prefix="RATELIMIT#")) == 1


def test_a_record_long_after_the_last_one_starts_a_new_hour(
    storage: Storage, username: str
) -> None:
    record(storage, username, NOW)
    later = NOW + 500 * DAY
    record(storage, username, later)
    limit = storage.usage.rate_limit(username, "openai", later)
    assert limit is not None and msgspec.structs.asdict(limit)["counters"] == ONE
