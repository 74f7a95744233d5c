"""Notion: objects with `object`, cursors in `next_cursor`, uploads that are created, then sent.

Sources: https://developers.notion.com/reference/intro, /reference/status-codes,
/reference/request-limits, /reference/file-upload.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar
from urllib.parse import parse_qs

from tests.sdk.content import FILE
from tests.sdk.standins.base import Fields, Standin, form_field, json_answer
from tests.support.upstream import Answer, Received

USERS = [f"user-{number}" for number in range(5)]
UPLOAD = "b52b8ed6-e029-4707-a671-832549c09de3"
FIELDS = [("x-notion-request-id", "0a1b2c3d-0000-4000-8000-000000000000")]


class Notion(Standin):
    """api.notion.com."""

    slug = "notion"
    secret = "ntn_0123456789abcdefghijklmnopqrstuvwxyz0123456789"
    results: ClassVar[Mapping[str, object]] = {
        "call": "Ada Lövelace",
        "pages": USERS,
        "upload": len(FILE),
    }

    def refusal(self) -> Answer:
        return error(401, "unauthorized", "API token is invalid.")

    def limited(self, seconds: int) -> Answer:
        message = "You have been rate limited. Please try again later."
        return error(429, "rate_limited", message, [("Retry-After", str(seconds))])

    def broken(self) -> Answer:
        return error(503, "service_unavailable", "Notion is unavailable. Please try again later.")

    def answer(self, received: Received) -> Answer:
        path, _, query = received.target.partition("?")
        call = (received.method, path)
        if received.get("Notion-Version") is None:
            return error(400, "missing_version", "Notion-Version header failed validation.")
        if call == ("GET", "/v1/users/me"):
            return json_answer(user("user-me", "Ada Lövelace"), headers=FIELDS)
        if call == ("GET", "/v1/users"):
            return users(parse_qs(query))
        if call == ("POST", "/v1/file_uploads"):
            return self._upload("pending", 0)
        if call == ("POST", f"/v1/file_uploads/{UPLOAD}/send"):
            return self._upload("uploaded", len(form_field(received, "file")))
        message = f"Could not find {path}. Make sure the relevant pages are shared."
        return error(404, "object_not_found", message)

    def _upload(self, status: str, size: int) -> Answer:
        body = {
            "object": "file_upload",
            "id": UPLOAD,
            "status": status,
            "filename": "data.bin",
            "content_type": "application/octet-stream",
            "content_length": size,
            "upload_url": f"{self.url}/v1/file_uploads/{UPLOAD}/send",
        }
        return json_answer(body, headers=FIELDS)


def user(identity: str, name: str) -> dict[str, object]:
    """Return a user object."""
    return {"object": "user", "id": identity, "name": name, "type": "bot", "bot": {}}


def users(query: dict[str, list[str]]) -> Answer:
    """Return a page of two of five users with a cursor."""
    start = int(query.get("start_cursor", ["0"])[0])
    more = start + 2 < len(USERS)
    body: dict[str, object] = {
        "object": "list",
        "results": [user(name, name) for name in USERS[start : start + 2]],
        "next_cursor": str(start + 2) if more else None,
        "has_more": more,
        "type": "user",
        "user": {},
    }
    return json_answer(body, headers=FIELDS)


def error(status: int, code: str, message: str, headers: Fields | None = None) -> Answer:
    """Return an error in the API's format."""
    body = {"object": "error", "status": status, "code": code, "message": message}
    return json_answer(body, status, [*FIELDS, *(headers or [])])
