"""Slack: methods with `ok` in every body, cursors, uploads in three steps.

Sources: https://docs.slack.dev/apis/web-api, /apis/web-api/pagination, /apis/web-api/rate-limits,
/messaging/working-with-files, and the reference of each method.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, ClassVar
from urllib.parse import parse_qs

from tests.sdk.content import FILE
from tests.sdk.standins.base import Fields, Standin, form_field, json_answer
from tests.support.upstream import Answer, Received

CHANNELS = [f"channel-{number}" for number in range(5)]
FIELDS = [("X-Slack-Req-Id", "0123456789abcdef0123456789abcdef"), ("Vary", "Accept-Encoding")]


class Slack(Standin):
    """slack.com, and files.slack.com for the content of uploads."""

    slug = "slack"
    secret = "xoxb-0123456789-0123456789012-abcdefghijklmnopqrstuvwx"
    results: ClassVar[Mapping[str, object]] = {
        "call": ["ada", "T0123456789"],
        "pages": CHANNELS,
        "upload": len(FILE),
    }

    def __init__(self) -> None:
        super().__init__()
        self._sizes: dict[str, int] = {}

    @property
    def url(self) -> str:
        return super().url.replace("127.0.0.1", "localhost")

    @property
    def further_url(self) -> str:
        return super().url

    def knows(self, received: Received) -> bool:
        # The URL of an upload needs no credential.
        return received.target.startswith("/upload/") or super().knows(received)

    def refusal(self) -> Answer:
        return failed("invalid_auth")

    def limited(self, seconds: int) -> Answer:
        return failed("ratelimited", 429, [("Retry-After", str(seconds))])

    def broken(self) -> Answer:
        return failed("internal_error", 503)

    def answer(self, received: Received) -> Answer:
        path, _, query = received.target.partition("?")
        if path.startswith("/upload/v1/"):
            self._sizes[path.rpartition("/")[2]] = len(uploaded_content(received))
            return Answer(200, [("Content-Type", "text/plain")], b"OK - 1")
        method = path.removeprefix("/api/")
        wanted = arguments(received, query)
        if method == "auth.test":
            url = "https://example.slack.com/"
            return succeeded(url=url, team="Example", user="ada", team_id="T0123456789")
        if method == "conversations.list":
            return channels(wanted)
        if method == "files.getUploadURLExternal":
            url = f"{self.further_url}/upload/v1/F0123456789"
            return succeeded(upload_url=url, file_id="F0123456789")
        if method == "files.completeUploadExternal":
            [file] = json.loads(wanted["files"])
            return succeeded(files=[{**file, "size": self._sizes[file["id"]]}])
        if method == "files.info":
            return succeeded(file={"id": wanted["file"], "size": self._sizes[wanted["file"]]})
        if method == "conversations.info":
            return failed("channel_not_found")
        return failed("unknown_method", 404)


def arguments(received: Received, query: str) -> dict[str, str]:
    """Return the arguments of a method, which may be in the query, in a form or in JSON."""
    found = {name: values[0] for name, values in parse_qs(query).items()}
    kind = received.get("Content-Type") or ""
    if kind.startswith("application/json"):
        found.update(json.loads(received.body or b"{}"))
        return found
    form = parse_qs(received.body.decode())
    return found | {name: values[0] for name, values in form.items()}


def uploaded_content(received: Received) -> bytes:
    """Return the file of an upload, which is the body or a part of a form."""
    if (received.get("Content-Type") or "").startswith("multipart/form-data"):
        return form_field(received, "body")
    return received.body


def succeeded(**members: Any) -> Answer:
    """Return the body of a call that succeeded."""
    return json_answer({"ok": True, **members}, headers=FIELDS)


def failed(error: str, status: int = 200, headers: Fields | None = None) -> Answer:
    """Return an error. Slack uses the status 200 for nearly all of them."""
    return json_answer({"ok": False, "error": error}, status, [*FIELDS, *(headers or [])])


def channels(wanted: dict[str, str]) -> Answer:
    """Return a page of two of five channels with a cursor."""
    start = int(wanted.get("cursor") or 0)
    page = [{"id": f"C{name}", "name": name} for name in CHANNELS[start : start + 2]]
    cursor = str(start + 2) if start + 2 < len(CHANNELS) else ""
    return succeeded(channels=page, response_metadata={"next_cursor": cursor})
