"""What several tests of keys use."""

from __future__ import annotations

from typing import Any

from tests.support.accounts import Account
from tests.support.clients import Response


def change_key(owner: Account, key: dict[str, Any], **members: object) -> Response:
    """Change fields of a key."""
    return owner.call("PATCH", f"/api/keys/{key['key_id']}", members)


def list_all(owner: Account, path: str, limit: int) -> list[dict[str, Any]]:
    """Return all items of a list, page by page."""
    items: list[dict[str, Any]] = []
    cursor = ""
    while True:
        page = owner.call("GET", f"{path}?limit={limit}{cursor}")
        assert page.status == 200, page.body
        assert len(page.json["items"]) <= limit
        items += page.json["items"]
        if page.json["next_cursor"] is None:
            return items
        cursor = f"&cursor={page.json['next_cursor']}"
