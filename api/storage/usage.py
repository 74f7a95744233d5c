"""Usage counters, and the rate-limit item in which the present hour of them lives.

`USER#{username}` / `RATELIMIT#{api_name}` is written once for each proxied request: it takes what
the upstream last said of its limit *and* the counters of the present hour, so that both cost one
write unit. When the hour turns, one transaction moves the counters to `USAGE#H#{hour}#{api}` and
adds them to `USAGE#D#{day}#{api}`; nothing is counted twice or lost on the way.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from api.aws.json_client import Operation
from api.quota.windows import QuotaWindow
from api.storage.quota_codec import SLOTS, KeyQuota, decode_quota
from api.storage.table import ConditionFailed, Outcome, Table, TransactionFailed
from api.storage.users import partition

HOUR = 3600
DAY = 86_400
KEEP_HOURS = 35 * DAY
KEEP_DAYS = 400 * DAY

_SLOTS = tuple(f"w{place}" for place in range(SLOTS))
_COUNTER = "u_"
_SEEN = "t_"

Counters = dict[str, int]


class RateLimit(msgspec.Struct, frozen=True):
    """The rate-limit item of an API: observed values, and the present hour's usage.

    `key_quotas` are the quotas of the keys, the latest first; `tokens` are the tokens used in this
    hour with the epoch second of their last use.
    """

    api_name: str
    updated_at: int
    limit: int | None
    remaining: int | None
    reset_at: int | None
    key_quotas: tuple[KeyQuota, ...]
    hour: int
    counters: Counters
    tokens: dict[str, int]


class UsageRecord(msgspec.Struct, frozen=True):
    """The counters of one API in one hour or day that begins at `start` (epoch seconds)."""

    start: int
    api_name: str
    counters: Counters


class Usage:
    """Record requests, and read what was recorded."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def record_op(
        self,
        username: str,
        api_name: str,
        counters: Counters,
        now: int,
        quota_texts: Mapping[int, str],
        primary_window: QuotaWindow | None,
        token_id: str | None,
    ) -> Operation:
        """Record one request in the present hour. The condition fails if the hour has turned.

        `quota_texts` has the encoded quota of each key that was tried, by slot, `primary_window` is
        the window to show. Without texts, the item keeps what it has.
        """
        hour = now - now % HOUR
        sets = ["#hour = :hour", "updated_at = :now", "#ttl = :ttl"]
        values: dict[str, Any] = {
            ":hour": hour,
            ":now": now,
            ":ttl": now + KEEP_DAYS,
        }
        names = {"#hour": "hour", "#ttl": "ttl"}
        _set_quota(quota_texts, primary_window, sets, values, names)
        if token_id is not None:
            sets.append("#seen = :seen")
            names["#seen"] = _SEEN + token_id
            values[":seen"] = now - hour
        adds = []
        for position, (name, value) in enumerate(counters.items()):
            adds.append(f"{_COUNTER}{name} :c{position}")
            values[f":c{position}"] = value
        return self._table.update_op(
            partition(username),
            sort_key(api_name),
            f"SET {', '.join(sets)} ADD {', '.join(adds)}",
            values,
            names,
            condition="attribute_not_exists(#hour) OR #hour = :hour",
        )

    def after_record(
        self,
        username: str,
        api_name: str,
        counters: Counters,
        now: int,
        quota_texts: Mapping[int, str],
        primary_window: QuotaWindow | None,
        token_id: str | None,
        outcome: Outcome,
    ) -> dict[str, int]:
        """Finish a record whose hour had turned. Returns tokens' last uses to be remembered."""
        seen: dict[str, int] = {}
        hour = now - now % HOUR
        while isinstance(outcome, ConditionFailed):
            old = as_rate_limit(outcome.item) if outcome.item is not None else None
            if old is not None and old.hour > hour:
                self._add_late(username, api_name, counters, now)
                return seen
            if old is not None and 0 < old.hour < hour:
                try:
                    self._table.transact(self._turn_calls(username, old, hour))
                    seen |= old.tokens
                except TransactionFailed:
                    pass  # another request turned the hour, or counted in it: look again
            call = self.record_op(
                username, api_name, counters, now, quota_texts, primary_window, token_id
            )
            outcome = self._table.batch([call])[0]
        return seen

    def rate_limit(self, username: str, api_name: str, now: float) -> RateLimit | None:
        """The rate-limit item of one API, unless it is expired."""
        item = self._table.get(partition(username), sort_key(api_name))
        return as_rate_limit(item) if item and item["ttl"] > now else None

    def rate_limits(self, username: str, now: float) -> list[RateLimit]:
        """The rate-limit items of all APIs but expired ones."""
        items = self._table.query_all(partition(username), prefix="RATELIMIT#")
        return [as_rate_limit(item) for item in items if item["ttl"] > now]

    def forget_observed(self, username: str, api_name: str) -> bool:
        """Forget what the upstream said; the usage of the hour stays. False when there is none."""
        try:
            self._table.run(
                self._table.update_op(
                    partition(username),
                    sort_key(api_name),
                    f"REMOVE #limit, remaining, reset_at, {', '.join(_SLOTS)}",
                    names={"#limit": "limit"},
                    condition=" OR ".join(f"attribute_exists({slot})" for slot in _SLOTS),
                )
            )
        except ConditionFailed:
            return False
        return True

    def hours(self, username: str, start: int, end: int, now: float) -> list[UsageRecord]:
        """Finished hours that begin in [start, end), none that is expired."""
        return self._records(username, "H", start, end, now)

    def days(self, username: str, start: int, end: int, now: float) -> list[UsageRecord]:
        """Days that begin in [start, end), as far as their hours are finished."""
        return self._records(username, "D", start, end, now)

    def sweep(self, username: str, now: int) -> None:
        """Remove records past their time that TTL may have left."""
        pk = partition(username)
        for kind, keep in (("H", KEEP_HOURS), ("D", KEEP_DAYS)):
            old = self._table.query_all(
                pk, between=(f"USAGE#{kind}#", f"USAGE#{kind}#{now - keep:010d}")
            )
            self._table.delete_keys([(pk, item["SK"]) for item in old])

    def _records(
        self, username: str, kind: str, start: int, end: int, now: float
    ) -> list[UsageRecord]:
        items = self._table.query_all(
            partition(username),
            between=(f"USAGE#{kind}#{start:010d}#", f"USAGE#{kind}#{end - 1:010d}#~"),
        )
        return [
            UsageRecord(int(item["start"]), item["api_name"], _counters(item))
            for item in items
            if item["ttl"] > now
        ]

    def _turn_calls(self, username: str, old: RateLimit, hour: int) -> list[Operation]:
        """Move a finished hour out of the rate-limit item, if it still stands as read.

        The item's hour only ever rises, so that an equal count means that nothing has changed.
        """
        removals = [_COUNTER + name for name in old.counters]
        names = {"#hour": "hour"}
        for position, token_id in enumerate(old.tokens):
            names[f"#t{position}"] = _SEEN + token_id
            removals.append(f"#t{position}")
        values: dict[str, Any] = {":hour": old.hour, ":next": hour}
        unmoved = f"attribute_not_exists({_COUNTER}n)"
        if "n" in old.counters:
            values[":n"] = old.counters["n"]
            unmoved = f"{_COUNTER}n = :n"
        return [
            *self._add_calls(username, old.api_name, old.counters, old.hour),
            self._table.update_op(
                partition(username),
                sort_key(old.api_name),
                "SET #hour = :next" + (f" REMOVE {', '.join(removals)}" if removals else ""),
                values,
                names,
                condition=f"#hour = :hour AND {unmoved}",
            ),
        ]

    def _add_late(self, username: str, api_name: str, counters: Counters, now: int) -> None:
        self._table.transact(self._add_calls(username, api_name, counters, now - now % HOUR))

    def _add_calls(
        self, username: str, api_name: str, counters: Counters, hour: int
    ) -> list[Operation]:
        if not counters:
            return []
        day = hour - hour % DAY
        return [
            self._add_call(username, f"USAGE#H#{hour:010d}#{api_name}", api_name, hour,
                           hour + KEEP_HOURS, counters),
            self._add_call(username, f"USAGE#D#{day:010d}#{api_name}", api_name, day,
                           day + KEEP_DAYS, counters),
        ]  # fmt: skip

    def _add_call(
        self, username: str, sk: str, api_name: str, start: int, ttl: int, counters: Counters
    ) -> Operation:
        values: dict[str, Any] = {":api": api_name, ":start": start, ":ttl": ttl}
        adds = []
        for position, (name, value) in enumerate(counters.items()):
            adds.append(f"{_COUNTER}{name} :c{position}")
            values[f":c{position}"] = value
        return self._table.update_op(
            partition(username),
            sk,
            f"SET api_name = :api, #start = :start, #ttl = :ttl ADD {', '.join(adds)}",
            values,
            {"#start": "start", "#ttl": "ttl"},
        )


