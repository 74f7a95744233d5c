"""ElevenLabs: speech as bytes, transcripts of uploaded files, pages by the last item.

Sources: https://elevenlabs.io/docs/api-reference/text-to-speech/convert, /speech-to-text/convert,
/history/list, /docs/developers/resources/error-messages.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import ClassVar

from tests.sdk.content import FILE
from tests.sdk.standins.base import Fields, Standin, form_field, json_answer
from tests.support.upstream import Answer, Received

VOICE = "JBFqnCBsd6RMkjVDRZzb"
SOUND = bytes(range(256)) * 40
FIELDS = [("request-id", "0123456789abcdef"), ("current-concurrent-requests", "1")]


class ElevenLabs(Standin):
    """api.elevenlabs.io."""

    slug = "elevenlabs"
    secret = "sk_0123456789abcdef0123456789abcdef0123456789abcdef"
    results: ClassVar[Mapping[str, object]] = {
        "call": "Ada",
        "stream": len(SOUND),
        "upload": f"{len(FILE)} bytes",
    }

    def refusal(self) -> Answer:
        return error(401, "invalid_api_key", "Invalid API key")

    def limited(self, seconds: int) -> Answer:
        message = "Too many concurrent requests."
        return error(429, "too_many_concurrent_requests", message, [("Retry-After", str(seconds))])

    def broken(self) -> Answer:
        return error(503, "system_busy", "We are experiencing heavy traffic.")

    def answer(self, received: Received) -> Answer:
        path = received.target.partition("?")[0]
        call = (received.method, path)
        if call == ("GET", f"/v1/voices/{VOICE}"):
            return json_answer({"voice_id": VOICE, "name": "Ada", "labels": {}}, headers=FIELDS)
        if call == ("POST", f"/v1/text-to-speech/{VOICE}/stream"):
            kind = ("Content-Type", "audio/mpeg")
            return Answer(200, [kind, *FIELDS], b"", pieces=sound)
        if call == ("POST", "/v1/speech-to-text"):
            text = f"{len(form_field(received, 'file'))} bytes"
            body = {"language_code": "en", "language_probability": 1.0, "text": text, "words": []}
            return json_answer(body, headers=FIELDS)
        return error(404, "voice_not_found", "A voice with that voice_id was not found.")


def sound() -> Iterator[bytes]:
    """Return the pieces of a streamed sound."""
    for start in range(0, len(SOUND), 1001):
        yield SOUND[start : start + 1001]


def error(status: int, code: str, message: str, headers: Fields | None = None) -> Answer:
    """Return an error in the API's format."""
    body = {"detail": {"status": code, "message": message}}
    return json_answer(body, status, [*FIELDS, *(headers or [])])
