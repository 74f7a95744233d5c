"""What the reader does with bodies of any size and coding, and with answers without usage."""

from __future__ import annotations

import gzip
import json
import tracemalloc
import zlib
from decimal import Decimal

import pytest

from api.spend.reading.reader import UsageReader, usage_reader
from api.spend.usage import CallUsage, RequestFacts
from tests.unit.spend.reading.chat_samples import SMALL, SMALL_UNITS, chat, chunk
from tests.unit.spend.reading.more_samples import ANTHROPIC_STREAM, ANTHROPIC_UNITS
from tests.unit.spend.reading.samples import ANY_FACTS, JSON, SSE, read, reader_of, sse, tokens

CHAT = json.dumps(chat("gpt-5", SMALL)).encode()


@pytest.mark.parametrize("status", [204, 205, 206, 301, 304, 400, 401, 429, 500, 529])
def test_responses_without_an_answer_are_not_read(status: int) -> None:
    assert usage_reader(status, [("Content-Type", JSON)], ANY_FACTS) is None


def test_an_error_is_read_for_fields_that_own_prices_need() -> None:
    reader = reader_of(JSON, wanted=["credits"], status=400)
    reader.feed(b'{"credits": 2}')
    reader.finish(True)

    assert reader.json_values == {"credits": 2}


def test_wanted_fields_are_read_at_any_place() -> None:
    fields = ["usage.credits", "data.1.cost", "tag", "usage.prompt_tokens", "absent.field"]
    document = {
        "data": [{"cost": 1}, {"cost": 0.125}],
        "tag": "ü",
        "usage": {**SMALL, "credits": 3},
    }
    reader = reader_of(JSON, wanted=fields)
    for byte in json.dumps(document).encode():
        reader.feed(bytes([byte]))

    assert tokens(reader.finish(True)) == SMALL_UNITS
    assert reader.json_values == {
        "usage.credits": 3,
        "data.1.cost": Decimal("0.125"),
        "tag": "ü",
        "usage.prompt_tokens": 31,
    }


def test_the_last_value_of_a_stream_is_the_wanted_one() -> None:
    reader = reader_of(SSE, wanted=["credits"])
    reader.feed(sse({"credits": 1}, {"text": "Hi"}, {"credits": 5}, {"text": "there"}))
    reader.finish(True)

    assert reader.json_values == {"credits": 5}


def test_an_array_has_wanted_fields_by_index() -> None:
    reader = reader_of(JSON, wanted=["0.credits"])
    reader.feed(b'[{"credits": 7}]')
    reader.finish(True)

    assert reader.json_values == {"0.credits": 7}


@pytest.mark.parametrize("coding", ["br", "zstd", "gzip, gzip", "nonsense"])
def test_an_unknown_coding_is_noted(coding: str) -> None:
    reader = reader_of(JSON, coding=coding)
    reader.feed(CHAT)
    usage = reader.finish(True)

    assert usage == CallUsage(oddities=("unreadable_coding",))


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
def test_a_coding_that_is_not_the_announced_one_is_noted(coding: str) -> None:
    reader = reader_of(JSON, coding=coding)
    reader.feed(CHAT)
    reader.feed(CHAT)
    usage = reader.finish(True)

    assert usage is not None
    assert usage.oddities == ("unreadable_coding",)


def test_identity_is_no_coding() -> None:
    reader = reader_of(JSON, coding="identity")
    reader.feed(CHAT)

    assert tokens(reader.finish(True)) == SMALL_UNITS


def test_a_bomb_is_given_up() -> None:
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    bomb = b"".join(packer.compress(b" " * (1 << 20)) for _ in range(40)) + packer.flush()
    reader = reader_of(JSON, coding="gzip")
    tracemalloc.start()
    reader.feed(bomb)
    usage = reader.finish(True)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert usage is not None
    assert usage.oddities == ("unreadable_coding",)
    assert peak < 2_000_000


def _peak(reader: UsageReader, piece: bytes, count: int) -> int:
    tracemalloc.start()
    for _ in range(count):
        reader.feed(bytes(bytearray(piece)))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


