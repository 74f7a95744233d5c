"""A request exactly as the client sent it, from a WSGI environ or an API Gateway event.

WSGI loses what a proxy needs: the raw path, duplicate header fields, and the difference between `-`
and `_` in their names. `RawRequest` keeps them (S7, S14).
"""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Mapping, Sequence
from typing import Any, Protocol
from urllib.parse import unquote

import msgspec

from api.errors import Problem
from api.http.connection import Watched

HEADERS_KEY = "api_dashboard.headers"
UNDERSCORED_KEY = "api_dashboard.underscored_headers"
API_ROOT_KEY = "api_dashboard.api_root"
CAN_UPGRADE_KEY = "api_dashboard.can_upgrade"
_EVENT_KEY = "serverless.event"
_STAGE = "$default"
_ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^/?#]*")
_NOT_LITERAL = re.compile(r"[^A-Za-z0-9._~!$&'()*+,;=:@/%-]|%(?![0-9A-Fa-f]{2})")
_LINE_BREAK = re.compile(r"[\0\r\n]")
_HOST = re.compile(r"[A-Za-z0-9.\[\]:-]{1,255}")


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


class WebSocketOffer(msgspec.Struct, frozen=True):
    """The handshake of a WebSocket as its caller sent it: key, subprotocols, the token's place.

    The token was in the subprotocol `token_subprotocol`, in the parameter `query`, or elsewhere.
    """

    key: str
    subprotocols: tuple[str, ...]
    token_subprotocol: str | None = None
    query: str | None = None


class RawRequest(msgspec.Struct, frozen=True):
    """A request. Text is latin-1 as in WSGI; `raw_path` and `raw_query` are exactly as sent.

    `length` is the declared length of the body in bytes, None when the body is chunked. `source` is
    the client's IP address. `caller` is the client's socket if the server has one. `streaming` is
    true if the response can be streamed. `has_empty_query` is true if the target ends with a `?`
    (unknown for an API Gateway event). `api_root` is the URL at which the client reaches the API
    without `/proxy/{api_name}` (an API host or port), None if the path names the API.

    `deadline` is a time of `time.monotonic()` at which the call must end, because the platform soon
    ends the process. `undoes_coding` is true if the platform decodes the response's
    Content-Encoding and removes the field on the way to the caller.

    `upgrade` is the Upgrade field, None without one. It is empty if the request has the fields of a
    WebSocket handshake alone. `can_upgrade` is true if the server can hand over the connection.
    `websocket` is what the caller of a WebSocket offers, once that is known.

    `underscored` are the fields with `_` in their names, which are not among `headers`: servers
    treat them as twins of fields with `-`. Only a token is looked for in them.
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
    deadline: float | None = None
    undoes_coding: bool = False
    api_root: str | None = None
    underscored: Sequence[tuple[str, str]] = ()
    has_empty_query: bool = False
    upgrade: str | None = None
    can_upgrade: bool = False
    websocket: WebSocketOffer | None = None

    @property
    def is_proxied(self) -> bool:
        """Whether the path is under `/proxy/`, in any encoding."""
        return unquote(self.raw_path).startswith("/proxy/")

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
    path, mark, query = raw.partition("?")
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
        underscored=environ.get(UNDERSCORED_KEY, ()),
        has_empty_query=bool(mark) and not query,
        upgrade=_upgrade(environ.get("HTTP_UPGRADE"), "HTTP_SEC_WEBSOCKET_KEY" in environ),
        can_upgrade=environ.get(CAN_UPGRADE_KEY, False),
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
    path = _NOT_LITERAL.sub(percent_encode, event.get("rawPath") or "/")
    stage = context.get("stage") or _STAGE
    if stage != _STAGE:
        path = path.removeprefix(f"/{stage}") or "/"
    sent = event.get("headers") or {}
    fields = [(name, _as_latin_1(value)) for name, value in sent.items() if _is_field(name, value)]
    headers = [field for field in fields if "_" not in field[0]]
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
        underscored=[field for field in fields if "_" in field[0]],
        upgrade=_upgrade(sent.get("upgrade"), "sec-websocket-key" in sent),
    )


def _is_field(name: str, value: object) -> bool:
    """Return whether a member of an event can be a header field.

    AWS sends no others, but an IAM user can call a function with any event. A line break would
    start another field in the upstream request.
    """
    return isinstance(value, str) and (
        (name.isprintable() and value.isprintable()) or not _LINE_BREAK.search(f"{name}{value}")
    )


def is_host(text: str) -> bool:
    """Return whether a text can be the host and port of a URL."""
    return _HOST.fullmatch(text) is not None


def _upgrade(field: str | None, has_websocket_key: bool) -> str | None:
    """Return the Upgrade field. An intermediary may have removed it from a WebSocket handshake."""
    return "" if field is None and has_websocket_key else field


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


def percent_encode(match: re.Match[str]) -> str:
    """Return the matched text percent-encoded, as the replacement of `re.sub`."""
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
