"""Parse one request and write its response, more strictly than gunicorn does."""

from __future__ import annotations

import time
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
from gunicorn.http.unreader import SocketUnreader
from gunicorn.http.wsgi import HEADER_VALUE_RE
from gunicorn.http.wsgi import Response as GunicornResponse

MAX_REQUEST_LINE = 16 * 1024
MAX_FIELD_SIZE = 16 * 1024
MAX_FIELDS = 100
MAX_HEAD = 128 * 1024

# The server waits this long for a body, and longer by its received size at this rate.
BODY_SECONDS = 30.0
BODY_BYTES_PER_SECOND = 8 * 1024

# Fields about the connection to the client, which only the server may send (RFC 9110 7.6.1,
# PEP 3333). Date and Server are not among them: those of an upstream are forwarded.
CONNECTION_FIELDS = util.hop_headers - {"date", "server"}


class Request(GunicornRequest):  # type: ignore[misc]
    """A request head. `fields` has the fields as received, with order, case and duplicates.

    Raises gunicorn's ParseException and its subclasses for everything that two parsers could read
    differently (RFC 9112; S13). Drops field names with `_` (S14).
    """

    def __init__(self, *arguments: Any) -> None:
        self.fields: list[tuple[str, str]] = []
        super().__init__(*arguments)

    def parse_request_line(self, line: bytes) -> None:
        """Parse like gunicorn, but accept only targets in origin form, which name no host."""
        if len(line) > MAX_REQUEST_LINE:
            raise LimitRequestLine(len(line), MAX_REQUEST_LINE)
        super().parse_request_line(line)
        if not self.uri.startswith("/") or "#" in self.uri:
            raise InvalidRequestLine("not an origin-form target")

    def parse_headers(self, data: bytes, from_trailer: bool = False) -> list[tuple[str, str]]:
        """Parse like gunicorn, which checks every line, and keep the case of names in `fields`."""
        headers: list[tuple[str, str]] = super().parse_headers(data, from_trailer)
        if not from_trailer:
            for line in data.decode("latin-1").split("\r\n"):
                name, _, value = line.partition(":")
                if "_" not in name:
                    self.fields.append((name, value.strip(" \t")))
        return headers

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


class Unreader(SocketUnreader):  # type: ignore[misc]
    """Reads the client's socket, with a limit on the time that a body may take."""

    def __init__(self, sock: Any, timeout: float = BODY_SECONDS) -> None:
        super().__init__(sock)
        self._timeout = timeout
        self._waited = 0.0
        self._received = 0

    def begin_body(self) -> None:
        """Start the time limit of a new body."""
        self._waited = 0.0
        self._received = 0

    def chunk(self, size_hint: int | None = None) -> bytes:
        """Return the next bytes. Raises TimeoutError if the body takes longer than its limit."""
        left = self._timeout + self._received / BODY_BYTES_PER_SECOND - self._waited
        if left <= 0:
            raise TimeoutError("the client sends its request too slowly")
        self.sock.settimeout(left)
        started = time.monotonic()
        data: bytes = super().chunk(size_hint)
        self._waited += time.monotonic() - started
        self._received += len(data)
        return data


class Parser(RequestParser):  # type: ignore[misc]
    """Reads requests from one connection."""

    mesg_class = Request

    def __init__(self, cfg: Any, sock: Any, client: Any) -> None:
        super().__init__(cfg, sock, client)
        self.unreader = Unreader(sock)

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


class WsgiInput:
    """The body of a request as `wsgi.input`. Raises OSError for any error in it.

    After an error the connection is closed after the response, because the start of the next
    request is unknown.
    """

    def __init__(self, request: Request) -> None:
        self._body: Body = request.body
        self._request = request

    def read(self, size: int = -1) -> bytes:
        """Return up to `size` bytes, all if it is negative, or b"" at the end."""
        try:
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

    def process_headers(self, headers: list[tuple[str, str]]) -> None:
        """Add the app's fields. Raises ValueError for fields that break the framing (S11)."""
        for name, value in headers:
            if not TOKEN_RE.fullmatch(name) or not HEADER_VALUE_RE.fullmatch(value):
                raise ValueError(f"response field {name!r} cannot be sent")
            lowered = name.lower()
            if lowered in CONNECTION_FIELDS:
                continue
            if lowered == "content-length":
                self.response_length = int(value)
            self.headers.append((name, value.strip(" \t")))

    def default_headers(self) -> list[str]:
        """Return the status line and the server's own fields."""
        lines = [f"HTTP/1.1 {self.status}\r\n"]
        if not any(name.lower() == "date" for name, _ in self.headers):
            lines.append(f"Date: {util.http_date()}\r\n")
        # The server does not wait for the rest of a body that the app did not read.
        if self.req.missing_body() != 0:
            self.force_close()
        lines.append(f"Connection: {'close' if self.should_close() else 'keep-alive'}\r\n")
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
