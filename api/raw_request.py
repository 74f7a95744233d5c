"""A request as it came on the wire, whichever way it came: gunicorn, API Gateway, or a plain WSGI
server.

WSGI loses what a proxy needs (the raw path, duplicate fields, `-` against `_` in names), and
serverless-wsgi decodes the path once more and joins the cookies; here it is restored (S7, S14).
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from typing import Any, Protocol

import msgspec

from api.errors import Problem
from api.http.connection import Watched

HEADERS_KEY = "api_dashboard.headers"
DOOR_KEY = "api_dashboard.door"
_STAGE = "$default"
_ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^/?#]*")
_NOT_LITERAL = re.compile(r"[^A-Za-z0-9._~!$&'()*+,;=:@/%-]|%(?![0-9A-Fa-f]{2})")


class Readable(Protocol):
    """A body that is read as it comes."""

    def read(self, size: int = -1, /) -> bytes: ...


class _Body:
    """The server's input. What it reports as a broken body (ended early, malformed, too slow)
    becomes the caller's problem."""

    def __init__(self, source: Readable) -> None:
        self._source = source

    def read(self, size: int = -1, /) -> bytes:
        try:
            return self._source.read(size)
        except OSError as error:
            raise Problem(
                "invalid_request", "The body is malformed, cut short or too slow."
            ) from error


class RawRequest(msgspec.Struct, frozen=True):
    """A request: text is latin-1 as in WSGI, `raw_path` and `raw_query` exactly as sent.

    `length` is the declared body length, None when the body is chunked. `source` is the address of
    the only hop we trust. `caller` is the caller's socket where there is one. `streaming` says that
    an answer can be passed on as it comes. `door` is the address under which the caller reaches
    the API without `/proxy/{api_name}`, None where it has to name it.
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
    door: str | None = None

    def header(self, name: str) -> str | None:
        """The first value of a field, by its lower-case name."""
        for field, value in self.headers:
            if field.lower() == name:
                return value
        return None


def from_environ(environ: Mapping[str, Any]) -> RawRequest:
    """The request behind a WSGI environ. Raises Problem(invalid_path)."""
    event = environ.get("serverless.event")
    if event is not None:
        return from_event(environ, event)
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
        body=_Body(environ["wsgi.input"]),
        length=None if chunked else int(environ.get("CONTENT_LENGTH") or 0),
        source=environ.get("REMOTE_ADDR", ""),
        scheme=environ.get("wsgi.url_scheme", "http"),
        host=environ.get("HTTP_HOST", ""),
        caller=environ.get("gunicorn.socket"),
        streaming=True,
        door=environ.get(DOOR_KEY),
    )


def from_event(environ: Mapping[str, Any], event: Mapping[str, Any]) -> RawRequest:
    """An API Gateway HTTP API event, payload 2.0.

    Source:
    https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html.
    The gateway hands over `rawPath` decoded once, so what cannot stand in a path is encoded again;
    an escape that is still there is left as it is.
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
    length = int(environ.get("CONTENT_LENGTH") or 0)
    return RawRequest(
        method=http.get("method") or environ.get("REQUEST_METHOD") or "GET",
        raw_path=path,
        raw_query=event.get("rawQueryString") or "",
        headers=headers,
        body=_Body(environ["wsgi.input"]),
        length=length,
        source=str(http.get("sourceIp") or ""),
        scheme="https",
        host=next((value for name, value in headers if name.lower() == "host"), ""),
        caller=None,
        streaming=False,
    )


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
    """A field's value as the bytes on the wire; wider characters were UTF-8 there."""
    try:
        value.encode("latin-1")
    except UnicodeEncodeError:
        return value.encode("utf-8", "surrogatepass").decode("latin-1")
    return value


def basic_pair(value: str) -> tuple[str, str] | None:
    """User name and password of a Basic credential (RFC 7617), or None when it is not one."""
    try:
        text = base64.b64decode(value.strip(), validate=True).decode("utf-8")
    except ValueError:
        return None
    username, colon, password = text.partition(":")
    return (username, password) if colon else (username, "")
