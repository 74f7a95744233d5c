"""The base of the stand-in upstreams: a server with the provider's paths at its root."""

from __future__ import annotations

import base64
import json
import socket
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import parse_qs

from api.services.keys.provider import Provider
from tests.sdk.sdk_client import provider_of
from tests.support.upstream import Answer, Received, Upstream

PUBLISHED = Path(__file__).resolve().parents[1] / "published"

Fields = list[tuple[str, str]]
JSON = ("Content-Type", "application/json")


def published(provider: str) -> dict[str, Any]:
    """Return responses that the provider published. The member `source` names the publication."""
    document: dict[str, Any] = json.loads((PUBLISHED / f"{provider}.json").read_text())
    return document


class Standin:
    """A provider. `answer` returns its responses to requests with `secret`.

    `slug` is its entry of the catalogue. `results` are what the features of the matrix return with
    every client of the API. `retry_after` are the seconds of its `Retry-After` in the test of 429,
    0 if the provider sends none. Each behaviour in `first` handles one request instead; if it
    returns None, `answer` does.
    """

    slug: ClassVar[str]
    results: ClassVar[Mapping[str, object]]
    secret: ClassVar[str]
    username: ClassVar[str] = ""
    retry_after: ClassVar[int] = 1

    def __init__(self) -> None:
        self.upstream = Upstream()
        self.place = self.upstream.root()
        self.place.behaviour = self._behave
        self.first: list[Callable[[], Answer | None]] = []

    @property
    def url(self) -> str:
        """The origin."""
        return self.place.url

    @property
    def further_url(self) -> str:
        """The origin of a further host of the API, to which no key is sent, or an empty text."""
        return ""

    @property
    def received(self) -> list[Received]:
        """The requests since the last `clear`."""
        return self.place.received

    def clear(self) -> None:
        """Forget the requests and the behaviours in `first`."""
        self.place.received.clear()
        self.first.clear()

    def close(self) -> None:
        """Stop the server."""
        self.upstream.close()

    def knows(self, received: Received) -> bool:
        """Return whether the credential is correct, in any place that the catalogue names."""
        return has_key(received, provider_of(self.slug), self.secret, self.username)

    def refusal(self) -> Answer:
        """Return the response to a wrong credential."""
        raise NotImplementedError

    def limited(self, seconds: int) -> Answer:
        """Return the provider's 429 with `Retry-After`."""
        raise NotImplementedError

    def broken(self) -> Answer:
        """Return the provider's response to an internal error that may be retried."""
        raise NotImplementedError

    def answer(self, received: Received) -> Answer:
        """Return the API's response."""
        raise NotImplementedError

    def limit_for(self, seconds: int) -> None:
        """Reject the next request with a 429, and further requests until `Retry-After` is over."""
        until: list[float] = []

        def refuse() -> Answer | None:
            if not until:
                until.append(time.monotonic() + seconds)
            elif time.monotonic() >= until[0]:
                return None
            self.first.append(refuse)
            return self.limited(seconds)

        self.first.append(refuse)

    def fail_once(self) -> None:
        """Respond to the next request with an internal error."""
        self.first.append(self.broken)

    def _behave(self, received: Received, _connection: socket.socket) -> Answer:
        if not self.knows(received):
            return self.refusal()
        if self.first:
            answer = self.first.pop(0)()
            if answer is not None:
                return answer
        return self.answer(received)


def has_key(received: Received, provider: Provider, secret: str, username: str) -> bool:
    """Return whether a request has a key where the API takes it."""
    auth = provider.auth
    path, _, query = received.target.partition("?")
    if auth.scheme == "path":
        return f"{provider.sdk_path}{secret}/" in path
    if auth.scheme == "basic":
        pair = base64.b64encode(f"{auth.username or username}:{secret}".encode()).decode()
        return received.get("Authorization") == f"Basic {pair}"
    locations = set(provider.credential_locations)
    if auth.scheme == "bearer":
        locations.add("bearer")
    elif received.get(auth.name or "") == f"{auth.prefix or ''}{secret}":
        return True
    for location in locations:
        kind, _, name = location.partition(":")
        if kind == "bearer" and path.startswith(name) and bearer(received) == secret:
            return True
        if kind == "header" and received.get(name) == secret:
            return True
        if kind == "query" and secret in parse_qs(query).get(name, []):
            return True
    return False


def bearer(received: Received) -> str | None:
    """Return the token of `Authorization: Bearer`."""
    scheme, _, token = (received.get("Authorization") or "").partition(" ")
    return token if scheme.lower() == "bearer" else None


def json_answer(body: object, status: int = 200, headers: Fields | None = None) -> Answer:
    """Return a response with a JSON document."""
    return Answer(status, [JSON, *(headers or [])], json.dumps(body).encode())


def form_field(received: Received, name: str) -> bytes:
    """Return the content of a part of multipart/form-data (RFC 7578)."""
    kind = received.get("Content-Type") or ""
    assert kind.startswith("multipart/form-data"), kind
    boundary = kind.partition("boundary=")[2].strip('"').encode()
    for part in received.body.split(b"--" + boundary)[1:-1]:
        head, _, content = part.partition(b"\r\n\r\n")
        if f'name="{name}"'.encode() in head:
            return content.removesuffix(b"\r\n")
    raise AssertionError(f"no part {name}")
