"""Counters of sign-in and sign-up attempts: `THROTTLE#{day}` / `{scope}#{window number}`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import msgspec

from api.aws.json_client import Operation
from api.storage.table import Table, attributes

_DAY = 86_400
# Days before today whose counters TTL may not have deleted yet.
_SWEEP_DAYS = 7
_ACTIONS = {"sign_in": "SIGNIN", "sign_up": "SIGNUP", "invite": "INVITE"}


class ThrottleScope(msgspec.Struct, frozen=True):
    """The scope of a counter: the action, the client's network, and optionally the username.

    `name` is the username as the client sent it.
    """

    action: Literal["sign_in", "sign_up", "invite"]
    network: str
    name: str | None = None


class Throttles:
    """Counts attempts in fixed windows of `window` seconds."""

    def __init__(self, table: Table, window: int = 900) -> None:
        self._table = table
        self.window = window

    def count(self, scopes: Sequence[ThrottleScope], now: int) -> list[int]:
        """Count one attempt in each scope, in one trip. Returns the new counts."""
        outcomes = self._table.batch([self._add_op(scope, now, 1) for scope in scopes])
        return [int(attributes(outcome)["attempts"]) for outcome in outcomes]  # type: ignore[arg-type]

    def reset(self, scope: ThrottleScope, now: int) -> None:
        """Delete the counter of a scope, after a successful attempt."""
        self._table.delete_keys([(_partition(now), self._sort_key(scope, now))])

    def discount(self, scopes: Sequence[ThrottleScope], now: int) -> None:
        """Undo one count in each scope."""
        self._table.batch([self._add_op(scope, now, -1) for scope in scopes])

    def retry_after(self, now: int) -> int:
        """Return the seconds until the current window ends."""
        return self.window - now % self.window

    def sweep(self, now: int) -> None:
        """Delete the counters of past days."""
        for days in range(1, _SWEEP_DAYS + 1):
            pk = _partition(now - days * _DAY)
            self._table.delete_keys([(pk, item["SK"]) for item in self._table.query_all(pk)])

    def _add_op(self, scope: ThrottleScope, now: int, number: int) -> Operation:
        return self._table.update_op(
            _partition(now),
            self._sort_key(scope, now),
            "ADD attempts :number SET #ttl = :ttl",
            {":number": number, ":ttl": now + self.window + 3600},
            names={"#ttl": "ttl"},
            returning="UPDATED_NEW",
        )

    def _sort_key(self, scope: ThrottleScope, now: int) -> str:
        parts = [_ACTIONS[scope.action], scope.network]
        if scope.name is not None:
            parts.append(scope.name)
        return f"{'#'.join(parts)}#{now // self.window}"


def _partition(now: int) -> str:
    return f"THROTTLE#{now // _DAY * _DAY}"