def test_memory_is_constant_for_streams() -> None:
    reader = reader_of(SSE)
    piece = sse(*(chunk("gpt-5", "word " * 500, usage=None) for _ in range(20)))

    assert _peak(reader, piece, 10_000_000 // len(piece)) < 500_000
    reader.feed(sse(chunk("gpt-5", None, usage=SMALL)))
    assert tokens(reader.finish(True)) == SMALL_UNITS


@pytest.mark.parametrize(
    ("start", "piece", "end"),
    [
        (b'{"data":[{"embedding":[1', b",0.0123456789" * 2000, b"]}]"),
        (b'{"data":[{"b64_json":"', b"iVBORw0KGgoAAAANSUhEUgAA" * 1000, b'"}]'),
    ],
    ids=["embeddings", "image"],
)
def test_memory_is_constant_for_large_documents(start: bytes, piece: bytes, end: bytes) -> None:
    facts = RequestFacts(model="m", kind="media")
    reader = reader_of(JSON, facts)
    reader.feed(start)

    assert _peak(reader, piece, 10_000_000 // len(piece)) < 1_000_000
    reader.feed(end + b',"usage":%b}' % json.dumps(SMALL).encode())
    assert tokens(reader.finish(True)) == SMALL_UNITS


@pytest.mark.parametrize("piece", [1000, 70_000, 10_000_000])
def test_an_event_of_any_size_is_read(piece: int) -> None:
    response = {"model": "gpt-5", "output": ["x" * 300_000], "usage": SMALL}
    body = sse(
        {"type": "response.created", "response": {"model": "gpt-5", "usage": None}},
        {"type": "response.completed", "response": response},
        {"type": "ping"},
    )
    reader = reader_of(SSE)
    for start in range(0, len(body), piece):
        reader.feed(body[start : start + piece])
    usage = reader.finish(True)

    assert tokens(usage) == SMALL_UNITS
    assert usage is not None and not usage.is_estimate


def test_data_in_several_lines_is_one_event() -> None:
    body = b'data: {"choices": [],\r\ndata:"usage":\r\ndata: {"prompt_tokens": 31,\r\n'
    body += b'data: "completion_tokens": 12}}\r\n\r\n'

    assert tokens(read(body, SSE)) == SMALL_UNITS
    assert tokens(read(body, SSE, cuts=range(1, len(body)))) == SMALL_UNITS


@pytest.mark.parametrize("media_type", [JSON, "text/plain", "", SSE])
def test_the_form_is_told_by_the_body(media_type: str) -> None:
    stream = sse(chunk("gpt-5", "Hi"), chunk("gpt-5", None, usage=SMALL), done=True)

    assert tokens(read(stream, media_type)) == SMALL_UNITS
    assert tokens(read(CHAT, media_type)) == SMALL_UNITS


def test_a_stream_without_usage_is_estimated_from_what_was_delivered() -> None:
    text = "It rains in \u6771\u4eac. " * 20
    body = sse(*(chunk("gpt-5", text) for _ in range(10)), done=True)

    usage = read(body, SSE)

    assert usage is not None
    assert usage.is_estimate
    assert usage.units == {"input_tokens": 100, "output_tokens": len(text.encode()) * 10 // 4}
    assert usage.model == "gpt-5"


def test_an_interrupted_stream_counts_what_was_delivered() -> None:
    body = ANTHROPIC_STREAM[: ANTHROPIC_STREAM.index(b"event: message_delta")]

    for is_complete in (True, False):
        usage = read(body, SSE, is_complete=is_complete)
        assert usage is not None
        assert usage.is_estimate
        assert usage.units["input_tokens"] == ANTHROPIC_UNITS["input_tokens"]
        assert usage.units["cache_read_tokens"] == ANTHROPIC_UNITS["cache_read_tokens"]
        assert usage.units["output_tokens"] == 3  # "It rains." has 9 bytes.


def test_a_mark_of_the_end_makes_a_message_neither_whole_nor_partial() -> None:
    done = b"data: [DONE]\n\n"
    start = ANTHROPIC_STREAM[: ANTHROPIC_STREAM.index(b"event: message_delta")]

    whole, partial = read(ANTHROPIC_STREAM + done, SSE), read(start + done, SSE)

    assert whole is not None and not whole.is_estimate
    assert partial is not None and partial.is_estimate


def test_text_that_later_events_repeat_counts_once() -> None:
    body = sse(
        {"type": "response.output_text.delta", "delta": "12345678"},
        {"type": "response.output_text.done", "text": "12345678"},
    )

    assert tokens(read(body, SSE))["output_tokens"] == 2
    quoted = sse(chunk("gpt-5", 'Use "response.text".'))
    assert tokens(read(quoted, SSE))["output_tokens"] == 5


def test_an_answer_in_the_background_counts_when_it_is_read() -> None:
    queued = {"id": "resp_1", "model": "gpt-5", "background": True, "usage": None, "output": []}
    done = {**queued, "usage": {"input_tokens": 5, "output_tokens": 6}}
    reading = RequestFacts(kind="unbilled", max_output=0)

    assert read(json.dumps(queued).encode(), JSON) == CallUsage(
        {"input_tokens": 0, "output_tokens": 0}, "gpt-5", oddities=("background",)
    )
    usage = read(json.dumps(done).encode(), JSON, reading)
    assert usage is not None
    assert usage.units == {"input_tokens": 5, "output_tokens": 6}
    assert usage.oddities == ("background",)


def test_a_stream_in_the_background_counts_when_it_is_read() -> None:
    response = {"model": "gpt-5", "background": True, "usage": None}
    done = {**response, "usage": {"input_tokens": 5, "output_tokens": 6}}
    start = sse({"type": "response.created", "response": response})
    body = start + sse({"type": "response.completed", "response": done})

    begun = read(start, SSE, is_complete=False)
    assert begun is not None and begun.units == {"input_tokens": 0, "output_tokens": 0}
    assert tokens(read(body, SSE)) == {"input_tokens": 5, "output_tokens": 6}
    assert tokens(read(body, SSE, RequestFacts(kind="unbilled"))) == tokens(read(body, SSE))


def test_a_stored_answer_was_counted_before() -> None:
    assert read(CHAT, JSON, RequestFacts(kind="unbilled")) is None


@pytest.mark.parametrize(
    ("model", "units"),
    [
        ("tts-1", {"input_characters": 900}),
        ("gpt-4o-mini-tts", {"input_tokens": 225, "output_tokens": 1250}),
    ],
)
def test_speech_is_estimated_from_the_characters(model: str, units: dict[str, int]) -> None:
    reader = reader_of("audio/mpeg", RequestFacts(model=model, body_bytes=900, kind="speech"))
    reader.feed(b"\xff\xfb" * 50_000)

    assert reader.finish(True) == CallUsage(units, is_estimate=True)


def test_headers_say_what_was_used_if_the_body_does_not() -> None:
    headers = [
        ("content-type", "audio/mpeg"),
        ("Character-Cost", "37"),
        ("x-amzn-bedrock-input-token-count", "not a number"),
    ]
    reader = usage_reader(200, headers, RequestFacts(model="eleven_v3", kind="speech"))
    assert reader is not None

    assert reader.finish(True) == CallUsage({"input_characters": 37})


def test_media_without_usage_are_unknown() -> None:
    facts = RequestFacts(model="dall-e-3", body_bytes=100, kind="media")

    assert read(b'{"created":1,"data":[{"url":"https://example.com"}]}', JSON, facts) is None


def test_an_answer_to_no_model_without_usage_is_unknown() -> None:
    assert read(b'{"login":"octocat"}', JSON, RequestFacts()) is None


def test_a_gzip_answer_of_many_documents() -> None:
    body = gzip.compress(b"\n".join([CHAT] * 3))
    reader = reader_of("application/jsonl", coding="gzip")
    reader.feed(body)

    assert tokens(reader.finish(True)) == SMALL_UNITS
