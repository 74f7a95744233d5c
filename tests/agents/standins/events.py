"""Server-sent events of the stand-in models."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator

from tests.support.upstream import Answer


def event(data: object, name: str = "") -> bytes:
    """Return an event with JSON data."""
    text = data if isinstance(data, str) else json.dumps(data, ensure_ascii=False)
    return (f"event: {name}\n" if name else "").encode() + f"data: {text}\n\n".encode()


def event_stream(events: Callable[[], Iterable[bytes]]) -> Answer:
    """Return a stream of events, each split in the middle, even within a character."""

    def pieces() -> Iterator[bytes]:
        for part in events():
            middle = len(part) // 2
            yield part[:middle]
            yield part[middle:]

    headers = [("Content-Type", "text/event-stream; charset=utf-8"), ("Cache-Control", "no-cache")]
    return Answer(200, headers, b"", pieces=pieces)
