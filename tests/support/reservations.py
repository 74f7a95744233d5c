"""Calls that tests of policies and reservations make."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tests.support.accounts import Account
from tests.support.clients import Response

HOUR = 3600


def set_policy(
    account: Account, limit: int, window: int = HOUR, api_name: str = "test"
) -> Response:
    body = {"limit": limit, "window": window}
    return account.call("PUT", f"/api/rate-limits/{api_name}", body)


def reserve(account: Account, token: dict[str, Any], api_name: str = "test", **of: Any) -> Response:
    path = f"/api/rate-limits/{api_name}/reservations/{token['token_id']}"
    return account.call("PUT", path, of)


def view(account: Account, api_name: str = "test") -> dict[str, Any]:
    answer = account.call("GET", f"/api/rate-limits/{api_name}")
    assert answer.status == 200, answer.body
    document: dict[str, Any] = answer.json
    return document


def passed(account: Account, tokens: list[str]) -> Counter[str]:
    """Make concurrent calls with these tokens. Returns how many succeed for each token."""
    with ThreadPoolExecutor(60) as threads:
        answers = list(threads.map(account.proxied, tokens))
    assert {answer.status for answer in answers} <= {200, 429}, Counter(a.status for a in answers)
    return Counter(
        token for token, answer in zip(tokens, answers, strict=True) if answer.status == 200
    )


def sequence(account: Account, token: str, calls: int) -> list[int]:
    return [account.proxied(token).status for _ in range(calls)]
