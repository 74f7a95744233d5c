"""Read a streamed completion with clients that do not support it."""

from __future__ import annotations

import json

ASKED = {
    "model": "gpt-5-mini",
    "messages": [{"role": "user", "content": "Hello, wörld"}],
}


def words(lines: list[str]) -> list[str | None]:
    events = [line[6:] for line in lines if line.startswith("data: ") and line != "data: [DONE]"]
    return [json.loads(event)["choices"][0]["delta"].get("content") for event in events]