def sort_key(api_name: str) -> str:
    """The sort key of a rate-limit item."""
    return f"RATELIMIT#{api_name}"


def as_rate_limit(item: dict[str, Any]) -> RateLimit:
    """The typed rate limit of an item."""
    hour = int(item.get("hour", 0))
    return RateLimit(
        api_name=item["SK"].removeprefix("RATELIMIT#"),
        updated_at=int(item["updated_at"]),
        limit=item.get("limit"),
        remaining=item.get("remaining"),
        reset_at=item.get("reset_at"),
        key_quotas=_key_quotas(item),
        hour=hour,
        counters=_counters(item),
        tokens={
            name[len(_SEEN) :]: hour + int(value)
            for name, value in item.items()
            if name.startswith(_SEEN)
        },
    )


def _key_quotas(item: dict[str, Any]) -> tuple[KeyQuota, ...]:
    quotas = [decode_quota(item[slot]) for slot in _SLOTS if slot in item]
    return tuple(sorted(quotas, key=lambda quota: -quota.seen_at))


def _counters(item: dict[str, Any]) -> Counters:
    return {
        name[len(_COUNTER) :]: int(value)
        for name, value in item.items()
        if name.startswith(_COUNTER)
    }


def _set_quota(
    texts: Mapping[int, str],
    primary: QuotaWindow | None,
    sets: list[str],
    values: dict[str, Any],
    names: dict[str, str],
) -> None:
    if not texts:
        return
    attributes = {
        "limit": primary.limit if primary else None,
        "remaining": primary.remaining if primary else None,
        "reset_at": primary.reset_at if primary else None,
        **{f"w{slot}": text for slot, text in texts.items()},
    }
    for attribute, value in attributes.items():
        names[f"#o_{attribute}"] = attribute
        values[f":o_{attribute}"] = value
        sets.append(f"#o_{attribute} = :o_{attribute}")
