"""Deepgram: transcripts of uploaded sound, speech as bytes.

Sources: https://developers.deepgram.com/reference/speech-to-text/listen-pre-recorded,
/reference/text-to-speech/speak-request, /reference/management-api/projects, /docs/errors.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from tests.sdk.content import FILE
from tests.sdk.standins.base import Fields, Standin, json_answer
from tests.sdk.standins.elevenlabs import SOUND, sound
from tests.support.upstream import Answer, Received

FIELDS = [("dg-request-id", "01234567-89ab-cdef-0123-456789abcdef")]


class Deepgram(Standin):
    """api.deepgram.com."""

    slug = "deepgram"
    secret = "0123456789abcdef0123456789abcdef01234567"
    results: ClassVar[Mapping[str, object]] = {
        "call": ["Ada's project"],
        "stream": len(SOUND),
        "upload": f"{len(FILE)} bytes",
    }

    def refusal(self) -> Answer:
        return error(401, "INVALID_AUTH", "Invalid credentials.")

    def limited(self, seconds: int) -> Answer:
        fields = [("Retry-After", str(seconds))]
        return error(429, "TOO_MANY_REQUESTS", "Too many requests.", fields)

    def broken(self) -> Answer:
        return error(503, "SERVICE_UNAVAILABLE", "The service is unavailable.")

    def answer(self, received: Received) -> Answer:
        path = received.target.partition("?")[0]
        call = (received.method, path)
        if call == ("GET", "/v1/projects"):
            project = {"project_id": "0123", "name": "Ada's project"}
            return json_answer({"projects": [project]}, headers=FIELDS)
        if call == ("POST", "/v1/speak"):
            kind = ("Content-Type", "audio/mpeg")
            return Answer(200, [kind, *FIELDS], b"", pieces=sound)
        if call == ("POST", "/v1/listen"):
            return json_answer(transcript(f"{len(received.body)} bytes"), headers=FIELDS)
        return error(404, "NOT_FOUND", "Project not found.")


def transcript(text: str) -> dict[str, Any]:
    """Return the transcript of a file."""
    alternative = {"transcript": text, "confidence": 1.0, "words": []}
    metadata = {
        "transaction_key": "deprecated",
        "request_id": "01234567-89ab-cdef-0123-456789abcdef",
        "sha256": "0" * 64,
        "created": "2026-11-30T12:00:00.000Z",
        "duration": 1.0,
        "channels": 1,
        "models": ["01234567-89ab-cdef-0123-456789abcdef"],
        "model_info": {},
    }
    return {"metadata": metadata, "results": {"channels": [{"alternatives": [alternative]}]}}


def error(status: int, code: str, message: str, headers: Fields | None = None) -> Answer:
    """Return an error in the API's format."""
    body = {"err_code": code, "err_msg": message, "request_id": FIELDS[0][1]}
    return json_answer(body, status, [*FIELDS, *(headers or [])])
