"""Requests of a Lambda runtime, read strictly: HTTP/1.1 framing, trailers, and the prelude."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import IO, Any

_REQUEST_LINE = re.compile(rb"(GET|POST) (/[!-~]*) HTTP/1\.1\r\n")
_FIELD = re.compile(rb"([A-Za-z0-9-]+): ?([\t -~]*)\r\n")
_SIZE = re.compile(rb"(0|[1-9a-fA-F][0-9a-fA-F]*)\r\n")
_LONGEST_PRELUDE = 1 << 20
SEPARATOR = b"\0" * 8


class Breach(Exception):
    """The runtime breached the protocol."""


class Message:
    """A request: method, target, fields in lower case. Its body is read by one of the methods."""

    def __init__(self, method: str, target: str, fields: dict[str, str], source: IO[bytes]) -> None:
        self.method = method
        self.target = target
        self.fields = fields
        self.trailers: dict[str, str] = {}
        self._source = source

    def expect(self, name: str, value: str | None = None) -> str:
        """Return a field. Raises Breach if it is missing or has another value than `value`."""
        found = self.fields.get(name)
        if not found or (value is not None and found != value):
            raise Breach(f"{name} is {found!r}, not {value!r}")
        return found

    def no_body(self) -> None:
        """Raise Breach if the request has a body."""
        if "transfer-encoding" in self.fields or self.fields.get("content-length", "0") != "0":
            raise Breach("the request has a body")

    def body(self) -> bytes:
        """Return a body with a declared length."""
        if "transfer-encoding" in self.fields:
            raise Breach("a short body is chunked")
        length = int(self.expect("content-length"))
        data = self._source.read(length)
        if len(data) < length:
            raise OSError("the runtime closed the connection")
        return data

    def chunks(self) -> Iterator[bytes]:
        """Yield the data of each chunk as it arrives, then read the trailers.

        Raises Breach, and OSError if the runtime closes the connection.
        """
        self.expect("transfer-encoding", "chunked")
        if "content-length" in self.fields:
            raise Breach("both Content-Length and Transfer-Encoding")
        while True:
            line = self._source.readline(32)
            match = _SIZE.fullmatch(line)
            if match is None:
                raise _breach_or_end("the size of a chunk", line)
            size = int(match[1], 16)
            if size == 0:
                break
            data = self._source.read(size)
            if len(data) < size:
                raise OSError("the runtime closed the connection")
            end = self._source.read(2)
            if len(end) < 2:
                raise OSError("the runtime closed the connection")
            if end != b"\r\n":
                raise Breach(f"a chunk is longer than its size: {end!r}")
            yield data
        self.trailers = _fields(self._source)
        announced = {name.strip().lower() for name in self.fields.get("trailer", "").split(",")}
        if not set(self.trailers) <= announced:
            raise Breach(f"trailers that were not announced: {sorted(self.trailers)}")


class Prelude:
    """The part before the body: a JSON object with status, fields and cookies, and eight NULs."""

    def __init__(self) -> None:
        self.value: dict[str, Any] | None = None
        self._start = b""

    def feed(self, data: bytes) -> bytes:
        """Take the data of a chunk. Return what belongs to the body."""
        if self.value is not None:
            return data
        self._start += data
        head, separator, rest = self._start.partition(SEPARATOR)
        if not separator:
            if len(head) > _LONGEST_PRELUDE:
                raise Breach("no eight NUL bytes")
            return b""
        self.value = _checked(json.loads(head))
        return rest


def read_message(source: IO[bytes]) -> Message | None:
    """Read the head of a request. Return None at the end of the connection. Raises Breach."""
    line = source.readline(8192)
    if not line:
        return None
    match = _REQUEST_LINE.fullmatch(line)
    if match is None:
        raise _breach_or_end("a request line", line)
    fields = _fields(source)
    if "host" not in fields:
        raise Breach("no Host")
    return Message(match[1].decode(), match[2].decode(), fields, source)


def _fields(source: IO[bytes]) -> dict[str, str]:
    fields: dict[str, str] = {}
    while (line := source.readline(1 << 20)) != b"\r\n":
        match = _FIELD.fullmatch(line)
        if match is None:
            raise _breach_or_end("a header field", line)
        name = match[1].decode().lower()
        if name in fields:
            raise Breach(f"{name} twice")
        fields[name] = match[2].decode()
    return fields


def _checked(prelude: Any) -> dict[str, Any]:
    """Return a prelude that has only what the integration response may have. Raises Breach."""
    if not isinstance(prelude, dict) or set(prelude) - {"statusCode", "headers", "cookies"}:
        raise Breach(f"the prelude has other members: {prelude}")
    status = prelude.get("statusCode")
    if type(status) is not int or not 200 <= status <= 599:
        raise Breach(f"the status is {status!r}")
    headers, cookies = prelude.get("headers", {}), prelude.get("cookies", [])
    if not all(isinstance(value, str) for value in (*headers.values(), *cookies)):
        raise Breach("a field is no text")
    if len({name.lower() for name in headers}) != len(headers) or "set-cookie" in headers:
        raise Breach("a field occurs twice, or a cookie is among the fields")
    return prelude


def _breach_or_end(what: str, line: bytes) -> Exception:
    """Return the error for `line`: a breach, or the end of the connection."""
    if line.endswith(b"\n") or len(line) > 31:
        return Breach(f"{what} is malformed: {line[:80]!r}")
    return OSError("the runtime closed the connection")
