"""Discord: rate limits by bucket in every response, files as `files[n]` of a form.

Sources: https://docs.discord.com/developers/reference, /topics/rate-limits,
/topics/opcodes-and-status-codes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import ClassVar

from tests.sdk.content import FILE
from tests.sdk.standins.base import Fields, Standin, form_field, json_answer
from tests.support.upstream import Answer, Received

LIMITS = [
    ("Via", "1.1 google"),
    ("X-RateLimit-Limit", "5"),
    ("X-RateLimit-Remaining", "4"),
    ("X-RateLimit-Reset", "4070908800.5"),
    ("X-RateLimit-Reset-After", "1.0"),
    ("X-RateLimit-Bucket", "0123456789abcdef0123456789abcdef"),
]
USER = {
    "id": "80351110224678912",
    "username": "ada",
    "discriminator": "0",
    "avatar": None,
    "bot": True,
    "global_name": "Ada Lövelace",
}
APPLICATION = {
    "id": "80351110224678913",
    "name": "Ada's bot",
    "icon": None,
    "description": "",
    "bot_public": False,
    "bot_require_code_grant": False,
    "owner": USER,
    "verify_key": "0" * 64,
    "team": None,
}
URL = "https://cdn.discordapp.com/attachments/1/2/data.bin"
LINKS = {"url": URL, "proxy_url": URL}
MESSAGE = {
    "id": "3",
    "channel_id": "1",
    "type": 0,
    "author": USER,
    "timestamp": "2026-11-30T12:00:00.000000+00:00",
    "edited_timestamp": None,
    "tts": False,
    "mention_everyone": False,
    "mentions": [],
    "mention_roles": [],
    "embeds": [],
    "pinned": False,
}


class Discord(Standin):
    """discord.com."""

    slug = "discord"
    secret = "MTAxMjM0NTY3ODkwMTIzNDU2Nzg5.GabcdE.0123456789abcdefghijklmnopqrstuvwxyzAB"
    results: ClassVar[Mapping[str, object]] = {"call": "ada", "upload": len(FILE)}

    def refusal(self) -> Answer:
        return json_answer(
            {"message": "401: Unauthorized", "code": 0}, 401, [("Via", "1.1 google")]
        )

    def limited(self, seconds: int) -> Answer:
        body = {"message": "You are being rate limited.", "retry_after": seconds, "global": False}
        fields: Fields = [("Retry-After", str(seconds)), ("X-RateLimit-Scope", "shared")]
        return json_answer(body, 429, [*LIMITS, *fields])

    def broken(self) -> Answer:
        return json_answer({"message": "502: Bad Gateway", "code": 0}, 502, LIMITS)

    def answer(self, received: Received) -> Answer:
        path = received.target.partition("?")[0]
        call = (received.method, path)
        if call == ("GET", "/api/v10/users/@me"):
            return json_answer(USER, headers=LIMITS)
        if call == ("GET", "/api/v10/oauth2/applications/@me"):
            return json_answer(APPLICATION, headers=LIMITS)
        if call == ("POST", "/api/v10/channels/1/messages"):
            described = json.loads(form_field(received, "payload_json"))
            content = form_field(received, "files[0]")
            attachment = {"id": "2", "filename": "data.bin", "size": len(content)} | LINKS
            body = {**MESSAGE, "content": described.get("content", "")}
            return json_answer({**body, "attachments": [attachment]}, headers=LIMITS)
        return json_answer({"message": "Unknown Channel", "code": 10003}, 404, LIMITS)
