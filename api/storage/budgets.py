"""Budgets: the list `USER#{username}` / `BUDGETS`, and its copies in pool and token items.

A proxied call reads the copies with its pool and its token. The list and the copies change in one
transaction. Only an account with more pools than a transaction has room for needs several; `repair`
completes them after an interruption. A new pool gets its copy in the transaction that creates it,
which also counts a change of the list, so that no change of the list can miss the pool.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from api.aws.json_client import Operation
from api.pools import Pool
from api.spend.budgets import Budget
from api.storage.budget_list import ACCOUNT, BudgetList, BudgetListItem
from api.storage.pools import Pools
from api.storage.table import Table, TransactionFailed
from api.storage.tokens import Tokens

# A transaction has at most 100 operations. One is for the list.
_POOLS_AT_ONCE = 98


class BudgetsChanged(Exception):
    """The list, or an item with a copy, was changed after it was read."""


class Budgets:
    """Reads and replaces the budgets of a user."""

    def __init__(self, table: Table, pools: Pools, tokens: Tokens) -> None:
        self._table = table
        self._pools = pools
        self._tokens = tokens
        self._list = BudgetListItem(table)

    def get(self, username: str) -> BudgetList:
        """Read the list."""
        return self._list.get(username)

    def replace(
        self,
        username: str,
        old: BudgetList,
        budgets: Iterable[Budget],
        extra_ops: Sequence[Operation] = (),
    ) -> None:
        """Replace the list that was read as `old`, and change the copies, with `extra_ops`.

        A token that no longer exists is left out. Raises BudgetsChanged.
        """
        new = old.replaced(tuple(budgets))
        changed = {budget.scope for budget in set(old.budgets) ^ set(new.budgets)}
        operations = [self._list.replace_op(username, old, new), *extra_ops]
        for scope in sorted(changed):
            kind, _, token_id = scope.partition(":")
            if kind == "token" and self._tokens.get(username, token_id) is not None:
                operations.append(self._tokens.budgets_op(username, token_id, new.of_scope(scope)))
        pools = self._pool_ops(username, new, self._changed_pools(username, changed))
        room = _POOLS_AT_ONCE + 1 - len(operations)
        self._transact([*operations, *pools[:room]])
        self._copy(username, new, pools[room:])

    def repair(self, username: str, budgets: BudgetList, pools: Sequence[Pool]) -> None:
        """Correct the copies in `pools`, as read after the list, that differ from it.

        Does nothing if another request changes the list at the same time.
        """
        if budgets.revision:
            self._copy(username, budgets, self._pool_ops(username, budgets, pools))

    def _changed_pools(self, username: str, scopes: set[str]) -> list[Pool]:
        if ACCOUNT in scopes:
            return self._pools.all(username)
        names = [scope.partition(":")[2] for scope in scopes if scope.startswith("api:")]
        return list(self._pools.get_many(username, sorted(names)).values())

    def _pool_ops(
        self, username: str, budgets: BudgetList, pools: Iterable[Pool]
    ) -> list[Operation]:
        """Return the operations that correct the copies in `pools`. Most need none."""
        operations = []
        for pool in pools:
            spend = budgets.spend(pool.api_name, pool.spend.prices_revision)
            if spend != pool.spend:
                operations.append(self._pools.spend_op(username, pool, spend))
        return operations

    def _copy(self, username: str, budgets: BudgetList, operations: Sequence[Operation]) -> None:
        """Change copies as long as the list stays as it is. Stops at the first that fails."""
        for start in range(0, len(operations), _POOLS_AT_ONCE):
            part = operations[start : start + _POOLS_AT_ONCE]
            try:
                self._table.transact([self._list.assert_unchanged_op(username, budgets), *part])
            except TransactionFailed:
                return

    def _transact(self, operations: Sequence[Operation]) -> None:
        try:
            self._table.transact(operations)
        except TransactionFailed as failure:
            raise BudgetsChanged from failure
