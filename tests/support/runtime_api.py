"""A stand-in for the Runtime API of Lambda: hands out events and collects the responses.

It checks the protocol strictly and notes each breach, which `Invocation` and `close` raise as an
AssertionError. What a runtime must send, by AWS's "Building a custom runtime for AWS Lambda":
https://docs.aws.amazon.com/lambda/latest/dg/runtimes-custom.html.
"""

from __future__ import annotations

import base64
import contextlib
import json
import queue
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tests.support.runtime_messages import Breach, Message, Prelude, read_message

PATIENCE = 30.0
_ROOT = "/2018-06-01/runtime"
_INTEGRATION = "application/vnd.awslambda.http-integration-response"
_ERROR_TYPE = "lambda-runtime-function-error-type"
_ERROR_BODY = "lambda-runtime-function-error-body"


@dataclass(frozen=True)
class Piece:
    """A piece of the body: the data of one chunk, and when it arrived (`time.monotonic()`)."""

    data: bytes
    at: float


@dataclass(frozen=True)
class FunctionError:
    """An error that the runtime reported: its type, and its body as JSON."""

    kind: str
    body: dict[str, Any]


class Invocation:
    """One event and the response to it, while it arrives.

    `stop_reading_after`, `hang_up_after` and `refuse_after` are numbers of body bytes after which
    the stand-in reads no more, closes the connection, or answers 413 and reads no more.
    """

    def __init__(
        self,
        event: bytes,
        deadline: float,
        request_id: str,
        stop_reading_after: int | None = None,
        hang_up_after: int | None = None,
        refuse_after: int | None = None,
    ) -> None:
        self.event = event
        self.deadline = deadline
        self.request_id = request_id
        self.stop_reading_after = stop_reading_after
        self.hang_up_after = hang_up_after
        self.refuse_after = refuse_after
        self.resume = threading.Event()
        self.taken = threading.Event()
        self.begun = threading.Event()
        self.ended = threading.Event()
        self.answered = False
        self.prelude: dict[str, Any] = {}
        self.arrived: queue.Queue[Piece | None] = queue.Queue()
        self.trailer: FunctionError | None = None
        self.posted_error: FunctionError | None = None
        self.breach: str | None = None

    @property
    def status(self) -> int:
        """The status. Waits for the response's prelude."""
        self._wait(self.begun)
        return int(self.prelude["statusCode"])

    @property
    def headers(self) -> dict[str, str]:
        """The header fields. Waits for the response's prelude."""
        self._wait(self.begun)
        return dict(self.prelude.get("headers", {}))

    @property
    def cookies(self) -> list[str]:
        """The Set-Cookie fields. Waits for the response's prelude."""
        self._wait(self.begun)
        return list(self.prelude.get("cookies", []))

    def pieces(self) -> Iterator[Piece]:
        """Yield the pieces of the body as they arrive."""
        while (piece := self.arrived.get(timeout=PATIENCE)) is not None:
            yield piece
        self._check()

    def read(self) -> bytes:
        """Return the whole body."""
        return b"".join(piece.data for piece in self.pieces())

    @property
    def error(self) -> FunctionError | None:
        """The error in the trailers, None without one. Waits for the end of the response."""
        self._wait(self.ended)
        return self.trailer

    @property
    def failure(self) -> FunctionError | None:
        """What was posted to `/error` in place of a response, None for a response."""
        self._wait(self.ended)
        return self.posted_error

    def finish(self, breach: str | None = None) -> None:
        """End the invocation."""
        self.breach = self.breach or breach
        self.answered = True
        self.arrived.put(None)
        self.ended.set()
        self.begun.set()

    def _wait(self, event: threading.Event) -> None:
        assert event.wait(PATIENCE), "the function does not respond"
        self._check()

    def _check(self) -> None:
        assert self.breach is None, self.breach


