"""A client's connection between its requests: what has arrived, and how long the rest may take."""

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

# What becomes of a connection: its request is not there yet; its large body is not; it is done
# with, wholly, or with bytes of the client still to come; it may carry another request.
WAIT, UPLOAD, CLOSE, LINGER, KEEP = range(5)


class Connection(TConn):  # type: ignore[misc]
    """One client's connection: what has been read of its next request, and until when to wait."""

    def __init__(self, cfg: Any, sock: socket.socket, client: Any, server: Any) -> None:
        super().__init__(cfg, sock, client, server)
        self.initialized = True
        self.parser = Parser(cfg, sock, client)
        self.request: Request | None = None
        self.deadline = time.monotonic() + HEAD_SECONDS
        self.readable = select.poll()
        self.readable.register(sock, select.POLLIN)

    def receive(self) -> int:
        """Read what has arrived, without waiting: WAIT, UPLOAD, or KEEP when a request is whole.

        Raises gunicorn's ParseException tree, and StopIteration or NoMoreData when the client ended
        the connection.
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
        """The whole request; the next `receive` reads another."""
        request, self.request = self.request, None
        assert request is not None
        return request

    def begin_next(self) -> None:
        """Another request may take its time to arrive."""
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
