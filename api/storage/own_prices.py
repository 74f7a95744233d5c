"""The user's own prices of an API: `USER#{username}` / `PRICES#{api_name}`.

The pool item has the revision of the prices, so that a process knows whether those that it
remembers still apply. Both change in one transaction. Removed prices leave the item with its
revision, so that no revision is used twice.
"""

from __future__ import annotations

import msgspec

from api.pools import Pool
from api.spend.prices.own_prices import OwnPrices
from api.storage.operations import NOT_EXISTS
from api.storage.pools import Pools
from api.storage.table import Table, TransactionFailed
from api.storage.users import user_partition

_PREFIX = "PRICES#"


class PricesChanged(Exception):
    """The prices, or what the pool stores about spend, were changed after they were read."""


class OwnPricesItems:
    """Reads and changes the user's own prices."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._pools = Pools(table)

    def get(self, username: str, api_name: str) -> tuple[int, OwnPrices] | None:
        """Read the prices of an API with their revision. None if there are none."""
        revision, prices = self._read(username, api_name)
        return None if prices is None else (revision, prices)

    def of_user(self, username: str) -> dict[str, OwnPrices]:
        """Read the prices of all APIs, by API name."""
        items = self._table.query_all(user_partition(username), prefix=_PREFIX)
        return {
            item["SK"].removeprefix(_PREFIX): _decoded(item["prices"])
            for item in items
            if "prices" in item
        }

    def replace(self, username: str, pool: Pool, prices: OwnPrices | None) -> bool:
        """Replace or remove the prices of the API whose pool was read as `pool`.

        Returns False if there are no prices to remove. Raises PricesChanged.
        """
        old, stored = self._read(username, pool.api_name)
        if prices is None and stored is None:
            return False
        item = {
            "PK": user_partition(username),
            "SK": f"{_PREFIX}{pool.api_name}",
            "revision": old + 1,
        }
        if prices is not None:
            item["prices"] = msgspec.json.encode(prices).decode()
        condition, values = ("revision = :old", {":old": old}) if old else (NOT_EXISTS, None)
        spend = msgspec.structs.replace(
            pool.spend, prices_revision=old + 1 if prices is not None else 0
        )
        try:
            self._table.transact(
                [
                    self._table.put_op(item, condition, values),
                    self._pools.spend_op(username, pool, spend),
                ]
            )
        except TransactionFailed as failure:
            raise PricesChanged from failure
        return True

    def _read(self, username: str, api_name: str) -> tuple[int, OwnPrices | None]:
        item = self._table.get(user_partition(username), f"{_PREFIX}{api_name}")
        if item is None:
            return 0, None
        return int(item["revision"]), _decoded(item["prices"]) if "prices" in item else None


def _decoded(text: str) -> OwnPrices:
    return msgspec.json.decode(text, type=OwnPrices)
