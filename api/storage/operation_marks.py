"""Marks of an operation on the whole table: `SERVER` / `OPERATION` while a restore or a move writes
to it.
"""

from __future__ import annotations

from typing import Any

import msgspec

_KEY = ("SERVER", "OPERATION")


class OperationMark(msgspec.Struct, frozen=True):
    """A restore or a move that is not finished. `identity` is that of the backup or of the move,
    `written` the number of items that are written, `started_at` is in epoch seconds. `run` is new
    for each process that works on it, so that one of two stops.
    """

    kind: str
    identity: str
    started_at: int
    written: int = 0
    run: str = ""


def mark_key() -> tuple[str, str]:
    """Return the key of the mark."""
    return _KEY


def mark_item(mark: OperationMark) -> dict[str, dict[str, Any]]:
    """Return the item of a mark in DynamoDB's JSON."""
    return {
        "PK": {"S": _KEY[0]},
        "SK": {"S": _KEY[1]},
        "kind": {"S": mark.kind},
        "identity": {"S": mark.identity},
        "started_at": {"N": str(mark.started_at)},
        "written": {"N": str(mark.written)},
        "run": {"S": mark.run},
    }


def read_mark(item: dict[str, dict[str, Any]]) -> OperationMark:
    """Return the mark of its item in DynamoDB's JSON."""
    return OperationMark(
        item["kind"]["S"],
        item["identity"]["S"],
        int(item["started_at"]["N"]),
        int(item["written"]["N"]),
        item.get("run", {"S": ""})["S"],
    )
