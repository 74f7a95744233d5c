"""Names are resolved within a deadline; a host with a blocked address is refused (S1, S3)."""

from __future__ import annotations

import socket
import threading
from types import SimpleNamespace
from typing import Any

import pytest

from api.upstream.addresses import blocked_reason
from api.upstream.resolver import (
    CACHE_SECONDS,
    CACHE_SIZE,
    MAX_LOOKUPS,
    BlockedAddress,
    ResolveFailed,
    Resolver,
    ResolveTimeout,
    resolve,
    resolve_public,
)
from tests.support.products import Clock


class FakeGetAddressInfo:
    """Replace getaddrinfo: return addresses from a table, record the hosts, wait for `gate`."""

    def __init__(self, **addresses: list[str]) -> None:
        self.addresses = addresses
        self.hosts: list[str] = []
        self.gate = threading.Event()
        self.gate.set()
        self.hanging = ""

    def __call__(self, host: str, port: int, family: int, kind: int) -> list[tuple[Any, ...]]:
        self.hosts.append(host)
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


def test_resolve_returns_each_address_once_in_the_resolvers_order() -> None:
    names = FakeGetAddressInfo(api=["2606:4700::1", "8.8.8.8", "8.8.8.8", "1.1.1.1"])
    assert resolve("api", 443, 5, names) == ["2606:4700::1", "8.8.8.8", "1.1.1.1"]


def test_resolve_uses_the_systems_resolver_by_default() -> None:
    assert set(resolve("localhost", 443, 30)) & {"127.0.0.1", "::1"}


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1"])
def test_a_literal_address_is_not_looked_up(address: str) -> None:
    names = FakeGetAddressInfo()
    assert resolve(address, 443, 0, names) == [address]
    assert Resolver(names).lookup(address, 443, 0) == (address,)
    assert names.hosts == []


def test_a_name_without_an_address_fails() -> None:
    names = FakeGetAddressInfo(empty=[])
    with pytest.raises(ResolveFailed, match="nowhere could not be resolved: Name or service"):
        resolve("nowhere", 443, 5, names)
    with pytest.raises(ResolveFailed):
        resolve("empty", 443, 5, names)
    with pytest.raises(ResolveFailed):
        Resolver(names).lookup("nowhere", 443, 5)


def test_a_name_that_the_resolver_cannot_encode_fails() -> None:
    with pytest.raises(ResolveFailed):
        resolve("a" * 64 + ".example", 443, 30)


def test_a_hanging_resolver_does_not_delay_the_timeout() -> None:
    names = FakeGetAddressInfo(api=["8.8.8.8"])
    names.gate.clear()
    try:
        with pytest.raises(ResolveTimeout):
            resolve("api", 443, 0.01, names)
        with pytest.raises(ResolveTimeout):
            Resolver(names).lookup("api", 443, 0.01)
    finally:
        names.gate.set()


def test_callers_share_a_lookup_that_outlives_their_timeouts() -> None:
    names = FakeGetAddressInfo(api=["8.8.8.8"])
    names.gate.clear()
    resolver = Resolver(names)
    try:
        for _ in range(3):
            with pytest.raises(ResolveTimeout):
                resolver.lookup("api", 443, 0.01)
    finally:
        names.gate.set()
    assert resolver.lookup("api", 443, 30) == ("8.8.8.8",)
    assert names.hosts == ["api"]


def test_the_number_of_hanging_lookups_is_limited() -> None:
    hanging = [f"slow{number}" for number in range(MAX_LOOKUPS)]
    names = FakeGetAddressInfo(fast=["8.8.8.8"], **{host: ["8.8.4.4"] for host in hanging})
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


def test_results_are_kept_for_a_short_time_and_failures_are_not() -> None:
    names, clock = FakeGetAddressInfo(api=["8.8.8.8"]), Clock()
    resolver = Resolver(names, clock)
    for _ in range(2):
        assert resolver.lookup("api", 443, 30) == ("8.8.8.8",)
        with pytest.raises(ResolveFailed):
            resolver.lookup("nowhere", 443, 30)
    assert sorted(names.hosts) == ["api", "nowhere", "nowhere"]

    names.addresses["api"] = ["1.1.1.1"]
    clock.now += CACHE_SECONDS - 0.5
    assert resolver.lookup("api", 443, 30) == ("8.8.8.8",)
    clock.now += 0.5
    assert resolver.lookup("api", 443, 30) == ("1.1.1.1",)
    assert CACHE_SECONDS <= 10


