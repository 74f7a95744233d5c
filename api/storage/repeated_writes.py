"""Recognise a write whose condition fails only because its own first attempt was carried out.

If the response to a conditional write is lost, the client sends it again. If the first attempt was
carried out, the repetition finds the item as the write made it: its condition fails, but the write
is done.
"""

from __future__ import annotations

import re
from typing import Any

from api.aws.json_client import Operation
from api.storage.marshal import decode_item

_CLAUSE = re.compile(r"\b(SET|REMOVE|ADD|DELETE)\b")
_ASSIGNMENT = re.compile(r"(#?\w+) = (:\w+)")


def was_carried_out(operation: Operation, item: dict[str, Any] | None) -> bool:
    """Return whether the stored item (None if there is none) is as the write would make it.

    Never true for a write that adds to a number: whether the number includes it cannot be seen.
    """
    name, payload = operation
    if name == "DeleteItem":
        return item is None
    if item is None:
        return False
    if name == "PutItem":
        return decode_item(payload["Item"]) == item
    return name == "UpdateItem" and _is_updated(payload, item)


def _is_updated(payload: dict[str, Any], item: dict[str, Any]) -> bool:
    names = payload.get("ExpressionAttributeNames", {})
    values = decode_item(payload.get("ExpressionAttributeValues", {}))
    parts = _CLAUSE.split(payload["UpdateExpression"])
    clauses = dict(zip(parts[1::2], parts[2::2], strict=True))
    if not clauses.keys() <= {"SET", "REMOVE"}:
        return False
    for assignment in filter(None, clauses.get("SET", "").split(",")):
        match = _ASSIGNMENT.fullmatch(assignment.strip())
        if match is None or item.get(names.get(match[1], match[1])) != values[match[2]]:
            return False
    removed = [part.strip() for part in clauses.get("REMOVE", "").split(",") if part.strip()]
    return not any(names.get(attribute, attribute) in item for attribute in removed)
