"""The check of the encryption keys `SERVER` / `FERNET_KEYS`: one ciphertext for each key in use."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from api.storage.operations import NOT_EXISTS
from api.storage.table import ConditionFailed, Table

_KEY = ("SERVER", "FERNET_KEYS")


class EncryptionChecks:
    """Reads and replaces the check values."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def read(self) -> tuple[str, ...] | None:
        """Return the check values, None if none were ever stored."""
        item = self._table.get(*_KEY)
        return tuple(item["checks"]) if item else None

    def replace(self, old: Sequence[str] | None, new: Sequence[str]) -> bool:
        """Replace the values `old` with `new`. Returns False if another process replaced them."""
        item = {"PK": _KEY[0], "SK": _KEY[1], "checks": list(new)}
        condition, values = NOT_EXISTS, None
        if old is not None:
            condition, values = "checks = :old", {":old": list(old)}
        try:
            self._table.run(self._table.put_op(item, condition, values))
        except ConditionFailed:
            return False
        return True


def encryption_check_key() -> tuple[str, str]:
    """Return the key of the item."""
    return _KEY


def check_values_in(item: dict[str, dict[str, Any]]) -> tuple[str, ...]:
    """Return the check values of the item in DynamoDB's JSON."""
    return tuple(value["S"] for value in item["checks"]["L"])