def test_no_more_results_are_kept_than_the_limit_and_the_oldest_goes_first() -> None:
    hosts = [f"host{number}" for number in range(CACHE_SIZE + 1)]
    names = FakeGetAddressInfo(**{host: ["8.8.8.8"] for host in hosts})
    resolver = Resolver(names, Clock())
    for host in hosts:
        resolver.lookup(host, 443, 30)
    resolver.lookup(hosts[1], 443, 30)
    resolver.lookup(hosts[-1], 443, 30)
    assert names.hosts == hosts
    resolver.lookup(hosts[0], 443, 30)
    assert names.hosts == [*hosts, hosts[0]]


def test_concurrent_threads_share_lookups() -> None:
    hosts = [f"host{number}" for number in range(4)]
    names = FakeGetAddressInfo(**{host: [f"8.8.8.{number}"] for number, host in enumerate(hosts)})
    resolver = Resolver(names)
    results: list[tuple[str, tuple[str, ...]]] = []

    def look_up() -> None:
        for host in hosts * 20:
            results.append((host, resolver.lookup(host, 443, 30)))

    threads = [threading.Thread(target=look_up) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(results) == {(host, (f"8.8.8.{number}",)) for number, host in enumerate(hosts)}
    assert len(results) == 8 * 20 * 4
    assert sorted(names.hosts) == hosts


def base_url(host: str, port: int = 443) -> SimpleNamespace:
    return SimpleNamespace(host=host, port=port)


def test_s3_all_addresses_are_returned_when_all_are_public() -> None:
    resolver = Resolver(FakeGetAddressInfo(api=["2606:4700::1", "8.8.8.8"]))
    assert resolve_public(resolver, base_url("api"), False, 30) == ("2606:4700::1", "8.8.8.8")


@pytest.mark.parametrize("position", [0, 1, 2])
@pytest.mark.parametrize("address", ["127.0.0.1", "169.254.169.254", "::1", "::ffff:10.0.0.1"])
def test_s3_one_blocked_address_blocks_the_host(position: int, address: str) -> None:
    addresses = ["8.8.8.8", "1.1.1.1"]
    addresses.insert(position, address)
    with pytest.raises(BlockedAddress) as caught:
        resolve_public(Resolver(FakeGetAddressInfo(api=addresses)), base_url("api"), False, 30)
    assert (caught.value.host, caught.value.address) == ("api", address)
    assert caught.value.reason == blocked_reason(address)


def test_s3_cached_addresses_are_checked_at_each_call() -> None:
    resolver = Resolver(FakeGetAddressInfo(api=["127.0.0.1"]))
    assert resolve_public(resolver, base_url("api"), True, 30) == ("127.0.0.1",)
    with pytest.raises(BlockedAddress):
        resolve_public(resolver, base_url("api"), False, 30)


def test_s3_a_rebound_name_is_blocked_when_the_cached_result_expires() -> None:
    names, clock = FakeGetAddressInfo(api=["8.8.8.8"]), Clock()
    resolver = Resolver(names, clock)
    assert resolve_public(resolver, base_url("api"), False, 30) == ("8.8.8.8",)
    names.addresses["api"] = ["127.0.0.1"]
    clock.now += CACHE_SECONDS
    with pytest.raises(BlockedAddress):
        resolve_public(resolver, base_url("api"), False, 30)


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "10.0.0.1", "2130706433", "0177.0.0.1"])
def test_s1_a_literal_address_is_checked_like_a_resolved_one(address: str) -> None:
    """Non-canonical forms are not literals here; the system's resolver resolves them."""
    names = FakeGetAddressInfo(**{"2130706433": ["127.0.0.1"], "0177.0.0.1": ["127.0.0.1"]})
    with pytest.raises(BlockedAddress):
        resolve_public(Resolver(names), base_url(address), False, 30)


def test_s6_addresses_of_an_allow_listed_host_are_not_checked() -> None:
    assert resolve_public(
        Resolver(FakeGetAddressInfo()), base_url("127.0.0.1", 8000), True, 30
    ) == ("127.0.0.1",)
