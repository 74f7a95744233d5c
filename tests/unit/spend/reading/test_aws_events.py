"""Usage out of Bedrock's streams of AWS event-stream messages."""

from __future__ import annotations

import base64
import json
import struct
import zlib
from typing import Any

import pytest

from api.spend.reading.reader import EVENT_STREAM
from tests.unit.spend.reading.more_samples import ANTHROPIC_END, ANTHROPIC_START, ANTHROPIC_UNITS
from tests.unit.spend.reading.samples import read, tokens


def message(payload: bytes) -> bytes:
    """Return a message with one header."""
    header = b"\x0b:event-type\x07\x00\x05chunk"
    prelude = struct.pack(">II", 16 + len(header) + len(payload), len(header))
    start = prelude + struct.pack(">I", zlib.crc32(prelude)) + header + payload
    return start + struct.pack(">I", zlib.crc32(start))


def plain(*events: Any) -> bytes:
    return b"".join(message(json.dumps(event).encode()) for event in events)


def packed(*events: Any) -> bytes:
    return plain(
        *({"bytes": base64.b64encode(json.dumps(event).encode()).decode()} for event in events)
    )


CONVERSE = plain(
    {"contentBlockDelta": {}, "delta": {"text": "It rains."}},
    {"usage": {"inputTokens": 7, "outputTokens": 9, "totalTokens": 16}, "metrics": {}},
)
INVOKE = packed(
    {"type": "message_start", "message": {"model": "claude", "usage": ANTHROPIC_START}},
    {"type": "content_block_delta", "delta": {"type": "text_delta", "text": "It rains."}},
    {"type": "message_delta", "usage": ANTHROPIC_END},
    {
        "type": "message_stop",
        "amazon-bedrock-invocationMetrics": {"inputTokenCount": 25, "outputTokenCount": 91},
    },
)
LLAMA = packed(
    {"generation": "It rains."},
    {"amazon-bedrock-invocationMetrics": {"inputTokenCount": 25, "outputTokenCount": 91}},
)


@pytest.mark.parametrize(
    ("body", "units"),
    [
        (CONVERSE, {"input_tokens": 7, "output_tokens": 9}),
        (INVOKE, ANTHROPIC_UNITS),
        (LLAMA, {"input_tokens": 25, "output_tokens": 91}),
        (message(b"x" * 300_000) + CONVERSE, {"input_tokens": 7, "output_tokens": 9}),
    ],
    ids=["converse", "invoke", "metrics", "a large message"],
)
def test_usage_of_a_stream(body: bytes, units: dict[str, int]) -> None:
    for step in (1, 5000, len(body)) if len(body) < 9000 else (5000, len(body)):
        usage = read(body, EVENT_STREAM, cuts=range(step, len(body), step))
        assert tokens(usage) == units
        assert usage is not None and not usage.is_estimate


def test_a_stream_that_ends_at_any_byte_is_estimated() -> None:
    for end in range(len(INVOKE)):
        usage = read(INVOKE[:end], EVENT_STREAM, is_complete=False)
        assert usage is not None
        assert usage.is_estimate or usage.units == ANTHROPIC_UNITS


@pytest.mark.parametrize(
    "body", [b"\0" * 100, b"{" * 100, message(b'{"bytes":"%%%"}'), message(b'{"bytes":5}')]
)
def test_any_bytes_are_survived(body: bytes) -> None:
    usage = read(body, EVENT_STREAM)

    assert usage is not None and usage.is_estimate
