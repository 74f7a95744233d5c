"""Exact counters `USER#{username}` / `LIMIT#{scope}#{anchor}#{window number}`.

One item a window: the window's number is computed, so a single conditional update both begins a
window and counts in it, and of any number at once never more than the limit succeed. Old windows
expire by TTL; since the number is part of the key, one that is still there is never taken for the
present. Beside `used` a window may have further counters with bounds of their own, which the same
update counts in (`reservations.py`).
"""

from __future__ import annotations

import math
from functools import lru_cache

import msgspec

from api.aws.json_client import NonIdempotent, Operation
from api.storage.table import ConditionFailed, Outcome, Table, attributes
from api.storage.users import partition

_NO_COUNTERS = frozenset({"PK", "SK", "ttl"})


class LimitRule(msgspec.Struct, frozen=True):
    """A limit that applies: `limit` requests in each `window` seconds counted from `window_start`.

    `scope` is `api:{api_name}` for the user's own limit and `token:{token_id}` for a token's.
    `extra_counters` are further counters that a request counts in, each with the most it may reach.
    """

    scope: str
    limit: int
    window: int
    window_start: float
    extra_counters: tuple[tuple[str, int], ...] = ()

    @property
    def effective_limit(self) -> int:
        """The most requests that can count here in one window."""
        return max(0, min([self.limit, *(bound for _, bound in self.extra_counters)]))

    def same_window(self, other: LimitRule) -> bool:
        """Whether both count in the same items."""
        return (self.scope, self.window, self.window_start) == (
            other.scope,
            other.window,
            other.window_start,
        )

    def number(self, now: float) -> int:
        """Which window `now` (epoch seconds) is in."""
        return max(0, math.floor((now - self.window_start) / self.window))

    def reset_at(self, now: float) -> float:
        """The moment (epoch seconds) at which the present window ends."""
        return self.window_start + (self.number(now) + 1) * self.window


class Limits:
    """Count in windows, give back, and read."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def take_op(self, username: str, allowance: LimitRule, now: float) -> Operation:
        """Count one request; the condition fails when the limit or a bound is used up."""
        update, condition, bounds = _expressions(allowance.extra_counters)
        return self._table.update_op(
            partition(username),
            sort_key(allowance, now),
            update,
            {
                ":one": 1,
                ":limit": allowance.limit,
                ":ttl": int(allowance.reset_at(now)) + 3600,
                **bounds,
            },
            names={"#ttl": "ttl"},
            condition=condition,
            returning="UPDATED_NEW",
        )

    @staticmethod
    def remaining(allowance: LimitRule, outcome: Outcome) -> int:
        """What is left after `take_op`: -1 when it was refused."""
        if isinstance(outcome, ConditionFailed):
            return -1
        counted = attributes(outcome)
        bounds = (("used", allowance.limit), *allowance.extra_counters)
        return max(0, min(bound - int(counted[name]) for name, bound in bounds))

    def give_back_op(self, username: str, allowance: LimitRule, now: float) -> Operation:
        """Undo one count, for a request that is refused for something else.

        Once at most: given back twice, a request too many would pass.
        """
        adds = ", ".join(
            f"{name} :minus" for name in ("used", *(n for n, _ in allowance.extra_counters))
        )
        operation, payload = self._table.update_op(
            partition(username),
            sort_key(allowance, now),
            f"ADD {adds}",
            {":minus": -1, ":zero": 0},
            condition="used > :zero",
        )
        return operation, NonIdempotent(payload)

    def begin_counters_op(
        self, username: str, allowance: LimitRule, now: float, begun: list[tuple[str, str]]
    ) -> Operation:
        """Begin counters of the present window, each with the value of another one; the condition
        fails while nothing was counted in it.
        """
        sets = [f"{name} = if_not_exists({other}, :zero)" for name, other in begun]
        return self._table.update_op(
            partition(username),
            sort_key(allowance, now),
            f"SET {', '.join(sets)}",
            {":zero": 0},
            condition="attribute_exists(used)",
        )

    def assert_not_begun_op(self, username: str, allowance: LimitRule, now: float) -> Operation:
        """For a transaction: nothing was counted in the present window yet."""
        return self._table.condition_op(
            partition(username), sort_key(allowance, now), "attribute_not_exists(used)"
        )

    def counts(
        self, username: str, allowances: list[LimitRule], now: float
    ) -> list[dict[str, int]]:
        """Every counter of each allowance's present window."""
        pk = partition(username)
        keys = [(pk, sort_key(allowance, now)) for allowance in allowances]
        found = self._table.get_many(keys)
        return [
            {name: int(n) for name, n in found.get(key, {}).items() if name not in _NO_COUNTERS}
            for key in keys
        ]

    def used(self, username: str, allowances: list[LimitRule], now: float) -> list[int]:
        """How much of each allowance's present window is used."""
        return [counted.get("used", 0) for counted in self.counts(username, allowances, now)]


def sort_key(allowance: LimitRule, now: float) -> str:
    """The sort key of the window that `now` is in."""
    return f"LIMIT#{allowance.scope}#{allowance.window_start}#{allowance.number(now)}"


@lru_cache(maxsize=256)
def _expressions(extra_counters: tuple[tuple[str, int], ...]) -> tuple[str, str, dict[str, int]]:
    """How to count beside `used`: the update, its condition, and the values of the bounds."""
    adds = ["used :one"]
    condition = "attribute_not_exists(used) OR used < :limit"
    if extra_counters:
        condition = f"({condition})"
    for name, bound in extra_counters:
        adds.append(f"{name} :one")
        # A counter that is not there is zero, which no bound of zero lets pass.
        absent = f"attribute_not_exists({name}) OR " if bound > 0 else ""
        condition += f" AND ({absent}{name} < :{name})"
    bounds = {f":{name}": max(0, bound) for name, bound in extra_counters}
    return f"ADD {', '.join(adds)} SET #ttl = :ttl", condition, bounds
