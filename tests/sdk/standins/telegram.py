"""Telegram: the bot's token in the path, `ok` in every body, files in forms.

Sources: https://core.telegram.org/bots/api#making-requests, #sending-files, #responseparameters.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from tests.sdk.content import FILE
from tests.sdk.standins.base import Standin, form_field, json_answer
from tests.support.upstream import Answer, Received

BOT = {"id": 123456789, "is_bot": True, "first_name": "Ada", "username": "ada_bot"}
CHAT = {"id": 1, "type": "private", "first_name": "Ada"}


class Telegram(Standin):
    """api.telegram.org."""

    slug = "telegram"
    secret = "0123456789:AAabcdefghijklmnopqrstuvwxyz0123456"
    results: ClassVar[Mapping[str, object]] = {"call": "ada_bot", "upload": len(FILE)}

    def refusal(self) -> Answer:
        return error(401, "Unauthorized")

    def limited(self, seconds: int) -> Answer:
        waiting = {"retry_after": seconds}
        return error(429, f"Too Many Requests: retry after {seconds}", parameters=waiting)

    def broken(self) -> Answer:
        return error(502, "Bad Gateway")

    def answer(self, received: Received) -> Answer:
        method = received.target.partition("?")[0].rpartition("/")[2]
        if method.lower() == "getme":
            return json_answer({"ok": True, "result": BOT})
        if method.lower() == "senddocument":
            size = len(document_of(received))
            document = {"file_id": "1", "file_unique_id": "1", "file_name": "data.bin"}
            sent = {"message_id": 1, "date": 1_764_500_000, "chat": CHAT}
            return json_answer(
                {"ok": True, "result": {**sent, "document": {**document, "file_size": size}}}
            )
        if method.lower() == "getchat":
            return error(400, "Bad Request: chat not found")
        return error(404, "Not Found")


def document_of(received: Received) -> bytes:
    """Return the file of `sendDocument`: the part itself, or the part that `attach://` names."""
    content = form_field(received, "document")
    if content.startswith(b"attach://"):
        return form_field(received, content.removeprefix(b"attach://").decode())
    return content


def error(code: int, description: str, **members: Any) -> Answer:
    """Return an error in the API's format."""
    body = {"ok": False, "error_code": code, "description": description, **members}
    return json_answer(body, code)
