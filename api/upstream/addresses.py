"""Classify IP addresses: only addresses on the public internet may be called (S1, S2)."""

from __future__ import annotations

import socket
from functools import lru_cache


@lru_cache(maxsize=256)
def canonical_ip(address: str) -> str | None:
    """Return the canonical form of an IP address, or None if the text is not an address.

    An IPv4 address is four plain decimal numbers: octal, hexadecimal, short and single-number forms
    are not accepted. An IPv6 address has no brackets and no zone.
    """
    packed = _pack(address)
    if packed is None:
        return None
    return socket.inet_ntop(socket.AF_INET if len(packed) == 4 else socket.AF_INET6, packed)


def blocked_reason(address: str) -> str | None:
    """Return why an address may not be called, in a few words, or None if it may be.

    Only global unicast addresses may be called. The tables follow the IANA special-purpose address
    registries (RFC 6890 and its updates); anycast services in them are blocked too. IPv6 forms
    that embed an IPv4 address are blocked, except NAT64's well-known prefix (RFC 6052), which is
    classified by the embedded address: IPv6-only networks reach every IPv4 host through it. A
    network's own NAT64 prefix cannot be recognised.
    """
    text, zone, _ = address.partition("%")
    packed = _pack(text)
    if packed is None:
        return "not an IP address"
    value = int.from_bytes(packed, "big")
    reason = _ipv4_reason(value) if len(packed) == 4 else _ipv6_reason(value)
    return reason or ("bound to a network interface" if zone else None)


def _pack(address: str) -> bytes | None:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        packed = socket.inet_pton(family, address)
    except (OSError, ValueError):
        return None
    # POSIX allows inet_pton to accept leading zeros.
    if family == socket.AF_INET and socket.inet_ntop(family, packed) != address:
        return None
    return packed


def _ipv4_reason(value: int) -> str | None:
    for network, mask, reason in _IPV4:
        if value & mask == network:
            return reason
    return None


def _ipv6_reason(value: int) -> str | None:
    if value <= 1:
        return "loopback" if value else "unspecified"
    for network, mask, shift, inverted, name in _EMBEDDING_FORMS:
        if value & mask == network:
            return _embeds((value >> shift) ^ inverted, name)
    if value & _NAT64[1] == _NAT64[0]:
        embedded = _ipv4_reason(value & 0xFFFFFFFF)
        return embedded and f"{_embeds(value, 'NAT64')}, {embedded}"
    for network, mask, reason in _IPV6:
        if value & mask == network:
            return reason
    return None if value & _GLOBAL_UNICAST[1] == _GLOBAL_UNICAST[0] else "reserved"


def _embeds(ipv4: int, name: str) -> str:
    dotted = socket.inet_ntop(socket.AF_INET, (ipv4 & 0xFFFFFFFF).to_bytes(4, "big"))
    return f"{name}, embeds the IPv4 address {dotted}"


def _block(text: str) -> tuple[int, int]:
    address, _, length = text.partition("/")
    packed = socket.inet_pton(socket.AF_INET6 if ":" in address else socket.AF_INET, address)
    bits = len(packed) * 8
    return int.from_bytes(packed, "big"), ((1 << int(length)) - 1) << (bits - int(length))


# The first match gives the reason, so narrow blocks come before the wider blocks that contain them.
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
        ("64:ff9b:1::/48", "NAT64, embeds an IPv4 address"),
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

# Block, number of bits to the right of the IPv4 address, mask of inverted bits, name. An ISATAP
# address (RFC 5214) is recognised by its interface identifier alone.
_EMBEDDING_FORMS = (
    (*_block("::ffff:0:0/96"), 0, 0, "IPv4-mapped"),
    (*_block("::/96"), 0, 0, "IPv4-compatible"),
    (*_block("::ffff:0:0:0/96"), 0, 0, "IPv4-translated"),
    (*_block("2002::/16"), 80, 0, "6to4"),
    (*_block("2001::/32"), 0, 0xFFFFFFFF, "Teredo"),
    (0x00005EFE_00000000, 0xFDFFFFFF_00000000, 0, 0, "ISATAP"),
)
