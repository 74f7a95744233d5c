"""The development allow-list has exact entries (S6)."""

from __future__ import annotations

import pytest

from api.upstream.base_url import (
    InvalidBaseUrl,
    parse_allowed,
    parse_base_url,
)
from tests.unit.upstream.samples import NOTHING_ALLOWED


def test_s6_the_allow_list_is_parsed_to_canonical_entries() -> None:
    assert parse_allowed("") == parse_allowed("  ") == NOTHING_ALLOWED
    text = "127.0.0.1:8000, LocalHost:9000,[0:0::1]:8080 ,api.example.com:80"
    assert parse_allowed(text) == {
        "127.0.0.1:8000",
        "localhost:9000",
        "[::1]:8080",
        "api.example.com:80",
    }


@pytest.mark.parametrize(
    "entry",
    [
        "localhost",
        "localhost:",
        "localhost:0",
        "localhost:65536",
        "localhost:http",
        "localhost:*",
        "*:8000",
        "*.example.com:443",
        "127.0.0.0/8:80",
        "http://localhost:8000",
        "localhost:8000/",
        "user@localhost:8000",
        "localhost.:8000",
        "::1:8000",
        "[::1]",
        "[::1%25lo]:8000",
        "2130706433:80",
        "127.1:80",
        "b\u00fccher.example:80",
        "local host:80",
        "\u212aelvin.example:80",
    ],
)
def test_s6_an_entry_that_is_not_an_exact_host_and_port_is_refused_and_named(entry: str) -> None:
    with pytest.raises(InvalidBaseUrl) as caught:
        parse_allowed(f"127.0.0.1:8000,{entry}")
    assert repr(entry) in caught.value.reason


@pytest.mark.parametrize("text", [",", "a:1,", ",a:1", "a:1,,b:2"])
def test_s6_empty_entries_are_refused(text: str) -> None:
    with pytest.raises(InvalidBaseUrl):
        parse_allowed(text)


@pytest.mark.parametrize(
    ("entry", "text"),
    [
        ("127.0.0.1:8000", "http://127.0.0.1:8000/v1"),
        ("127.0.0.1:8000", "https://127.0.0.1:8000/v1"),
        ("localhost:8000", "http://LOCALHOST:8000/v1"),
        ("localhost:80", "http://localhost/v1"),
        ("localhost:443", "https://localhost/v1"),
        ("[::1]:8000", "http://[0::1]:8000/v1"),
        ("upstream:8000", "http://upstream:8000/v1"),
        ("printer.local:631", "http://printer.local:631/v1"),
    ],
)
def test_s6_an_allow_listed_host_and_port_may_be_local_and_http(entry: str, text: str) -> None:
    result = parse_base_url(text, parse_allowed(entry))
    assert result.host_and_port == entry
    assert result.prefix == "/v1"
    with pytest.raises(InvalidBaseUrl):
        parse_base_url(text, NOTHING_ALLOWED)


@pytest.mark.parametrize(
    "text",
    [
        "http://127.0.0.1:8001/",
        "http://127.0.0.1/",
        "https://127.0.0.1/",
        "http://127.0.0.2:8000/",
        "http://localhost:8000/",
        "http://[::ffff:127.0.0.1]:8000/",
        "http://127.1:8000/",
        "http://2130706433:8000/",
        "http://127.0.0.1.:8000/",
        "http://x@127.0.0.1:8000/",
        "http://127.0.0.1:8000/..",
        "http://127.0.0.1:8000?x",
        "http://api.example.com:8000/",
    ],
)
def test_s6_the_allow_list_allows_exactly_its_entries_and_lifts_no_other_rule(text: str) -> None:
    with pytest.raises(InvalidBaseUrl):
        parse_base_url(text, frozenset({"127.0.0.1:8000"}))
