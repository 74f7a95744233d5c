"""Counters of sign-in and sign-up attempts, `THROTTLE#{day}` / `{scope}#{window number}`, and marks
of used challenges, `THROTTLE#{day}` / `USED#{nonce}`.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Literal

import msgspec

from api.aws.json_client import Operation
from api.storage.operations import NOT_EXISTS
from api.storage.table import Table, attributes

_DAY = 86_400
# Days before today whose counters TTL may not have deleted yet.
_SWEEP_DAYS = 7
_ACTIONS = {
    "sign_in": "SIGNIN",
    "sign_up": "SIGNUP",
    "invite": "INVITE",
    "device": "DEVICE",
    "unknown": "ACCOUNT",
    "unknown_long": "ACCOUNTLONG",
    "account": "NEWACCOUNT",
    "factor": "FACTOR",
    "factor_day": "FACTORDAY",
    "recovery": "RECOVERY",
    "passkey": "PASSKEY",
}

Action = Literal[
    "sign_in",
    "sign_up",
    "invite",
    "device",
    "unknown",
    "unknown_long",
    "account",
    "factor",
    "factor_day",
    "recovery",
    "passkey",
]


class ThrottleScope(msgspec.Struct, frozen=True):
    """The scope of a counter: the action, who acts, the window, and optionally the account.

    `network` is the client's network, or identifies its browser. `window` is in seconds and divides
    a day.
    """

    action: Action
    network: str
    window: int
    name: str | None = None


class Throttles:
    """Counts attempts in fixed windows."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def count(self, scopes: Sequence[ThrottleScope], now: int) -> list[int]:
        """Count one attempt in each scope, in one trip. Returns the new counts."""
        outcomes = self._table.batch([self._add_op(scope, now, 1) for scope in scopes])
        return [int(attributes(outcome)["attempts"]) for outcome in outcomes]  # type: ignore[arg-type]

    def succeeded(
        self, reset: Sequence[ThrottleScope], counted: Sequence[ThrottleScope], now: int
    ) -> None:
        """Delete the counters `reset` and undo one count in each of `counted`, in one trip."""
        deletes = [
            self._table.delete_op(attempts_partition(now), self._sort_key(scope, now))
            for scope in reset
        ]
        self._table.batch([*deletes, *(self._add_op(scope, now, -1) for scope in counted)])

    def discount(self, scopes: Sequence[ThrottleScope], now: int) -> None:
        """Undo one count in each scope."""
        if scopes:
            self._table.batch([self._add_op(scope, now, -1) for scope in scopes])

    def use_once_op(self, nonce: str, issued_at: int, seconds: int) -> Operation:
        """Mark a challenge as used. The condition fails if it was used before.

        `seconds` is how long the challenge is valid. The mark is kept longer.
        """
        return self._table.put_op(
            {
                "PK": attempts_partition(issued_at),
                "SK": f"USED#{nonce}",
                # Tells this use from another one if the write is repeated.
                "use": secrets.token_hex(8),
                "ttl": issued_at + seconds + 3600,
            },
            NOT_EXISTS,
        )

    def retry_after(self, scope: ThrottleScope, now: int) -> int:
        """Return the seconds until the current window of a scope ends."""
        return scope.window - now % scope.window

    def sweep(self, now: int) -> None:
        """Delete the counters of past days."""
        for days in range(1, _SWEEP_DAYS + 1):
            pk = attempts_partition(now - days * _DAY)
            self._table.delete_keys([(pk, item["SK"]) for item in self._table.query_all(pk)])

    def _add_op(self, scope: ThrottleScope, now: int, number: int) -> Operation:
        return self._table.update_op(
            attempts_partition(now),
            self._sort_key(scope, now),
            "ADD attempts :number SET #ttl = :ttl",
            {":number": number, ":ttl": now + scope.window + 3600},
            names={"#ttl": "ttl"},
            returning="UPDATED_NEW",
        )

    def _sort_key(self, scope: ThrottleScope, now: int) -> str:
        parts = [_ACTIONS[scope.action], scope.network]
        if scope.name is not None:
            parts.append(scope.name)
        return f"{'#'.join(parts)}#{now // scope.window}"


def attempts_partition(now: int) -> str:
    """Return the partition of the attempts of a day."""
    return f"THROTTLE#{now // _DAY * _DAY}"
