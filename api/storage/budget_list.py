"""The item `USER#{username}` / `BUDGETS`: all budgets of a user, and how often they changed."""

from __future__ import annotations

from typing import Any

import msgspec

from api.aws.json_client import Operation
from api.spend.budgets import ApiSpend, Budget
from api.storage.operations import NOT_EXISTS
from api.storage.table import Table
from api.storage.users import user_partition

ACCOUNT = "account"
"""The scope of budgets that all calls count in."""
_SORT_KEY = "BUDGETS"
_PERIODS = ("day", "week", "month", "total")
_SAME_REVISION = "revision = :old"


class BudgetList(msgspec.Struct, frozen=True):
    """The budgets of a user, sorted by scope and period.

    `revision` counts the changes of the list, and new pools; 0 means that there is no item.
    `account_revision` is the revision at which the account's budgets last changed.
    """

    revision: int = 0
    account_revision: int = 0
    budgets: tuple[Budget, ...] = ()

    def of_scope(self, scope: str) -> tuple[Budget, ...]:
        """Return the budgets of a scope."""
        return tuple(budget for budget in self.budgets if budget.scope == scope)

    def spend(self, api_name: str, prices_revision: int) -> ApiSpend:
        """Return what the pool of an API stores of this list."""
        budgets = self.of_scope(ACCOUNT) + self.of_scope(f"api:{api_name}")
        return ApiSpend(budgets, self.account_revision, prices_revision)

    def replaced(self, budgets: tuple[Budget, ...]) -> BudgetList:
        """Return the next revision of the list, with `budgets`."""
        revision = self.revision + 1
        ordered = sorted(budgets, key=lambda each: (each.scope, _PERIODS.index(each.period)))
        new = BudgetList(revision, self.account_revision, tuple(ordered))
        if new.of_scope(ACCOUNT) == self.of_scope(ACCOUNT):
            return new
        return msgspec.structs.replace(new, account_revision=revision)


class BudgetListItem:
    """Reads the item, and builds the operations that change it."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def get(self, username: str) -> BudgetList:
        """Read the list. Without an item it is empty."""
        item = self._table.get(user_partition(username), _SORT_KEY)
        if item is None:
            return BudgetList()
        budgets = msgspec.json.decode(item.get("budgets", "[]"), type=tuple[Budget, ...])
        return BudgetList(int(item["revision"]), int(item.get("account_revision", 0)), budgets)

    def replace_op(self, username: str, old: BudgetList, new: BudgetList) -> Operation:
        """Replace the list. Fails if it is no longer `old`."""
        item: dict[str, Any] = {
            "PK": user_partition(username),
            "SK": _SORT_KEY,
            "revision": new.revision,
            "account_revision": new.account_revision,
            "budgets": msgspec.json.encode(new.budgets).decode(),
        }
        if not old.revision:
            return self._table.put_op(item, NOT_EXISTS)
        return self._table.put_op(item, _SAME_REVISION, {":old": old.revision})

    def assert_unchanged_op(self, username: str, budgets: BudgetList) -> Operation:
        """Require that the list is still `budgets`."""
        return self._table.condition_op(
            user_partition(username), _SORT_KEY, _SAME_REVISION, {":old": budgets.revision}
        )

    def new_pool_op(self, username: str, budgets: BudgetList) -> Operation:
        """Count a change of the list, for a new pool that has a copy of the account's budgets.

        Fails if the account's budgets are no longer those of `budgets`.
        """
        unchanged = "account_revision = :seen"
        if not budgets.account_revision:
            unchanged = f"(attribute_not_exists(account_revision) OR {unchanged})"
        return self._table.update_op(
            user_partition(username),
            _SORT_KEY,
            "ADD revision :one",
            {":one": 1, ":seen": budgets.account_revision},
            condition=unchanged,
        )
