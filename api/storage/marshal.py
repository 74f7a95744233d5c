"""Conversion between Python values and DynamoDB's typed JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def encode(value: Any) -> dict[str, Any]:
    """Return the typed form of a str, bool, int, float, None, list, tuple or mapping.

    Raises TypeError for anything else.
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
    """Return the Python value of a typed form. Whole numbers become int."""
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


def encode_item(item: Mapping[str, Any]) -> dict[str, Any]:
    """Return the typed form of an item, without members that are None."""
    return {name: encode(value) for name, value in item.items() if value is not None}


def decode_item(item: Mapping[str, Any]) -> dict[str, Any]:
    """Return the item of a typed form."""
    return {name: decode(value) for name, value in item.items()}
