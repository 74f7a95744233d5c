"""Groq, whose API is OpenAI's below another path.

Sources: https://console.groq.com/docs/openai, /docs/api-reference, /docs/errors.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from tests.sdk.standins import openai
from tests.sdk.standins.base import Standin
from tests.support.upstream import Answer, Received


class Groq(openai.OpenAi):
    """api.groq.com."""

    slug = "groq"
    secret = "gsk_0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOP"
    results: ClassVar[Mapping[str, object]] = {
        name: openai.OpenAi.results[name] for name in ("call", "stream", "upload")
    }

    def knows(self, received: Received) -> bool:
        return Standin.knows(self, received)

    def answer(self, received: Received) -> Answer:
        if not received.target.startswith("/openai/v1/"):
            return openai.error(404, f"Unknown request URL: {received.target}", "unknown_url")
        return super().answer(received)
