"""A response that is streamed to Lambda's Runtime API: prelude, pieces, and an error at the end.

The framing is that of AWS's own runtimes: in chunked encoding, a prelude in JSON (status, fields,
cookies), eight NUL bytes, and the body; an error after the head was sent is in the trailers.
"""

from __future__ import annotations

import base64
import socket

import msgspec

from api.aws_lambda.runtime_api import (
    ERROR_BODY,
    ERROR_TYPE,
    LONGEST,
    SHORT,
    Invocation,
    RuntimeApi,
)
from api.http.connection import Connection
from api.http.errors import TransportError, TransportTimeout
from api.http.timeouts import Timeouts

# Seconds for which the Runtime API may read nothing of a response, as it does while the caller
# reads nothing. The limit is the same on one machine.
_NOT_READING = 60.0


class NotTaken(OSError):
    """The Runtime API accepts no more of a response: it closed the connection, or refused it."""


class ResponseStream:
    """The response to one invocation, and the socket that is watched for the end of its caller.

    Every piece is sent at once; a `write` blocks while the Runtime API does not read. The methods
    raise NotTaken, and TimeoutError if the Runtime API reads nothing for a minute.
    """

    def __init__(self, api: RuntimeApi, invocation: Invocation, end: float) -> None:
        self._api = api
        self._request_id = invocation.request_id
        self._until_end = Timeouts(SHORT, _NOT_READING, LONGEST, SHORT).until(end)
        self._until_deadline = Timeouts(SHORT, SHORT, LONGEST, SHORT).until(invocation.deadline)
        self._connection: Connection | None = None
        self._sock: socket.socket | None = None

    def fileno(self) -> int:
        """Return the socket's descriptor, -1 while the response has not begun."""
        return -1 if self._sock is None else self._sock.fileno()

    def recv(self, size: int, flags: int = 0, /) -> bytes:
        """Receive from the socket."""
        assert self._sock is not None
        return self._sock.recv(size, flags)

    def begin(self, prelude: bytes) -> None:
        """Send the status and the fields."""
        try:
            self._connection, self._sock, head = self._api.begin_response(self._request_id)
        except OSError as error:
            raise NotTaken(str(error)) from error
        self._send(head + _chunk(prelude + b"\0" * 8), self._until_deadline)

    def write(self, piece: bytes) -> None:
        """Send a piece of the body, which is not empty."""
        assert self._connection is not None
        if self._connection.is_stale():
            raise NotTaken("the Runtime API ended the response")
        self._send(_chunk(piece), self._until_end)

    def end(self, last: bytes = b"") -> None:
        """End the response, after a `last` piece if there is one. Raises RuntimeApiFailed too."""
        self._close((_chunk(last) if last else b"") + b"0\r\n\r\n")

    def fail(self, kind: str, message: str) -> None:
        """End the response with an error. Raises RuntimeApiFailed too."""
        body = msgspec.json.encode({"errorType": kind, "errorMessage": message})
        self._close(
            b"0\r\n%b: %b\r\n%b: %b\r\n\r\n"
            % (ERROR_TYPE.encode(), kind.encode(), ERROR_BODY.encode(), base64.b64encode(body))
        )

    def abort(self) -> None:
        """Close the connection, so that nobody takes the response for complete."""
        self._api.drop()

    def _close(self, last: bytes) -> None:
        assert self._connection is not None
        self._send(last, self._until_deadline)
        try:
            self._api.end_response(self._connection, self._until_deadline)
        except TransportError as error:
            raise NotTaken(str(error)) from error

    def _send(self, data: bytes, timeouts: Timeouts) -> None:
        assert self._connection is not None
        try:
            taken = self._connection.send(data, timeouts)
        except TransportTimeout as error:
            raise TimeoutError("the Runtime API does not read") from error
        except TransportError as error:
            raise NotTaken(str(error)) from error
        if not taken:
            raise NotTaken("the Runtime API refused the response")


def _chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)
