"""What a call by an official SDK costs is in the request log: genai-prices calculates the same."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from genai_prices import Usage, calc_price

from tests.sdk.matrix import Runners, perform
from tests.sdk.standins import anthropic, gemini, openai
from tests.sdk.standins.base import json_answer, published
from tests.sdk.table import CLIENTS, expected
from tests.sdk.world import World
from tests.support.machine import until
from tests.support.upstream import Answer

CLAUDE, GEMINI = "claude-sonnet-4-5", "gemini-2.5-flash"
STREAMED = published("openai")["POST /chat/completions (stream)"][0]["model"]
"""The model that OpenAI's streams name: the response decides, not the request."""
# What the stand-ins report: input and output tokens.
OPENAI, CLAUDES, OTHERS = (19, 10), (12, 6), (3, 6)
# Client, feature, provider of genai-prices, model and what the stand-in reports. The streams of
# OpenAI and Groq report nothing unless the request asks for it.
CALLS: list[tuple[str, str, str, str, tuple[int, int] | None]] = [
    ("openai (Python)", "call", "openai", "gpt-5-mini", OPENAI),
    ("openai (Python)", "stream", "openai", STREAMED, None),
    ("openai (JavaScript)", "call", "openai", "gpt-5-mini", OPENAI),
    ("anthropic (Python)", "call", "anthropic", CLAUDE, CLAUDES),
    ("anthropic (Python)", "stream", "anthropic", CLAUDE, CLAUDES),
    ("@anthropic-ai/sdk", "stream", "anthropic", CLAUDE, CLAUDES),
    ("google-genai", "call", "google", GEMINI, OTHERS),
    ("google-genai", "stream", "google", GEMINI, OTHERS),
    ("mistralai", "call", "mistral", "mistral-small-latest", OTHERS),
    ("mistralai", "stream", "mistral", "mistral-small-latest", OTHERS),
    ("groq (Python)", "call", "groq", "openai/gpt-oss-20b", OPENAI),
    ("groq (Python)", "stream", "groq", "openai/gpt-oss-20b", None),
    ("cohere", "call", "cohere", "command-a-03-2025", OTHERS),
    ("cohere", "stream", "cohere", "command-a-03-2025", OTHERS),
]


@pytest.fixture(autouse=True)
def priced_models(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let stand-ins respond with models that have a price, as the real APIs do."""
    monkeypatch.setitem(anthropic.MESSAGE, "model", CLAUDE)
    part = gemini.part

    def priced(text: str, finish: str | None) -> dict[str, Any]:
        return {**part(text, finish), "modelVersion": GEMINI}

    monkeypatch.setattr(gemini, "part", priced)


def nano(provider: str, model: str, tokens: tuple[int, int]) -> int:
    """What genai-prices calculates, in billionths of a dollar."""
    usage = Usage(input_tokens=tokens[0], output_tokens=tokens[1])
    price = calc_price(usage, model, provider_id=provider).total_price
    return round(price * 1_000_000_000)


def logged_cost(world: World, token_id: str) -> dict[str, Any]:
    """The only entry of a token, with its cost as the digits of the document.

    Some SDKs stop reading at `[DONE]`, before the call has ended.
    """
    found: list[dict[str, Any]] = []

    def is_logged() -> bool:
        answer = world.account.call("GET", f"/api/requests?token_id={token_id}")
        found[:] = json.loads(answer.body, parse_float=Decimal)["items"]
        return bool(found)

    until(is_logged)
    (entry,) = found
    return entry


@pytest.mark.parametrize(("name", "feature", "provider", "model", "tokens"), CALLS)
def test_the_cost_of_a_call_is_in_the_log(
    name: str,
    feature: str,
    provider: str,
    model: str,
    tokens: tuple[int, int] | None,
    world: World,
    runners: Runners,
) -> None:
    client = CLIENTS[name]
    world.keys(client.api)
    token = world.account.token_details(["*"])
    setup = world.through(client.api, client.setup, token["token"])
    assert perform(runners, client, feature, setup) == expected(client, feature)
    entry = logged_cost(world, token["token_id"])
    assert entry["model"] == model
    if tokens is None:
        assert entry["cost_basis"] == "estimate" and entry["cost_usd"] > 0
    else:
        assert entry["cost_basis"] == "price"
        assert entry["cost_usd"] * 1_000_000_000 == nano(provider, model, tokens)
        assert entry["units"]["input_tokens"] == tokens[0]
        assert entry["units"]["output_tokens"] == tokens[1]


def test_a_stream_that_is_asked_for_its_usage_costs_exactly(world: World) -> None:
    client = CLIENTS["openai (Python)"]
    world.keys("openai")
    usage = {"prompt_tokens": 1200, "completion_tokens": 300, "total_tokens": 1500,
             "prompt_tokens_details": {"cached_tokens": 1024}}  # fmt: skip
    last = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": STREAMED,
            "choices": [], "usage": usage}  # fmt: skip

    def pieces() -> list[bytes]:
        end = f"data: {json.dumps(last)}\n\ndata: [DONE]\n\n".encode()
        return [openai.chunk({"content": "Hello"}), end]

    kind = ("Content-Type", "text/event-stream")
    world.providers.of("openai").first.append(lambda: Answer(200, [kind], b"", pieces=pieces))
    token = world.account.token_details(["*"])
    with world.through("openai", client.setup, token["token"]).python() as made:
        events = made.chat.completions.create(
            model="gpt-5-mini",
            messages=[{"role": "user", "content": "Hello"}],
            stream=True,
            stream_options={"include_usage": True},
        )
        assert [event.usage.total_tokens for event in events if event.usage] == [1500]
    entry = logged_cost(world, token["token_id"])
    used = Usage(input_tokens=1200, output_tokens=300, cache_read_tokens=1024)
    price = calc_price(used, STREAMED, provider_id="openai").total_price
    assert (entry["cost_basis"], entry["model"]) == ("price", STREAMED)
    assert entry["cost_usd"] * 1_000_000_000 == round(price * 1_000_000_000)


def test_what_an_answer_costs_is_in_the_spend(world: World) -> None:
    client = CLIENTS["openai (Python)"]
    world.keys("openai")
    token = world.account.token_details(["*"])
    body = {"id": "1", "object": "chat.completion", "created": 1, "model": "gpt-5-mini",
            "choices": [{"index": 0, "finish_reason": "stop",
                         "message": {"role": "assistant", "content": "Hello"}}],
            "usage": {"prompt_tokens": 1000, "completion_tokens": 1000,
                      "total_tokens": 2000}}  # fmt: skip
    world.providers.of("openai").first.append(lambda: json_answer(body))
    with world.through("openai", client.setup, token["token"]).python() as made:
        made.chat.completions.create(
            model="gpt-5-mini", messages=[{"role": "user", "content": "Hello"}]
        )
    answer = world.account.call("GET", f"/api/spend?time_zone=UTC&token_id={token['token_id']}")
    assert answer.status == 200, answer.body
    spend = json.loads(answer.body, parse_float=Decimal)
    cost = Decimal(nano("openai", "gpt-5-mini", (1000, 1000))) / 1_000_000_000
    assert (spend["total_usd"], spend["today_usd"], spend["month_usd"]) == (cost, cost, cost)
    (model,) = spend["models"]
    assert (model["model"], model["cost_usd"]) == ("gpt-5-mini", cost)
    assert spend["hosting"] is None
