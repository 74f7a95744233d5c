"""How many keys, tokens and sessions a user has: `USER#{username}` / `COUNT#{kind}` (S44).

A counter is never below the number of stored items. It can be above it, because expired items are
deleted without it, so it is corrected by a count before a cap takes effect. An account of an older
version has no counters; its items are counted at the first change.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import msgspec

from api.aws.json_client import Operation
from api.storage.operations import EXISTS, NOT_EXISTS
from api.storage.table import ConditionFailed, Table, TransactionFailed, attributes
from api.storage.users import user_partition

Counted = Literal["keys", "tokens", "sessions"]
_PREFIXES: dict[Counted, str] = {"keys": "APIKEY#", "tokens": "TOKEN#", "sessions": "SESSION#"}
_ATTEMPTS = 8
# Seconds. A full account that creates again and again does not count its items each time.
_RECOUNT_INTERVAL = 60


class Caps(msgspec.Struct, frozen=True):
    """The largest numbers of an account; 0 means no cap."""

    keys: int = 0
    tokens: int = 0
    sessions: int = 0


class CapReached(Exception):
    """The account has as many items as its cap, `cap`, allows."""

    def __init__(self, cap: int) -> None:
        super().__init__(f"cap of {cap} reached")
        self.cap = cap


class Counters:
    """Counts the items of a user in the transactions that create and delete them."""

    def __init__(self, table: Table, caps: Caps) -> None:
        self._table = table
        self.caps = caps

    def create(
        self, username: str, kind: Counted, number: int, now: int, operations: Sequence[Operation]
    ) -> None:
        """Carry out `operations`, which create `number` items, and count them, or do neither.

        Raises CapReached, and TransactionFailed if a condition of `operations` fails.
        """
        position = len(operations)
        for _ in range(_ATTEMPTS):
            try:
                self._table.transact([*operations, self._add_op(username, kind, number)])
                return
            except TransactionFailed as failure:
                if failure.failed != (position,):
                    raise
                self._make_room(username, kind, number, now, failure.items.get(position))
        raise CapReached(self._cap(kind))

    def delete(self, username: str, kind: Counted, operations: Sequence[Operation]) -> None:
        """Carry out `operations`, which delete one item, and count it.

        Raises TransactionFailed if a condition of `operations` fails.
        """
        position = len(operations)
        try:
            self._table.transact([*operations, self._add_op(username, kind, -1)])
        except TransactionFailed as failure:
            if failure.failed != (position,):
                raise
            # An account of an older version has no counter yet.
            self._table.transact(operations)

    def add_session_op(self, username: str) -> Operation:
        """Count a new session. The response to it is for `sessions_after`."""
        return self._table.update_op(
            user_partition(username),
            _sort_key("sessions"),
            "ADD item_count :one",
            {":one": 1},
            returning="UPDATED_NEW",
        )

    def sessions_after(self, response: dict[str, Any]) -> int:
        """Return the counted sessions. 1 can mean that older sessions were never counted."""
        return int(attributes(response)["item_count"])

    def set_sessions(self, username: str, number: int) -> None:
        """Correct the number of sessions."""
        self._table.run(self._table.put_op(_item(username, "sessions", number, 0)))

    def _make_room(
        self, username: str, kind: Counted, number: int, now: int, counter: dict[str, Any] | None
    ) -> None:
        """Count the stored items if the counter may be too high or is missing.

        Raises CapReached if there is no room for `number` more.
        """
        cap = self._cap(kind)
        if counter is not None and counter.get("counted_at", 0) > now - _RECOUNT_INTERVAL:
            raise CapReached(cap)
        stored = self._count(username, kind, now)
        condition, values = NOT_EXISTS, None
        if counter is not None:
            condition, values = "item_count = :seen", {":seen": counter["item_count"]}
        try:
            self._table.run(
                self._table.put_op(_item(username, kind, stored, now), condition, values)
            )
        except ConditionFailed:
            return  # Changed by another request: the next attempt sees how.
        if cap and stored + number > cap:
            raise CapReached(cap)

    def _count(self, username: str, kind: Counted, now: int) -> int:
        return self._table.count(
            user_partition(username),
            prefix=_PREFIXES[kind],
            where="attribute_not_exists(#ttl) OR #ttl > :now",
            values={":now": now},
            names={"#ttl": "ttl"},
        )

    def _add_op(self, username: str, kind: Counted, number: int) -> Operation:
        condition, values = EXISTS, {":number": number}
        cap = self._cap(kind)
        if cap and number > 0:
            condition, values = (
                f"{EXISTS} AND item_count <= :most",
                values | {":most": cap - number},
            )
        return self._table.update_op(
            user_partition(username),
            _sort_key(kind),
            "ADD item_count :number",
            values,
            condition=condition,
        )

    def _cap(self, kind: Counted) -> int:
        cap: int = getattr(self.caps, kind)
        return cap


def _sort_key(kind: Counted) -> str:
    return f"COUNT#{kind}"


def _item(username: str, kind: Counted, stored: int, counted_at: int) -> dict[str, Any]:
    return {
        "PK": user_partition(username),
        "SK": _sort_key(kind),
        "item_count": stored,
        "counted_at": counted_at,
    }
