"""supabase, Supabase's official SDK: rows and files."""

from __future__ import annotations

from typing import Any

from .shared import FILE, raised


def call(client: Any, _: Any) -> object:
    return client.table("cities").select("*").execute().data


def upload(client: Any, _: Any) -> object:
    return client.storage.from_("files").upload("data.bin", FILE).full_path


def reason(problem: Any) -> object:
    """Return PostgREST's code of the error."""
    return problem.code


def refused(client: Any, _: Any) -> object:
    return raised(lambda: call(client, _), reason)


FEATURES = {
    "call": call,
    "upload": upload,
    "retry_5xx": call,
    "error": lambda client, _: raised(lambda: client.table("none").select("*").execute(), reason),
    "limit": refused,
    "revoked": refused,
}
