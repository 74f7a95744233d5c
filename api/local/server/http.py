"""Parse one request and write its response, more strictly than gunicorn does."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from gunicorn import util
from gunicorn.http.body import Body, LengthReader
from gunicorn.http.errors import (
    InvalidHeader,
    InvalidRequestLine,
    LimitRequestHeaders,
    LimitRequestLine,
    ParseException,
    UnsupportedTransferCoding,
)
from gunicorn.http.message import TOKEN_RE
from gunicorn.http.message import Request as GunicornRequest
from gunicorn.http.parser import RequestParser
from gunicorn.http.unreader import Unreader
from gunicorn.http.wsgi import HEADER_VALUE_RE
from gunicorn.http.wsgi import Response as GunicornResponse

from api.local.server.client_socket import ClientSocket

MAX_REQUEST_LINE = 16 * 1024
MAX_FIELD_SIZE = 16 * 1024
MAX_FIELDS = 100
MAX_HEAD = 128 * 1024

# A method and a target about which there is nothing to decide.
_PLAIN_LINE = re.compile(rb'([A-Z]{3,20}) (/(?:[!"$-.0-~][!"$-~]*)?) HTTP/1\.([01])')
# Lines of a token and a value without control characters (RFC 9110 5.1, 5.5).
_LINE = rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+:[\t\x20-\x7e\x80-\xff]*"
_PLAIN_FIELDS = re.compile(rb"%b(?:\r\n%b)*" % (_LINE, _LINE))

# Fields about the connection to the client, which only the server may send (RFC 9110 7.6.1,
# PEP 3333). Date and Server are not among them: those of an upstream are forwarded.
CONNECTION_FIELDS = util.hop_headers - {"date", "server"}


class Request(GunicornRequest):  # type: ignore[misc]
    """A request head. `fields` has the fields as received, with order, case and duplicates.

    Fields with `_` in their names are in `underscored` only (S14). Raises gunicorn's ParseException
    and its subclasses for everything that two parsers could read differently (RFC 9112; S13).
    """

    def __init__(self, *arguments: Any) -> None:
        self.fields: list[tuple[str, str]] = []
        self.underscored: list[tuple[str, str]] = []
        super().__init__(*arguments)

    def _peer_trusted_for_forwarded(self) -> tuple[dict[str, str], list[str]]:
        """Trust no peer as a proxy (S14). gunicorn would parse its address for each request."""
        return {}, []

    def parse(self, unreader: Unreader) -> bytes:
        """Parse like gunicorn, which copies the head several times, and return what follows it."""
        data: bytes = unreader.take_buffered()
        start = 2 if data.startswith(b"\r\n") else 0  # an empty line (RFC 9112 2.2)
        line_end = data.find(b"\r\n", start)
        end = data.find(b"\r\n\r\n", line_end)
        if not 0 <= line_end < end or b"\n" in (line := data[start:line_end]):
            unreader.unread(data)
            rest: bytes = super().parse(unreader)
            return rest
        self.parse_request_line(line)
        self.headers = self.parse_headers(data[line_end + 2 : end])
        return data[end + 4 :]

    def parse_request_line(self, line: bytes) -> None:
        """Parse like gunicorn, but accept only targets in origin form, which name no host."""
        if len(line) > MAX_REQUEST_LINE:
            raise LimitRequestLine(len(line), MAX_REQUEST_LINE)
        plain = _PLAIN_LINE.fullmatch(line)
        if plain is not None:
            method, uri, minor = plain[1].decode(), plain[2].decode(), int(plain[3])
            path, _, query = uri.partition("?")
            self.method, self.uri, self.path, self.query = method, uri, path, query
            self.fragment, self.version = "", (1, minor)
            return
        super().parse_request_line(line)
        if not self.uri.startswith("/") or "#" in self.uri:
            raise InvalidRequestLine("not an origin-form target")

    def parse_headers(self, data: bytes, from_trailer: bool = False) -> list[tuple[str, str]]:
        """Parse like gunicorn, which checks every line, and keep the case of names in `fields`.

        Fields about which there is nothing to decide do not need gunicorn's code, which is slow.
        """
        if from_trailer:
            trailer: list[tuple[str, str]] = super().parse_headers(data, from_trailer)
            return trailer
        for line in data.decode("latin-1").split("\r\n"):
            name, _, value = line.partition(":")
            fields = self.underscored if "_" in name else self.fields
            fields.append((name, value.strip(" \t")))
        headers = [(name.upper(), value) for name, value in self.fields]
        if not self._is_plain(data, [name for name, _ in headers]):
            headers = super().parse_headers(data, from_trailer)
        return headers

    def _is_plain(self, data: bytes, names: list[str]) -> bool:
        """Return whether the fields break no rule, and none of them needs more than to be read."""
        return (
            len(data) <= MAX_FIELD_SIZE
            and len(names) <= MAX_FIELDS
            and not self.underscored
            and _PLAIN_FIELDS.fullmatch(data) is not None
            and "EXPECT" not in names
            and names.count("HOST") <= 1
            and names.count("CONTENT-TYPE") <= 1
        )

    def set_body_reader(self) -> None:
        """Like gunicorn, but require a Host, and accept only one transfer coding, `chunked`."""
        codings = [value for name, value in self.headers if name == "TRANSFER-ENCODING"]
        if codings and [coding.lower() for coding in codings] != ["chunked"]:
            raise UnsupportedTransferCoding("transfer coding")
        if self.version >= (1, 1) and not any(name == "HOST" for name, _ in self.headers):
            raise InvalidHeader("HOST")
        super().set_body_reader()

    def missing_body(self) -> int | None:
        """Return the number of bytes of the body that are not received yet, or None if unknown."""
        reader = self.body.reader
        if isinstance(reader, LengthReader):
            length: int = reader.length
            return max(0, length - len(self.unreader.buf.getvalue()))
        return None if self.body.failed or reader.parser is not None else 0


class Parser(RequestParser):  # type: ignore[misc]
    """Reads requests from one connection."""

    mesg_class = Request

    def finish_body(self, *arguments: Any, **named: Any) -> bool:
        """Discard the rest of the body like gunicorn, which also reads at the end of one."""
        reader = None if self.mesg is None else self.mesg.body.reader
        if isinstance(reader, LengthReader) and reader.length == 0:
            return not self.mesg.body.failed
        finished: bool = super().finish_body(*arguments, **named)
        return finished

    def has_head(self) -> bool:
        """Return whether a complete head, or one that is certainly invalid, is in the buffer.

        Raises LimitRequestHeaders if it is longer than MAX_HEAD bytes.
        """
        data = self.unreader.buf.getvalue()
        end = data.find(b"\r\n\r\n")
        if (len(data) if end < 0 else end) > MAX_HEAD:
            raise LimitRequestHeaders("head")
        if end >= 0:
            return True
        # A head with a bare LF is never valid, so there is no need to wait for its end.
        return bool(data.count(b"\n") != data.count(b"\r\n"))

    def receive(self, data: bytes) -> None:
        """Add received bytes to the buffer."""
        self.unreader.buf.seek(0, 2)
        self.unreader.buf.write(data)


class WsgiInput:
    """The body of a request as `wsgi.input`. Raises OSError for any error in it.

    A client that expects it gets `100 Continue` when the app reads the body. After an error the
    connection is closed after the response, because the start of the next request is unknown.
    """

    def __init__(self, request: Request, sock: ClientSocket) -> None:
        self._body: Body = request.body
        self._request = request
        self._sock = sock
        self._continues = request._expected_100_continue
        # gunicorn would send the interim response before the app is called.
        request._expected_100_continue = False

    def read(self, size: int = -1) -> bytes:
        """Return up to `size` bytes, all if it is negative, or b"" at the end."""
        try:
            if self._continues:
                self._continues = False
                if self._request.missing_body() != 0:
                    self._sock.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
            data: bytes = self._body.read(None if size is None or size < 0 else size)
        except (OSError, ParseException) as error:
            self._request.force_close()
            if isinstance(error, OSError):
                raise
            raise OSError(f"malformed body: {type(error).__name__}") from error
        return data

    def readline(self, size: int = -1) -> bytes:
        """Return one line (PEP 3333)."""
        line = bytearray()
        while (size < 0 or len(line) < size) and not line.endswith(b"\n"):
            byte = self.read(1)
            if not byte:
                break
            line += byte
        return bytes(line)

    def __iter__(self) -> WsgiInput:
        return self

    def __next__(self) -> bytes:
        line = self.readline()
        if not line:
            raise StopIteration
        return line


class Response(GunicornResponse):  # type: ignore[misc]
    """Writes a response: without a Server field, with the app's Date, in one packet if possible.

    If the body is shorter than its Content-Length, the connection is closed so that the client
    notices.
    """

    headers_sent: bool
    # The option of Connection for a response that names another protocol (RFC 9110 15.5.22).
    _upgrade = ""
    _has_date = False

    def process_headers(self, headers: list[tuple[str, str]]) -> None:
        """Add the app's fields. Raises ValueError for fields that break the framing (S11)."""
        for name, value in headers:
            lowered = _lowered(name)
            if not ((value.isascii() and value.isprintable()) or HEADER_VALUE_RE.fullmatch(value)):
                raise _unsendable(name)
            if lowered == "upgrade" and self.status.startswith("426 "):
                self._upgrade = "upgrade, "
            elif lowered in CONNECTION_FIELDS:
                continue
            if lowered == "content-length":
                self.response_length = int(value)
            elif lowered == "date":
                self._has_date = True
            self.headers.append((name, value.strip(" \t")))

    def default_headers(self) -> list[str]:
        """Return the status line and the server's own fields."""
        lines = [f"HTTP/1.1 {self.status}\r\n"]
        if not self._has_date:
            lines.append(f"Date: {util.http_date()}\r\n")
        # The server does not wait for the rest of a body that the app did not read.
        if self.req.missing_body() != 0:
            self.force_close()
        persistence = "close" if self.should_close() else "keep-alive"
        lines.append(f"Connection: {self._upgrade}{persistence}\r\n")
        if self.chunked:
            lines.append("Transfer-Encoding: chunked\r\n")
        return lines

    def write(self, data: bytes) -> None:
        """Send a part of the body at once, after the head; b"" sends the head only."""
        if self._omits_body:
            data = b""
        elif self.response_length is not None:
            data = data[: self.response_length - self.sent]
        self.sent += len(data)
        if self.chunked and data:
            data = b"%X\r\n%b\r\n" % (len(data), data)
        if not self.headers_sent:
            lines = self.default_headers()
            lines += [f"{name}: {value}\r\n" for name, value in self.headers]
            data = "".join([*lines, "\r\n"]).encode("latin-1") + data
            self.headers_sent = True
        if data:
            self.sock.sendall(data)

    def close(self) -> None:
        """Finish the body."""
        if not self.headers_sent:
            self.write(b"")
        if self.chunked:
            self.sock.sendall(b"0\r\n\r\n")
        elif self.sent < (self.response_length or 0) and not self._omits_body:
            self.force_close()


@lru_cache(maxsize=1024)
def _lowered(name: str) -> str:
    """Return a field's name in lower case. Raises ValueError if it is not a token."""
    if not TOKEN_RE.fullmatch(name):
        raise _unsendable(name)
    return name.lower()


def _unsendable(name: str) -> ValueError:
    return ValueError(f"response field {name!r} cannot be sent")
