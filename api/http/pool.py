"""A pool of kept-alive connections by scheme, host, port and address."""

from __future__ import annotations

import errno
import socket
import ssl
import threading
from collections import deque
from collections.abc import Sequence
from time import monotonic

from api.http.connection import Connection
from api.http.errors import ConnectFailed, NoSocketLeft, TlsFailed, TransportTimeout
from api.http.timeouts import Timeouts
from api.short_lock import ShortLock

_MAX_IDLE_PER_KEY = 64
_CONNECT_ATTEMPTS = 3
_NO_SOCKET = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)
IDLE_SECONDS = 8.0


class TlsContexts:
    """The TLS client context, created at first use: certifi's root certificates, TLS 1.2 or newer.

    `extra_authorities` is a PEM file with additional root certificates, such as a company's own.
    """

    def __init__(self, extra_authorities: str | None = None) -> None:
        self._extra = extra_authorities
        self._context: ssl.SSLContext | None = None
        self._lock = threading.Lock()

    def get(self) -> ssl.SSLContext:
        """Return the context. The first call loads the root certificates, in about 15 ms."""
        with self._lock:
            if self._context is None:
                import certifi

                context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
                context.minimum_version = ssl.TLSVersion.TLSv1_2
                context.load_verify_locations(certifi.where())
                if self._extra is not None:
                    context.load_verify_locations(self._extra)
                context.set_alpn_protocols(["http/1.1"])
                self._context = context
            return self._context


class ConnectionPool:
    """Opens connections and keeps those that can be reused. Thread-safe.

    A connection that was idle for longer than `idle_seconds` is closed. The default is well below
    the 15 s after which large providers close theirs, because a request on a connection that the
    server is closing is lost.
    """

    def __init__(self, tls: TlsContexts, idle_seconds: float = IDLE_SECONDS) -> None:
        self._tls = tls
        self._idle_seconds = idle_seconds
        self._idle: dict[tuple[object, ...], deque[Connection]] = {}
        self._next_sweep = 0.0
        self._lock = ShortLock()

    def acquire(
        self,
        scheme: str,
        host: str,
        port: int,
        addresses: Sequence[str],
        timeouts: Timeouts,
        *,
        fresh: bool = False,
        idle_seconds: float | None = None,
    ) -> tuple[Connection, bool]:
        """Return a connection to one of `addresses`, and whether it was used before.

        `host` is used only for SNI and the certificate. `idle_seconds` is a shorter limit
        for the idle time of a reused connection. `fresh` opens a new one. Raises ConnectFailed
        (also NoSocketLeft), TlsFailed or TransportTimeout.
        """
        if not fresh:
            longest = self._idle_seconds if idle_seconds is None else idle_seconds
            for address in addresses:
                connection = self._take((scheme, host, port, address), longest)
                if connection is not None:
                    return connection, True
        return self._connect(scheme, host, port, addresses, timeouts), False

    def release(self, connection: Connection) -> None:
        """Return a connection to the pool, which keeps it if it is reusable."""
        if not connection.reusable:
            connection.close()
            return
        connection.idle_since = monotonic()
        with self._lock:
            idle = self._idle.setdefault(connection.key, deque())
            idle.append(connection)
            surplus = idle.popleft() if len(idle) > _MAX_IDLE_PER_KEY else None
            expired = self._expired(connection.idle_since)
        if surplus is not None:
            surplus.close()
        for old in expired:
            old.close()

    def _expired(self, now: float) -> list[Connection]:
        # Checks once a second, and only the connection of each key that was idle longest. That
        # closes all of them in time, and the cost of a call does not depend on the number of hosts.
        if now < self._next_sweep:
            return []
        self._next_sweep = now + 1.0
        expired = []
        for key in list(self._idle):
            idle = self._idle[key]
            if now - idle[0].idle_since > self._idle_seconds:
                expired.append(idle.popleft())
                if not idle:
                    del self._idle[key]
        return expired

    def _take(self, key: tuple[object, ...], longest: float) -> Connection | None:
        while True:
            with self._lock:
                idle = self._idle.get(key)
                if not idle:
                    return None
                connection = idle.pop()
                if not idle:
                    del self._idle[key]
            if monotonic() - connection.idle_since <= longest and not connection.is_stale():
                return connection
            connection.close()

    def _connect(
        self, scheme: str, host: str, port: int, addresses: Sequence[str], timeouts: Timeouts
    ) -> Connection:
        last: OSError | None = None
        deadline = timeouts.deadline(timeouts.connect)
        candidates = addresses[:_CONNECT_ATTEMPTS]
        for position, address in enumerate(candidates):
            remaining = deadline - monotonic()
            if remaining <= 0:
                raise timeouts.exceeded("connect", deadline)
            share = remaining / (len(candidates) - position)
            try:
                sock = socket.create_connection((address, port), timeout=share)
            except OSError as error:
                if error.errno in _NO_SOCKET:
                    raise NoSocketLeft(type(error).__name__) from error
                last = error
                continue
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            key = (scheme, host, port, address)
            if scheme != "https":
                return Connection(sock, key)
            try:
                return self._secure(sock, key, deadline)
            except TransportTimeout:
                raise timeouts.exceeded("connect", deadline) from None
        if isinstance(last, TimeoutError):
            raise timeouts.exceeded("connect", deadline)
        raise ConnectFailed(type(last).__name__ if last else "no address")

    def _secure(
        self, sock: socket.socket, key: tuple[str, str, int, str], deadline: float
    ) -> Connection:
        _, host, _, _ = key
        try:
            secured = self._tls.get().wrap_socket(
                sock, server_hostname=host, do_handshake_on_connect=False
            )
            connection = Connection(secured, key)
            sock = secured
            connection.handshake(deadline)
        except TransportTimeout:
            sock.close()
            raise
        except (ssl.SSLError, ssl.CertificateError) as error:
            sock.close()
            raise TlsFailed(getattr(error, "verify_message", "") or type(error).__name__) from error
        except OSError as error:
            sock.close()
            raise TlsFailed(type(error).__name__) from error
        return connection
