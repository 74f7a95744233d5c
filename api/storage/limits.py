"""Request counters of limits: `USER#{username}` / `LIMIT#{scope}#{window_start}#{window number}`.

Each window has its own item, whose key contains the window's number. One conditional update
creates the item and counts in it, so at most `limit` of any number of concurrent requests succeed.
An item can have other counters besides `used`, each with its own bound. The same update increments
them (api/limits/reservations.py). Items of past windows expire by TTL and are never read.
"""

from __future__ import annotations

from functools import lru_cache

from api.aws.json_client import NonIdempotent, Operation
from api.limits.rules import LimitRule
from api.storage.page import delete_expired
from api.storage.table import ConditionFailed, Outcome, Table, attributes
from api.storage.users import user_partition

Count = dict[str, int] | None
"""The counters of a window after a request was counted, None if it was not."""

_PREFIX = "LIMIT#"
_NO_COUNTERS = frozenset({"PK", "SK", "ttl"})


class Limits:
    """Counts requests in windows and reads the counters."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def take_op(self, username: str, rule: LimitRule, now: float, requests: int = 1) -> Operation:
        """Count requests, at most `rule.limit`. The condition fails if one of them would exceed the
        limit or another bound. Then none is counted.
        """
        extra_counters = rule.extra_counters
        if requests > 1:
            extra_counters = tuple((name, bound - requests + 1) for name, bound in extra_counters)
        update, condition, bounds = _expressions(extra_counters)
        return self._table.update_op(
            user_partition(username),
            window_sort_key(rule, now),
            update,
            {
                ":requests": requests,
                ":limit": rule.limit - requests + 1,
                ":ttl": int(rule.reset_at(now)) + 3600,
                **bounds,
            },
            names={"#ttl": "ttl"},
            condition=condition,
            returning="UPDATED_NEW",
        )

    @staticmethod
    def counters(outcome: Outcome) -> Count:
        """Return the counters after a `take_op`, or None if a bound was reached."""
        return None if isinstance(outcome, ConditionFailed) else attributes(outcome)

    def give_back_op(self, username: str, rule: LimitRule, now: float) -> Operation:
        """Undo one count, for a request that is rejected for another reason.

        Not repeated after a lost response: a second undo would let one request too many pass.
        """
        counters = ("used", *(name for name, _ in rule.extra_counters))
        operation, payload = self._table.update_op(
            user_partition(username),
            window_sort_key(rule, now),
            f"ADD {', '.join(f'{name} :minus' for name in counters)}",
            {":minus": -1, ":zero": 0},
            condition="used > :zero",
        )
        return operation, NonIdempotent(payload)

    def start_counters_op(
        self, username: str, rule: LimitRule, now: float, counters: list[tuple[str, str]]
    ) -> Operation:
        """Add counters to the current window, each with the value of its source counter.

        The condition fails if the window has counted no request yet.
        """
        sets = [f"{name} = if_not_exists({source}, :zero)" for name, source in counters]
        return self._table.update_op(
            user_partition(username),
            window_sort_key(rule, now),
            f"SET {', '.join(sets)}",
            {":zero": 0},
            condition="attribute_exists(used)",
        )

    def assert_not_started_op(self, username: str, rule: LimitRule, now: float) -> Operation:
        """Require that the current window has counted no request."""
        return self._table.condition_op(
            user_partition(username), window_sort_key(rule, now), "attribute_not_exists(used)"
        )

    def counts(self, username: str, rules: list[LimitRule], now: float) -> list[dict[str, int]]:
        """Read all counters of each rule's current window."""
        pk = user_partition(username)
        keys = [(pk, window_sort_key(rule, now)) for rule in rules]
        items = self._table.get_many(keys)
        return [
            {name: int(n) for name, n in items.get(key, {}).items() if name not in _NO_COUNTERS}
            for key in keys
        ]

    def used(self, username: str, rules: list[LimitRule], now: float) -> list[int]:
        """Read how many requests each rule's current window has counted."""
        return [counted.get("used", 0) for counted in self.counts(username, rules, now)]

    def window_start(self, username: str, scope: str) -> float | None:
        """Return when the windows of a scope that are stored began to count (epoch seconds), None
        if there are none. A scope has one such time until its limit is changed.
        """
        prefix = f"{_PREFIX}{scope}#"
        result = self._table.query(user_partition(username), prefix=prefix, limit=1)
        if not result.items:
            return None
        return float(result.items[0]["SK"].removeprefix(prefix).partition("#")[0])

    def sweep(self, username: str, now: float) -> None:
        """Delete the expired windows of a user."""
        delete_expired(self._table, user_partition(username), _PREFIX, now)


def window_sort_key(rule: LimitRule, now: float) -> str:
    """Return the sort key of the window that contains `now`."""
    return f"{_PREFIX}{rule.scope}#{rule.window_start}#{rule.number(now)}"


@lru_cache(maxsize=256)
def _expressions(extra_counters: tuple[tuple[str, int], ...]) -> tuple[str, str, dict[str, int]]:
    """Return the update, its condition, and the bounds of the extra counters."""
    adds = ["used :requests"]
    condition = "attribute_not_exists(used) OR used < :limit"
    if extra_counters:
        condition = f"({condition})"
    for name, bound in extra_counters:
        adds.append(f"{name} :requests")
        # A missing counter is 0, which is below every bound except 0.
        absent = f"attribute_not_exists({name}) OR " if bound > 0 else ""
        condition += f" AND ({absent}{name} < :{name})"
    bounds = {f":{name}": max(0, bound) for name, bound in extra_counters}
    return f"ADD {', '.join(adds)} SET #ttl = :ttl", condition, bounds
