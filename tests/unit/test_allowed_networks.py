"""Addresses and networks from which a token may be used."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from api.allowed_networks import is_allowed, normal_network, shown_address

ADDRESSES = st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6))
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


@st.composite
def networks(draw: st.DrawFn) -> Network:
    address = draw(ADDRESSES)
    prefix = draw(st.integers(0, address.max_prefixlen))
    return ipaddress.ip_network((address, prefix), strict=False)


def mapped(address: ipaddress.IPv4Address) -> ipaddress.IPv6Address:
    """Return the IPv6 form of an IPv4 address."""
    return ipaddress.IPv6Address(0xFFFF_0000_0000 | int(address))


@given(networks())
@example(ipaddress.ip_network("0.0.0.0/0"))
@example(ipaddress.ip_network("::/0"))
@example(ipaddress.ip_network("::ffff:0:0/96"))
@example(ipaddress.ip_network("::fffe:0:0/95"))
def test_every_network_has_one_normal_form(network: Network) -> None:
    forms = {str(network), network.exploded, str(network).upper(), network.compressed}
    normal = {normal_network(form) for form in forms}
    assert len(normal) == 1
    (text,) = normal
    assert normal_network(text) == text
    assert not text.endswith(("/32", "/128")) or ":" in text
    assert len(text) <= 49


@given(networks(), ADDRESSES)
def test_an_address_is_in_the_networks_that_ipaddress_says(
    network: Network, address: Address
) -> None:
    normal = ipaddress.ip_network(normal_network(str(network)))
    plain = getattr(address, "ipv4_mapped", None) or address
    expected = plain.version == normal.version and plain in normal
    assert is_allowed(str(address), (str(normal),)) is expected
    assert is_allowed(str(address), ("192.0.2.255", str(normal))) is (
        expected or str(plain) == "192.0.2.255"
    )


@given(networks(), st.data())
def test_every_address_of_a_network_is_allowed_also_in_ipv6_form(
    network: Network, data: st.DataObject
) -> None:
    offset = data.draw(st.integers(0, network.num_addresses - 1))
    address = network[offset]
    allowed = (normal_network(str(network)),)
    if isinstance(address, ipaddress.IPv4Address):
        assert is_allowed(str(mapped(address)), allowed)
        assert is_allowed(str(address), (normal_network(f"{mapped(address)}"),))
    if getattr(address, "ipv4_mapped", None) is None or network.prefixlen >= 96:
        assert is_allowed(str(address), allowed)


@given(ADDRESSES, st.integers(0, 127))
def test_bits_after_the_prefix_are_refused_with_both_ways_out(
    address: Address, prefix: int
) -> None:
    prefix %= address.max_prefixlen
    network = ipaddress.ip_network((address, prefix), strict=False)
    if address == network.network_address:
        return
    with pytest.raises(ValueError, match="bits set after its prefix") as caught:
        normal_network(f"{address}/{prefix}")
    assert str(network) in str(caught.value) and str(address) in str(caught.value)


@given(st.text(max_size=60))
@example("10.0.0.0/8\n")
@example("\uff11\uff10.0.0.1")
@example("10.0.0.0/\u0668")
@example("1.2.3.4/")
@example("::/-1")
@example("fe80::1%1/64")
@example("0x0a000001")
@example("167772161")
def test_any_other_text_is_refused_with_a_sentence(text: str) -> None:
    try:
        expected = ipaddress.ip_network(text)
    except ValueError:
        with pytest.raises(ValueError, match=r"IP address|bits set"):
            normal_network(text)
    else:
        if "%" not in text and "." not in text.partition("/")[2]:
            assert ipaddress.ip_network(normal_network(text)).version in (4, expected.version)


@pytest.mark.parametrize("source", ["", "unknown", "localhost", "10.0.0", "10.0.0.1:80", "[::1]"])
def test_a_source_that_is_no_address_is_never_allowed(source: str) -> None:
    assert not is_allowed(source, ("0.0.0.0/0", "::/0"))
    assert shown_address(source) == "this address"


def test_without_networks_nothing_is_allowed() -> None:
    assert not is_allowed("10.0.0.1", ())


def test_a_link_local_source_may_have_a_zone() -> None:
    assert is_allowed("fe80::1%eth0", ("fe80::/10",))
