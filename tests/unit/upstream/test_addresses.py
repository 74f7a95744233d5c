"""Only addresses on the public internet may be called (S1, S2)."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from api.upstream.addresses import blocked_reason, canonical_ip

# First and last address of each block, the reason, and the neighbours that are not blocked (or None
# if a neighbour is blocked for another reason).
IPV4_BLOCKS = [
    ("0.0.0.0", "0.0.0.0", "unspecified", None, None),
    ("0.0.0.1", "0.255.255.255", "this network", None, "1.0.0.0"),
    ("10.0.0.0", "10.255.255.255", "private", "9.255.255.255", "11.0.0.0"),
    ("100.64.0.0", "100.127.255.255", "shared address space", "100.63.255.255", "100.128.0.0"),
    ("127.0.0.0", "127.255.255.255", "loopback", "126.255.255.255", "128.0.0.0"),
    ("168.63.129.16", "168.63.129.16", "cloud metadata", "168.63.129.15", "168.63.129.17"),
    ("169.254.0.0", "169.254.255.255", "link-local", "169.253.255.255", "169.255.0.0"),
    ("172.16.0.0", "172.31.255.255", "private", "172.15.255.255", "172.32.0.0"),
    ("192.0.0.0", "192.0.0.255", "IETF protocol assignments", "191.255.255.255", "192.0.1.0"),
    ("192.0.2.0", "192.0.2.255", "documentation", "192.0.1.255", "192.0.3.0"),
    ("192.31.196.0", "192.31.196.255", "anycast service", "192.31.195.255", "192.31.197.0"),
    ("192.52.193.0", "192.52.193.255", "anycast service", "192.52.192.255", "192.52.194.0"),
    ("192.88.99.0", "192.88.99.255", "6to4 relay", "192.88.98.255", "192.88.100.0"),
    ("192.168.0.0", "192.168.255.255", "private", "192.167.255.255", "192.169.0.0"),
    ("192.175.48.0", "192.175.48.255", "anycast service", "192.175.47.255", "192.175.49.0"),
    ("198.18.0.0", "198.19.255.255", "benchmark", "198.17.255.255", "198.20.0.0"),
    ("198.51.100.0", "198.51.100.255", "documentation", "198.51.99.255", "198.51.101.0"),
    ("203.0.113.0", "203.0.113.255", "documentation", "203.0.112.255", "203.0.114.0"),
    ("224.0.0.0", "239.255.255.255", "multicast", "223.255.255.255", None),
    ("240.0.0.0", "255.255.255.254", "reserved", None, None),
    ("255.255.255.255", "255.255.255.255", "broadcast", None, None),
]
ONES = "ffff:ffff:ffff:ffff"
IPV6_BLOCKS = [
    ("::", "::", "unspecified", None, None),
    ("::1", "::1", "loopback", None, None),
    ("64:ff9b:1::", f"64:ff9b:1:ffff:{ONES}", "NAT64, embeds an IPv4 address", None, None),
    ("100::", f"100::{ONES}", "discard-only", None, None),
    ("100:0:0:1::", f"100:0:0:1:{ONES}", "dummy prefix", None, None),
    ("100:0:0:2::", f"1fff:ffff:ffff:ffff:{ONES}", "reserved", None, "2000::"),
    ("2001:1::", "2001:1::3", "IETF protocol assignments", None, None),
    ("2001:2::", f"2001:2:0:ffff:{ONES}", "benchmark", None, None),
    ("2001:3::", f"2001:f:ffff:ffff:{ONES}", "IETF protocol assignments", None, None),
    ("2001:10::", f"2001:1f:ffff:ffff:{ONES}", "ORCHID", None, None),
    ("2001:20::", f"2001:2f:ffff:ffff:{ONES}", "ORCHID", None, None),
    ("2001:30::", f"2001:3f:ffff:ffff:{ONES}", "drone remote identification", None, None),
    ("2001:40::", f"2001:1ff:ffff:ffff:{ONES}", "IETF protocol assignments", None, "2001:200::"),
    (
        "2001:db8::",
        f"2001:db8:ffff:ffff:{ONES}",
        "documentation",
        f"2001:db7:ffff:ffff:{ONES}",
        "2001:db9::",
    ),
    (
        "2620:4f:8000::",
        f"2620:4f:8000:ffff:{ONES}",
        "anycast service",
        f"2620:4f:7fff:ffff:{ONES}",
        "2620:4f:8001::",
    ),
    (
        "3fff::",
        f"3fff:fff:ffff:ffff:{ONES}",
        "documentation",
        f"3ffe:ffff:ffff:ffff:{ONES}",
        "3fff:1000::",
    ),
    ("4000::", f"5eff:ffff:ffff:ffff:{ONES}", "reserved", f"3fff:ffff:ffff:ffff:{ONES}", None),
    ("5f00::", f"5f00:ffff:ffff:ffff:{ONES}", "segment routing", None, None),
    ("5f01::", f"fbff:ffff:ffff:ffff:{ONES}", "reserved", None, None),
    ("fc00::", f"fdff:ffff:ffff:ffff:{ONES}", "private", None, None),
    ("fe00::", f"fe7f:ffff:ffff:ffff:{ONES}", "reserved", None, None),
    ("fe80::", f"febf:ffff:ffff:ffff:{ONES}", "link-local", None, None),
    ("fec0::", f"feff:ffff:ffff:ffff:{ONES}", "private", None, None),
    ("ff00::", f"ffff:ffff:ffff:ffff:{ONES}", "multicast", None, None),
]
INTERNAL = [
    "0.0.0.0",
    "10.0.0.1",
    "100.100.100.200",
    "127.0.0.1",
    "169.254.169.254",
    "172.31.0.1",
    "192.168.1.1",
    "198.18.0.1",
    "224.0.0.1",
    "255.255.255.255",
]


def embed(ipv4: str, block: str, shift: int = 0, flipped: int = 0) -> str:
    """Return an address of an IPv6 block that embeds `ipv4`, `shift` bits from the right."""
    embedded = (int(ipaddress.IPv4Address(ipv4)) ^ flipped) << shift
    return str(ipaddress.IPv6Address(int(ipaddress.IPv6Network(block).network_address) | embedded))


EMBEDDINGS = {
    "IPv4-mapped": lambda ipv4: embed(ipv4, "::ffff:0:0/96"),
    "IPv4-translated": lambda ipv4: embed(ipv4, "::ffff:0:0:0/96"),
    "IPv4-compatible": lambda ipv4: embed(ipv4, "::/96"),
    "6to4": lambda ipv4: embed(ipv4, "2002::/16", shift=80),
    "Teredo": lambda ipv4: embed(ipv4, "2001::/32", flipped=0xFFFFFFFF),
    "ISATAP": lambda ipv4: embed(ipv4, "2600:1f00::5efe:0:0/96"),
    "ISATAP, global": lambda ipv4: embed(ipv4, "2600:1f00::200:5efe:0:0/96"),
    "NAT64": lambda ipv4: embed(ipv4, "64:ff9b::/96"),
    "NAT64, local use": lambda ipv4: embed(ipv4, "64:ff9b:1::/96"),
}


@pytest.mark.parametrize(("first", "last", "reason", "before", "after"), IPV4_BLOCKS + IPV6_BLOCKS)
def test_s1_special_blocks_are_blocked_from_first_to_last_address(
    first: str, last: str, reason: str, before: str | None, after: str | None
) -> None:
    assert blocked_reason(first) == reason
    assert blocked_reason(last) == reason
    for neighbour in filter(None, (before, after)):
        assert blocked_reason(neighbour) is None


@pytest.mark.parametrize(
    "address",
    ["1.1.1.1", "8.8.8.8", "104.18.6.192", "223.5.5.5", "2606:4700:4700::1111", "2a00:1450::200e"],
)
def test_s1_global_unicast_passes(address: str) -> None:
    assert blocked_reason(address) is None


@pytest.mark.parametrize(
    "address",
    ["169.254.169.254", "169.254.170.2", "fd00:ec2::254", "100.100.100.200", "192.0.0.192"],
)
def test_s1_cloud_metadata_addresses_are_blocked(address: str) -> None:
    assert blocked_reason(address) is not None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "example.com",
        "2130706433",
        "0x7f.0.0.1",
        "0177.0.0.1",
        "127.1",
        "1.2.3",
        "8.8.8.8.",
        "8.8.8.08",
        " 8.8.8.8",
        "8.8.8.8\n",
        "8.8.8.8\x00",
        "\uff18.8.8.8",
        "[2606:4700::1]",
        "2606:4700:::1",
    ],
)
def test_s1_text_that_is_not_a_canonical_address_is_blocked(text: str) -> None:
    assert blocked_reason(text) == "not an IP address"
    assert canonical_ip(text) is None


def test_s1_an_address_with_a_zone_is_blocked() -> None:
    assert blocked_reason("fe80::1%eth0") == "link-local"
    assert blocked_reason("2606:4700::1%eth0") == "bound to a network interface"


def test_canonical_ip_returns_the_short_lower_case_form() -> None:
    assert canonical_ip("2606:4700:0:0:0:0:0:ABCD") == "2606:4700::abcd"
    assert canonical_ip("8.8.8.8") == "8.8.8.8"


@given(st.ip_addresses(v=4) | st.ip_addresses(v=6))
def test_s1_addresses_that_are_not_blocked_are_global_in_the_standard_library(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> None:
    if blocked_reason(str(address)) is None:
        assert address.is_global
        assert not address.is_multicast


@given(st.ip_addresses(v=4) | st.ip_addresses(v=6, network="2000::/3"))
@example(ipaddress.IPv4Address("1.0.0.1"))
@example(ipaddress.IPv6Address("2001:4860:4860::8888"))
def test_s1_global_addresses_that_are_blocked_belong_to_a_known_block(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> None:
    """Older versions of Python lack some blocks, and classify anycast services as global."""
    reason = blocked_reason(str(address))
    if reason is not None and address.is_global:
        stricter = {"multicast", "anycast service", "6to4 relay", "cloud metadata"}
        stricter |= {"documentation", "IETF protocol assignments", "ORCHID", "benchmark"}
        stricter |= {"drone remote identification"}
        assert reason in stricter or "embeds the IPv4 address" in reason


@pytest.mark.parametrize("form", EMBEDDINGS)
@pytest.mark.parametrize("ipv4", INTERNAL)
def test_s2_ipv6_forms_with_an_internal_ipv4_address_are_blocked(form: str, ipv4: str) -> None:
    assert blocked_reason(EMBEDDINGS[form](ipv4)) is not None


@pytest.mark.parametrize("form", ["IPv4-mapped", "IPv4-translated", "6to4", "Teredo", "ISATAP"])
def test_s2_the_reason_names_the_form_and_the_embedded_address(form: str) -> None:
    assert (
        blocked_reason(EMBEDDINGS[form]("127.0.0.1"))
        == f"{form}, embeds the IPv4 address 127.0.0.1"
    )


@pytest.mark.parametrize("form", sorted(EMBEDDINGS.keys() - {"NAT64"}))
def test_s2_forms_with_a_public_ipv4_address_are_blocked_as_well(form: str) -> None:
    assert blocked_reason(EMBEDDINGS[form]("8.8.8.8")) is not None


def test_s2_nat64_is_classified_by_the_embedded_address() -> None:
    assert blocked_reason("64:ff9b::808:808") is None
    assert blocked_reason("64:ff9b::a00:1") == "NAT64, embeds the IPv4 address 10.0.0.1, private"
    assert blocked_reason("64:ff9b::1:808:808") == "reserved"


@given(st.ip_addresses(v=4), st.sampled_from(sorted(EMBEDDINGS)))
def test_s2_an_ipv6_form_is_blocked_if_its_embedded_address_is(
    ipv4: ipaddress.IPv4Address, form: str
) -> None:
    if blocked_reason(str(ipv4)) is not None:
        assert blocked_reason(EMBEDDINGS[form](str(ipv4))) is not None
