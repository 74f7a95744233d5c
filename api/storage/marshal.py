"""Python values to DynamoDB's typed JSON and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Item = dict[str, Any]


def encode(value: Any) -> dict[str, Any]:
    """A typed value: str, bool, int, float, None, list, dict. Raises TypeError for anything
    else.
    """
    if isinstance(value, str):
        return {"S": value}
    if isinstance(value, bool):
        return {"BOOL": value}
    if isinstance(value, int | float):
        return {"N": str(value)}
    if value is None:
        return {"NULL": True}
    if isinstance(value, Mapping):
        return {"M": {name: encode(member) for name, member in value.items()}}
    if isinstance(value, list | tuple):
        return {"L": [encode(member) for member in value]}
    raise TypeError(f"cannot store a {type(value).__name__}")


def decode(typed: Mapping[str, Any]) -> Any:
    """The Python value of a typed one; numbers without a fraction become int."""
    ((kind, value),) = typed.items()
    if kind == "S" or kind == "BOOL":
        return value
    if kind == "N":
        return int(value) if value.lstrip("-").isdigit() else float(value)
    if kind == "NULL":
        return None
    if kind == "M":
        return {name: decode(member) for name, member in value.items()}
    if kind == "L":
        return [decode(member) for member in value]
    raise TypeError(f"unexpected attribute type {kind}")


def encode_item(item: Mapping[str, Any]) -> Item:
    """A whole item; members that are None are left out."""
    return {name: encode(value) for name, value in item.items() if value is not None}


def decode_item(item: Mapping[str, Any]) -> dict[str, Any]:
    """A whole item."""
    return {name: decode(value) for name, value in item.items()}
