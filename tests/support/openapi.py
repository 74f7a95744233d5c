"""The OpenAPI document and helpers to read it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from api.openapi import document
from api.routes import GROUPS

ENDPOINTS = [endpoint for group in GROUPS for endpoint in group.endpoints]
DOCUMENT = document(ENDPOINTS)


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield every operation: method, path, operation object."""
    for path, item in DOCUMENT["paths"].items():
        for method, operation in item.items():
            if method != "parameters":
                yield method.upper(), path, operation


def resolve(part: dict[str, Any]) -> dict[str, Any]:
    """Return the part of the document that a reference leads to."""
    while "$ref" in part:
        found: Any = DOCUMENT
        for step in part["$ref"].removeprefix("#/").split("/"):
            found = found[step]
        part = found
    return part
