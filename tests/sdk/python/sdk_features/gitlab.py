"""python-gitlab, the Python SDK that GitLab's documentation names."""

from __future__ import annotations

from typing import Any

from .shared import FILE, raised


def call(client: Any, _: Any) -> object:
    client.auth()
    return client.user.username


def retried(client: Any, _: Any) -> object:
    # The SDK repeats calls after a server error only with this option.
    return client.http_get("/user", retry_transient_errors=True)["username"]


def upload(client: Any, _: Any) -> object:
    project = client.projects.get(1, lazy=True)
    return int(project.upload("data.bin", filedata=FILE)["alt"])


def pages(client: Any, _: Any) -> object:
    return [project.name for project in client.projects.list(per_page=2, iterator=True)]


def refused(client: Any, _: Any) -> object:
    # Otherwise it waits for Retry-After and tries again.
    return raised(lambda: client.http_get("/user", obey_rate_limit=False))


FEATURES = {
    "call": call,
    "upload": upload,
    "pages": pages,
    "retry_429": call,
    "retry_5xx": retried,
    "error": lambda client, _: raised(lambda: client.projects.get(404)),
    "limit": refused,
    "revoked": lambda client, _: raised(client.auth),
}
