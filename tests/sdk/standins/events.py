"""Streams of server-sent events, as the providers of language models send them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from tests.sdk.standins.base import Fields
from tests.support.upstream import Answer

WORDS = ["Hel", "lo, ", "wörld", " — 你好", "!"]
TEXT = "".join(WORDS)


def event(data: object, kind: str = "") -> bytes:
    """Return an event with a JSON document, and a type if there is one."""
    named = f"event: {kind}\n" if kind else ""
    return f"{named}data: {json.dumps(data, ensure_ascii=False)}\n\n".encode()


def streamed(events: Iterable[bytes], headers: Fields | None = None) -> Answer:
    """Return a response with these events, split anywhere, even within a character."""
    content = b"".join(events)

    def pieces() -> Iterator[bytes]:
        for start in range(0, len(content), 101):
            yield content[start : start + 101]

    kind = ("Content-Type", "text/event-stream; charset=utf-8")
    return Answer(200, [kind, *(headers or [])], b"", pieces=pieces)
