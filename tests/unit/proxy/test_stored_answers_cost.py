"""A response in the background costs nothing when it begins, and once when it is read."""

from __future__ import annotations

import json
from typing import Any

from api.pools import Pool
from api.proxy.price_sources import PriceSources
from api.spend.usage import Cost
from tests.unit.proxy.spend_calls import KEY, spend_of

POOL = Pool("openai", (KEY,), {}, None, False)
NOW = 1_780_000_000
QUEUED: dict[str, Any] = {
    "id": "resp_1",
    "model": "gpt-4o-mini",
    "background": True,
    "status": "queued",
    "usage": None,
}
DONE = {**QUEUED, "status": "completed", "usage": {"input_tokens": 1000, "output_tokens": 500}}


class OnceClaims:
    """Claims that succeed once for each path."""

    def __init__(self) -> None:
        self.seen: set[str] = set()

    def claim(self, username: str, api_name: str, path: str, now: float) -> bool:
        is_new = path not in self.seen
        self.seen.add(path)
        return is_new


class NoOwnPrices:
    """A user without prices of their own."""

    def get(self, username: str, api_name: str) -> None:
        return None


def cost(method: str, path: str, answer: dict[str, Any], claims: OnceClaims) -> Cost:
    body = b"" if method == "GET" else b'{"model": "gpt-4o-mini", "background": true}'
    spend = spend_of(method, path, body, PriceSources(NoOwnPrices, lambda: claims))
    assert spend.begin(POOL)
    spend.begin_response(200, [("Content-Type", "application/json")])
    spend.observe(json.dumps(answer).encode())
    found = spend.finish(is_complete=True)
    assert found is not None
    return found


def test_a_response_in_the_background_costs_when_it_is_first_read() -> None:
    claims = OnceClaims()
    amounts = [
        cost("POST", "/v1/responses", QUEUED, claims).amount,
        cost("GET", "/v1/responses/resp_1", QUEUED, claims).amount,
        cost("GET", "/v1/responses/resp_1", DONE, claims).amount,
        cost("GET", "/v1/responses/resp_1", DONE, claims).amount,
    ]

    # 0.15 and 0.60 USD for a million tokens.
    assert amounts == [0, 0, 1000 * 150 + 500 * 600, 0]


def test_another_stored_response_costs_nothing() -> None:
    stored = {**DONE, "background": False}

    found = cost("GET", "/v1/responses/resp_1", stored, OnceClaims())

    assert found.amount == 0
    assert not found.oddities
