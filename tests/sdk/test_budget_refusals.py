"""A call that a budget refuses raises the exception of the client's SDK. No SDK repeats it."""

from __future__ import annotations

import pytest

from tests.sdk.feature_runner import Failed
from tests.sdk.matrix import Runners, perform
from tests.sdk.table import CLIENTS
from tests.sdk.world import World

# The exceptions that the SDKs have for a status of 402, or for 429 where they have none for 402.
EXCEPTIONS = {
    "openai (Python)": "RateLimitError",
    "openai (JavaScript)": "RateLimitError",
    "anthropic (Python)": "PaymentRequiredError",
    "@anthropic-ai/sdk": "PaymentRequiredError",
    "google-genai": "ClientError",
    "@google/genai": "ApiError",
    "mistralai": "SDKError",
    "@mistralai/mistralai": "SDKError",
    "cohere": "ApiError",
    "cohere-ai": "CohereError",
    "groq (Python)": "RateLimitError",
    "groq-sdk": "RateLimitError",
    "pydantic-ai-slim": "ModelQuotaExceededError",
    "@ai-sdk/openai": "APICallError",
    "@ai-sdk/anthropic": "APICallError",
    "@ai-sdk/mistral": "APICallError",
    "@langchain/openai": "InsufficientQuotaError",
    "stripe (Python)": "RateLimitError",
    "stripe (JavaScript)": "StripeRateLimitError",
}


@pytest.mark.parametrize("name", EXCEPTIONS)
def test_a_budget_raises_the_sdks_exception_once(name: str, world: World, runners: Runners) -> None:
    client = CLIENTS[name]
    world.keys(client.api)
    account = world.account
    prices = {"rules": [{"per_call_usd": 1}]}
    assert account.call("PUT", f"/api/prices/{client.api}", prices).status == 200
    budget = {
        "scope": {"type": "api", "api_name": client.api}, "period": "month", "amount_usd": 0.5
    }  # fmt: skip
    answer = account.call("POST", "/api/budgets", budget)
    assert answer.status == 201, answer.body
    try:
        token = account.token_details(["*"])
        setup = world.through(client.api, client.setup, token["token"])
        with pytest.raises(Exception) as raised:
            perform(runners, client, "call", setup)
        if isinstance(raised.value, Failed):
            assert client.module
            last = str(raised.value)
        else:
            last = f"{type(raised.value).__name__}: {raised.value}"
        assert EXCEPTIONS[name] in last and "budget" in last, last
        assert world.providers.of(client.api).received == []
        logged = account.call("GET", f"/api/requests?token_id={token['token_id']}").json["items"]
        assert [entry["problem"] for entry in logged] == ["budget_exceeded"]
    finally:
        path = f"/api/budgets/{answer.json['budget_id']}"
        assert account.call("DELETE", path).status == 204
        assert account.call("DELETE", f"/api/prices/{client.api}").status == 204
