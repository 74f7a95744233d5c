"""A gunicorn thread worker that assigns a thread to a request only when the request is complete.

The event loop waits for heads and for bodies up to 256 KiB. Larger bodies have a separate thread
pool. Clients that send incomplete requests, in any number, do not block others.
"""

from __future__ import annotations

import errno
import json
import secrets
import selectors
import signal
import socket
import time
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from http import HTTPStatus
from typing import Any

from gunicorn import util
from gunicorn.http import errors
from gunicorn.http.wsgi import create
from gunicorn.workers.gthread import ThreadWorker

from api.errors import Problem
from api.local.server.connection import (
    CLOSE,
    KEEP,
    LINGER,
    READ_SIZE,
    UPLOAD,
    WAIT,
    ClientConnection,
)
from api.local.server.http import Response, WsgiInput
from api.logs import log_event, log_failure

SEND_SECONDS = 60.0
LINGER_SECONDS = 2.0
STOP_SECONDS = 0.2
# A thread waits this long for the next request of its connection while enough threads are free.
STAY_MILLISECONDS = 250

# Statuses of the parser's exceptions (RFC 9110 15.5, RFC 9112 3 and 6.1). Any other is 400.
PARSE_ERROR_STATUSES = {
    errors.LimitRequestLine: HTTPStatus.REQUEST_URI_TOO_LONG,
    errors.LimitRequestHeaders: HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
    errors.ExpectationFailed: HTTPStatus.EXPECTATION_FAILED,
    errors.UnsupportedTransferCoding: HTTPStatus.NOT_IMPLEMENTED,
}


STOP_SIGNALS = frozenset({signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT})


