"""Twilio: forms, Basic with the account's SID, pages by relative URIs.

Sources: https://www.twilio.com/docs/usage/requests-to-twilio, /usage/twilios-response,
/usage/rest-api-best-practices, /messaging/api/message-resource.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar
from urllib.parse import parse_qs

from tests.sdk.standins.base import Fields, Standin, json_answer
from tests.support.upstream import Answer, Received

# The catalogue's code has this name in place of an account's SID.
ACCOUNT = "ACCOUNT_SID"
FOLDER = f"/2010-04-01/Accounts/{ACCOUNT}"
MESSAGES = [f"SM{number:032x}" for number in range(5)]
FIELDS = [("Twilio-Request-Id", "RQ0123456789abcdef0123456789abcdef")]


class Twilio(Standin):
    """api.twilio.com."""

    slug = "twilio"
    username = ACCOUNT
    secret = "0123456789abcdef0123456789abcdef"
    retry_after = 0
    results: ClassVar[Mapping[str, object]] = {
        "call": ["queued", "Hello, wörld"],
        "pages": MESSAGES,
    }

    def refusal(self) -> Answer:
        return error(401, 20003, "Authenticate")

    def limited(self, seconds: int) -> Answer:
        # Twilio sends no Retry-After; its SDKs choose the delay.
        return error(429, 20429, "Too Many Requests", [("Twilio-Concurrent-Requests", "100")])

    def broken(self) -> Answer:
        return error(503, 20503, "Service Unavailable")

    def answer(self, received: Received) -> Answer:
        path, _, query = received.target.partition("?")
        call = (received.method, path)
        if call == ("POST", f"{FOLDER}/Messages.json"):
            form = {name: values[0] for name, values in parse_qs(received.body.decode()).items()}
            return json_answer(message(MESSAGES[0], form["Body"]), 201, FIELDS)
        if call == ("GET", f"{FOLDER}/Messages.json"):
            return messages(parse_qs(query))
        return error(404, 20404, f"The requested resource {path} was not found")


def message(sid: str, body: str = "Hello") -> dict[str, Any]:
    """Return a message."""
    return {
        "sid": sid,
        "account_sid": ACCOUNT,
        "api_version": "2010-04-01",
        "body": body,
        "date_created": "Mon, 30 Nov 2026 12:00:00 +0000",
        "date_sent": None,
        "date_updated": "Mon, 30 Nov 2026 12:00:00 +0000",
        "direction": "outbound-api",
        "error_code": None,
        "error_message": None,
        "from": "+15005550006",
        "messaging_service_sid": None,
        "num_media": "0",
        "num_segments": "1",
        "price": None,
        "price_unit": "USD",
        "status": "queued",
        "subresource_uris": {"media": f"{FOLDER}/Messages/{sid}/Media.json"},
        "to": "+15005550010",
        "uri": f"{FOLDER}/Messages/{sid}.json",
    }


def messages(query: dict[str, list[str]]) -> Answer:
    """Return a page of two of five messages."""
    number = int(query.get("Page", ["0"])[0])
    start = number * 2
    following = None
    if start + 2 < len(MESSAGES):
        following = f"{FOLDER}/Messages.json?PageSize=2&Page={number + 1}&PageToken=PA{number + 1}"
    body = {
        "messages": [message(sid) for sid in MESSAGES[start : start + 2]],
        "first_page_uri": f"{FOLDER}/Messages.json?PageSize=2&Page=0",
        "next_page_uri": following,
        "previous_page_uri": None,
        "page": number,
        "page_size": 2,
        "start": start,
        "end": start + 1,
        "uri": f"{FOLDER}/Messages.json?PageSize=2&Page={number}",
    }
    return json_answer(body, headers=FIELDS)


def error(status: int, code: int, message: str, headers: Fields | None = None) -> Answer:
    """Return an error in the API's format."""
    body = {
        "code": code,
        "message": message,
        "more_info": f"https://www.twilio.com/docs/errors/{code}",
        "status": status,
    }
    return json_answer(body, status, [*FIELDS, *(headers or [])])
