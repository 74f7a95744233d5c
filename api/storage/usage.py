"""Rate-limit items `USER#{username}` / `RATELIMIT#{api_name}`: an API's quota and current usage.

Each proxied request updates this item once: it stores the limits that the upstream reported and
adds to the counters of the current hour, in one write unit. The first request of the next hour
moves the counters to the usage records in one transaction, so none is lost or counted twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from api.aws.json_client import Operation
from api.quota.windows import QuotaWindow
from api.storage.page import delete_expired
from api.storage.quota_codec import SLOTS, KeyQuota, decode_quota
from api.storage.table import ConditionFailed, Outcome, Table, TransactionFailed
from api.storage.usage_records import (
    COUNTER_PREFIX,
    HOUR,
    KEPT_DAYS,
    Counters,
    UsageRecords,
    add_expression,
    stored_counters,
)
from api.storage.users import user_partition

_PREFIX = "RATELIMIT#"
_TOKEN_PREFIX = "t_"
_SLOTS = tuple(f"w{place}" for place in range(SLOTS))


class RateLimit(msgspec.Struct, frozen=True):
    """The rate limits and the current usage of an API. Times are epoch seconds.

    `limit`, `remaining` and `reset_at` belong to the window to show first, as the upstream reported
    it. `key_quotas` are the quotas of the keys, the latest first. `tokens` are the tokens used in
    the current hour with their last use.
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


class Usage:
    """Counts requests in the rate-limit items, and moves finished hours to their records."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self.records = UsageRecords(table)

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
        """Add one request to the current hour. The condition fails if the item has another hour.

        `quota_texts` are the encoded quotas of the keys that were tried, by slot (quota_codec.py).
        `primary_window` is the window to show. Without texts the item keeps its quotas.
        """
        hour = now - now % HOUR
        sets = ["#hour = :hour", "updated_at = :now", "#ttl = :ttl"]
        values: dict[str, Any] = {
            ":hour": hour,
            ":now": now,
            ":ttl": now + KEPT_DAYS,
        }
        names = {"#hour": "hour", "#ttl": "ttl"}
        _set_quota(quota_texts, primary_window, sets, values, names)
        if token_id is not None:
            sets.append("#seen = :seen")
            names["#seen"] = _TOKEN_PREFIX + token_id
            values[":seen"] = now - hour
        adds = add_expression(counters, values)
        return self._table.update_op(
            user_partition(username),
            rate_limit_sort_key(api_name),
            f"SET {', '.join(sets)} {adds}",
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
        """Move the old hour, then repeat a `record_op` whose `outcome` is a failed condition.

        Returns when each token of that hour was last used, for Tokens.set_last_used.
        """
        last_used: dict[str, int] = {}
        hour = now - now % HOUR
        while isinstance(outcome, ConditionFailed):
            old = as_rate_limit(outcome.item) if outcome.item is not None else None
            if old is not None and old.hour > hour:
                self._table.transact(self.records.add_ops(username, api_name, counters, hour))
                return last_used
            if old is not None and 0 < old.hour < hour:
                try:
                    self._table.transact(self._move_hour_ops(username, old, hour))
                    last_used |= old.tokens
                except TransactionFailed:
                    pass  # Another request moved the hour or counted in it: read it again.
            operation = self.record_op(
                username, api_name, counters, now, quota_texts, primary_window, token_id
            )
            outcome = self._table.batch([operation])[0]
        return last_used

    def rate_limit(self, username: str, api_name: str, now: float) -> RateLimit | None:
        """Read the rate-limit item of one API, unless it has expired."""
        item = self._table.get(user_partition(username), rate_limit_sort_key(api_name))
        return as_rate_limit(item) if item and item["ttl"] > now else None

    def rate_limits(self, username: str, now: float) -> list[RateLimit]:
        """Read the rate-limit items of all APIs, without expired ones."""
        items = self._table.query_all(user_partition(username), prefix=_PREFIX)
        return [as_rate_limit(item) for item in items if item["ttl"] > now]

    def forget_observed(self, username: str, api_name: str) -> bool:
        """Delete the reported quota, but not the usage. Returns False if there is none."""
        try:
            self._table.run(
                self._table.update_op(
                    user_partition(username),
                    rate_limit_sort_key(api_name),
                    f"REMOVE #limit, remaining, reset_at, {', '.join(_SLOTS)}",
                    names={"#limit": "limit"},
                    condition=" OR ".join(f"attribute_exists({slot})" for slot in _SLOTS),
                )
            )
        except ConditionFailed:
            return False
        return True

    def sweep(self, username: str, now: float) -> None:
        """Delete the expired rate-limit items and usage records of a user."""
        delete_expired(self._table, user_partition(username), _PREFIX, now)
        self.records.sweep(username, int(now))

    def _move_hour_ops(self, username: str, old: RateLimit, hour: int) -> list[Operation]:
        """Move the counters of a finished hour to the records if the item has not changed.

        The item's hour never decreases, so an equal number of requests means it did not change.
        """
        removals = [COUNTER_PREFIX + name for name in old.counters]
        names = {"#hour": "hour"}
        for position, token_id in enumerate(old.tokens):
            names[f"#t{position}"] = _TOKEN_PREFIX + token_id
            removals.append(f"#t{position}")
        values: dict[str, Any] = {":hour": old.hour, ":next": hour}
        unchanged = f"attribute_not_exists({COUNTER_PREFIX}n)"
        if "n" in old.counters:
            values[":n"] = old.counters["n"]
            unchanged = f"{COUNTER_PREFIX}n = :n"
        return [
            *self.records.add_ops(username, old.api_name, old.counters, old.hour),
            self._table.update_op(
                user_partition(username),
                rate_limit_sort_key(old.api_name),
                "SET #hour = :next" + (f" REMOVE {', '.join(removals)}" if removals else ""),
                values,
                names,
                condition=f"#hour = :hour AND {unchanged}",
            ),
        ]


def rate_limit_sort_key(api_name: str) -> str:
    """Return the sort key of a rate-limit item."""
    return f"{_PREFIX}{api_name}"


def as_rate_limit(item: dict[str, Any]) -> RateLimit:
    """Return the rate limit that an item stores."""
    hour = int(item.get("hour", 0))
    return RateLimit(
        api_name=item["SK"].removeprefix(_PREFIX),
        updated_at=int(item["updated_at"]),
        limit=item.get("limit"),
        remaining=item.get("remaining"),
        reset_at=item.get("reset_at"),
        key_quotas=_key_quotas(item),
        hour=hour,
        counters=stored_counters(item),
        tokens={
            name.removeprefix(_TOKEN_PREFIX): hour + int(value)
            for name, value in item.items()
            if name.startswith(_TOKEN_PREFIX)
        },
    )


def _key_quotas(item: dict[str, Any]) -> tuple[KeyQuota, ...]:
    quotas = [decode_quota(item[slot]) for slot in _SLOTS if slot in item]
    return tuple(sorted(quotas, key=lambda quota: -quota.seen_at))


def _set_quota(
    texts: Mapping[int, str],
    primary: QuotaWindow | None,
    sets: list[str],
    values: dict[str, Any],
    names: dict[str, str],
) -> None:
    """Add the members that store the reported quota to an update."""
    if not texts:
        return
    members = {
        "limit": primary.limit if primary else None,
        "remaining": primary.remaining if primary else None,
        "reset_at": primary.reset_at if primary else None,
        **{f"w{slot}": text for slot, text in texts.items()},
    }
    for name, value in members.items():
        names[f"#o_{name}"] = name
        values[f":o_{name}"] = value
        sets.append(f"#o_{name} = :o_{name}")
