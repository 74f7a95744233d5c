"""deepgram-sdk, Deepgram's official SDK."""

from __future__ import annotations

from typing import Any

from .shared import FILE, raised

ONCE = {"max_retries": 0}


def call(client: Any, _: Any) -> object:
    return [project.name for project in client.manage.v1.projects.list().projects]


def stream(client: Any, _: Any) -> object:
    return len(b"".join(client.speak.v1.audio.generate(text="Hello, wörld")))


def upload(client: Any, _: Any) -> object:
    heard = client.listen.v1.media.transcribe_file(request=FILE, model="nova-3")
    return heard.results.channels[0].alternatives[0].transcript


def refused(client: Any, _: Any) -> object:
    return raised(lambda: client.manage.v1.projects.list(request_options=ONCE))


FEATURES = {
    "call": call,
    "stream": stream,
    "upload": upload,
    "retry_429": call,
    "retry_5xx": call,
    "error": lambda client, _: raised(lambda: client.manage.v1.projects.get("none")),
    "limit": refused,
    "revoked": refused,
}
