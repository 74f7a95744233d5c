"""Responses in the shapes that providers document, with what each of them used."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import msgspec

from api.spend.reading.reader import UsageReader, usage_reader
from api.spend.usage import CallUsage, RequestFacts

JSON, SSE = "application/json", "text/event-stream; charset=utf-8"
ANY_FACTS = RequestFacts(model="asked-for", body_bytes=400)


class Sample(msgspec.Struct, frozen=True):
    """A response. `usage` is the document from which genai-prices' extractor `flavor` of
    `provider` reads the same; `more` are units that this extractor does not read.
    """

    name: str
    body: bytes
    media_type: str
    units: dict[str, int]
    provider: str = ""
    flavor: str = "chat"
    usage: Any = None
    more: tuple[str, ...] = ()
    model: str | None = None
    cost: int | None = None
    facts: RequestFacts = ANY_FACTS
    context: dict[str, str] = {}


def sse(*events: object, names: Sequence[str] = (), end: str = "\n\n", done: bool = False) -> bytes:
    """Return events as a stream, with their names where there are any."""
    texts = []
    for position, event in enumerate(events):
        name = f"event: {names[position]}{end[: len(end) // 2]}" if names else ""
        texts.append(f"{name}data: {json.dumps(event, separators=(',', ':'))}{end}")
    return ("".join(texts) + (f"data: [DONE]{end}" if done else "")).encode()


def lines(*documents: object) -> bytes:
    """Return documents as JSON lines."""
    return "".join(f"{json.dumps(document)}\n" for document in documents).encode()


def reader_of(
    media_type: str,
    facts: RequestFacts = ANY_FACTS,
    wanted: Sequence[str] = (),
    coding: str = "",
    status: int = 200,
) -> UsageReader:
    """Return the reader of a response with this type and coding."""
    headers = [("Content-Type", media_type)]
    if coding:
        headers.append(("Content-Encoding", coding))
    reader = usage_reader(status, headers, facts, wanted)
    assert reader is not None
    return reader


def read(
    body: bytes,
    media_type: str,
    facts: RequestFacts = ANY_FACTS,
    *,
    cuts: Sequence[int] = (),
    is_complete: bool = True,
) -> CallUsage | None:
    """Return what a response used, fed in the pieces between the cuts."""
    reader = reader_of(media_type, facts)
    start = 0
    for cut in (*cuts, len(body)):
        reader.feed(body[start:cut])
        start = cut
    return reader.finish(is_complete)


def tokens(usage: CallUsage | None) -> dict[str, int]:
    """Return the units of a usage."""
    assert usage is not None
    return dict(usage.units)
