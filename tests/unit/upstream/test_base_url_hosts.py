"""Base URLs with malformed, local or blocked hosts are refused (S1, S2, S4)."""

from __future__ import annotations

import pytest

from api.upstream.base_url import (
    InvalidBaseUrl,
    parse_base_url,
)
from tests.unit.upstream.samples import (
    LONGEST_NAME,
    NOTHING_ALLOWED,
)


@pytest.mark.parametrize(
    "host",
    [
        ".",
        "..",
        ".example.com",
        "api..example.com",
        "api.example.com.",
        "api.example.com..",
        "-api.example.com",
        "api-.example.com",
        "api.example-",
        "api_x.example.com",
        "*.example.com",
        "{name}.example.com",
        "api.example.com%40evil.example",
        "api%2eexample.com",
        "api.example.com,evil.example",
        "api.example.com;evil.example",
        "a" * 64 + ".example.com",
        LONGEST_NAME.replace("b", "bb", 1),
        "b\u00fccher.example",
        "ex\u0430mple.com",
        "api\u3002example.com",
        "api.example.com\u200b",
        "\u2460.example.com",
        "[2606:4700::1",
        "2606:4700::1]",
        "2606:4700::1",
        "[]",
        "[8.8.8.8]",
        "[api.example.com]",
        "[2606:4700:::1]",
        "[2606:4700::1%25eth0]",
        "[2606:4700::1%eth0]",
        "[2606:4700::1]x",
        "x[2606:4700::1]",
        "[v1.x]",
    ],
)
def test_s4_malformed_hosts_are_refused(host: str) -> None:
    with pytest.raises(InvalidBaseUrl):
        parse_base_url(f"https://{host}/", NOTHING_ALLOWED)


@pytest.mark.parametrize(
    "host",
    [
        "2130706433",
        "134744072",
        "0x7f000001",
        "0x08080808",
        "017700000001",
        "0x7f.1",
        "0x7f.0.0.0x1",
        "0177.0.0.1",
        "010.8.8.8",
        "127.1",
        "8.8",
        "8.8.2056",
        "127.0.0.01",
        "8.8.8.8.",
        "8.8.8.8.8",
        "256.8.8.8",
        "8.8.8.0x8",
        "example.123",
        "example.0x",
        "\uff18.8.8.8",
        "8\u30028\u30028\u30028",
    ],
)
def test_s4_non_canonical_ipv4_addresses_are_refused_even_if_they_are_public(
    host: str,
) -> None:
    with pytest.raises(InvalidBaseUrl):
        parse_base_url(f"https://{host}/", NOTHING_ALLOWED)


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "LOCALHOST",
        "api.localhost",
        "localhost.localdomain",
        "metadata",
        "instance-data",
        "intranet",
        "metadata.google.internal",
        "Metadata.Google.Internal",
        "ip-10-0-0-1.ec2.internal",
        "host.docker.internal",
        "metadata.goog",
        "printer.local",
        "kubernetes.default.svc.cluster.local",
        "router.lan",
        "nas.home.arpa",
        "wiki.corp",
        "site.onion",
    ],
)
def test_s1_local_and_metadata_names_are_refused(host: str) -> None:
    with pytest.raises(InvalidBaseUrl, match="not a name on the public internet"):
        parse_base_url(f"https://{host}/", NOTHING_ALLOWED)


@pytest.mark.parametrize(
    "host", ["local.example.com", "notlocal.com", "mylocalhost.com", "x.local.dev", "wiki.megacorp"]
)
def test_names_that_only_look_local_pass(host: str) -> None:
    assert parse_base_url(f"https://{host}/", NOTHING_ALLOWED).host == host


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.255.255.254",
        "0.0.0.0",
        "10.0.0.1",
        "100.100.100.200",
        "169.254.169.254",
        "172.16.0.1",
        "192.0.0.192",
        "192.0.2.1",
        "192.168.0.1",
        "198.18.0.1",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "[::]",
        "[::1]",
        "[0:0:0:0:0:0:0:1]",
        "[fe80::1]",
        "[fd00:ec2::254]",
        "[fec0::1]",
        "[ff02::1]",
        "[2001:db8::1]",
        "[3fff::1]",
        "[4000::1]",
    ],
)
def test_s1_literal_addresses_that_are_not_global_are_refused(host: str) -> None:
    with pytest.raises(InvalidBaseUrl, match="not on the public internet"):
        parse_base_url(f"https://{host}/", NOTHING_ALLOWED)


@pytest.mark.parametrize(
    "host",
    [
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[::127.0.0.1]",
        "[::ffff:0:127.0.0.1]",
        "[64:ff9b::169.254.169.254]",
        "[64:ff9b:1::a9fe:a9fe]",
        "[2002:7f00:1::]",
        "[2001:0:4136:e378:8000:63bf:80ff:fffe]",
        "[2600:1f00::5efe:127.0.0.1]",
    ],
)
def test_s2_literal_ipv6_addresses_with_an_internal_ipv4_address_are_refused(
    host: str,
) -> None:
    with pytest.raises(InvalidBaseUrl, match="embeds"):
        parse_base_url(f"https://{host}/", NOTHING_ALLOWED)
