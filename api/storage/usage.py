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
from api.storage.listed_spend import (
    NOTHING_SPENT,
    Spend,
    SpendCounts,
    SpendKey,
    add_spend,
    spend_names,
    stored_spend,
)
from api.storage.page import delete_expired
from api.storage.quota_codec import SLOTS, KeyQuota, decode_quota
from api.storage.spend_records import SpendRecord, SpendRecords, hour_records
from api.storage.table import ConditionFailed, Outcome, Table, TransactionFailed
from api.storage.token_uses import TokenUse, stored_uses, use_attribute
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
_SLOTS = tuple(f"w{place}" for place in range(SLOTS))
# Uses that one update removes: an expression has at most 4 kB.
_REMOVED = 200
# Tokens and models whose spend one transaction moves: an expression has at most 300 operators.
_MOVED = 10


class RateLimit(msgspec.Struct, frozen=True):
    """The rate limits and the current usage of an API. Times are epoch seconds.

    `limit`, `remaining` and `reset_at` belong to the window to show first, as the upstream reported
    it. `key_quotas` are the quotas of the keys, the latest first. `uses` are the tokens and clients
    of the current hour with their last use. `spend` is what the calls of this hour cost, as far as
    it is listed here: the rest is in the spend records already.
    """

    api_name: str
    updated_at: int
    limit: int | None
    remaining: int | None
    reset_at: int | None
    key_quotas: tuple[KeyQuota, ...]
    hour: int
    counters: Counters
    uses: dict[TokenUse, int]
    spend: dict[SpendKey, SpendCounts] = {}


