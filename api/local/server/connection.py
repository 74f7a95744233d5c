"""A client's connection: the received part of its next request, and the deadline for the rest."""

from __future__ import annotations

import select
import socket
import time
from typing import Any

from gunicorn.http import errors
from gunicorn.workers.gthread import TConn

from api.local.server.http import Parser, Request

HEAD_SECONDS = 20.0
SMALL_BODY_SECONDS = 30.0
SMALL_BODY = 256 * 1024
READ_SIZE = 64 * 1024

# The next step for a connection. WAIT: the request is incomplete. UPLOAD: a large body is
# incomplete. CLOSE: close it. LINGER: close it after the client has received the response.
# KEEP: the request is complete, or the connection can be used for another one.
WAIT, UPLOAD, CLOSE, LINGER, KEEP = range(5)


class ClientConnection(TConn):  # type: ignore[misc]
    """A client's connection, with the received part of its next request and its deadline."""

    def __init__(self, cfg: Any, sock: socket.socket, client: Any, server: Any) -> None:
        super().__init__(cfg, sock, client, server)
        self.initialized = True
        self.parser = Parser(cfg, sock, client)
        self.request: Request | None = None
        self.deadline = time.monotonic() + HEAD_SECONDS
        self.readable = select.poll()
        self.readable.register(sock, select.POLLIN)

    def receive(self) -> int:
        """Read without blocking. Return WAIT, UPLOAD, or KEEP if a request is complete.

        Raises gunicorn's ParseException and its subclasses, and StopIteration or NoMoreData if the
        client closed the connection.
        """
        self.sock.setblocking(False)
        if self.request is None:
            while not self.parser.has_head():
                if not self._read():
                    return WAIT
            self.request = request = next(self.parser)
            self.parser.unreader.begin_body()
            self.deadline = time.monotonic() + SMALL_BODY_SECONDS
            if request._expected_100_continue:
                request._expected_100_continue = False
                if request.missing_body() != 0:
                    self.sock.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        while (missing := self.request.missing_body()) != 0:
            if missing is None or missing > SMALL_BODY:
                return UPLOAD
            if not self._read():
                return WAIT
        return KEEP

    def take(self) -> Request:
        """Return the complete request. The next `receive` reads another one."""
        request, self.request = self.request, None
        assert request is not None
        return request

    def begin_next(self) -> None:
        """Set the deadline for the head of the next request."""
        self.deadline = time.monotonic() + HEAD_SECONDS

    def _read(self) -> bool:
        try:
            data = self.sock.recv(READ_SIZE)
        except BlockingIOError:
            return False
        if not data:
            raise errors.NoMoreData()
        self.parser.unreader.buf.seek(0, 2)
        self.parser.unreader.buf.write(data)
        return True
