"""Adds keys to pools. A new pool gets a copy of the account's budgets with its first key."""

from __future__ import annotations

from collections.abc import Mapping

from api.aws.json_client import Operation
from api.pools import PoolKey
from api.quota.key_state import KeyState
from api.storage.budget_list import BudgetListItem
from api.storage.pools import Pools
from api.storage.table import Table


class PoolAdditions:
    """Builds the operations that add keys to pools."""

    def __init__(self, table: Table, pools: Pools) -> None:
        self._pools = pools
        self._budgets = BudgetListItem(table)

    def ops(
        self, username: str, by_api: Mapping[str, list[PoolKey]], state: KeyState | None = None
    ) -> list[Operation]:
        """Add keys to the pools of their APIs. Costs two trips.

        `state` is the state of the keys that become inline. The operations fail if the account's
        budgets change at the same time and a pool needs a copy of them.
        """
        # Read before the pools: a change of the list after this makes the operations fail.
        budgets = self._budgets.get(username)
        pools = self._pools.get_many(username, list(by_api))
        operations = []
        copies = False
        for api_name, added in by_api.items():
            pool = pools.get(api_name)
            wanted = budgets.spend(api_name, pool.spend.prices_revision if pool else 0)
            is_stale = pool is None or pool.spend != wanted
            copies = copies or is_stale
            operations.append(
                self._pools.add_op(
                    username, api_name, pool, added, state, wanted if is_stale else None
                )
            )
        if copies:
            operations.append(self._budgets.new_pool_op(username, budgets))
        return operations
