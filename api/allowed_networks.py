"""Networks from which a token may be used: IPv4 and IPv6 addresses and networks in CIDR notation.

They are parsed once for each combination of networks, and each client's address is compared once.
"""

from __future__ import annotations

import ipaddress
import re
from functools import lru_cache

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_FORM = re.compile(r"[0-9A-Fa-f.:]{2,45}(?:/[0-9]{1,3})?")
_MAPPED_BITS = 96
"""The bits before the IPv4 address in an IPv4-mapped IPv6 address, `::ffff:192.0.2.1`."""
_MAPPED = ipaddress.IPv6Network("::ffff:0:0/96")


def normal_network(text: str) -> str:
    """Return the normal form of an address or a network: an address has no prefix length.

    IPv4-mapped IPv6 addresses and networks become IPv4. Raises ValueError with a sentence for the
    user.
    """
    network = _parse(text)
    if network.prefixlen == network.max_prefixlen:
        return str(network.network_address)
    return str(network)


@lru_cache(maxsize=4096)
def is_allowed(source: str, networks: tuple[str, ...]) -> bool:
    """Return whether a client's address is in one of the networks, which have the normal form.

    An IPv4-mapped IPv6 address is compared as IPv4. A source that is not an address is in none.
    """
    address = _address(source)
    return address is not None and any(address in network for network in _networks(networks))


def shown_address(source: str) -> str:
    """Return a client's address for a message, IPv4 for an IPv4-mapped one."""
    address = _address(source)
    return "this address" if address is None else str(address)


@lru_cache(maxsize=1024)
def _networks(texts: tuple[str, ...]) -> tuple[Network, ...]:
    return tuple([ipaddress.ip_network(text) for text in texts])


def _address(source: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        address = ipaddress.ip_address(source)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return address if mapped is None else mapped


def _parse(text: str) -> Network:
    if _FORM.fullmatch(text) is None:
        raise ValueError(_not_an_address(text))
    try:
        interface = ipaddress.ip_interface(text)
    except ValueError:
        raise ValueError(_not_an_address(text)) from None
    network = interface.network
    if interface.ip != network.network_address:
        raise ValueError(
            f"{text} has bits set after its prefix. Write {network} for the network, or "
            f"{interface.ip} for the address."
        )
    if isinstance(network, ipaddress.IPv6Network) and network.subnet_of(_MAPPED):
        address = network.network_address.ipv4_mapped
        assert address is not None
        return ipaddress.IPv4Network((address, network.prefixlen - _MAPPED_BITS))
    return network


def _not_an_address(text: str) -> str:
    shown = text if text.isprintable() and len(text) <= 50 else "This"
    return (
        f"{shown} is neither an IP address, such as 203.0.113.7 or 2001:db8::7, nor a network, "
        "such as 203.0.113.0/24."
    )