class RuntimeApi:
    """The server, on a loopback port. `address` is what AWS_LAMBDA_RUNTIME_API contains.

    `answer` is the status of its answers to responses and errors. The next `refuse_next` requests
    for an event get the status `refusal`. `connections` counts those that the runtime has opened.
    """

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._listener.getsockname()[1]}"
        self.init_error: FunctionError | None = None
        self.init_failed = threading.Event()
        self.breaches: list[str] = []
        self.connections = 0
        self.refuse_next = 0
        self.refusal = 500
        self.answer = 202
        self._invocations: dict[str, Invocation] = {}
        self._waiting: queue.Queue[Invocation] = queue.Queue()
        self._open: set[socket.socket] = set()
        self._closed = False
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self) -> RuntimeApi:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def invoke(
        self,
        event: dict[str, Any] | bytes,
        deadline_seconds: float = 900.0,
        *,
        stop_reading_after: int | None = None,
        hang_up_after: int | None = None,
        refuse_after: int | None = None,
    ) -> Invocation:
        """Queue an event. Its deadline is `deadline_seconds` after the function takes it."""
        data = event if isinstance(event, bytes) else json.dumps(event).encode()
        request_id = f"00000000-0000-4000-8000-{len(self._invocations):012x}"
        invocation = Invocation(
            data, deadline_seconds, request_id, stop_reading_after, hang_up_after, refuse_after
        )
        self._invocations[request_id] = invocation
        self._waiting.put(invocation)
        return invocation

    def hang_up(self) -> None:
        """Close all connections, after which the runtime's next request fails."""
        self._closed = True
        for invocation in self._invocations.values():
            invocation.resume.set()
        for connection in (self._listener, *self._open):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def close_idle(self) -> None:
        """Close the connections, as a server may do between two requests."""
        for connection in list(self._open):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Stop. Raises AssertionError if the runtime breached the protocol."""
        self.hang_up()
        self._listener.close()
        assert not self.breaches, self.breaches

    def _accept(self) -> None:
        while not self._closed:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._open.add(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, connection.makefile("rb") as source:
            try:
                while (message := read_message(source)) is not None:
                    self._handle(connection, message)
            except Breach as breach:
                self.breaches.append(str(breach))
                _respond(connection, 400, {"errorMessage": str(breach)})
            except (OSError, ValueError):
                pass  # either side closed the connection
            finally:
                self._open.discard(connection)

    def _handle(self, connection: socket.socket, message: Message) -> None:
        if message.method == "GET" and message.target == f"{_ROOT}/invocation/next":
            message.no_body()
            self._next(connection)
        elif message.method == "POST" and message.target == f"{_ROOT}/init/error":
            self.init_error = _reported(message)
            self.init_failed.set()
            _respond(connection, 202, {"status": "OK"})
        else:
            name, request_id, place = ([*message.target.rsplit("/", 2), "", ""])[:3]
            invocation = self._invocations.get(request_id)
            if message.method != "POST" or name != f"{_ROOT}/invocation" or invocation is None:
                raise Breach(f"unknown request: {message.method} {message.target}")
            if invocation.answered:
                raise Breach(f"a second {place} for invocation {request_id}")
            invocation.answered = True
            if place == "error":
                invocation.posted_error = _reported(message)
                invocation.finish()
            elif place == "response":
                self._collect(connection, message, invocation)
            else:
                raise Breach(f"unknown place: {message.target}")
            _respond(connection, self.answer, {"status": "-"})

    def _next(self, connection: socket.socket) -> None:
        if self.refuse_next:
            self.refuse_next -= 1
            _respond(connection, self.refusal, {"errorType": "-"})
            return
        for earlier in self._invocations.values():
            if earlier.taken.is_set() and not earlier.answered:
                raise Breach("asked for the next event before the last was answered")
        while True:
            try:
                invocation = self._waiting.get(timeout=0.5)
                break
            except queue.Empty:
                if self._closed:
                    raise OSError("closed") from None
        deadline = round((time.time() + invocation.deadline) * 1000)
        fields = {
            "Content-Type": "application/json",
            "Lambda-Runtime-Aws-Request-Id": invocation.request_id,
            "Lambda-Runtime-Deadline-Ms": str(deadline),
            "Lambda-Runtime-Invoked-Function-Arn": "arn:aws:lambda:us-east-2:0:function:test",
            "Lambda-Runtime-Trace-Id": f"Root=1-{invocation.request_id}",
        }
        invocation.taken.set()
        _send(connection, 200, fields, invocation.event)

    def _collect(self, connection: socket.socket, message: Message, invocation: Invocation) -> None:
        size = 0
        try:
            message.expect("lambda-runtime-function-response-mode", "streaming")
            message.expect("content-type", _INTEGRATION)
            prelude = Prelude()
            for data in message.chunks():
                data = prelude.feed(data)
                if prelude.value is not None and not invocation.begun.is_set():
                    invocation.prelude = prelude.value
                    invocation.begun.set()
                size += len(data)
                if data:
                    invocation.arrived.put(Piece(data, time.monotonic()))
                if _reached(invocation.stop_reading_after, size, invocation):
                    invocation.resume.wait(PATIENCE)
                if _reached(invocation.refuse_after, size, invocation):
                    _respond(connection, 413, {"errorType": "RequestEntityTooLarge"})
                    invocation.finish()
                    invocation.resume.wait(PATIENCE)
                    raise OSError("refused")
                if _reached(invocation.hang_up_after, size, invocation):
                    invocation.finish()
                    connection.shutdown(socket.SHUT_RDWR)
                    raise OSError("hung up")
            if prelude.value is None:
                raise Breach("the response has no prelude")
            if _ERROR_TYPE in message.trailers or _ERROR_BODY in message.trailers:
                invocation.trailer = _error(message.trailers)
        except (Breach, OSError) as error:
            invocation.finish(f"{type(error).__name__}: {error}")
            raise
        invocation.finish()


def _reached(limit: int | None, size: int, invocation: Invocation) -> bool:
    return limit is not None and size >= limit and invocation.begun.is_set()


def _reported(message: Message) -> FunctionError:
    """Return the error of a POST to an error endpoint, whose body is JSON."""
    body = json.loads(message.body())
    if set(body) - {"errorType", "errorMessage", "stackTrace"} or "errorMessage" not in body:
        raise Breach(f"not an error: {body}")
    return FunctionError(message.expect(_ERROR_TYPE), body)


def _error(trailers: dict[str, str]) -> FunctionError:
    body = json.loads(base64.b64decode(trailers[_ERROR_BODY], validate=True))
    return FunctionError(trailers[_ERROR_TYPE], body)


def _respond(connection: socket.socket, status: int, value: dict[str, str]) -> None:
    _send(connection, status, {"Content-Type": "application/json"}, json.dumps(value).encode())


def _send(connection: socket.socket, status: int, fields: dict[str, str], body: bytes) -> None:
    lines = [f"HTTP/1.1 {status} -", *(f"{name}: {value}" for name, value in fields.items())]
    head = "\r\n".join([*lines, f"Content-Length: {len(body)}", "", ""])
    connection.sendall(head.encode() + body)
