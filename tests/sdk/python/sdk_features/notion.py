"""notion-client, the Python SDK that Notion's documentation names."""

from __future__ import annotations

import importlib
from typing import Any

from .shared import FILE, raised


def call(client: Any, _: Any) -> object:
    return client.users.me()["name"]


def upload(client: Any, _: Any) -> object:
    made = client.file_uploads.create(mode="single_part", filename="data.bin")
    file = ("data.bin", FILE, "application/octet-stream")
    return client.file_uploads.send(file_upload_id=made["id"], file=file)["content_length"]


def pages(client: Any, _: Any) -> object:
    collect = importlib.import_module("notion_client.helpers").collect_paginated_api
    return [user["name"] for user in collect(client.users.list, page_size=2)]


def error(client: Any, _: Any) -> object:
    return raised(lambda: client.users.retrieve("b52b8ed6-e029-4707-a671-832549c09de0"))


def refused(client: Any, context: Any) -> object:
    # Otherwise it waits for Retry-After and tries again.
    once = type(client)(auth=context.token, base_url=context.others["notion"], retry=False)
    return raised(once.users.me)


FEATURES = {
    "call": call,
    "upload": upload,
    "pages": pages,
    "retry_429": call,
    "retry_5xx": call,
    "error": error,
    "limit": refused,
    "revoked": refused,
}
