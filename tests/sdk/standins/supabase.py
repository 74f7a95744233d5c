"""Supabase: PostgREST below /rest/v1, files below /storage/v1.

Sources: https://supabase.com/docs/guides/api, https://docs.postgrest.org/en/stable/references,
https://supabase.com/docs/guides/storage; the sources of supabase-js.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from tests.sdk.content import FILE
from tests.sdk.standins.base import Fields, Standin, form_field, json_answer
from tests.support.upstream import Answer, Received

ROWS = [{"id": number, "name": f"city-{number}"} for number in range(2)]
FIELDS = [("sb-gateway-version", "1"), ("sb-project-ref", "abcdefghijklmnopqrst")]


class Supabase(Standin):
    """A project's own host."""

    slug = "supabase"
    secret = "sb_secret_0123456789abcdefghij_01234567"
    results: ClassVar[Mapping[str, object]] = {"call": ROWS, "upload": len(FILE)}
    retry_after = 0

    def refusal(self) -> Answer:
        return json_answer({"message": "Invalid API key", "hint": None}, 401, FIELDS)

    def limited(self, seconds: int) -> Answer:
        return json_answer({"message": "Too many requests"}, 429, FIELDS)

    def broken(self) -> Answer:
        return error(503, "PGRST001", "Could not connect with the database.")

    def answer(self, received: Received) -> Answer:
        path = received.target.partition("?")[0]
        call = (received.method, path)
        if call == ("GET", "/rest/v1/cities"):
            return json_answer(ROWS, headers=[*FIELDS, ("Content-Range", "0-1/*")])
        if call == ("POST", "/storage/v1/object/files/data.bin"):
            kind = received.get("Content-Type") or ""
            form = kind.startswith("multipart/form-data")
            # The SDKs name the part differently.
            name = "file" if b'name="file"' in received.body else ""
            size = len(form_field(received, name) if form else received.body)
            return json_answer({"Id": str(size), "Key": "files/data.bin"}, headers=FIELDS)
        table = path.rpartition("/")[2]
        message = f"Could not find the table 'public.{table}' in the schema cache"
        return error(404, "PGRST205", message)


def error(status: int, code: str, message: str, headers: Fields | None = None) -> Answer:
    """Return an error in PostgREST's format."""
    body = {"code": code, "details": None, "hint": None, "message": message}
    return json_answer(body, status, [*FIELDS, *(headers or [])])
