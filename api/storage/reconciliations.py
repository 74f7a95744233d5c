"""Comparisons with providers' own figures.

`USER#{username}` / `RECONCILE#{api_name}` says which admin key is used and how the last run ended.
It is listed among the schedules of key checks (schedules.py). `RECONCILED#{api_name}#{day}` are the
compared days, which are kept for 400 days.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from api.aws.json_client import Operation
from api.storage.page import delete_expired
from api.storage.schedules import RECONCILE_PREFIX, index_attributes
from api.storage.table import ConditionFailed, Table, TransactionFailed
from api.storage.users import Users, user_partition

_DAY_PREFIX = "RECONCILED#"
_KEPT = 400 * 86_400


class Reconciliation(msgspec.Struct, frozen=True, omit_defaults=True):
    """Which admin key an API is compared with, and how the last run ended.

    `state` is a word of ReconciliationState, `run_at` and `next_at` are epoch seconds. The run that
    the schedule makes next is at `next_at`.
    """

    api_name: str
    admin_api_name: str
    next_at: int = msgspec.field(name="at")
    state: str = "not_run"
    detail: str = ""
    run_at: int | None = None


class Reading(msgspec.Struct, frozen=True):
    """A provider's total of all time in nano-dollars, at a time in epoch seconds."""

    at: int
    total: int


class StoredDay(msgspec.Struct, frozen=True, omit_defaults=True):
    """A compared day that starts at `start` (epoch seconds). Amounts are in nano-dollars.

    `provider` is None without a figure of the provider. With `is_total` it reports only a
    total of all time, and `first` and `last` are the first and the last reading of the day.
    """

    start: int
    compared_at: int
    provider: int | None = None
    own: int = 0
    estimated: int = 0
    unknown_calls: int = 0
    is_total: bool = False
    first: Reading | None = None
    last: Reading | None = None


class ReconciliationChanged(Exception):
    """The reconciliation, or its account, was changed or deleted after it was read."""


class Reconciliations:
    """Stores reconciliations and their days."""

    def __init__(self, table: Table, users: Users) -> None:
        self._table = table
        self._users = users

    def all(self, username: str) -> list[Reconciliation]:
        """Read a user's reconciliations, by API name."""
        items = self._table.query_all(user_partition(username), prefix=RECONCILE_PREFIX)
        return [_as_reconciliation(item) for item in items]

    def get(self, username: str, api_name: str) -> Reconciliation | None:
        """Read the reconciliation of an API."""
        item = self._table.get(user_partition(username), f"{RECONCILE_PREFIX}{api_name}")
        return _as_reconciliation(item) if item else None

    def set(self, username: str, new: Reconciliation) -> None:
        """Store a reconciliation, in place of an older one. Raises ReconciliationChanged."""
        operations = [self._users.assert_active_op(username), self._put_op(username, new)]
        try:
            self._table.transact(operations)
        except TransactionFailed as failure:
            raise ReconciliationChanged from failure

    def delete(self, username: str, api_name: str) -> bool:
        """Delete a reconciliation and its days. Returns False if there is none."""
        pk = user_partition(username)
        key = (pk, f"{RECONCILE_PREFIX}{api_name}")
        try:
            self._table.run(self._table.delete_op(*key, condition="attribute_exists(PK)"))
        except ConditionFailed:
            return False
        self.delete_days(username, api_name)
        return True

    def delete_days(self, username: str, api_name: str) -> None:
        """Delete the compared days of an API."""
        pk = user_partition(username)
        items = self._table.query_all(pk, prefix=f"{_DAY_PREFIX}{api_name}#")
        self._table.delete_keys([(pk, item["SK"]) for item in items])

    def save_run(
        self, username: str, seen: Reconciliation, new: Reconciliation, days: Sequence[StoredDay]
    ) -> None:
        """Store the outcome of a run and at most 98 days of it, all or nothing.

        Raises ReconciliationChanged if the reconciliation was deleted or has another admin key.
        """
        condition = "admin_api_name = :admin"
        operations = [
            self._put_op(username, new, condition, {":admin": seen.admin_api_name}),
            *(self._day_op(username, new.api_name, day) for day in days),
        ]
        try:
            self._table.transact(operations)
        except TransactionFailed as failure:
            raise ReconciliationChanged from failure

    def days(self, username: str, api_name: str, start: int, end: int) -> list[StoredDay]:
        """Read the compared days that start in [start, end), the earliest first."""
        items = self._table.query_all(
            user_partition(username),
            between=(_day_sort_key(api_name, start), _day_sort_key(api_name, end - 1)),
        )
        return [msgspec.convert(item, StoredDay) for item in items]

    def sweep(self, username: str, now: float) -> None:
        """Delete the expired days of a user."""
        delete_expired(self._table, user_partition(username), _DAY_PREFIX, now)

    def _put_op(
        self,
        username: str,
        new: Reconciliation,
        condition: str | None = None,
        values: dict[str, Any] | None = None,
    ) -> Operation:
        pk = user_partition(username)
        return self._table.put_op(
            {
                "PK": pk,
                "SK": f"{RECONCILE_PREFIX}{new.api_name}",
                **index_attributes(new.next_at, username),
                **msgspec.to_builtins(new),
            },
            condition,
            values,
        )

    def _day_op(self, username: str, api_name: str, day: StoredDay) -> Operation:
        return self._table.put_op(
            {
                "PK": user_partition(username),
                "SK": _day_sort_key(api_name, day.start),
                "ttl": day.start + _KEPT,
                **msgspec.to_builtins(day),
            }
        )


def _day_sort_key(api_name: str, start: int) -> str:
    return f"{_DAY_PREFIX}{api_name}#{start:010d}"


def _as_reconciliation(item: dict[str, Any]) -> Reconciliation:
    return msgspec.convert(item, Reconciliation)
