"""Usage out of the messages of WebSockets."""

from __future__ import annotations

import json
from typing import Any

import pytest

from api.spend.reading.messages import message_reader
from api.spend.usage import CallUsage, RequestFacts

REALTIME = {
    "total_tokens": 253,
    "input_tokens": 132,
    "output_tokens": 121,
    "input_token_details": {
        "text_tokens": 119,
        "audio_tokens": 13,
        "image_tokens": 0,
        "cached_tokens": 64,
        "cached_tokens_details": {"text_tokens": 60, "audio_tokens": 4, "image_tokens": 0},
    },
    "output_token_details": {"text_tokens": 30, "audio_tokens": 91},
}
REALTIME_UNITS = {
    "input_tokens": 132,
    "output_tokens": 121,
    "cache_read_tokens": 64,
    "input_text_tokens": 119,
    "input_audio_tokens": 13,
    "cache_text_read_tokens": 60,
    "cache_audio_read_tokens": 4,
    "output_text_tokens": 30,
    "output_audio_tokens": 91,
}
DONE = {"type": "response.done", "response": {"id": "r", "status": "completed", "usage": REALTIME}}
SESSION = {"type": "session.created", "session": {"model": "gpt-realtime"}}


def transcribed(usage: dict[str, Any]) -> dict[str, Any]:
    kind = "conversation.item.input_audio_transcription.completed"
    return {"type": kind, "transcript": "Hi", "usage": usage}


def turn(prompt: int, output: int, is_complete: bool = False) -> dict[str, Any]:
    message: dict[str, Any] = {
        "usageMetadata": {
            "promptTokenCount": prompt,
            "responseTokenCount": output,
            "responseTokensDetails": [{"modality": "AUDIO", "tokenCount": output}],
        }
    }
    return {**message, "serverContent": {"turnComplete": True}} if is_complete else message


def used(*messages: Any, from_upstream: bool = True) -> CallUsage | None:
    reader = message_reader(RequestFacts(model="asked-for"))
    for message in messages:
        text = message if isinstance(message, bytes) else json.dumps(message).encode()
        reader.feed_message(from_upstream, text)
    return reader.finish()


def test_a_realtime_connection_is_the_sum_of_its_responses() -> None:
    usage = used(SESSION, DONE, {"type": "response.output_audio.delta", "delta": "AAAA"}, DONE)

    assert usage == CallUsage(
        {name: 2 * count for name, count in REALTIME_UNITS.items()}, "gpt-realtime"
    )


def test_a_cancelled_response_without_usage_counts_nothing() -> None:
    cancelled = {"type": "response.done", "response": {"status": "cancelled", "usage": None}}

    assert used(cancelled) is None


def test_a_transcription_in_a_conversation_is_noted() -> None:
    tokens = {"type": "tokens", "input_tokens": 9, "output_tokens": 2, "total_tokens": 11}
    usage = used(SESSION, transcribed(tokens), DONE)

    assert usage is not None
    assert usage.units == REALTIME_UNITS
    assert usage.oddities == ("uncounted_transcription",)


@pytest.mark.parametrize("name", ["audio", "input_audio_transcription"])
def test_a_session_that_only_transcribes_counts(name: str) -> None:
    model = {"model": "gpt-4o-transcribe"}
    session = {name: {"input": {"transcription": model}} if name == "audio" else model}
    event = {"type": "session.updated", "session": session}
    duration = {"type": "duration", "seconds": 2.5}

    usage = used(event, transcribed(duration), transcribed(duration))

    assert usage == CallUsage({"audio_seconds": 6}, "gpt-4o-transcribe")


def test_gemini_counts_each_turn_once() -> None:
    usage = used(
        turn(100, 5), turn(100, 20), turn(100, 30, is_complete=True), turn(160, 7, is_complete=True)
    )

    assert usage == CallUsage({"input_tokens": 260, "output_tokens": 37, "output_audio_tokens": 37})


def test_the_model_of_gemini_is_in_the_setup() -> None:
    reader = message_reader(RequestFacts())
    reader.feed_message(False, b'{"setup": {"model": "models/gemini-live"}}')
    reader.feed_message(True, json.dumps(turn(1, 2)).encode())
    usage = reader.finish()

    assert usage is not None and usage.model == "gemini-live"


def test_what_the_caller_says_is_no_usage() -> None:
    assert used(DONE, turn(5, 5), from_upstream=False) is None


@pytest.mark.parametrize(
    "message",
    [
        b"",
        b"usage",
        b'{"response": {"usage": null}}',
        b'{"usageMetadata": {"promptTokenCount": ',
        b'{"session": 5, "usage": {}}',
        b'{"session": {"audio": {"input": {"transcription": [1]}}}}',
        b"\xff\xfe usage \x00",
        b'{"usage": {"input_tokens": 1}, "x": "' + b"x" * (1 << 20) + b'"}',
    ],
    ids=lambda message: message[:30],
)
def test_other_messages_count_nothing(message: bytes) -> None:
    assert used(message) is None


def test_wrong_counts_are_noted() -> None:
    usage = used({"type": "response.done", "response": {"usage": {"input_tokens": -1}}})

    assert usage == CallUsage(oddities=("negative_units",))


def response(model: str, usage: Any) -> dict[str, Any]:
    return {"type": "response.completed", "response": {"model": model, "usage": usage}}


def test_responses_in_a_connection_are_added_up() -> None:
    usage = {"input_tokens": 10, "output_tokens": 5}
    begun = {"type": "response.created", "response": {"model": "gpt-5", "usage": None}}

    found = used(begun, response("gpt-5", usage), response("gpt-5", usage))

    assert found == CallUsage({"input_tokens": 20, "output_tokens": 10}, "gpt-5")
    two = used(response("gpt-5", usage), response("gpt-5-mini", usage))
    assert two is not None
    assert (two.model, two.oddities) == ("gpt-5", ("several_models",))


@pytest.mark.parametrize("wrong", [{"usage": []}, {"response": {"usage": 5}}])
def test_a_usage_in_a_wrong_form_is_noted(wrong: dict[str, Any]) -> None:
    found = used(wrong, DONE)

    assert found is not None
    assert (found.units, found.oddities) == (REALTIME_UNITS, ("malformed_usage",))
