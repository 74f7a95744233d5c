"""Calls that read and write whole tables: pages of a Scan or a Query, and a transaction."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def goes_on(request: dict[str, Any], answer: dict[str, Any]) -> bool:
    """Return whether a Scan or a Query has another page, which the changed request reads."""
    last = answer.get("LastEvaluatedKey")
    if last is None:
        return False
    request["ExclusiveStartKey"] = last
    return True


def transaction(table: str, operations: Sequence[dict[str, dict[str, Any]]]) -> dict[str, Any]:
    """Return the request of a transaction of `operations` ({"Put": {"Item": …}}) on a table."""
    for operation in operations:
        for member in operation.values():
            member["TableName"] = table
    return {"TransactItems": list(operations)}
