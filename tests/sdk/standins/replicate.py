"""Replicate: predictions, the URL of the next page in bodies, uploads as forms.

Sources: https://replicate.com/docs/reference/http, /docs/topics/predictions/rate-limits, and the
source of the official SDKs.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, ClassVar
from urllib.parse import parse_qs

from tests.sdk.content import FILE
from tests.sdk.standins.base import Fields, Standin, form_field, json_answer
from tests.sdk.standins.events import TEXT, WORDS
from tests.support.upstream import Answer, Received

PREDICTIONS = [f"prediction-{number}" for number in range(5)]
TIME = "2026-11-30T12:00:00.000Z"
MODEL = "meta/meta-llama-3-8b-instruct"


class Replicate(Standin):
    """api.replicate.com."""

    slug = "replicate"
    secret = "r8_0123456789abcdefghijklmnopqrstuvwxyz0"
    results: ClassVar[Mapping[str, object]] = {
        "call": TEXT,
        "upload": len(FILE),
        "pages": PREDICTIONS,
        "follow": TEXT,
    }

    def refusal(self) -> Answer:
        return error(401, "Unauthenticated", "You did not pass a valid authentication token")

    def limited(self, seconds: int) -> Answer:
        message = "Request was throttled. Your rate limit resets soon."
        return error(429, "Too Many Requests", message, [("Retry-After", str(seconds))])

    def broken(self) -> Answer:
        return error(503, "Service Unavailable", "Please try again later.")

    def answer(self, received: Received) -> Answer:
        path, _, query = received.target.partition("?")
        call = (received.method, path)
        if call == ("POST", f"/v1/models/{MODEL}/predictions"):
            waits = "wait" in (received.get("Prefer") or "")
            return json_answer(self._prediction(PREDICTIONS[0], done=waits), 201)
        if call == ("GET", f"/v1/predictions/{PREDICTIONS[0]}"):
            return json_answer(self._prediction(PREDICTIONS[0]))
        if call == ("GET", "/v1/predictions"):
            return self._predictions(parse_qs(query))
        if call == ("POST", "/v1/files"):
            size = len(form_field(received, "content"))
            body = {
                "id": "cneqzikepnug6xezperrr4z55o",
                "name": "data.bin",
                "content_type": "application/octet-stream",
                "size": size,
                "etag": "f211779ff7502705bbf42e9874a17ab3",
                "checksums": {"sha256": "0" * 64, "md5": "0" * 32},
                "metadata": {},
                "created_at": TIME,
                "expires_at": None,
                "urls": {"get": f"{self.url}/v1/files/cneqzikepnug6xezperrr4z55o"},
            }
            return json_answer(body, 201)
        return error(404, "Not found", "The requested resource could not be found.")

    def _prediction(self, identity: str, done: bool = True) -> dict[str, Any]:
        return {
            "id": identity,
            "model": MODEL,
            "version": "hidden",
            "input": {"prompt": "Hello, wörld"},
            "logs": "",
            "output": WORDS if done else None,
            "data_removed": False,
            "error": None,
            "source": "api",
            "status": "succeeded" if done else "starting",
            "created_at": TIME,
            "started_at": TIME if done else None,
            "completed_at": TIME if done else None,
            "metrics": {"predict_time": 0.5} if done else {},
            "urls": {
                "get": f"{self.url}/v1/predictions/{identity}",
                "cancel": f"{self.url}/v1/predictions/{identity}/cancel",
            },
        }

    def _predictions(self, query: dict[str, list[str]]) -> Answer:
        """Return a page of two of five predictions, with the URL of the next."""
        start = int(query.get("cursor", ["0"])[0])
        following = None
        if start + 2 < len(PREDICTIONS):
            following = f"{self.url}/v1/predictions?cursor={start + 2}"
        found = [self._prediction(name) for name in PREDICTIONS[start : start + 2]]
        return json_answer({"previous": None, "next": following, "results": found})


def error(status: int, title: str, detail: str, headers: Fields | None = None) -> Answer:
    """Return an error in the API's format."""
    body = json.dumps({"title": title, "detail": detail, "status": status}).encode()
    kind = ("Content-Type", "application/problem+json")
    return Answer(status, [kind, *(headers or [])], body)
