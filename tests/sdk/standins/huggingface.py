"""Hugging Face: the router of inference providers, which is like OpenAI's API, and the Hub with
`Link` for the next page.

Sources: https://huggingface.co/docs/inference-providers, https://huggingface.co/docs/hub/api.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar
from urllib.parse import parse_qs

from tests.sdk.standins import openai
from tests.sdk.standins.base import Standin, json_answer
from tests.support.upstream import Answer, Received

MODELS = [f"ada/model-{number}" for number in range(5)]
SECRET = "hf_0123456789abcdefghijklmnopqrstuvwx"


class HuggingFaceInference(openai.OpenAi):
    """router.huggingface.co."""

    slug = "huggingface-inference"
    secret = SECRET
    results: ClassVar[Mapping[str, object]] = {
        name: openai.OpenAi.results[name] for name in ("call", "stream")
    }

    def knows(self, received: Received) -> bool:
        return Standin.knows(self, received)


class HuggingFaceHub(Standin):
    """huggingface.co."""

    slug = "huggingface"
    secret = SECRET
    results: ClassVar[Mapping[str, object]] = {"pages": MODELS, "follow": MODELS[0]}

    def refusal(self) -> Answer:
        return error(401, "Invalid username or password.")

    def limited(self, seconds: int) -> Answer:
        answer = error(429, "We had to rate limit your IP.")
        answer.headers.append(("Retry-After", str(seconds)))
        return answer

    def broken(self) -> Answer:
        return error(503, "Service unavailable")

    def answer(self, received: Received) -> Answer:
        path, _, query = received.target.partition("?")
        if path == "/api/models":
            return self._models(parse_qs(query))
        if path == f"/api/models/{MODELS[0]}":
            return json_answer(model(MODELS[0]))
        if path == "/api/models/ada/old-name":
            # The Hub redirects renamed models to their new names, without a host.
            return Answer(307, [("Location", f"/api/models/{MODELS[0]}")], b"")
        return error(404, "Repository not found", "RepoNotFound")

    def _models(self, query: dict[str, list[str]]) -> Answer:
        """Return a page of two of five models, with a link to the next."""
        start = int(query.get("cursor", ["0"])[0])
        fields = []
        if start + 2 < len(MODELS):
            url = f"{self.url}/api/models?limit=2&cursor={start + 2}"
            fields.append(("Link", f'<{url}>; rel="next"'))
        return json_answer([model(name) for name in MODELS[start : start + 2]], headers=fields)


def model(name: str) -> dict[str, object]:
    """Return a model's description."""
    return {
        "_id": "0123456789abcdef01234567",
        "id": name,
        "modelId": name,
        "author": "ada",
        "sha": "0" * 40,
        "private": False,
        "downloads": 1,
        "likes": 1,
        "tags": [],
        "siblings": [],
        "createdAt": "2026-11-30T12:00:00.000Z",
    }


def error(status: int, message: str, code: str = "") -> Answer:
    """Return an error in the API's format, with its fields."""
    fields = [("X-Error-Message", message), *([("X-Error-Code", code)] if code else [])]
    return json_answer({"error": message}, status, fields)
