"""Google Gemini: `generateContent`, server-sent events, resumable uploads, page tokens.

Sources: https://ai.google.dev/api/generate-content, /api/files, /api/models,
/gemini-api/docs/troubleshooting; https://cloud.google.com/apis/design/errors.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, ClassVar
from urllib.parse import parse_qs

from tests.sdk.content import FILE
from tests.sdk.standins.base import Fields, Standin, json_answer
from tests.sdk.standins.events import TEXT, WORDS, event, streamed
from tests.support.upstream import Answer, Received

MODELS = [f"models/gemini-{number}" for number in range(5)]
UPLOAD = "/upload/v1beta/files?upload_id=ABC&upload_protocol=resumable"


class Gemini(Standin):
    """generativelanguage.googleapis.com."""

    slug = "google-gemini"
    secret = "AIzaSy0123456789abcdefghijklmnopqrstuvw"
    results: ClassVar[Mapping[str, object]] = {
        "call": TEXT,
        "stream": WORDS,
        "upload": len(FILE),
        "pages": MODELS,
    }
    # A member of the error says how long to wait.
    retry_after = 0

    def __init__(self) -> None:
        super().__init__()
        self._uploaded = 0

    def knows(self, received: Received) -> bool:
        # The URL of an upload needs no credential.
        return received.target == UPLOAD or super().knows(received)

    def refusal(self) -> Answer:
        return error(400, "INVALID_ARGUMENT", "API key not valid. Please pass a valid API key.")

    def limited(self, seconds: int) -> Answer:
        info = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": f"{seconds}s"}
        return error(429, "RESOURCE_EXHAUSTED", "You exceeded your current quota.", [info])

    def broken(self) -> Answer:
        return error(503, "UNAVAILABLE", "The model is overloaded. Please try again later.")

    def answer(self, received: Received) -> Answer:
        path, _, query = received.target.partition("?")
        if path.startswith("/upload/"):
            return self._upload(received)
        path = re.sub(r"^/v1(beta)?", "", path)
        call = (received.method, path)
        model, _, method = path.removeprefix("/models/").partition(":")
        if method and model == "none":
            return error(404, "NOT_FOUND", "models/none is not found for API version v1beta.")
        if method == "generateContent":
            return json_answer(part(TEXT, "STOP"))
        if method == "streamGenerateContent":
            last = len(WORDS) - 1
            events = [
                event(part(word, "STOP" if number == last else None))
                for number, word in enumerate(WORDS)
            ]
            return streamed(events)
        if call == ("GET", "/models"):
            return models(parse_qs(query))
        message = f"{path.removeprefix('/')} is not found for API version v1beta."
        return error(404, "NOT_FOUND", message)

    def _upload(self, received: Received) -> Answer:
        """Start a resumable upload, or take a part of it."""
        commands = (received.get("X-Goog-Upload-Command") or "").replace(" ", "").split(",")
        if "start" in commands:
            self._uploaded = 0
            fields = [
                ("X-Goog-Upload-URL", self.url + UPLOAD),
                ("X-Goog-Upload-Status", "active"),
            ]
            return Answer(200, fields, b"")
        self._uploaded += len(received.body)
        if "finalize" not in commands:
            return Answer(200, [("X-Goog-Upload-Status", "active")], b"")
        body: dict[str, Any] = {
            "name": "files/data-bin",
            "mimeType": "application/octet-stream",
            "sizeBytes": str(self._uploaded),
            "createTime": "2026-11-30T12:00:00.000000Z",
            "updateTime": "2026-11-30T12:00:00.000000Z",
            "uri": f"{self.url}/v1beta/files/data-bin",
            "state": "ACTIVE",
        }
        return json_answer({"file": body}, headers=[("X-Goog-Upload-Status", "final")])


def part(text: str, finish: str | None) -> dict[str, Any]:
    """Return an answer of the model, or a part of a streamed one."""
    content = {"parts": [{"text": text}], "role": "model"}
    candidate = {"content": content, "index": 0} | ({"finishReason": finish} if finish else {})
    usage = {"promptTokenCount": 3, "candidatesTokenCount": 6, "totalTokenCount": 9}
    return {"candidates": [candidate], "usageMetadata": usage, "modelVersion": "gemini-0"}


def models(query: dict[str, list[str]]) -> Answer:
    """Return a page of two of five models with a token."""
    start = int(query.get("pageToken", ["0"])[0])
    methods = ["generateContent"]
    body: dict[str, Any] = {
        "models": [
            {"name": name, "displayName": name, "supportedGenerationMethods": methods}
            for name in MODELS[start : start + 2]
        ]
    }
    if start + 2 < len(MODELS):
        body["nextPageToken"] = str(start + 2)
    return json_answer(body)


def error(
    status: int, code: str, message: str, details: list[dict[str, str]] | None = None
) -> Answer:
    """Return an error in the API's format."""
    members: dict[str, Any] = {"code": status, "message": message, "status": code}
    if details:
        members["details"] = details
    fields: Fields = [("Server-Timing", "gfet4t7; dur=42")]
    return json_answer({"error": members}, status, fields)
