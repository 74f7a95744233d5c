"""Batch results that were counted: `USER#{username}` / `BATCH#{api_name}#{hash of the path}`.

The results of a batch can be downloaded several times, but cost once.
"""

from __future__ import annotations

from hashlib import sha256

from api.storage.operations import NOT_EXISTS
from api.storage.page import delete_expired
from api.storage.table import ConditionFailed, Table
from api.storage.users import user_partition

_PREFIX = "BATCH#"
# Seconds. Providers delete results after about a month.
_KEPT = 100 * 86_400


class BatchResults:
    """Remembers which results were counted."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def claim(self, username: str, api_name: str, path: str, now: float) -> bool:
        """Return whether the results at a path have not been counted yet, and remember them.

        Costs a trip. Raises StorageError.
        """
        item = {
            "PK": user_partition(username),
            "SK": f"{_PREFIX}{api_name}#{sha256(path.encode()).hexdigest()[:32]}",
            "ttl": int(now) + _KEPT,
        }
        try:
            self._table.run(self._table.put_op(item, NOT_EXISTS))
        except ConditionFailed:
            return False
        return True

    def sweep(self, username: str, now: float) -> None:
        """Delete the expired items of a user."""
        delete_expired(self._table, user_partition(username), _PREFIX, now)
