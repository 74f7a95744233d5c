"""A client for AWS's JSON protocol. It signs calls, sends several at once and retries them.

Source of the retry rules:
https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html.
"""

from __future__ import annotations

import random
import socket
import time
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

import msgspec

from api.aws.sigv4 import Credentials, Signer
from api.http.connection import Connection
from api.http.errors import TransportError
from api.http.pool import ConnectionPool

Operation = tuple[str, dict[str, Any]]

_RETRIED = frozenset(
    {
        "InternalServerError",
        "InternalFailure",
        "ServiceUnavailable",
        "ThrottlingException",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "TransactionConflictException",
        "TransactionInProgressException",
    }
)
_ADDRESS_SECONDS = 30.0


class NonIdempotent(dict[str, Any]):
    """A payload that is sent at most once. If the response is lost, the call counts as done."""


class AwsError(Exception):
    """The service rejected the call. `code` is the exception's short name, `body` the response."""

    def __init__(self, code: str, message: str, body: dict[str, Any]) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.body = body


class ServiceUnavailable(Exception):
    """The service did not respond, or throttled the call, until the time for retries had passed."""


class JsonClient:
    """Calls one service at one endpoint. Thread-safe.

    `patience` is the time in seconds that a call may take with all its retries. After a connection
    error it is unknown whether the service executed the call, so retried writes must be idempotent.
    Use a `NonIdempotent` payload for a write that is not.
    """

    def __init__(
        self,
        pool: ConnectionPool,
        credentials: Credentials,
        *,
        service: str,
        region: str,
        endpoint: str,
        target: str,
        content_type: str,
        patience: float,
    ) -> None:
        parts = urlsplit(endpoint)
        authority = parts.netloc
        self._scheme = parts.scheme
        self._host = parts.hostname or ""
        self._port = parts.port or (443 if parts.scheme == "https" else 80)
        self._pool = pool
        self._signer = Signer(credentials, region, service, authority)
        self._target = target
        self._content_type = content_type
        self._patience = patience
        self._encoder = msgspec.json.Encoder()
        self._decoder = msgspec.json.Decoder(dict[str, Any])
        self._addresses: tuple[str, ...] = ()
        self._addresses_until = 0.0

    def call(self, operation: str, payload: dict[str, Any]) -> dict[str, Any]:
        """Send one call and return the response. Raises AwsError or ServiceUnavailable."""
        result = self.batch([(operation, payload)])[0]
        if isinstance(result, AwsError):
            try:
                raise result
            finally:
                del result  # a cycle of exception and frame would keep sockets open
        return result

    def batch(self, calls: Sequence[Operation]) -> list[dict[str, Any] | AwsError]:
        """Send several calls in one round trip: all requests, then read all responses.

        Return the responses in the order of `calls`, with an AwsError for each rejected call.
        Raises ServiceUnavailable if a call got no response.
        """
        results: list[dict[str, Any] | AwsError | None] = [None] * len(calls)
        pending = list(range(len(calls)))
        end = time.monotonic() + self._patience
        attempt = 0
        while True:
            failure = self._round(calls, pending, results, end, fresh=attempt > 0)
            pending = [i for i in pending if results[i] is None]
            if not pending:
                return results  # type: ignore[return-value]
            pause = random.uniform(0.5, 1.0) * min(0.02 * 2**attempt, 0.5)
            if time.monotonic() + pause >= end:
                raise ServiceUnavailable(failure)
            if attempt or failure not in ("PeerClosed",):
                time.sleep(pause)
            attempt += 1

    def _round(
        self,
        calls: Sequence[Operation],
        pending: list[int],
        results: list[dict[str, Any] | AwsError | None],
        end: float,
        *,
        fresh: bool,
    ) -> str:
        failure = ""
        sent: list[tuple[int, Connection]] = []
        for index in pending:
            try:
                sent.append((index, self._send(calls[index], end, fresh)))
            except (TransportError, OSError) as error:
                failure = type(error).__name__
        for index, connection in sent:
            try:
                status, body = self._receive(connection, end)
            except (TransportError, OSError) as error:
                connection.close()
                failure = type(error).__name__
                if isinstance(calls[index][1], NonIdempotent):
                    results[index] = {}
                continue
            outcome = self._outcome(status, body)
            if isinstance(outcome, str):
                failure = outcome
            else:
                results[index] = outcome
        return failure

    def _send(self, call: Operation, end: float, fresh: bool) -> Connection:
        operation, payload = call
        body = self._encoder.encode(payload)
        headers = self._signer.headers(f"{self._target}.{operation}", body, time.time())
        lines = "".join([f"{name}: {value}\r\n" for name, value in headers])
        head = (
            f"POST / HTTP/1.1\r\n{lines}Content-Type: {self._content_type}\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        connection, _ = self._pool.acquire(
            self._scheme, self._host, self._port, self._resolve(), end, fresh=fresh
        )
        connection.expect("POST")
        try:
            connection.send(head.encode("latin-1") + body, end)
        except BaseException:
            connection.close()
            raise
        return connection

    def _receive(self, connection: Connection, end: float) -> tuple[int, bytes]:
        status, _ = connection.read_head(end)
        parts = []
        while data := connection.read_body(end):
            parts.append(data)
        self._pool.release(connection)
        return status, b"".join(parts)

    def _outcome(self, status: int, body: bytes) -> dict[str, Any] | AwsError | str:
        try:
            document = self._decoder.decode(body) if body else {}
        except msgspec.DecodeError:
            return f"status {status} without JSON"
        if status == 200:
            return document
        code = str(document.get("__type", "")).rpartition("#")[2]
        if status >= 500 or code in _RETRIED:
            return code or f"status {status}"
        message = str(document.get("message") or document.get("Message") or "")
        return AwsError(code or f"status {status}", message, document)

    def _resolve(self) -> tuple[str, ...]:
        now = time.monotonic()
        if now >= self._addresses_until or not self._addresses:
            try:
                entries = socket.getaddrinfo(self._host, self._port, type=socket.SOCK_STREAM)
            except socket.gaierror as error:
                raise TransportError("name not resolved") from error
            self._addresses = tuple(dict.fromkeys(str(entry[4][0]) for entry in entries))
            self._addresses_until = now + _ADDRESS_SECONDS
        return self._addresses
