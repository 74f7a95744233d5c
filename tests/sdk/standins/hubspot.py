"""HubSpot: CRM objects with `paging.next`, uploads to the file manager.

Sources: https://developers.hubspot.com/docs/api-reference/crm-contacts-v3, /files-files-v3,
https://developers.hubspot.com/docs/developer-tooling/platform/usage-guidelines,
https://developers.hubspot.com/docs/api-reference/error-handling.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, ClassVar
from urllib.parse import parse_qs

from tests.sdk.content import FILE
from tests.sdk.standins.base import Fields, Standin, form_field, json_answer
from tests.support.upstream import Answer, Received

CONTACTS = [f"contact-{number}" for number in range(5)]
TIME = "2026-11-30T12:00:00.000Z"
LIMITS = [
    ("X-HubSpot-RateLimit-Daily", "250000"),
    ("X-HubSpot-RateLimit-Daily-Remaining", "249999"),
    ("X-HubSpot-RateLimit-Interval-Milliseconds", "10000"),
    ("X-HubSpot-RateLimit-Max", "100"),
    ("X-HubSpot-RateLimit-Remaining", "99"),
]


class HubSpot(Standin):
    """api.hubapi.com."""

    slug = "hubspot"
    secret = "pat-eu1-01234567-89ab-cdef-0123-456789abcdef"
    results: ClassVar[Mapping[str, object]] = {
        "call": ["ada@example.com", "Lövelace"],
        "pages": CONTACTS,
        "upload": len(FILE),
    }

    def refusal(self) -> Answer:
        return error(401, "INVALID_AUTHENTICATION", "Authentication credentials not found.")

    def limited(self, seconds: int) -> Answer:
        members = {"errorType": "RATE_LIMIT", "policyName": "SECONDLY"}
        message = "You have reached your secondly limit."
        return error(429, "RATE_LIMITS", message, [("Retry-After", str(seconds))], **members)

    def broken(self) -> Answer:
        return error(502, "INTERNAL_ERROR", "Bad gateway")

    def answer(self, received: Received) -> Answer:
        path, _, query = received.target.partition("?")
        call = (received.method, path)
        if call == ("POST", "/crm/v3/objects/contacts"):
            asked = json.loads(received.body)["properties"]
            return json_answer({**contact("contact-9"), "properties": asked}, 201, LIMITS)
        if call == ("GET", "/crm/v3/objects/contacts"):
            return self._contacts(parse_qs(query))
        if call == ("POST", "/files/v3/files"):
            size = len(form_field(received, "file"))
            body = {"id": "1", "name": "data", "size": size, "access": "PRIVATE", "archived": False}
            return json_answer({**body, "createdAt": TIME, "updatedAt": TIME}, 201, LIMITS)
        return error(404, "OBJECT_NOT_FOUND", "resource not found")

    def _contacts(self, query: dict[str, list[str]]) -> Answer:
        """Return a page of two of five contacts with a cursor and the URL of the next page."""
        start = int(query.get("after", ["0"])[0])
        body: dict[str, Any] = {"results": [contact(name) for name in CONTACTS[start : start + 2]]}
        if start + 2 < len(CONTACTS):
            after = str(start + 2)
            link = f"{self.url}/crm/v3/objects/contacts?limit=2&after={after}"
            body["paging"] = {"next": {"after": after, "link": link}}
        return json_answer(body, headers=LIMITS)


def contact(name: str) -> dict[str, Any]:
    """Return a contact."""
    return {
        "id": name,
        "properties": {"email": f"{name}@example.com"},
        "createdAt": TIME,
        "updatedAt": TIME,
        "archived": False,
    }


def error(
    status: int, category: str, message: str, headers: Fields | None = None, **members: str
) -> Answer:
    """Return an error in the API's format."""
    body = {
        "status": "error",
        "message": message,
        "correlationId": "01234567-89ab-cdef-0123-456789abcdef",
        "category": category,
        **members,
    }
    return json_answer(body, status, [*LIMITS, *(headers or [])])
