"""Resolve host names with a deadline, and refuse hosts with a blocked address (S1, S3)."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any, Protocol

from api.bounded_cache import BoundedCache
from api.upstream.addresses import blocked_reason, canonical_ip

CACHE_SECONDS = 10.0
CACHE_SIZE = 256
MAX_LOOKUPS = 32

GetAddressInfo = Callable[
    [str, int, int, int], Iterable[tuple[Any, Any, Any, Any, tuple[Any, ...]]]
]


class ResolveFailed(Exception):
    """The name has no address, or the resolver returned an error."""

    def __init__(self, host: str, detail: str) -> None:
        super().__init__(f"The name {host} could not be resolved: {detail}")
        self.host = host


class ResolveTimeout(Exception):
    """The resolver did not respond before the deadline, or too many lookups are pending."""

    def __init__(self, host: str) -> None:
        super().__init__(f"The name {host} could not be resolved in time")
        self.host = host


class BlockedAddress(Exception):
    """An address of the host may not be called; `reason` is its kind (`private`, …)."""

    def __init__(self, host: str, address: str, reason: str) -> None:
        super().__init__(f"The host {host} has the blocked address {address} ({reason})")
        self.host = host
        self.address = address
        self.reason = reason


class HostAndPort(Protocol):
    """A host to resolve, such as a `BaseUrl`."""

    @property
    def host(self) -> str: ...

    @property
    def port(self) -> int: ...


def system_lookup(host: str, port: int, family: int, kind: int) -> Any:
    """Return what the system's resolver says, as `socket.getaddrinfo` does.

    The function is looked up at each call, because the server replaces it.
    """
    return socket.getaddrinfo(host, port, family, kind)


def resolve(
    host: str, port: int, timeout: float, getaddrinfo: GetAddressInfo = system_lookup
) -> list[str]:
    """Return all addresses of a host, in the resolver's order of preference; `timeout` in seconds.

    Raises ResolveFailed and ResolveTimeout. An IP address is returned without a lookup.
    """
    if canonical_ip(host) is not None:
        return [host]
    lookup = _Lookup(host, port, getaddrinfo)
    lookup.start()
    return list(lookup.wait(timeout))


class Resolver:
    """Resolve names, and cache the results for CACHE_SECONDS. Concurrent callers share a lookup."""

    def __init__(
        self,
        getaddrinfo: GetAddressInfo = system_lookup,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._getaddrinfo = getaddrinfo
        self._clock = clock
        self._lock = threading.Lock()
        self._cache: BoundedCache[tuple[str, int], tuple[float, tuple[str, ...]]] = BoundedCache(
            CACHE_SIZE
        )
        self._lookups: dict[tuple[str, int], _Lookup] = {}

    def lookup(self, host: str, port: int, timeout: float) -> tuple[str, ...]:
        """Return all addresses of a host, as `resolve` does. Failures are not cached.

        Raises ResolveFailed and ResolveTimeout.
        """
        if canonical_ip(host) is not None:
            return (host,)
        key = (host, port)
        with self._lock:
            cached = self._cache.get(key)
            if cached is not None and self._clock() < cached[0]:
                return cached[1]
            lookup = self._lookups.get(key)
            if lookup is None:
                lookup = _Lookup(host, port, self._getaddrinfo, self._finished)
                lookup.start()
                self._lookups[key] = lookup
        return lookup.wait(timeout)

    def _finished(self, lookup: _Lookup) -> None:
        key = (lookup.host, lookup.port)
        with self._lock:
            self._lookups.pop(key, None)
            self._cache.delete(key)
            if lookup.addresses:
                self._cache.set(key, (self._clock() + CACHE_SECONDS, lookup.addresses))


def resolve_public(
    resolver: Resolver, base: HostAndPort, allowed: bool, timeout: float
) -> tuple[str, ...]:
    """Return the addresses that a request to `base` may connect to; `timeout` in seconds.

    One blocked address blocks the host (S3): DNS rebinding uses names that mix public and internal
    addresses. `allowed` is true if the host and port are in the development allow-list, whose
    addresses are not checked (S6).

    Raises BlockedAddress, ResolveFailed and ResolveTimeout.
    """
    addresses = resolver.lookup(base.host, base.port, timeout)
    if not allowed:
        for address in addresses:
            reason = blocked_reason(address)
            if reason is not None:
                raise BlockedAddress(base.host, address, reason)
    return addresses


class _Lookup:
    """A call of getaddrinfo in a daemon thread, because the call has no timeout and may hang."""

    _slots = threading.BoundedSemaphore(MAX_LOOKUPS)

    def __init__(
        self,
        host: str,
        port: int,
        getaddrinfo: GetAddressInfo,
        finished: Callable[[_Lookup], None] | None = None,
    ) -> None:
        self.host = host
        self.port = port
        self.addresses: tuple[str, ...] = ()
        self._detail = "no address"
        self._getaddrinfo = getaddrinfo
        self._finished = finished
        self._done = threading.Event()

    def start(self) -> None:
        if not self._slots.acquire(blocking=False):
            raise ResolveTimeout(self.host)
        try:
            threading.Thread(target=self._run, name="resolve", daemon=True).start()
        except RuntimeError as error:
            self._slots.release()
            raise ResolveFailed(self.host, "no thread could be started") from error

    def wait(self, timeout: float) -> tuple[str, ...]:
        if not self._done.wait(timeout):
            raise ResolveTimeout(self.host)
        if not self.addresses:
            raise ResolveFailed(self.host, self._detail)
        return self.addresses

    def _run(self) -> None:
        try:
            results = self._getaddrinfo(self.host, self.port, 0, socket.SOCK_STREAM)
            self.addresses = tuple(dict.fromkeys(str(result[4][0]) for result in results))
        except (OSError, ValueError, RuntimeError) as error:  # RuntimeError: no thread for it
            self._detail = getattr(error, "strerror", None) or "no address"
        finally:
            self._slots.release()
            if self._finished is not None:
                self._finished(self)
            self._done.set()
