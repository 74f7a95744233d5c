"""elevenlabs, ElevenLabs' official SDK."""

from __future__ import annotations

from typing import Any

from .shared import FILE, raised

VOICE = "JBFqnCBsd6RMkjVDRZzb"
ONCE = {"max_retries": 0}


def call(client: Any, _: Any) -> object:
    return client.voices.get(VOICE).name


def stream(client: Any, _: Any) -> object:
    return len(b"".join(client.text_to_speech.stream(VOICE, text="Hello, wörld")))


def upload(client: Any, _: Any) -> object:
    return client.speech_to_text.convert(file=("data.mp3", FILE), model_id="scribe_v2").text


def refused(client: Any, _: Any) -> object:
    return raised(lambda: client.voices.get(VOICE, request_options=ONCE))


FEATURES = {
    "call": call,
    "stream": stream,
    "upload": upload,
    "retry_429": call,
    "retry_5xx": call,
    "error": lambda client, _: raised(lambda: client.voices.get("none")),
    "limit": refused,
    "revoked": refused,
}
