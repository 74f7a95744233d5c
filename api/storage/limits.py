"""Exact counters `USER#{username}` / `LIMIT#{scope}#{anchor}#{window number}`.

One item a window: the window's number is computed, so a single conditional update both begins a
window and counts in it, and of any number at once never more than the limit succeed. Old windows
expire by TTL; since the number is part of the key, one that is still there is never taken for the
present.
"""

from __future__ import annotations

import math

import msgspec

from api.aws.json_client import Call
from api.storage.table import ConditionFailed, Outcome, Table, attributes
from api.storage.users import partition


class Allowance(msgspec.Struct, frozen=True):
    """A limit that applies: `limit` requests in each `window` seconds counted from `anchor`.

    `scope` is `api:{api_name}` for the user's own limit and `token:{token_id}` for a token's.
    """

    scope: str
    limit: int
    window: int
    anchor: float

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
        """Count one request; the condition fails when the limit is used up."""
        return self._table.update_call(
            partition(username),
            _sort_key(allowance, now),
            "ADD used :one SET #ttl = :ttl",
            {":one": 1, ":limit": allowance.limit, ":ttl": int(allowance.reset_at(now)) + 3600},
            names={"#ttl": "ttl"},
            condition="attribute_not_exists(used) OR used < :limit",
            returning="UPDATED_NEW",
        )

    @staticmethod
    def remaining(allowance: Allowance, outcome: Outcome) -> int:
        """What is left after `take_call`: -1 when it was refused."""
        if isinstance(outcome, ConditionFailed):
            return -1
        return max(0, allowance.limit - int(attributes(outcome)["used"]))

    def give_back_call(self, username: str, allowance: Allowance, now: float) -> Call:
        """Undo one count, for a request that is refused for something else."""
        return self._table.update_call(
            partition(username),
            _sort_key(allowance, now),
            "ADD used :minus",
            {":minus": -1, ":zero": 0},
            condition="used > :zero",
        )

    def used(self, username: str, allowances: list[Allowance], now: float) -> list[int]:
        """How much of each allowance's present window is used."""
        pk = partition(username)
        keys = [(pk, _sort_key(allowance, now)) for allowance in allowances]
        found = self._table.get_many(keys)
        return [int(found.get(key, {}).get("used", 0)) for key in keys]


def _sort_key(allowance: Allowance, now: float) -> str:
    return f"LIMIT#{allowance.scope}#{allowance.anchor}#{allowance.number(now)}"
