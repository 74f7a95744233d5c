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

from api.aws.json_client import Call, Once
from api.storage.table import ConditionFailed, Outcome, Table, attributes
from api.storage.users import partition

_NO_COUNTERS = frozenset({"PK", "SK", "ttl"})


class Allowance(msgspec.Struct, frozen=True):
    """A limit that applies: `limit` requests in each `window` seconds counted from `anchor`.

    `scope` is `api:{api_name}` for the user's own limit and `token:{token_id}` for a token's.
    `beside` are further counters that a request counts in, each with the most it may reach.
    """

    scope: str
    limit: int
    window: int
    anchor: float
    beside: tuple[tuple[str, int], ...] = ()

    @property
    def most(self) -> int:
        """The most requests that can count here in one window."""
        return max(0, min([self.limit, *(bound for _, bound in self.beside)]))

    def same_window(self, other: Allowance) -> bool:
        """Whether both count in the same items."""
        return (self.scope, self.window, self.anchor) == (other.scope, other.window, other.anchor)

    def number(self, now: float) -> int:
        """Which window `now` (epoch seconds) is in."""
        return max(0, math.floor((now - self.anchor) / self.window))

    def reset_at(self, now: float) -> float:
        """The moment (epoch seconds) at which the present window ends."""
        return self.anchor + (self.number(now) + 1) * self.window


class Limits:
    """Count in windows, give back, and read."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def take_call(self, username: str, allowance: Allowance, now: float) -> Call:
        """Count one request; the condition fails when the limit or a bound is used up."""
        update, condition, bounds = _expressions(allowance.beside)
        return self._table.update_call(
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
    def remaining(allowance: Allowance, outcome: Outcome) -> int:
        """What is left after `take_call`: -1 when it was refused."""
        if isinstance(outcome, ConditionFailed):
            return -1
        counted = attributes(outcome)
        bounds = (("used", allowance.limit), *allowance.beside)
        return max(0, min(bound - int(counted[name]) for name, bound in bounds))

    def give_back_call(self, username: str, allowance: Allowance, now: float) -> Call:
        """Undo one count, for a request that is refused for something else.

        Once at most: given back twice, a request too many would pass.
        """
        adds = ", ".join(f"{name} :minus" for name in ("used", *(n for n, _ in allowance.beside)))
        operation, payload = self._table.update_call(
            partition(username),
            sort_key(allowance, now),
            f"ADD {adds}",
            {":minus": -1, ":zero": 0},
            condition="used > :zero",
        )
        return operation, Once(payload)

    def begin_counters_call(
        self, username: str, allowance: Allowance, now: float, begun: list[tuple[str, str]]
    ) -> Call:
        """Begin counters of the present window, each with the value of another one; the condition
        fails while nothing was counted in it.
        """
        sets = [f"{name} = if_not_exists({other}, :zero)" for name, other in begun]
        return self._table.update_call(
            partition(username),
            sort_key(allowance, now),
            f"SET {', '.join(sets)}",
            {":zero": 0},
            condition="attribute_exists(used)",
        )

    def not_begun_check(self, username: str, allowance: Allowance, now: float) -> Call:
        """For a transaction: nothing was counted in the present window yet."""
        return self._table.check_call(
            partition(username), sort_key(allowance, now), "attribute_not_exists(used)"
        )

    def counts(
        self, username: str, allowances: list[Allowance], now: float
    ) -> list[dict[str, int]]:
        """Every counter of each allowance's present window."""
        pk = partition(username)
        keys = [(pk, sort_key(allowance, now)) for allowance in allowances]
        found = self._table.get_many(keys)
        return [
            {name: int(n) for name, n in found.get(key, {}).items() if name not in _NO_COUNTERS}
            for key in keys
        ]

    def used(self, username: str, allowances: list[Allowance], now: float) -> list[int]:
        """How much of each allowance's present window is used."""
        return [counted.get("used", 0) for counted in self.counts(username, allowances, now)]


def sort_key(allowance: Allowance, now: float) -> str:
    """The sort key of the window that `now` is in."""
    return f"LIMIT#{allowance.scope}#{allowance.anchor}#{allowance.number(now)}"


@lru_cache(maxsize=256)
def _expressions(beside: tuple[tuple[str, int], ...]) -> tuple[str, str, dict[str, int]]:
    """How to count beside `used`: the update, its condition, and the values of the bounds."""
    adds = ["used :one"]
    condition = "attribute_not_exists(used) OR used < :limit"
    if beside:
        condition = f"({condition})"
    for name, bound in beside:
        adds.append(f"{name} :one")
        # A counter that is not there is zero, which no bound of zero lets pass.
        absent = f"attribute_not_exists({name}) OR " if bound > 0 else ""
        condition += f" AND ({absent}{name} < :{name})"
    bounds = {f":{name}": max(0, bound) for name, bound in beside}
    return f"ADD {', '.join(adds)} SET #ttl = :ttl", condition, bounds
