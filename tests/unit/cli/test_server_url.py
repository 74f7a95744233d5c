"""The address of a server."""

from __future__ import annotations

import pytest

from api.cli.errors import USAGE, CliError
from api.cli.server_url import default_name, is_loopback_url, parse_server_url


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("http://127.0.0.1:8420", "http://127.0.0.1:8420"),
        ("http://127.0.0.1:8420/", "http://127.0.0.1:8420"),
        (" http://localhost:8420// ", "http://localhost:8420"),
        ("http://dash.localhost:80", "http://dash.localhost"),
        ("http://[::1]:8420", "http://[::1]:8420"),
        ("HTTPS://D1234.CloudFront.NET:443/", "https://d1234.cloudfront.net"),
        ("https://dash.example.com:8443", "https://dash.example.com:8443"),
        ("https://dash.müller.example", "https://dash.xn--mller-kva.example"),
    ],
)
def test_an_address_becomes_an_origin(text: str, url: str) -> None:
    assert parse_server_url(text) == url
    assert parse_server_url(url) == url


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("", "scheme"),
        ("127.0.0.1:8420", "write http://"),
        ("localhost", "write http://"),
        ("dash.example.com", "write https://"),
        ("ftp://dash.example.com", "https://"),
        ("http://dash.example.com", "https://dash.example.com"),
        ("http://127.0.0.1.example.com", "https://127.0.0.1.example.com"),
        ("http://0.0.0.0:8420", "Plain http"),
        ("http://192.168.1.5:8420", "SSH tunnel"),
        ("https://ada:hunter2@dash.example.com", "Leave user and password out"),
        ("https://hunter2@dash.example.com", "Leave user and password out"),
        ("https://dash.example.com/keys", "without a path: https://dash.example.com."),
        ("https://dash.example.com/?x=hunter2", "without a path: https://dash.example.com."),
        ("https://dash.example.com#x", "without a path"),
        ("https://", "not a valid URL"),
        ("https://:443", "not a valid URL"),
        ("https://a..example", "not a valid URL"),
        (f"https://{'a' * 64}.example", "not a valid URL"),
        ("https://dash example.com", "not a valid URL"),
        ("https://dash.example.com:99999", "not a valid URL"),
        ("https://dash.example.com:port", "not a valid URL"),
        ("http://[::1", "not a valid URL"),
    ],
)
def test_a_wrong_address_says_what_to_write(text: str, part: str) -> None:
    with pytest.raises(CliError) as caught:
        parse_server_url(text)
    assert part in caught.value.message
    assert "hunter2" not in caught.value.message
    assert caught.value.exit_code == USAGE


def test_only_this_machine_is_loopback() -> None:
    assert is_loopback_url("http://127.8.9.1:1")
    assert is_loopback_url("https://[::1]")
    assert not is_loopback_url("https://localhost.example.com")
    assert not is_loopback_url("https://10.0.0.1")


def test_a_login_is_named_after_host_and_port() -> None:
    assert default_name("http://127.0.0.1:8420") == "127.0.0.1:8420"
    assert default_name("https://dash.example.com") == "dash.example.com"