class Worker(ThreadWorker):  # type: ignore[misc]
    """Serves connections; see the module's docstring."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._uploads = ThreadPoolExecutor(max_workers=max(2, self.cfg.threads // 2))
        self._parked: dict[ClientConnection, int] = {}
        self._next_sweep = 0.0

    def init_signals(self) -> None:
        """Like gunicorn, but leave signals that a terminal sends to all processes to the master."""
        super().init_signals()
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        # Signals that the master sent while this process started (see spawn_worker) arrive now.
        signal.pthread_sigmask(signal.SIG_UNBLOCK, STOP_SIGNALS)

    def set_accept_enabled(self, enabled: bool) -> None:
        """Like gunicorn, but a stopping worker also closes its listeners: no client has to wait."""
        super().set_accept_enabled(enabled)
        if not self.alive:
            for listener in self.sockets:
                listener.close()

    def accept(self, listener: Any) -> None:
        """Accept one connection (event loop)."""
        try:
            sock, client = listener.accept()
        except OSError as error:
            if error.errno in (errno.EAGAIN, errno.ECONNABORTED):
                return
            raise
        self.nr_conns += 1
        self.enqueue_req(ClientConnection(self.cfg, sock, client, listener.getsockname()))

    def on_client_socket_readable(self, conn: ClientConnection, client: socket.socket) -> None:
        """Handle the start of the next request on an idle connection (event loop)."""
        conn.begin_next()
        super().on_client_socket_readable(conn, client)

    def finish_request(self, conn: ClientConnection, future: Future[int]) -> None:
        """Handle a connection that a thread has finished with (event loop)."""
        outcome = CLOSE if future.cancelled() or future.exception() else future.result()
        if outcome == UPLOAD:
            done = self._uploads.submit(self._serve_upload, conn)
            done.add_done_callback(
                lambda future: self.method_queue.defer(self.finish_request, conn, future)
            )
        elif outcome == KEEP and conn.parser.unreader.buf.getvalue():
            self.enqueue_req(conn)
        elif outcome == KEEP:
            super().finish_request(conn, future)
        elif outcome == WAIT and self.alive:
            self._park(conn, WAIT)
        elif outcome == LINGER:
            self._linger(conn)
        else:
            self._drop(conn)

    def murder_pending(self) -> None:
        """Close connections past their deadline, once a second (event loop)."""
        now = time.monotonic()
        if now < self._next_sweep and self.alive:
            return
        self._next_sweep = now + 1.0
        for conn, outcome in list(self._parked.items()):
            if now > conn.deadline or (not self.alive and outcome == WAIT):
                self._unpark(conn)
                self._drop(conn)

    def _cap_keepalive(self, deadline: float) -> None:
        super()._cap_keepalive(time.monotonic() + STOP_SECONDS)

    def _park(self, conn: ClientConnection, outcome: int) -> None:
        conn.sock.setblocking(False)
        self._parked[conn] = outcome
        resume = self._resume if outcome == WAIT else self._discard
        self.poller.register(conn.sock, selectors.EVENT_READ, partial(resume, conn))

    def _unpark(self, conn: ClientConnection) -> None:
        del self._parked[conn]
        self.poller.unregister(conn.sock)

    def _resume(self, conn: ClientConnection, _sock: socket.socket) -> None:
        self._unpark(conn)
        self.enqueue_req(conn)

    def _linger(self, conn: ClientConnection) -> None:
        """Let the client read the response before the connection is closed (RFC 9112 9.6)."""
        try:
            conn.sock.shutdown(socket.SHUT_WR)
        except OSError:
            self._drop(conn)
            return
        conn.deadline = time.monotonic() + LINGER_SECONDS
        self._park(conn, LINGER)

    def _discard(self, conn: ClientConnection, sock: socket.socket) -> None:
        try:
            is_open = bool(sock.recv(READ_SIZE))
        except BlockingIOError:
            is_open = True
        except OSError:
            is_open = False
        if not is_open:
            self._unpark(conn)
            self._drop(conn)

    def _drop(self, conn: ClientConnection) -> None:
        self.nr_conns -= 1
        conn.close()

    def handle(self, conn: ClientConnection) -> int:
        """Serve the received requests of a connection (worker thread)."""
        try:
            while True:
                state = conn.receive()
                if state != KEEP:
                    return state
                outcome = self._serve(conn)
                if outcome != KEEP or not self._stay(conn):
                    return outcome
        except (StopIteration, errors.NoMoreData, ConnectionError):
            return CLOSE
        except Exception as error:
            return self._refuse(conn, error)

    def _stay(self, conn: ClientConnection) -> bool:
        """Return whether this thread continues with the connection's next request.

        Going through the event loop would cost a fifth of the time of a small request.
        """
        conn.begin_next()
        if not self.alive or self.nr_conns * 2 > self.cfg.threads:
            return False
        return bool(conn.parser.unreader.buf.getvalue() or conn.readable.poll(STAY_MILLISECONDS))

    def _serve_upload(self, conn: ClientConnection) -> int:
        try:
            return self._serve(conn)
        except Exception as error:
            return self._refuse(conn, error)

    def _serve(self, conn: ClientConnection) -> int:
        """Call the app with one request and send its response."""
        request = conn.take()
        conn.sock.settimeout(SEND_SECONDS)
        response, environ = create(
            request, conn.sock, conn.client, conn.server, self.cfg, response_class=Response
        )
        environ["wsgi.multithread"] = True
        environ["wsgi.input"] = WsgiInput(request)
        environ["api_dashboard.headers"] = request.fields
        if not self.alive or len(self.keepalived_conns) >= self.max_keepalived:
            response.force_close()
        try:
            chunks = self.wsgi(environ, response.start_response)
            try:
                for chunk in chunks:
                    response.write(chunk)
                response.close()
            finally:
                if hasattr(chunks, "close"):
                    chunks.close()
        except Exception as error:
            if not response.headers_sent:
                raise
            # The client notices, because the last chunk or the announced length is missing.
            if not isinstance(error, (ConnectionError, TimeoutError)):
                log_failure("response_unfinished")
            return CLOSE
        if request.missing_body() != 0:
            return LINGER
        if response.should_close():
            return CLOSE
        conn.parser.finish_body()
        return KEEP

    def _refuse(self, conn: ClientConnection, error: Exception) -> int:
        """Send an error for a malformed request or a failure of the app, without its details."""
        if isinstance(error, (ConnectionError, TimeoutError)):
            return CLOSE
        request_id = secrets.token_hex(8)
        if isinstance(error, errors.ParseException):
            status = PARSE_ERROR_STATUSES.get(type(error), HTTPStatus.BAD_REQUEST)
            problem = Problem("invalid_request", "The request is not valid HTTP/1.1.")
            log_event(
                "request_refused",
                "warning",
                reason=type(error).__name__,
                source=str(conn.client[0]),
                request_id=request_id,
            )
        else:
            status = HTTPStatus.INTERNAL_SERVER_ERROR
            problem = Problem("internal_error", "The server failed to handle the request.")
            log_failure("request_failed", request_id=request_id)
        document = problem.document(request_id) | {"status": int(status), "title": status.phrase}
        body = json.dumps(document).encode()
        head = (
            f"HTTP/1.1 {status.value} {status.phrase}\r\nDate: {util.http_date()}\r\n"
            f"Content-Type: application/problem+json\r\nContent-Length: {len(body)}\r\n"
            f"X-Request-Id: {request_id}\r\nX-Content-Type-Options: nosniff\r\n"
            "Connection: close\r\n\r\n"
        )
        try:
            conn.sock.settimeout(LINGER_SECONDS)
            conn.sock.sendall(head.encode("ascii") + body)
        except OSError:
            return CLOSE
        return LINGER
