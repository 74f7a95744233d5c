"""Which addresses may be called, and how names become addresses (S1 to S3)."""

import ipaddress
import socket
import threading
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from api.upstream.addresses import (
    MOST_KEPT,
    MOST_LOOKUPS,
    SECONDS_KEPT,
    RefusedAddress,
    ResolveFailed,
    Resolver,
    ResolveTimeout,
    blocked_reason,
    canonical,
    resolve,
    resolve_public,
)

# First and last address of each block, why it is refused, and the neighbours that pass (or None
# where a neighbour is refused for a reason of its own).
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
    ("64:ff9b:1::", f"64:ff9b:1:ffff:{ONES}", "NAT64, carries an IPv4 address", None, None),
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


def inside(ipv4: str, block: str, shift: int = 0, flipped: int = 0) -> str:
    """An address of an IPv6 block that carries `ipv4`, `shift` bits from the right."""
    carried = (int(ipaddress.IPv4Address(ipv4)) ^ flipped) << shift
    return str(ipaddress.IPv6Address(int(ipaddress.IPv6Network(block).network_address) | carried))


CARRIERS = {
    "IPv4-mapped": lambda ipv4: inside(ipv4, "::ffff:0:0/96"),
    "IPv4-translated": lambda ipv4: inside(ipv4, "::ffff:0:0:0/96"),
    "IPv4-compatible": lambda ipv4: inside(ipv4, "::/96"),
    "6to4": lambda ipv4: inside(ipv4, "2002::/16", shift=80),
    "Teredo": lambda ipv4: inside(ipv4, "2001::/32", flipped=0xFFFFFFFF),
    "ISATAP": lambda ipv4: inside(ipv4, "2600:1f00::5efe:0:0/96"),
    "ISATAP, global": lambda ipv4: inside(ipv4, "2600:1f00::200:5efe:0:0/96"),
    "NAT64": lambda ipv4: inside(ipv4, "64:ff9b::/96"),
    "NAT64, local use": lambda ipv4: inside(ipv4, "64:ff9b:1::/96"),
}


