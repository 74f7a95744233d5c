"""A request exactly as the client sent it, from a WSGI environ or an API Gateway event.

WSGI loses what a proxy needs: the raw path, duplicate header fields, and the difference between `-`
and `_` in their names. `RawRequest` keeps them (S7, S14).
"""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Mapping
from typing import Any, Protocol

import msgspec

from api.errors import Problem
from api.http.connection import Watched

HEADERS_KEY = "api_dashboard.headers"
API_ROOT_KEY = "api_dashboard.api_root"
_EVENT_KEY = "serverless.event"
_STAGE = "$default"
_ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^/?#]*")
_NOT_LITERAL = re.compile(r"[^A-Za-z0-9._~!$&'()*+,;=:@/%-]|%(?![0-9A-Fa-f]{2})")


class Readable(Protocol):
    """A body that is read in pieces."""

    def read(self, size: int = -1, /) -> bytes: ...


class _ServerBody:
    """The server's input. Turns its OSError (body ended early, malformed or too slow) into a
    Problem.
    """

    def __init__(self, source: Readable) -> None:
        self._source = source

    def read(self, size: int = -1, /) -> bytes:
        try:
            return self._source.read(size)
        except OSError as error:
            raise Problem(
                "invalid_request", "The body is malformed, incomplete or too slow."
            ) from error


class RawRequest(msgspec.Struct, frozen=True):
    """A request. Text is latin-1 as in WSGI; `raw_path` and `raw_query` are exactly as sent.

    `length` is the declared length of the body in bytes, None when the body is chunked. `source` is
    the client's IP address. `caller` is the client's socket if the server has one. `streaming` is
    true if the response can be streamed. `api_root` is the URL at which the client reaches the API
    without `/proxy/{api_name}` (an API host or port), None if the path names the API.
    """

    method: str
    raw_path: str
    raw_query: str
    headers: list[tuple[str, str]]
    body: Readable
    length: int | None
    source: str
    scheme: str
    host: str
    caller: Watched | None
    streaming: bool
    api_root: str | None = None

    def header(self, name: str) -> str | None:
        """Return the first value of a header field. `name` is in lower case."""
        for field, value in self.headers:
            if field.lower() == name:
                return value
        return None


def from_environ(environ: Mapping[str, Any]) -> RawRequest:
    """Return the request of a WSGI environ, or of the event that serverless-wsgi adapted.

    Raises Problem(invalid_path) when the request target is not a path.
    """
    event = environ.get(_EVENT_KEY)
    if event is not None:
        return from_event(event)
    raw = environ.get("RAW_URI") or environ.get("REQUEST_URI") or ""
    path, _, query = raw.partition("?")
    if not path.startswith("/"):
        path = _ABSOLUTE.sub("", path, count=1) or "/"
        if not path.startswith("/"):
            raise Problem("invalid_path", "The request target is not a path.")
    headers = environ.get(HEADERS_KEY)
    if headers is None:
        headers = _headers_of(environ)
    chunked = environ.get("HTTP_TRANSFER_ENCODING", "").lower() == "chunked"
    return RawRequest(
        method=environ["REQUEST_METHOD"],
        raw_path=path,
        raw_query=query,
        headers=headers,
        body=_ServerBody(environ["wsgi.input"]),
        length=None if chunked else int(environ.get("CONTENT_LENGTH") or 0),
        source=environ.get("REMOTE_ADDR", ""),
        scheme=environ.get("wsgi.url_scheme", "http"),
        host=environ.get("HTTP_HOST", ""),
        caller=environ.get("gunicorn.socket"),
        streaming=True,
        api_root=environ.get(API_ROOT_KEY),
    )


def from_event(event: Mapping[str, Any]) -> RawRequest:
    """Return the request of an API Gateway HTTP API event (payload format 2.0).

    Source:
    https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html.
    The gateway decodes `rawPath` once. This encodes the characters that a path cannot contain, and
    keeps the remaining escapes.
    """
    context = event.get("requestContext") or {}
    http = context.get("http") or {}
    path = _NOT_LITERAL.sub(_escape, event.get("rawPath") or "/")
    stage = context.get("stage") or _STAGE
    if stage != _STAGE:
        path = path.removeprefix(f"/{stage}") or "/"
    headers = [
        (name, _as_latin_1(value))
        for name, value in (event.get("headers") or {}).items()
        if "_" not in name and isinstance(value, str)
    ]
    if event.get("cookies"):
        headers.append(("Cookie", "; ".join(event["cookies"])))
    body = _body_of(event)
    return RawRequest(
        method=http.get("method") or "GET",
        raw_path=path,
        raw_query=event.get("rawQueryString") or "",
        headers=headers,
        body=io.BytesIO(body),
        length=len(body),
        source=str(http.get("sourceIp") or ""),
        scheme="https",
        host=next((value for name, value in headers if name.lower() == "host"), ""),
        caller=None,
        streaming=False,
    )


def _body_of(event: Mapping[str, Any]) -> bytes:
    text = event.get("body") or ""
    return base64.b64decode(text) if event.get("isBase64Encoded") else text.encode("utf-8")


def _headers_of(environ: Mapping[str, Any]) -> list[tuple[str, str]]:
    headers = []
    for name, value in environ.items():
        if name.startswith("HTTP_"):
            headers.append((name[5:].replace("_", "-").title(), value))
    if environ.get("CONTENT_TYPE"):
        headers.append(("Content-Type", environ["CONTENT_TYPE"]))
    return headers


def _escape(match: re.Match[str]) -> str:
    return "".join(f"%{byte:02X}" for byte in match[0].encode("utf-8", "surrogatepass"))


def _as_latin_1(value: str) -> str:
    """Return a field value as latin-1 text of its bytes; wider characters were sent as UTF-8."""
    try:
        value.encode("latin-1")
    except UnicodeEncodeError:
        return value.encode("utf-8", "surrogatepass").decode("latin-1")
    return value


def basic_pair(value: str) -> tuple[str, str] | None:
    """Return the username and password of a Basic credential (RFC 7617), None if it is invalid."""
    try:
        text = base64.b64decode(value.strip(), validate=True).decode("utf-8")
    except ValueError:
        return None
    username, colon, password = text.partition(":")
    return (username, password) if colon else (username, "")
