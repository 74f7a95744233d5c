"""A client of Lambda's Runtime API: takes events, and reports errors.

The requests are those of AWS's own runtimes. All go over one kept-alive connection, one at a time.

Source: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html and, for streams,
https://docs.aws.amazon.com/lambda/latest/dg/runtimes-custom.html.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Mapping
from time import monotonic

import msgspec

from api.http.connection import Connection
from api.http.errors import PeerClosed, TransportError, TransportTimeout
from api.http.timeouts import Timeouts
from api.logs import log_event

_ROOT = "/2018-06-01/runtime"
ERROR_TYPE = "Lambda-Runtime-Function-Error-Type"
ERROR_BODY = "Lambda-Runtime-Function-Error-Body"
# Seconds. The Runtime API is on the same machine and answers at once, except for `next`.
SHORT = 10.0
_DAY = 86_400.0
# Seconds. The longest that an invocation can take, if its deadline is not known.
LONGEST = 900.0
# A status of `next` in the emulator's source: internal/lambda/rapi/handler/invocationnext.go of
# https://github.com/aws/aws-lambda-runtime-interface-emulator.
_TOO_EARLY = 403
_PAUSE = 0.02  # seconds until the request is repeated


class RuntimeApiFailed(Exception):
    """The Runtime API failed. The process must end, so that Lambda starts another."""


class Invocation(msgspec.Struct, frozen=True):
    """An event with its id. `deadline` is a time of `time.monotonic()`."""

    request_id: str
    deadline: float
    trace_id: str | None
    event: bytes


class RuntimeApi:
    """The Runtime API at `address`, a host and a port."""

    def __init__(self, address: str) -> None:
        host, _, port = address.rpartition(":")
        self._place = (host, int(port))
        self._address = address
        self._connection: Connection | None = None
        self._sock: socket.socket | None = None

    def next(self) -> Invocation:
        """Wait for the next event, without a time limit. Raises RuntimeApiFailed.

        The Runtime API refuses the request until it has noticed that a response was broken off.
        """
        head = _head(self._address, f"GET {_ROOT}/invocation/next", {})
        end = monotonic() + SHORT
        while True:
            status, fields, event = self._exchange("GET", head, _DAY)
            if status != _TOO_EARLY or monotonic() >= end:
                break
            time.sleep(_PAUSE)
        request_id = fields.get("lambda-runtime-aws-request-id")
        if status != 200 or request_id is None:
            raise RuntimeApiFailed(f"The Runtime API answered {status} to `next`.")
        milliseconds = fields.get("lambda-runtime-deadline-ms", "")
        left = int(milliseconds) / 1000 - time.time() if milliseconds.isdigit() else LONGEST
        trace_id = fields.get("lambda-runtime-trace-id")
        return Invocation(request_id, monotonic() + left, trace_id, event)

    def fail(self, request_id: str, kind: str, message: str) -> None:
        """Report an invocation as failed, in place of a response. Raises RuntimeApiFailed."""
        self._report(f"{_ROOT}/invocation/{request_id}/error", kind, message)

    def fail_start(self, kind: str, message: str) -> None:
        """Report that the function cannot start. Raises RuntimeApiFailed."""
        self._report(f"{_ROOT}/init/error", kind, message)

    def begin_response(self, request_id: str) -> tuple[Connection, socket.socket, bytes]:
        """Return a connection, and the head of a response to send on it. Raises OSError."""
        head = _head(
            self._address,
            f"POST {_ROOT}/invocation/{request_id}/response",
            {
                "Content-Type": "application/vnd.awslambda.http-integration-response",
                "Lambda-Runtime-Function-Response-Mode": "streaming",
                "Transfer-Encoding": "chunked",
                "Trailer": f"{ERROR_TYPE}, {ERROR_BODY}",
            },
        )
        connection, sock = self._connected()
        connection.expect("POST")
        return connection, sock, head

    def end_response(self, connection: Connection, timeouts: Timeouts) -> None:
        """Read the answer to a response that was sent. Raises TransportError, RuntimeApiFailed."""
        status, _, _ = self._answer(connection, timeouts)
        _check(status, "response")

    def drop(self) -> None:
        """Close the connection. The next request opens another."""
        if self._connection is not None:
            self._connection.close()
        self._connection = self._sock = None

    def _report(self, target: str, kind: str, message: str) -> None:
        error = {"errorType": kind, "errorMessage": message, "stackTrace": []}
        body = msgspec.json.encode(error)
        fields = {
            "Content-Type": "application/vnd.aws.lambda.error+json",
            ERROR_TYPE: kind,
            "Content-Length": str(len(body)),
        }
        head = _head(self._address, f"POST {target}", fields)
        status, _, _ = self._exchange("POST", head + body, SHORT)
        _check(status, "error")

    def _exchange(
        self, method: str, request: bytes, seconds: float
    ) -> tuple[int, dict[str, str], bytes]:
        """Send a request and return status, fields (names in lower case) and body.

        Repeats the request if a kept-alive connection turns out to be closed. Raises
        RuntimeApiFailed.
        """
        timeouts = Timeouts(SHORT, SHORT, seconds, SHORT)
        while True:
            is_new = self._connection is None
            try:
                connection, _ = self._connected()
                connection.expect(method)
                connection.send(request, timeouts)
                return self._answer(connection, timeouts)
            except (TransportError, OSError) as error:
                self.drop()
                if is_new or not isinstance(error, PeerClosed) or error.started:
                    reason = str(error) or type(error).__name__
                    raise RuntimeApiFailed(f"The Runtime API does not answer: {reason}.") from error

    def _answer(
        self, connection: Connection, timeouts: Timeouts
    ) -> tuple[int, dict[str, str], bytes]:
        while True:
            try:
                status, headers = connection.read_head(timeouts)
                break
            except TransportTimeout:
                if timeouts.first_byte < _DAY:
                    raise
        parts = []
        while data := connection.read_body(timeouts):
            parts.append(data)
        if not connection.reusable:
            self.drop()
        return status, {name.lower(): value for name, value in headers}, b"".join(parts)

    def _connected(self) -> tuple[Connection, socket.socket]:
        if self._connection is not None and self._connection.is_stale():
            self.drop()
        if self._connection is None or self._sock is None:
            sock = socket.create_connection(self._place, timeout=SHORT)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._connection, self._sock = Connection(sock, self._place), sock
        return self._connection, self._sock


def _head(address: str, line: str, fields: Mapping[str, str]) -> bytes:
    lines = [f"{line} HTTP/1.1", f"Host: {address}"]
    lines += [f"{name}: {value}" for name, value in fields.items()]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def _check(status: int, what: str) -> None:
    """Log a status other than 202. Raises RuntimeApiFailed for 500 and higher, after which
    the process must end.
    """
    if status >= 500:
        raise RuntimeApiFailed(f"The Runtime API answered {status} to `{what}`.")
    if status != 202:
        log_event("runtime_api_refused", level="error", what=what, status=status)
