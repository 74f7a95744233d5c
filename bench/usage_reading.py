"""What it costs to read the usage of responses, compared with decoding them with msgspec.

The scanner in api/spend/reading/json_scanner.py stands in for a JSON library, because it must not
keep an answer of 100 MB.
"""

from __future__ import annotations

import json
import statistics
import time
import tracemalloc
from collections.abc import Callable

import msgspec

from api.spend.reading.reader import usage_reader
from api.spend.reading.request import read_request
from api.spend.usage import RequestFacts
from bench.figures import Figure, show

ROUNDS = 7
EVENTS = 5_000
PIECE = 16_384
FACTS = RequestFacts(model="gpt-5", body_bytes=2_000)
USAGE = {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15}


def measure() -> list[Figure]:
    """Read each body in pieces, and decode it, in turns."""
    events = [_chunk(f" token{number}", usage=None) for number in range(EVENTS)]
    stream = b"".join(b"data: %b\n\n" % event for event in events)
    vectors = {"data": [{"embedding": [0.0123456789] * 1536} for _ in range(500)], "usage": USAGE}
    image = {"data": [{"b64_json": "iVBORw0KGgo" * 1_000_000}], "usage": USAGE}
    message = {"role": "user", "content": 'hello, this is "text"\n' * 5_000}
    request = json.dumps({"model": "gpt-5", "max_tokens": 9, "messages": [message] * 4}).encode()
    return [
        _figure(
            f"usage of {EVENTS:,} streamed events",
            lambda: _read(stream, "text/event-stream"),
            lambda: [msgspec.json.decode(event) for event in events],
        ),
        _document("embeddings", json.dumps(vectors).encode()),
        _document("an image", json.dumps(image).encode()),
        _figure(
            f"model and bounds of a request of {len(request) // 1000} kB",
            lambda: read_request("/v1/chat/completions", [], request, True, len(request)),
            lambda: msgspec.json.decode(request),
        ),
        _memory(stream),
    ]


def _document(what: str, body: bytes) -> Figure:
    return _figure(
        f"usage of {what}, {len(body) / 1e6:.0f} MB",
        lambda: _read(body, "application/json"),
        lambda: msgspec.json.decode(body),
    )


def _figure(what: str, ours: Callable[[], object], other: Callable[[], object]) -> Figure:
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(ROUNDS):
        for measured, run in zip(times, (ours, other), strict=True):
            start = time.process_time()
            run()
            measured.append(time.process_time() - start)
    own, others = map(statistics.median, times)
    return Figure(
        what,
        f"{own * 1000:.1f} ms",
        f"msgspec {others * 1000:.1f} ms",
        f"ratio {own / others:.2f}",
        own / others,
    )


def _memory(stream: bytes) -> Figure:
    """Measure the memory for a stream, and for one that is ten times as long."""
    short, long = (_peak(stream, times) for times in (1, 10))
    return Figure(
        f"memory while {len(stream) * 10 / 1e6:.0f} MB of events are read",
        f"{long / 1000:.0f} kB",
        f"a tenth of the events {short / 1000:.0f} kB",
        f"ratio {long / short:.2f}",
        long / short,
        target=1.1,
    )


def _peak(stream: bytes, times: int) -> int:
    reader = usage_reader(200, [("content-type", "text/event-stream")], FACTS)
    assert reader is not None
    tracemalloc.start()
    for _ in range(times):
        for start in range(0, len(stream), PIECE):
            reader.feed(stream[start : start + PIECE])
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


def _read(body: bytes, media_type: str) -> None:
    reader = usage_reader(200, [("content-type", media_type)], FACTS)
    assert reader is not None
    for start in range(0, len(body), PIECE):
        reader.feed(body[start : start + PIECE])
    if reader.finish(True) is None:
        raise RuntimeError("The reader found no usage.")


def _chunk(text: str, **more: object) -> bytes:
    choice = {"index": 0, "delta": {"content": text}, "logprobs": None, "finish_reason": None}
    document = {
        "id": "chatcmpl-9xYz0123456789abcdefghij",
        "object": "chat.completion.chunk",
        "created": 1_700_000_000,
        "model": "gpt-5-2025-08-07",
        "service_tier": "default",
        "system_fingerprint": "fp_0123456789",
        "choices": [choice],
        **more,
    }
    return json.dumps(document, separators=(",", ":")).encode()


if __name__ == "__main__":
    show(measure())
