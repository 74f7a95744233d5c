"""What the tests of key checks share."""

from __future__ import annotations

from typing import Any

from tests.support.accounts import Account


def check_key(account: Account, key: dict[str, Any]) -> dict[str, Any]:
    """Check a key at once and return the result."""
    answer = account.call("POST", f"/api/keys/{key['key_id']}/check")
    assert answer.status == 200, answer.body
    result: dict[str, Any] = answer.json
    return result


def read_key(account: Account, key: dict[str, Any]) -> dict[str, Any]:
    """Return a key as the API shows it."""
    document: dict[str, Any] = account.call("GET", f"/api/keys/{key['key_id']}").json
    return document