class Usage:
    """Counts requests in the rate-limit items, and moves finished hours to their records."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self.records = UsageRecords(table)
        self.spend = SpendRecords(table)

    def record_op(
        self,
        username: str,
        api_name: str,
        counters: Counters,
        now: int,
        quota_texts: Mapping[int, str],
        primary_window: QuotaWindow | None,
        use: TokenUse | None,
        *more_uses: TokenUse,
        spend: Spend = NOTHING_SPENT,
    ) -> Operation:
        """Add requests to the current hour. The condition fails if the item has another hour.

        `quota_texts` are the encoded quotas of the keys that were tried, by slot (quota_codec.py).
        `primary_window` is the window to show. Without texts the item keeps its quotas. The uses
        are those of tokens that were used now. `spend` is what the requests cost.
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
        if use is not None:
            values[":seen"] = now - hour
            for position, used in enumerate((use, *more_uses)):
                sets.append(f"#seen{position} = :seen")
                names[f"#seen{position}"] = use_attribute(used)
        adds = [add_expression(counters, values)]
        if spend:
            add_spend(spend, sets, adds, values, names)
        return self._table.update_op(
            user_partition(username),
            rate_limit_sort_key(api_name),
            f"SET {', '.join(sets)} {', '.join(adds)}",
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
        use: TokenUse | None,
        outcome: Outcome,
        spend: Spend = NOTHING_SPENT,
    ) -> dict[TokenUse, int]:
        """Move the old hour, then repeat a `record_op` whose `outcome` is a failed condition.

        Returns the last uses of that hour, for Tokens.set_last_used.
        """
        last_uses: dict[TokenUse, int] = {}
        hour = now - now % HOUR
        while isinstance(outcome, ConditionFailed):
            old = as_rate_limit(outcome.item) if outcome.item is not None else None
            if old is not None and old.hour > hour:
                late = self.records.add_ops(username, api_name, counters, hour)
                late += self.spend.add_ops(username, api_name, spend, hour)
                self._table.transact(late)
                return last_uses
            if old is not None and 0 < old.hour < hour:
                try:
                    first = self._remove_all_but_first_uses(username, old)
                    first = self._move_all_but_first_spend(username, first)
                    self._table.transact(self._move_hour_ops(username, first, hour))
                    last_uses |= old.uses
                except TransactionFailed:
                    pass  # Another request moved the hour or counted in it: read it again.
            operation = self.record_op(
                username, api_name, counters, now, quota_texts, primary_window, use, spend=spend
            )
            outcome = self._table.batch([operation])[0]
        return last_uses

    def rate_limit(self, username: str, api_name: str, now: float) -> RateLimit | None:
        """Read the rate-limit item of one API, unless it has expired."""
        item = self._table.get(user_partition(username), rate_limit_sort_key(api_name))
        return as_rate_limit(item) if item and item["ttl"] > now else None

    def rate_limits(self, username: str, now: float) -> list[RateLimit]:
        """Read the rate-limit items of all APIs, without expired ones."""
        items = self._table.query_all(user_partition(username), prefix=_PREFIX)
        return [as_rate_limit(item) for item in items if item["ttl"] > now]

    def first_rate_limits(self, username: str, now: float, limit: int) -> list[RateLimit]:
        """Read the rate-limit items of at most `limit` APIs, in one trip."""
        result = self._table.query(user_partition(username), prefix=_PREFIX, limit=limit)
        return [as_rate_limit(item) for item in result.items if item["ttl"] > now]

    def spend_records(self, username: str, start: int, end: int, now: float) -> list[SpendRecord]:
        """Read what calls cost in the hours that start in [start, end), the current one included.

        An hour can have several records with the same API, token and model. Costs two trips.
        """
        records = self.spend.read(username, start, end, now)
        for limit in self.rate_limits(username, now):
            if start <= limit.hour < end:
                records += hour_records(limit.api_name, limit.hour, limit.spend)
        return records

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
        self.spend.sweep(username, int(now))

    def _remove_all_but_first_uses(self, username: str, old: RateLimit) -> RateLimit:
        """Remove what is too much for one update: each of many processes adds a few uses.

        Costs a trip if there is any. Returns the rest of the item.
        """
        uses = list(old.uses)
        operations = []
        for start in range(_REMOVED, len(uses), _REMOVED):
            attributes = [use_attribute(use) for use in uses[start : start + _REMOVED]]
            names = {f"#t{position}": name for position, name in enumerate(attributes)}
            operations.append(
                self._table.update_op(
                    user_partition(username),
                    rate_limit_sort_key(old.api_name),
                    f"REMOVE {', '.join(names)}",
                    {":hour": old.hour},
                    {"#hour": "hour", **names},
                    condition="#hour = :hour",
                )
            )
        if not operations:
            return old
        self._table.batch(operations)
        return msgspec.structs.replace(old, uses={use: old.uses[use] for use in uses[:_REMOVED]})

    def _move_all_but_first_spend(self, username: str, old: RateLimit) -> RateLimit:
        """Move what is too much for one transaction to the spend records, and return the rest.

        Costs a trip for each part. Raises TransactionFailed if the item has changed.
        """
        if len(old.spend) <= _MOVED:
            return old
        spend = list(old.spend.items())
        for start in range(_MOVED, len(spend), _MOVED):
            part = dict(spend[start : start + _MOVED])
            names, values, condition = _unchanged(old)
            removals, present = _spend_removals(part, names)
            self._table.transact(
                [
                    *self.spend.add_ops(username, old.api_name, part, old.hour),
                    self._table.update_op(
                        user_partition(username),
                        rate_limit_sort_key(old.api_name),
                        f"REMOVE {', '.join(removals)}",
                        values,
                        names,
                        condition=condition + present,
                    ),
                ]
            )
        return msgspec.structs.replace(old, spend=dict(spend[:_MOVED]))

    def _move_hour_ops(self, username: str, old: RateLimit, hour: int) -> list[Operation]:
        """Move the counters of a finished hour to the records if the item has not changed."""
        names, values, condition = _unchanged(old)
        removals = [COUNTER_PREFIX + name for name in old.counters]
        for position, use in enumerate(old.uses):
            names[f"#t{position}"] = use_attribute(use)
            removals.append(f"#t{position}")
        of_spend, present = _spend_removals(old.spend, names)
        removals += of_spend
        return [
            *self.records.add_ops(username, old.api_name, old.counters, old.hour),
            *self.spend.add_ops(username, old.api_name, old.spend, old.hour),
            self._table.update_op(
                user_partition(username),
                rate_limit_sort_key(old.api_name),
                "SET #hour = :next" + (f" REMOVE {', '.join(removals)}" if removals else ""),
                {**values, ":next": hour},
                names,
                condition=condition + present,
            ),
        ]


def _unchanged(old: RateLimit) -> tuple[dict[str, str], dict[str, Any], str]:
    """Return the names, the values and the condition that no request was counted since.

    The item's hour never decreases, so an equal number of requests means it did not change.
    """
    values: dict[str, Any] = {":hour": old.hour}
    unchanged = f"attribute_not_exists({COUNTER_PREFIX}n)"
    if "n" in old.counters:
        values[":n"] = old.counters["n"]
        unchanged = f"{COUNTER_PREFIX}n = :n"
    return {"#hour": "hour"}, values, f"#hour = :hour AND {unchanged}"


def _spend_removals(spend: Spend, names: dict[str, str]) -> tuple[list[str], str]:
    """Return the aliases of the attributes of this spend, and the end of a condition that no other
    process has moved it. Adds the aliases to `names`.
    """
    aliases: list[str] = []
    present = ""
    for key in spend:
        present += f" AND attribute_exists(#r{len(aliases)})"
        for name in spend_names(key):
            aliases.append(f"#r{len(aliases)}")
            names[aliases[-1]] = name
    return aliases, present


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
        uses=stored_uses(item, hour),
        spend=stored_spend(item),
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
