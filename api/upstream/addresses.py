"""Judge IP addresses and resolve names: only what the public internet routes may be called (S1 to
S3)."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any, Protocol

SECONDS_KEPT = 10.0
MOST_KEPT = 256
MOST_LOOKUPS = 32

GetAddressInfo = Callable[
    [str, int, int, int], Iterable[tuple[Any, Any, Any, Any, tuple[Any, ...]]]
]


class ResolveFailed(Exception):
    """The name has no address, or the resolver refused to say."""

    def __init__(self, host: str, detail: str) -> None:
        super().__init__(f"The name {host} could not be resolved: {detail}")
        self.host = host


class ResolveTimeout(Exception):
    """The resolver did not answer before the deadline, or too many lookups are waiting for it."""

    def __init__(self, host: str) -> None:
        super().__init__(f"The name {host} could not be resolved in time")
        self.host = host


class RefusedAddress(Exception):
    """An address of the host is not global unicast; `reason` says what it is (`private`, …)."""

    def __init__(self, host: str, address: str, reason: str) -> None:
        super().__init__(f"The host {host} has the address {address}, which is refused: {reason}")
        self.host = host
        self.address = address
        self.reason = reason


class HostAndPort(Protocol):
    """What is resolved: a `BaseUrl`, or anything with its host and port."""

    @property
    def host(self) -> str: ...

    @property
    def port(self) -> int: ...


def canonical(address: str) -> str | None:
    """Return the one spelling of an IP address, or None where the text is not one.

    IPv4 is four plain decimal numbers: no octal, hexadecimal, short or single-number spelling.
    IPv6 has no brackets and no zone.
    """
    packed = _packed(address)
    if packed is None:
        return None
    return socket.inet_ntop(socket.AF_INET if len(packed) == 4 else socket.AF_INET6, packed)


def blocked_reason(address: str) -> str | None:
    """Say why an address is refused, in a few words, or None for a global unicast address.

    The tables follow the IANA special-purpose address registries (RFC 6890 and its updates), with
    the anycast services in them refused too. IPv6 forms that carry an IPv4 address are refused,
    but for NAT64's well-known prefix (RFC 6052), which is judged by the address inside: IPv6-only
    networks reach every IPv4 host by it. A network's own NAT64 prefix cannot be recognised.
    """
    text, zone, _ = address.partition("%")
    packed = _packed(text)
    if packed is None:
        return "not an IP address"
    value = int.from_bytes(packed, "big")
    reason = _judge_ipv4(value) if len(packed) == 4 else _judge_ipv6(value)
    return reason or ("bound to a network interface" if zone else None)


def resolve(
    host: str, port: int, timeout: float, getaddrinfo: GetAddressInfo = socket.getaddrinfo
) -> list[str]:
    """Return all addresses of a host, in the resolver's order of preference; `timeout` in seconds.

    Raises ResolveFailed and ResolveTimeout. A literal address is returned without a lookup.
    """
    if _packed(host) is not None:
        return [host]
    lookup = _Lookup(host, port, getaddrinfo)
    lookup.start()
    return list(lookup.wait(timeout))


class Resolver:
    """Resolves names, keeping answers for SECONDS_KEPT; callers that ask at once share a lookup."""

    def __init__(
        self,
        getaddrinfo: GetAddressInfo = socket.getaddrinfo,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._getaddrinfo = getaddrinfo
        self._clock = clock
        self._lock = threading.Lock()
        self._kept: dict[tuple[str, int], tuple[float, tuple[str, ...]]] = {}
        self._lookups: dict[tuple[str, int], _Lookup] = {}

    def lookup(self, host: str, port: int, timeout: float) -> tuple[str, ...]:
        """Return all addresses of a host as `resolve` does; failures are not kept.

        Raises ResolveFailed and ResolveTimeout.
        """
        if _packed(host) is not None:
            return (host,)
        key = (host, port)
        with self._lock:
            kept = self._kept.get(key)
            if kept is not None and self._clock() < kept[0]:
                return kept[1]
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
            self._kept.pop(key, None)
            if not lookup.addresses:
                return
            while len(self._kept) >= MOST_KEPT:
                del self._kept[next(iter(self._kept))]
            self._kept[key] = (self._clock() + SECONDS_KEPT, lookup.addresses)


def resolve_public(
    resolver: Resolver, base: HostAndPort, allowed: bool, timeout: float
) -> tuple[str, ...]:
    """Return the addresses that a request to `base` may connect to; `timeout` in seconds.

    One refused answer refuses the host (S3): a name that mixes public and internal addresses is
    how DNS rebinding works. `allowed` says that the host and port are in the development
    allow-list, whose addresses are not judged (S6).

    Raises RefusedAddress, ResolveFailed and ResolveTimeout.
    """
    addresses = resolver.lookup(base.host, base.port, timeout)
    if not allowed:
        for address in addresses:
            reason = blocked_reason(address)
            if reason is not None:
                raise RefusedAddress(base.host, address, reason)
    return addresses


class _Lookup:
    """One call of getaddrinfo in a daemon thread: it has no timeout of its own, and may hang."""

    _places = threading.BoundedSemaphore(MOST_LOOKUPS)

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
        if not self._places.acquire(blocking=False):
            raise ResolveTimeout(self.host)
        try:
            threading.Thread(target=self._run, name="resolve", daemon=True).start()
        except RuntimeError as error:
            self._places.release()
            raise ResolveFailed(self.host, "no thread could be started") from error

    def wait(self, timeout: float) -> tuple[str, ...]:
        if not self._done.wait(timeout):
            raise ResolveTimeout(self.host)
        if not self.addresses:
            raise ResolveFailed(self.host, self._detail)
        return self.addresses

    def _run(self) -> None:
        try:
            answers = self._getaddrinfo(self.host, self.port, 0, socket.SOCK_STREAM)
            self.addresses = tuple(dict.fromkeys(str(answer[4][0]) for answer in answers))
        except (OSError, ValueError) as error:
            self._detail = getattr(error, "strerror", None) or "no address"
        finally:
            self._places.release()
            if self._finished is not None:
                self._finished(self)
            self._done.set()


def _packed(address: str) -> bytes | None:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        packed = socket.inet_pton(family, address)
    except (OSError, ValueError):
        return None
    # POSIX lets inet_pton read leading zeros.
    if family == socket.AF_INET and socket.inet_ntop(family, packed) != address:
        return None
    return packed


def _judge_ipv4(value: int) -> str | None:
    for network, mask, reason in _IPV4:
        if value & mask == network:
            return reason
    return None


def _judge_ipv6(value: int) -> str | None:
    if value <= 1:
        return "loopback" if value else "unspecified"
    for network, mask, shift, flipped, name in _CARRIERS:
        if value & mask == network:
            return _carries((value >> shift) ^ flipped, name)
    if value & _NAT64[1] == _NAT64[0]:
        inner = _judge_ipv4(value & 0xFFFFFFFF)
        return inner and f"{_carries(value, 'NAT64')}, {inner}"
    for network, mask, reason in _IPV6:
        if value & mask == network:
            return reason
    return None if value & _GLOBAL_UNICAST[1] == _GLOBAL_UNICAST[0] else "reserved"


def _carries(ipv4: int, name: str) -> str:
    dotted = socket.inet_ntop(socket.AF_INET, (ipv4 & 0xFFFFFFFF).to_bytes(4, "big"))
    return f"{name}, carries the IPv4 address {dotted}"


def _block(text: str) -> tuple[int, int]:
    address, _, length = text.partition("/")
    packed = socket.inet_pton(socket.AF_INET6 if ":" in address else socket.AF_INET, address)
    bits = len(packed) * 8
    return int.from_bytes(packed, "big"), ((1 << int(length)) - 1) << (bits - int(length))


# The first match gives the reason, so that narrow blocks come before the wide ones around them.
_IPV4 = tuple(
    (*_block(block), reason)
    for block, reason in (
        ("0.0.0.0/32", "unspecified"),
        ("0.0.0.0/8", "this network"),
        ("10.0.0.0/8", "private"),
        ("100.64.0.0/10", "shared address space"),
        ("127.0.0.0/8", "loopback"),
        ("168.63.129.16/32", "cloud metadata"),
        ("169.254.0.0/16", "link-local"),
        ("172.16.0.0/12", "private"),
        ("192.0.0.0/24", "IETF protocol assignments"),
        ("192.0.2.0/24", "documentation"),
        ("192.31.196.0/24", "anycast service"),
        ("192.52.193.0/24", "anycast service"),
        ("192.88.99.0/24", "6to4 relay"),
        ("192.168.0.0/16", "private"),
        ("192.175.48.0/24", "anycast service"),
        ("198.18.0.0/15", "benchmark"),
        ("198.51.100.0/24", "documentation"),
        ("203.0.113.0/24", "documentation"),
        ("224.0.0.0/4", "multicast"),
        ("255.255.255.255/32", "broadcast"),
        ("240.0.0.0/4", "reserved"),
    )
)

_IPV6 = tuple(
    (*_block(block), reason)
    for block, reason in (
        ("64:ff9b:1::/48", "NAT64, carries an IPv4 address"),
        ("100::/64", "discard-only"),
        ("100:0:0:1::/64", "dummy prefix"),
        ("2001:2::/48", "benchmark"),
        ("2001:10::/28", "ORCHID"),
        ("2001:20::/28", "ORCHID"),
        ("2001:30::/28", "drone remote identification"),
        ("2001::/23", "IETF protocol assignments"),
        ("2001:db8::/32", "documentation"),
        ("2620:4f:8000::/48", "anycast service"),
        ("3fff::/20", "documentation"),
        ("5f00::/16", "segment routing"),
        ("fc00::/7", "private"),
        ("fe80::/10", "link-local"),
        ("fec0::/10", "private"),
        ("ff00::/8", "multicast"),
    )
)

_GLOBAL_UNICAST = _block("2000::/3")
_NAT64 = _block("64:ff9b::/96")

# Block, bits to the right of the IPv4 address, bits of it that are flipped, name. An ISATAP
# address (RFC 5214) is told by its interface identifier alone.
_CARRIERS = (
    (*_block("::ffff:0:0/96"), 0, 0, "IPv4-mapped"),
    (*_block("::/96"), 0, 0, "IPv4-compatible"),
    (*_block("::ffff:0:0:0/96"), 0, 0, "IPv4-translated"),
    (*_block("2002::/16"), 80, 0, "6to4"),
    (*_block("2001::/32"), 0, 0xFFFFFFFF, "Teredo"),
    (0x00005EFE_00000000, 0xFDFFFFFF_00000000, 0, 0, "ISATAP"),
)
