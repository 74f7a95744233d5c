"""Counters of attempts `THROTTLE#{day}` / `{scope}#{window number}`, for sign-in and sign-up."""

from __future__ import annotations

from collections.abc import Sequence

from api.storage.table import Table, attributes

_DAY = 86_400


class Throttles:
    """Count attempts in fixed windows of `window` seconds."""

    def __init__(self, table: Table, window: int = 900) -> None:
        self._table = table
        self.window = window

    def count(self, scopes: Sequence[str], now: int) -> list[int]:
        """Count one attempt in each scope, in one trip; the numbers after it."""
        outcomes = self._table.batch(
            [
                self._table.update_op(
                    _partition(now),
                    self._sort_key(scope, now),
                    "ADD attempts :one SET #ttl = :ttl",
                    {":one": 1, ":ttl": now + self.window + 3600},
                    names={"#ttl": "ttl"},
                    returning="UPDATED_NEW",
                )
                for scope in scopes
            ]
        )
        return [int(attributes(outcome)["attempts"]) for outcome in outcomes]  # type: ignore[arg-type]

    def forget(self, scope: str, now: int) -> None:
        """Forget the attempts of a scope: this one succeeded."""
        self._table.delete_keys([(_partition(now), self._sort_key(scope, now))])

    def discount(self, scopes: Sequence[str], now: int) -> None:
        """Take one attempt back in each scope."""
        self._table.batch(
            [
                self._table.update_op(
                    _partition(now),
                    self._sort_key(scope, now),
                    "ADD attempts :minus SET #ttl = :ttl",
                    {":minus": -1, ":ttl": now + self.window + 3600},
                    names={"#ttl": "ttl"},
                )
                for scope in scopes
            ]
        )

    def retry_after(self, now: int) -> int:
        """Seconds until the present window ends."""
        return self.window - now % self.window

    def sweep(self, now: int) -> None:
        """Remove the counters of past days that TTL may have left (no reader looks at them)."""
        for back in range(1, 8):
            pk = _partition(now - back * _DAY)
            self._table.delete_keys([(pk, item["SK"]) for item in self._table.query_all(pk)])

    def _sort_key(self, scope: str, now: int) -> str:
        return f"{scope}#{now // self.window}"


def _partition(now: int) -> str:
    return f"THROTTLE#{now // _DAY * _DAY}"
