"""Base URLs are parsed strictly (S4, S7)."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.upstream.base_url import (
    ALLOWED_PORTS,
    MAX_BASE_URL_LENGTH,
    InvalidBaseUrl,
    parse_base_url,
)
from api.upstream.paths import MAX_ENCODING_DEPTH
from tests.unit.upstream.samples import (
    LONGEST_NAME,
    NOTHING_ALLOWED,
    base_url,
)


@pytest.mark.parametrize(
    ("text", "parsed"),
    [
        ("https://api.example.com", ("https", "api.example.com", 443, "")),
        ("https://api.example.com/", ("https", "api.example.com", 443, "")),
        ("https://api.example.com/v1/", ("https", "api.example.com", 443, "/v1")),
        ("HTTPS://API.Example.COM/V1", ("https", "api.example.com", 443, "/V1")),
        ("https://api.example.com:443/v1", ("https", "api.example.com", 443, "/v1")),
        ("https://api.example.com:8443", ("https", "api.example.com", 8443, "")),
        ("https://xn--bcher-kva.example/", ("https", "xn--bcher-kva.example", 443, "")),
        ("https://a.b-c.d1.example/x", ("https", "a.b-c.d1.example", 443, "/x")),
        ("https://8.8.8.8/dns", ("https", "8.8.8.8", 443, "/dns")),
        ("https://[2606:4700:0:0::1111]/", ("https", "2606:4700::1111", 443, "")),
        ("https://api.example.com/a%20b/~c;d=1/e@f:g", None),
        (f"https://{LONGEST_NAME}", ("https", LONGEST_NAME, 443, "")),
    ],
)
def test_a_base_url_is_parsed(text: str, parsed: tuple[str, str, int, str] | None) -> None:
    parsed = parsed or ("https", "api.example.com", 443, "/a%20b/~c;d=1/e@f:g")
    result = parse_base_url(text, NOTHING_ALLOWED)
    assert (result.scheme, result.host, result.port, result.prefix) == parsed
    assert parse_base_url(result.url, NOTHING_ALLOWED) == result


@pytest.mark.parametrize(
    ("text", "authority", "url"),
    [
        ("https://api.example.com:443/v1/", "api.example.com", "https://api.example.com/v1"),
        ("https://api.example.com:8443/", "api.example.com:8443", "https://api.example.com:8443"),
        ("https://[2606:4700::1]/v1", "[2606:4700::1]", "https://[2606:4700::1]/v1"),
        ("https://[2606:4700::1]:8443", "[2606:4700::1]:8443", "https://[2606:4700::1]:8443"),
    ],
)
def test_authority_origin_and_url_are_normalised(text: str, authority: str, url: str) -> None:
    result = parse_base_url(text, NOTHING_ALLOWED)
    assert result.authority == authority
    assert result.origin == f"https://{authority}"
    assert result.url == url


def test_only_the_default_port_is_left_out_of_the_host_header() -> None:
    allowed = frozenset({"localhost:80", "localhost:443"})
    assert parse_base_url("http://localhost:80", allowed).authority == "localhost"
    assert parse_base_url("http://localhost:443", allowed).authority == "localhost:443"
    assert parse_base_url("https://localhost:80", allowed).authority == "localhost:80"


def test_s4_the_ports_are_the_documented_ones() -> None:
    assert {443, 8443} == ALLOWED_PORTS


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("http://api.example.com", "https://"),
        ("HTTP://api.example.com", "https://"),
        ("http://api.example.com:443", "https://"),
        ("http://api.example.com:8443", "https://"),
        ("ftp://api.example.com", "look like"),
        ("file:///etc/passwd", "look like"),
        ("gopher://api.example.com", "look like"),
        ("javascript:alert(1)", "look like"),
        ("https:api.example.com", "look like"),
        ("https:/api.example.com", "look like"),
        ("https:///api.example.com", "look like"),
        ("https://", "look like"),
        ("//api.example.com", "look like"),
        ("api.example.com", "look like"),
        ("/v1", "look like"),
        ("", "look like"),
    ],
)
def test_s4_only_https_is_accepted(text: str, reason: str) -> None:
    with pytest.raises(InvalidBaseUrl, match=reason):
        parse_base_url(text, NOTHING_ALLOWED)


@pytest.mark.parametrize(
    "text",
    [
        "https://user@api.example.com",
        "https://user:secret@api.example.com/",
        "https://@api.example.com",
        "https://:@api.example.com",
        "https://api.example.com@evil.example",
        "https://api.example.com:443@evil.example",
        "https://a@b@api.example.com",
        "https://[2606:4700::1]@evil.example",
    ],
)
def test_s4_user_names_and_passwords_are_refused_and_not_shown(text: str) -> None:
    with pytest.raises(InvalidBaseUrl, match="user name or password") as caught:
        parse_base_url(text, NOTHING_ALLOWED)
    assert "secret" not in caught.value.reason


@pytest.mark.parametrize(
    "port",
    [
        "80",
        "8080",
        "22",
        "25",
        "6379",
        "3306",
        "9200",
        "444",
        "8442",
        "1",
        "65535",
        "65536",
        "99999",
        "0",
        "0443",
        "+443",
        "-443",
        "443 ",
        "",
        "443:80",
        "https",
        "0x1bb",
        "4_43",
    ],
)
def test_s4_other_ports_are_refused(port: str) -> None:
    for host in ("api.example.com", "8.8.8.8", "[2606:4700::1]"):
        with pytest.raises(InvalidBaseUrl):
            parse_base_url(f"https://{host}:{port}/", NOTHING_ALLOWED)


@pytest.mark.parametrize(
    "text",
    [
        "https://api.example.com?x=1",
        "https://api.example.com/?",
        "https://api.example.com/v1?x=1",
        "https://api.example.com#x",
        "https://api.example.com/v1#",
        "https://api.example.com#@evil.example",
        "https://evil.example\\@api.example.com",
        "https:\\\\api.example.com",
        "https://api.example.com\\v1",
        "https://api.example.com/v1\\..",
        " https://api.example.com",
        "https://api.example.com ",
        "https://api.example.com/a b",
        "https://api.\texample.com",
        "https://api.example.com\r\nHost: evil.example",
        "https://api.example.com/\n",
        "ht\ntps://api.example.com",
        "https://api.example.com/\x00",
        "https://api.example.com/\x7f",
        "https://api.example.com\u2028",
        "https://api.example.com/\u00e9",
        "https://api.example.com/\u2025/",
    ],
)
def test_s4_queries_fragments_backslashes_blanks_and_controls_are_refused(text: str) -> None:
    with pytest.raises(InvalidBaseUrl, match=r"must not contain|ASCII"):
        parse_base_url(text, NOTHING_ALLOWED)


@pytest.mark.parametrize(
    "path",
    [
        "/.",
        "/..",
        "/v1/..",
        "/v1/../v2",
        "/v1/./x",
        "/%2e%2e",
        "/%2E%2e/x",
        "/.%2e",
        "/v1/%2e/x",
        "/..;x/y",
        "/%252e%252e",
        "/..%2fx",
        "/a%2Fb",
        "/a%5cb",
        "/a%252fb",
        "/a%25b",
        "/%00",
        "/a%0d%0ab",
        "/%1f",
        "/%7F",
        "/%c0%ae%c0%ae/x",
        "/%c0%8a",
        "//",
        "//v1",
        "/v1//x",
        "/v1//",
        "/a%",
        "/a%2",
        "/a%zz",
        "/a%u002e",
        '/"',
        "/<x>",
        "/^",
        "/`",
        "/|",
        "/[x]",
    ],
)
def test_s7_dot_segments_and_encoded_syntax_in_base_urls_are_refused(
    path: str,
) -> None:
    with pytest.raises(InvalidBaseUrl, match="path"):
        parse_base_url(f"https://api.example.com{path}", NOTHING_ALLOWED)


def test_an_encoding_that_nests_too_deeply_is_an_invalid_base_url() -> None:
    percent = "%c0%a5"
    for _ in range(MAX_ENCODING_DEPTH - 1):
        percent = percent.replace("%", "%c0%a5")
    with pytest.raises(InvalidBaseUrl, match="times"):
        parse_base_url(f"https://api.example.com/{percent}41", NOTHING_ALLOWED)


@pytest.mark.parametrize(
    "path", ["/.well-known", "/...", "/v1.0", "/a..b", "/a.", "/%C3%A9", "/a%20b"]
)
def test_harmless_dots_and_encodings_are_kept_in_the_base_path(path: str) -> None:
    assert base_url(f"https://api.example.com{path}").prefix == path


def test_a_base_url_has_at_most_the_documented_length() -> None:
    start = "https://api.example.com/"
    longest = start + "a" * (MAX_BASE_URL_LENGTH - len(start))
    assert base_url(longest).url == longest
    with pytest.raises(InvalidBaseUrl, match="longer than 2048"):
        base_url(longest + "a")


def test_a_placeholder_is_parsed_only_if_it_is_allowed() -> None:
    text = "https://api.telegram.org/bot{token}"
    result = parse_base_url(text, NOTHING_ALLOWED, placeholder=True)
    assert (result.prefix, result.placeholder, result.url) == ("/bot{token}", "token", text)
    assert (
        parse_base_url("https://a.example/{key}/v1", NOTHING_ALLOWED, placeholder=True).placeholder
        == "key"
    )
    assert base_url().placeholder is None
    with pytest.raises(InvalidBaseUrl, match=r"one \{name\}"):
        parse_base_url(text, NOTHING_ALLOWED)


@pytest.mark.parametrize(
    "path",
    [
        "/{a}/{b}",
        "/{a}{a}",
        "/{}",
        "/{a",
        "/a}",
        "/{{a}}",
        "/{a b}",
        "/{a/b}",
        "/{1}",
        "/{a-b}",
        "/.{a}",
        "/{a}..",
        "/.{a}.",
        "/{a}/..",
        "/{a}//b",
        "/{a}%2f",
    ],
)
def test_s7_malformed_placeholders_and_placeholders_next_to_dots_are_refused(path: str) -> None:
    with pytest.raises(InvalidBaseUrl):
        parse_base_url(f"https://api.example.com{path}", NOTHING_ALLOWED, placeholder=True)


def test_a_placeholder_in_the_host_is_refused() -> None:
    with pytest.raises(InvalidBaseUrl):
        parse_base_url("https://{tenant}.example.com/", NOTHING_ALLOWED, placeholder=True)


@given(
    st.text(max_size=60) | st.from_regex(r"https://[a-z0-9.@:\[\]%/\\?#;-]{1,40}", fullmatch=True)
)
def test_s4_another_parser_reads_accepted_base_urls_in_the_same_way(text: str) -> None:
    try:
        result = parse_base_url(text, NOTHING_ALLOWED)
    except InvalidBaseUrl:
        return
    other = urlsplit(text)
    assert (other.scheme, other.hostname, other.port or 443) == ("https", result.host, result.port)
    assert (other.username, other.password, other.query, other.fragment) == (None, None, "", "")
    assert other.path.removesuffix("/") == result.prefix
    assert parse_base_url(result.url, NOTHING_ALLOWED) == result
