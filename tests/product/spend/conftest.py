"""Calls to stand-ins of providers, and what the log and the counters say that they cost."""

from __future__ import annotations

import json
from typing import Any

import pytest

from api.wiring import Storage
from tests.support.accounts import Account
from tests.support.clients import Response
from tests.support.products import storage_of
from tests.support.upstream import Place

JSON = [("Content-Type", "application/json")]
EVENTS = [("Content-Type", "text/event-stream")]
MODEL = "gpt-4o-mini"
"""0.15 USD for a million input tokens, 0.60 USD for output, 0.075 USD for cached input."""


class Spender:
    """A user with a key for OpenAI, whose host is a place of the upstream."""

    def __init__(self, account: Account, place: Place, api_name: str = "openai") -> None:
        self.account = account
        self.place = place
        self.api_name = api_name
        account.key(place, api_name=api_name)
        self.token = account.token_details([api_name])

    def post(
        self,
        path: str,
        body: dict[str, Any],
        *fields: tuple[str, str],
    ) -> Response:
        """Make a call with a JSON body."""
        return self.account.proxied(
            self.token["token"],
            f"/proxy/{self.api_name}{path}",
            "POST",
            [*JSON, *fields],
            json.dumps(body).encode(),
        )

    def chat(self, *fields: tuple[str, str], model: str = MODEL, **members: Any) -> Response:
        """Ask for a chat completion."""
        asked = {"model": model, "messages": [{"role": "user", "content": "Hello"}], **members}
        return self.post("/v1/chat/completions", asked, *fields)

    def logged(self, count: int = 1) -> list[dict[str, Any]]:
        """Return the entries of the log, the newest first, once there are so many."""
        for _ in range(200):
            entries: list[dict[str, Any]] = self.account.call("GET", "/api/requests").json["items"]
            if len(entries) >= count:
                return entries
        raise AssertionError(f"the log has fewer than {count} entries")

    def cost(self, count: int = 1) -> tuple[Any, ...]:
        """Return model, cost, basis and units of the newest entry."""
        (entry, *_) = self.logged(count)
        return entry["model"], entry["cost_usd"], entry["cost_basis"], entry["units"]


def completion(prompt: int = 1000, output: int = 500, **usage: Any) -> dict[str, Any]:
    """Return a chat completion."""
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "model": "gpt-4o-mini-2024-07-18",
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": "Hello!"},
                "finish_reason": "stop",
            }
        ],
        "usage": {
            "prompt_tokens": prompt,
            "completion_tokens": output,
            "total_tokens": prompt + output,
            **usage,
        },
    }


def chunk(**members: Any) -> bytes:
    """Return a chunk of a streamed chat completion."""
    document = {
        "id": "chatcmpl-1", "object": "chat.completion.chunk", "model": "gpt-4o-mini-2024-07-18",
        "choices": [], **members,
    }  # fmt: skip
    return b"data: " + json.dumps(document).encode() + b"\n\n"


def text_chunk(text: str, finish: str | None = None) -> bytes:
    """Return a chunk with a part of the text."""
    return chunk(choices=[{"index": 0, "delta": {"content": text}, "finish_reason": finish}])


DONE = b"data: [DONE]\n\n"


@pytest.fixture
def spender(account: Account, place: Place) -> Spender:
    """A user with a key for OpenAI."""
    return Spender(account, place)


@pytest.fixture
def storage(environment: dict[str, str]) -> Storage:
    """The product's storage."""
    return storage_of(environment)
