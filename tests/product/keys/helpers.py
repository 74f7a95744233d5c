"""Helpers of several tests of keys."""

from __future__ import annotations

from typing import Any

from tests.support.accounts import Account
from tests.support.clients import Response


def change_key(owner: Account, key: dict[str, Any], **members: object) -> Response:
    """Change fields of a key."""
    return owner.call("PATCH", f"/api/keys/{key['key_id']}", members)
