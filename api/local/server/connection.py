"""A client's connection: reads requests, calls the app and sends its responses."""

from __future__ import annotations

import contextlib
import json
import secrets
import socket
import ssl
from http import HTTPStatus
from time import monotonic
from typing import Any
from wsgiref.types import WSGIApplication

from gunicorn import util
from gunicorn.http import errors

from api.errors import Problem, ServerStopping
from api.http.errors import CallerGone, TransportError
from api.http.upgrade import Upgrade
from api.local.server.client_socket import ClientSocket
from api.local.server.environ import make_environ
from api.local.server.http import Parser, Request, Response, WsgiInput
from api.local.server.tls import PlainRequest, TlsServer
from api.logs import log_event, log_failure

# Seconds.
HEAD_SECONDS = 20.0  # for a whole head
IDLE_SECONDS = 75.0  # until the first byte of the next request
BODY_SECONDS = 60.0  # for one read of a body
SMALL_BODY_SECONDS = 60.0  # for the whole body of a request that is not proxied
LINGER_SECONDS = 2.0
_READ_SIZE = 64 * 1024

# Statuses of the parser's exceptions (RFC 9110 15.5, RFC 9112 3 and 6.1). Any other is 400.
PARSE_ERROR_STATUSES = {
    errors.LimitRequestLine: HTTPStatus.REQUEST_URI_TOO_LONG,
    errors.LimitRequestHeaders: HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
    errors.ExpectationFailed: HTTPStatus.EXPECTATION_FAILED,
    errors.UnsupportedTransferCoding: HTTPStatus.NOT_IMPLEMENTED,
}

# A caller that disconnects is not a failure of the server. A stream that its upstream ended early
# has been logged by the proxy.
_CALLER_GONE = (ConnectionError, TimeoutError, ssl.SSLError, CallerGone)
_LOGGED_OR_GONE = (*_CALLER_GONE, TransportError)


class ClientConnection:
    """One client's connection. `run` serves it until it ends.

    `is_idle` is true while no request is being served, `is_upgraded` while another protocol than
    HTTP uses the connection. After `stop` the connection ends with the response that is being sent.
    """

    def __init__(
        self,
        cfg: Any,
        app: WSGIApplication,
        sock: socket.socket,
        client: Any,
        server: Any,
        tls: TlsServer | None = None,
    ) -> None:
        self._cfg = cfg
        self._app = app
        self._tls = tls
        self._client = client
        self._server = server
        self._sock = ClientSocket(sock, HEAD_SECONDS)
        self._parser = Parser(cfg, self._sock, client)
        self._is_stopping = False
        self.is_idle = True
        self.is_upgraded = False

    def stop(self) -> None:
        """Close the connection, or let it end with the current response."""
        self._is_stopping = True

    def close(self) -> None:
        """Close the socket."""
        self._sock.close()

    def run(self) -> None:
        """Serve requests until the connection ends. The socket is still to be closed."""
        try:
            if self._tls is not None:
                self._secure(self._tls)
            while not self._is_stopping and self._receive_head():
                self.is_idle = False
                if not self._serve(next(self._parser)):
                    break
                self.is_idle = True
        except (StopIteration, errors.NoMoreData, ServerStopping, *_CALLER_GONE):
            return
        except Exception as error:
            self._refuse(error)

    def _secure(self, tls: TlsServer) -> None:
        """Make the connection use TLS. Raises OSError if it does not."""
        sock = self._sock.socket
        try:
            secured = tls.secure(sock)
        except PlainRequest:
            problem = Problem("invalid_request", "This port speaks HTTPS. Use a URL with https://.")
            self._send_last(problem, HTTPStatus.BAD_REQUEST, secrets.token_hex(8))
            raise ConnectionAbortedError from None
        secured.setblocking(False)
        self._sock.socket = secured

    def _receive_head(self) -> bool:
        """Wait for the next head. Return False if the client closed the connection."""
        parser, sock = self._parser, self._sock
        sock.read_seconds, sock.deadline = IDLE_SECONDS, None
        while not parser.has_head():
            data = sock.recv(_READ_SIZE)
            if not data:
                return False
            parser.receive(data)
            if sock.deadline is None:
                sock.deadline = monotonic() + HEAD_SECONDS
        return True

    def _serve(self, request: Request) -> bool:
        """Call the app with one request and send its response.

        Return whether the connection can be used for another request.
        """
        sock = self._sock
        proxied = request.path.startswith("/proxy/")
        sock.read_seconds = BODY_SECONDS
        sock.deadline = None if proxied else monotonic() + SMALL_BODY_SECONDS
        body = WsgiInput(request, sock)
        response = Response(request, sock, self._cfg)
        environ = make_environ(request, body, sock, self._client, self._server)
        if self._is_stopping:
            response.force_close()
        try:
            chunks = self._app(environ, response.start_response)
            if isinstance(chunks, Upgrade):
                self._upgrade(chunks)
                return False
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
            if not isinstance(error, _LOGGED_OR_GONE):
                log_failure("response_unfinished")
            return False
        if request.missing_body() != 0:
            sock.linger(LINGER_SECONDS)
            return False
        if response.should_close() or self._is_stopping:
            return False
        self._parser.finish_body()
        return True

    def _upgrade(self, upgrade: Upgrade) -> None:
        self.is_upgraded = True
        received = self._parser.unreader.take_buffered() + self._sock.take_ahead()
        self._sock.socket.setblocking(True)
        try:
            upgrade.run(self._sock.socket, received)
        except _LOGGED_OR_GONE:
            return
        except Exception:
            log_failure("connection_failed")
            return
        self._sock.socket.setblocking(False)
        self._sock.linger(LINGER_SECONDS)

    def _refuse(self, error: Exception) -> None:
        """Send an error for a malformed request or a failure of the app, without its details."""
        request_id = secrets.token_hex(8)
        if isinstance(error, errors.ParseException):
            status = PARSE_ERROR_STATUSES.get(type(error), HTTPStatus.BAD_REQUEST)
            problem = Problem("invalid_request", "The request is not valid HTTP/1.1.")
            log_event(
                "request_refused",
                "warning",
                reason=type(error).__name__,
                source=str(self._client[0]),
                request_id=request_id,
            )
        else:
            status = HTTPStatus.INTERNAL_SERVER_ERROR
            problem = Problem("internal_error", "The server failed to handle the request.")
            log_failure("request_failed", request_id=request_id)
        self._send_last(problem, status, request_id)

    def _send_last(self, problem: Problem, status: HTTPStatus, request_id: str) -> None:
        """Send a response with a problem document, which is the last one of the connection."""
        with contextlib.suppress(OSError):
            self._sock.sendall(closing_response(problem, status, request_id))
            self._sock.linger(LINGER_SECONDS)


def closing_response(
    problem: Problem, status: HTTPStatus, request_id: str, *headers: tuple[str, str]
) -> bytes:
    """Return a whole response with a problem document, after which the connection is closed."""
    document = problem.document(request_id) | {"status": int(status), "title": status.phrase}
    body = json.dumps(document).encode()
    fields = [
        ("Date", util.http_date()),
        ("Content-Type", "application/problem+json"),
        ("Content-Length", str(len(body))),
        ("X-Request-Id", request_id),
        ("X-Content-Type-Options", "nosniff"),
        *headers,
        ("Connection", "close"),
    ]
    lines = [f"HTTP/1.1 {status.value} {status.phrase}"]
    lines += [f"{name}: {value}" for name, value in fields]
    return "\r\n".join([*lines, "", ""]).encode("ascii") + body