@pytest.mark.parametrize(("first", "last", "reason", "before", "after"), IPV4_BLOCKS + IPV6_BLOCKS)
def test_s1_special_blocks_are_refused_from_end_to_end_and_no_further(
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
def test_s1_cloud_metadata_addresses_are_refused(address: str) -> None:
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
def test_s1_what_is_not_an_address_in_its_one_spelling_is_refused(text: str) -> None:
    assert blocked_reason(text) == "not an IP address"
    assert canonical(text) is None


def test_s1_an_address_with_a_zone_is_refused() -> None:
    assert blocked_reason("fe80::1%eth0") == "link-local"
    assert blocked_reason("2606:4700::1%eth0") == "bound to a network interface"


def test_canonical_gives_the_short_lower_case_form() -> None:
    assert canonical("2606:4700:0:0:0:0:0:ABCD") == "2606:4700::abcd"
    assert canonical("8.8.8.8") == "8.8.8.8"


@given(st.ip_addresses(v=4) | st.ip_addresses(v=6))
def test_s1_what_passes_is_global_for_the_standard_library_too(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> None:
    if blocked_reason(str(address)) is None:
        assert address.is_global
        assert not address.is_multicast


@given(st.ip_addresses(v=4) | st.ip_addresses(v=6, network="2000::/3"))
@example(ipaddress.IPv4Address("1.0.0.1"))
@example(ipaddress.IPv6Address("2001:4860:4860::8888"))
def test_s1_what_is_refused_beyond_the_standard_library_is_a_known_block(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> None:
    """Older versions of Python do not know some blocks, and call anycast services global."""
    reason = blocked_reason(str(address))
    if reason is not None and address.is_global:
        stricter = {"multicast", "anycast service", "6to4 relay", "cloud metadata"}
        stricter |= {"documentation", "IETF protocol assignments", "ORCHID", "benchmark"}
        stricter |= {"drone remote identification"}
        assert reason in stricter or "carries the IPv4 address" in reason


@pytest.mark.parametrize("form", CARRIERS)
@pytest.mark.parametrize("ipv4", INTERNAL)
def test_s2_no_ipv6_form_carries_an_internal_ipv4_address(form: str, ipv4: str) -> None:
    assert blocked_reason(CARRIERS[form](ipv4)) is not None


@pytest.mark.parametrize("form", ["IPv4-mapped", "IPv4-translated", "6to4", "Teredo", "ISATAP"])
def test_s2_the_reason_names_the_form_and_the_address_inside(form: str) -> None:
    assert (
        blocked_reason(CARRIERS[form]("127.0.0.1")) == f"{form}, carries the IPv4 address 127.0.0.1"
    )


@pytest.mark.parametrize("form", sorted(CARRIERS.keys() - {"NAT64"}))
def test_s2_forms_that_carry_a_public_ipv4_address_are_refused_as_well(form: str) -> None:
    assert blocked_reason(CARRIERS[form]("8.8.8.8")) is not None


def test_s2_nat64_is_judged_by_the_address_inside() -> None:
    assert blocked_reason("64:ff9b::808:808") is None
    assert blocked_reason("64:ff9b::a00:1") == "NAT64, carries the IPv4 address 10.0.0.1, private"
    assert blocked_reason("64:ff9b::1:808:808") == "reserved"


@given(st.ip_addresses(v=4), st.sampled_from(sorted(CARRIERS)))
def test_s2_an_ipv6_form_never_passes_where_the_address_inside_does_not(
    ipv4: ipaddress.IPv4Address, form: str
) -> None:
    if blocked_reason(str(ipv4)) is not None:
        assert blocked_reason(CARRIERS[form](str(ipv4))) is not None


class Names:
    """Stands in for getaddrinfo: answers from a table, counts, and hangs where `gate` is closed."""

    def __init__(self, **addresses: list[str]) -> None:
        self.addresses = addresses
        self.asked: list[str] = []
        self.gate = threading.Event()
        self.gate.set()
        self.hanging = ""

    def __call__(self, host: str, port: int, family: int, kind: int) -> list[tuple[Any, ...]]:
        self.asked.append(host)
        if host.startswith(self.hanging):
            self.gate.wait()
        if host not in self.addresses:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return [
            (socket.AF_INET6, kind, 6, "", (address, port, 0, 0))
            if ":" in address
            else (socket.AF_INET, kind, 6, "", (address, port))
            for address in self.addresses[host]
        ]


class Clock:
    """A clock that is set by hand; `now` in seconds."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_resolve_gives_every_address_once_in_the_resolvers_order() -> None:
    names = Names(api=["2606:4700::1", "8.8.8.8", "8.8.8.8", "1.1.1.1"])
    assert resolve("api", 443, 5, names) == ["2606:4700::1", "8.8.8.8", "1.1.1.1"]


def test_resolve_asks_the_systems_resolver_by_default() -> None:
    assert set(resolve("localhost", 443, 30)) & {"127.0.0.1", "::1"}


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1"])
def test_a_literal_address_is_not_looked_up(address: str) -> None:
    names = Names()
    assert resolve(address, 443, 0, names) == [address]
    assert Resolver(names).lookup(address, 443, 0) == (address,)
    assert names.asked == []


def test_a_name_without_an_address_fails() -> None:
    names = Names(empty=[])
    with pytest.raises(ResolveFailed, match="nowhere could not be resolved: Name or service"):
        resolve("nowhere", 443, 5, names)
    with pytest.raises(ResolveFailed):
        resolve("empty", 443, 5, names)
    with pytest.raises(ResolveFailed):
        Resolver(names).lookup("nowhere", 443, 5)


def test_a_name_that_the_resolver_cannot_encode_fails() -> None:
    with pytest.raises(ResolveFailed):
        resolve("a" * 64 + ".example", 443, 30)


def test_a_hanging_resolver_does_not_pass_the_deadline() -> None:
    names = Names(api=["8.8.8.8"])
    names.gate.clear()
    try:
        with pytest.raises(ResolveTimeout):
            resolve("api", 443, 0.01, names)
        with pytest.raises(ResolveTimeout):
            Resolver(names).lookup("api", 443, 0.01)
    finally:
        names.gate.set()


def test_callers_of_one_name_share_a_lookup_that_outlives_their_deadlines() -> None:
    names = Names(api=["8.8.8.8"])
    names.gate.clear()
    resolver = Resolver(names)
    try:
        for _ in range(3):
            with pytest.raises(ResolveTimeout):
                resolver.lookup("api", 443, 0.01)
    finally:
        names.gate.set()
    assert resolver.lookup("api", 443, 30) == ("8.8.8.8",)
    assert names.asked == ["api"]


def test_lookups_that_hang_are_limited_in_number_and_give_their_place_back() -> None:
    hanging = [f"slow{number}" for number in range(MOST_LOOKUPS)]
    names = Names(fast=["8.8.8.8"], **{host: ["8.8.4.4"] for host in hanging})
    names.hanging = "slow"
    names.gate.clear()
    resolver = Resolver(names)
    try:
        for host in hanging:
            with pytest.raises(ResolveTimeout):
                resolver.lookup(host, 443, 0.001)
        with pytest.raises(ResolveTimeout):
            resolver.lookup("fast", 443, 30)
    finally:
        names.gate.set()
    for host in hanging:
        assert resolver.lookup(host, 443, 30) == ("8.8.4.4",)
    assert resolver.lookup("fast", 443, 30) == ("8.8.8.8",)


def test_answers_are_kept_for_a_short_time_and_failures_are_not() -> None:
    names, clock = Names(api=["8.8.8.8"]), Clock()
    resolver = Resolver(names, clock)
    for _ in range(2):
        assert resolver.lookup("api", 443, 30) == ("8.8.8.8",)
        with pytest.raises(ResolveFailed):
            resolver.lookup("nowhere", 443, 30)
    assert sorted(names.asked) == ["api", "nowhere", "nowhere"]

    names.addresses["api"] = ["1.1.1.1"]
    clock.now += SECONDS_KEPT - 0.5
    assert resolver.lookup("api", 443, 30) == ("8.8.8.8",)
    clock.now += 0.5
    assert resolver.lookup("api", 443, 30) == ("1.1.1.1",)
    assert SECONDS_KEPT <= 10


def test_no_more_answers_are_kept_than_the_limit_and_the_oldest_goes_first() -> None:
    hosts = [f"host{number}" for number in range(MOST_KEPT + 1)]
    names = Names(**{host: ["8.8.8.8"] for host in hosts})
    resolver = Resolver(names, Clock())
    for host in hosts:
        resolver.lookup(host, 443, 30)
    resolver.lookup(hosts[1], 443, 30)
    resolver.lookup(hosts[-1], 443, 30)
    assert names.asked == hosts
    resolver.lookup(hosts[0], 443, 30)
    assert names.asked == [*hosts, hosts[0]]


def test_many_threads_may_ask_at_once() -> None:
    hosts = [f"host{number}" for number in range(4)]
    names = Names(**{host: [f"8.8.8.{number}"] for number, host in enumerate(hosts)})
    resolver = Resolver(names)
    answers: list[tuple[str, tuple[str, ...]]] = []

    def ask() -> None:
        for host in hosts * 20:
            answers.append((host, resolver.lookup(host, 443, 30)))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(answers) == {(host, (f"8.8.8.{number}",)) for number, host in enumerate(hosts)}
    assert len(answers) == 8 * 20 * 4
    assert sorted(names.asked) == hosts


def base(host: str, port: int = 443) -> SimpleNamespace:
    return SimpleNamespace(host=host, port=port)


def test_s3_all_answers_come_back_when_all_are_public() -> None:
    resolver = Resolver(Names(api=["2606:4700::1", "8.8.8.8"]))
    assert resolve_public(resolver, base("api"), False, 30) == ("2606:4700::1", "8.8.8.8")


@pytest.mark.parametrize("position", [0, 1, 2])
@pytest.mark.parametrize("address", ["127.0.0.1", "169.254.169.254", "::1", "::ffff:10.0.0.1"])
def test_s3_one_refused_answer_refuses_the_host(position: int, address: str) -> None:
    addresses = ["8.8.8.8", "1.1.1.1"]
    addresses.insert(position, address)
    with pytest.raises(RefusedAddress) as refused:
        resolve_public(Resolver(Names(api=addresses)), base("api"), False, 30)
    assert (refused.value.host, refused.value.address) == ("api", address)
    assert refused.value.reason == blocked_reason(address)


def test_s3_answers_are_judged_at_each_call_and_not_only_when_they_arrive() -> None:
    resolver = Resolver(Names(api=["127.0.0.1"]))
    assert resolve_public(resolver, base("api"), True, 30) == ("127.0.0.1",)
    with pytest.raises(RefusedAddress):
        resolve_public(resolver, base("api"), False, 30)


def test_s3_a_name_that_is_rebound_is_refused_once_the_kept_answer_is_old() -> None:
    names, clock = Names(api=["8.8.8.8"]), Clock()
    resolver = Resolver(names, clock)
    assert resolve_public(resolver, base("api"), False, 30) == ("8.8.8.8",)
    names.addresses["api"] = ["127.0.0.1"]
    clock.now += SECONDS_KEPT
    with pytest.raises(RefusedAddress):
        resolve_public(resolver, base("api"), False, 30)


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "10.0.0.1", "2130706433", "0177.0.0.1"])
def test_s1_a_literal_host_is_judged_like_an_answer(address: str) -> None:
    """Odd spellings are not literals for us; the system's resolver makes an address of them."""
    names = Names(**{"2130706433": ["127.0.0.1"], "0177.0.0.1": ["127.0.0.1"]})
    with pytest.raises(RefusedAddress):
        resolve_public(Resolver(names), base(address), False, 30)


def test_s6_addresses_of_an_allow_listed_host_are_not_judged() -> None:
    assert resolve_public(Resolver(Names()), base("127.0.0.1", 8000), True, 30) == ("127.0.0.1",)
