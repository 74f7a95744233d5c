"""slack_sdk, Slack's official SDK."""

from __future__ import annotations

import importlib
from typing import Any

from .shared import FILE, raised


def call(client: Any, _: Any) -> object:
    answer = client.auth_test()
    return [answer["user"], answer["team_id"]]


def retried(client: Any, _: Any) -> object:
    # The SDK retries only with these handlers.
    handlers = importlib.import_module("slack_sdk.http_retry.builtin_handlers")
    client.retry_handlers += [
        handlers.RateLimitErrorRetryHandler(max_retry_count=1),
        handlers.ServerErrorRetryHandler(max_retry_count=1),
    ]
    return call(client, _)


def upload(client: Any, _: Any) -> object:
    answer = client.files_upload_v2(content=FILE, filename="data.bin")
    return answer["files"][0]["size"]


def pages(client: Any, _: Any) -> object:
    found = client.conversations_list(limit=2)
    return [channel["name"] for page in found for channel in page["channels"]]


FEATURES = {
    "call": call,
    "upload": upload,
    "pages": pages,
    "retry_429": retried,
    "retry_5xx": retried,
    "error": lambda client, _: raised(lambda: client.conversations_info(channel="none"), reason),
    "limit": lambda client, _: raised(client.auth_test, reason),
    "revoked": lambda client, _: raised(client.auth_test, reason),
}


def reason(problem: Any) -> object:
    """Return Slack's word for the error. The status is often 200."""
    return problem.response["error"]
