"""A client for AWS's JSON protocol. It signs calls, sends several at once and retries them.

Source of the retry rules:
https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html.
"""

from __future__ import annotations

import random
import socket
import time
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import urlsplit

import msgspec

from api.aws.sigv4 import Credentials, CredentialSource, Signer
from api.aws.turns import Turns
from api.http.connection import Connection
from api.http.errors import TransportError
from api.http.pool import ConnectionPool
from api.http.timeouts import Timeouts
from api.stopping import Hold

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
# More at the same time do not make a database faster, but each would wait longer than its patience.
_MAX_CONCURRENT = 32
_TURN_SECONDS = 30.0


class NonIdempotent(dict[str, Any]):
    """A payload that is carried out at most once. If the result is unknown, it counts as done."""


class AwsError(Exception):
    """The service rejected the call. `code` is the exception's short name, `body` the response.

    `repeated` is true if an earlier attempt of the same call may have been carried out.
    """

    def __init__(
        self, code: str, message: str, body: dict[str, Any], repeated: bool = False
    ) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.body = body
        self.repeated = repeated


class ServiceUnavailable(Exception):
    """The service did not respond, or throttled the call, until the time for retries had passed."""


class JsonClient:
    """Calls one service at one endpoint. Thread-safe.

    `patience` is the time in seconds that a call may take with all its retries. It begins when the
    call is sent: of thousands at once, most wait until others have their responses. After a
    connection error it is unknown whether the service executed the call, so retried writes must be
    idempotent. Use a `NonIdempotent` payload for a write that is not. `is_permanent` returns
    whether the message of a server error says that a repetition is useless.
    """

    def __init__(
        self,
        pool: ConnectionPool,
        credentials: Credentials | CredentialSource,
        *,
        service: str,
        region: str,
        endpoint: str,
        target: str,
        content_type: str,
        patience: float,
        is_permanent: Callable[[str], bool] = lambda message: False,
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
        self._is_permanent = is_permanent
        self._encoder = msgspec.json.Encoder()
        self._decoder = msgspec.json.Decoder(dict[str, Any])
        self._addresses: tuple[str, ...] = ()
        self._addresses_until = 0.0
        self._turns = Turns(_MAX_CONCURRENT)

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
        Raises ServiceUnavailable if a call got no response. A stop of the server does not interrupt
        it.
        """
        with Hold():
            if not self._turns.acquire(_TURN_SECONDS):
                raise ServiceUnavailable("too many calls wait")
            try:
                return self._batch(calls)
            finally:
                self._turns.release()

    def _batch(self, calls: Sequence[Operation]) -> list[dict[str, Any] | AwsError]:
        results: list[dict[str, Any] | AwsError | None] = [None] * len(calls)
        pending = list(range(len(calls)))
        uncertain: set[int] = set()
        end = time.monotonic() + self._patience
        timeouts = Timeouts.overall(end)
        attempt = 0
        while True:
            failure = self._round(calls, pending, results, uncertain, timeouts, fresh=attempt > 0)
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
        uncertain: set[int],
        timeouts: Timeouts,
        *,
        fresh: bool,
    ) -> str:
        """Send the pending calls once. Returns why the last of them has no result.

        Adds the calls that the service may have carried out nevertheless to `uncertain`.
        """
        failure = ""
        sent: list[tuple[int, Connection]] = []
        for index in pending:
            try:
                sent.append((index, self._send(calls[index], timeouts, fresh)))
            except (TransportError, OSError) as error:
                failure = type(error).__name__
        for index, connection in sent:
            try:
                status, body = self._receive(connection, timeouts)
            except (TransportError, OSError) as error:
                connection.close()
                failure, is_uncertain = type(error).__name__, True
            else:
                outcome = self._outcome(status, body, index in uncertain)
                if not isinstance(outcome, str):
                    results[index] = outcome
                    continue
                failure, is_uncertain = outcome, status >= 500
            if is_uncertain:
                uncertain.add(index)
                if isinstance(calls[index][1], NonIdempotent):
                    results[index] = {}
        return failure

    def _send(self, call: Operation, timeouts: Timeouts, fresh: bool) -> Connection:
        operation, payload = call
        body = self._encoder.encode(payload)
        headers = self._signer.headers(f"{self._target}.{operation}", body, time.time())
        lines = "".join([f"{name}: {value}\r\n" for name, value in headers])
        head = (
            f"POST / HTTP/1.1\r\n{lines}Content-Type: {self._content_type}\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        connection, _ = self._pool.acquire(
            self._scheme, self._host, self._port, self._resolve(), timeouts, fresh=fresh
        )
        connection.expect("POST")
        try:
            connection.send(head.encode("latin-1") + body, timeouts)
        except BaseException:
            connection.close()
            raise
        return connection

    def _receive(self, connection: Connection, timeouts: Timeouts) -> tuple[int, bytes]:
        status, _ = connection.read_head(timeouts)
        parts = []
        while data := connection.read_body(timeouts):
            parts.append(data)
        self._pool.release(connection)
        return status, b"".join(parts)

    def _outcome(self, status: int, body: bytes, repeated: bool) -> dict[str, Any] | AwsError | str:
        """Return the response, or the error, or as a text why the call should be repeated."""
        try:
            document = self._decoder.decode(body) if body else {}
        except msgspec.DecodeError:
            return f"status {status} without JSON"
        if status == 200:
            return document
        code = str(document.get("__type", "")).rpartition("#")[2] or f"status {status}"
        message = str(document.get("message") or document.get("Message") or "")
        if (status >= 500 or code in _RETRIED) and not self._is_permanent(message):
            return f"{code}: {message}" if message else code
        return AwsError(code, message, document, repeated)

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
