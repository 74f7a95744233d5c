"""Base URLs are parsed strictly, and no path leaves its base URL (S1, S2, S4, S6, S7)."""

import http.client
import socketserver
import threading
from collections.abc import Iterator
from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from api.upstream.target import (
    ALLOWED_PORTS,
    DEEPEST_ENCODING,
    LONGEST_BASE_URL,
    BaseUrl,
    InvalidBaseUrl,
    RefusedPath,
    join,
    parse_allowed,
    parse_base_url,
)

NONE = frozenset[str]()
LONGEST_NAME = ".".join(["a" * 63] * 3 + ["b" * 57, "com"])


def base(text: str = "https://api.example.com/v1") -> BaseUrl:
    return parse_base_url(text, NONE)


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
def test_a_base_url_is_taken_apart(text: str, parsed: tuple[str, str, int, str] | None) -> None:
    parsed = parsed or ("https", "api.example.com", 443, "/a%20b/~c;d=1/e@f:g")
    result = parse_base_url(text, NONE)
    assert (result.scheme, result.host, result.port, result.prefix) == parsed
    assert parse_base_url(result.url, NONE) == result


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
    result = parse_base_url(text, NONE)
    assert result.authority == authority
    assert result.origin == f"https://{authority}"
    assert result.url == url


def test_the_host_header_of_http_leaves_out_port_80_only() -> None:
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
        parse_base_url(text, NONE)


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
def test_s4_userinfo_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(InvalidBaseUrl, match="user name or password") as refused:
        parse_base_url(text, NONE)
    assert "secret" not in refused.value.reason


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
            parse_base_url(f"https://{host}:{port}/", NONE)


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
        parse_base_url(text, NONE)


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
        parse_base_url(f"https://{host}/", NONE)


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
def test_s4_odd_spellings_of_ipv4_addresses_are_refused_even_where_they_mean_a_public_one(
    host: str,
) -> None:
    with pytest.raises(InvalidBaseUrl):
        parse_base_url(f"https://{host}/", NONE)


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
        parse_base_url(f"https://{host}/", NONE)


@pytest.mark.parametrize(
    "host", ["local.example.com", "notlocal.com", "mylocalhost.com", "x.local.dev", "wiki.megacorp"]
)
def test_names_that_only_look_local_pass(host: str) -> None:
    assert parse_base_url(f"https://{host}/", NONE).host == host


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
def test_s1_literal_addresses_that_are_not_global_are_refused_at_once(host: str) -> None:
    with pytest.raises(InvalidBaseUrl, match="not on the public internet"):
        parse_base_url(f"https://{host}/", NONE)


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
def test_s2_literal_ipv6_addresses_that_carry_an_internal_ipv4_address_are_refused(
    host: str,
) -> None:
    with pytest.raises(InvalidBaseUrl, match="carries"):
        parse_base_url(f"https://{host}/", NONE)


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
def test_s7_paths_of_base_urls_have_no_dot_segments_and_nothing_that_decodes_to_syntax(
    path: str,
) -> None:
    with pytest.raises(InvalidBaseUrl, match="path"):
        parse_base_url(f"https://api.example.com{path}", NONE)


def test_an_encoding_that_nests_too_deeply_is_an_invalid_base_url() -> None:
    percent = "%c0%a5"
    for _ in range(DEEPEST_ENCODING - 1):
        percent = percent.replace("%", "%c0%a5")
    with pytest.raises(InvalidBaseUrl, match="times"):
        parse_base_url(f"https://api.example.com/{percent}41", NONE)


@pytest.mark.parametrize(
    "path", ["/.well-known", "/...", "/v1.0", "/a..b", "/a.", "/%C3%A9", "/a%20b"]
)
def test_harmless_dots_and_encodings_stay_in_the_base_path(path: str) -> None:
    assert base(f"https://api.example.com{path}").prefix == path


def test_a_base_url_has_at_most_the_documented_length() -> None:
    start = "https://api.example.com/"
    longest = start + "a" * (LONGEST_BASE_URL - len(start))
    assert base(longest).url == longest
    with pytest.raises(InvalidBaseUrl, match="longer than 2048"):
        base(longest + "a")


def test_a_placeholder_is_read_where_it_is_asked_for() -> None:
    text = "https://api.telegram.org/bot{token}"
    result = parse_base_url(text, NONE, placeholder=True)
    assert (result.prefix, result.placeholder, result.url) == ("/bot{token}", "token", text)
    assert parse_base_url("https://a.example/{key}/v1", NONE, placeholder=True).placeholder == "key"
    assert base().placeholder is None
    with pytest.raises(InvalidBaseUrl, match=r"one \{name\}"):
        parse_base_url(text, NONE)


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
def test_s7_malformed_placeholders_and_those_beside_dots_are_refused(path: str) -> None:
    with pytest.raises(InvalidBaseUrl):
        parse_base_url(f"https://api.example.com{path}", NONE, placeholder=True)


def test_a_placeholder_in_the_host_is_refused() -> None:
    with pytest.raises(InvalidBaseUrl):
        parse_base_url("https://{tenant}.example.com/", NONE, placeholder=True)


def test_s6_the_allow_list_is_read_into_its_canonical_form() -> None:
    assert parse_allowed("") == parse_allowed("  ") == NONE
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
def test_s6_an_entry_that_is_not_an_exact_host_and_port_is_refused_by_name(entry: str) -> None:
    with pytest.raises(InvalidBaseUrl) as refused:
        parse_allowed(f"127.0.0.1:8000,{entry}")
    assert repr(entry) in refused.value.reason


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
        parse_base_url(text, NONE)


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
def test_s6_the_allow_list_opens_exactly_its_entries_and_no_other_rule(text: str) -> None:
    with pytest.raises(InvalidBaseUrl):
        parse_base_url(text, frozenset({"127.0.0.1:8000"}))


LEGITIMATE = [
    "",
    "/",
    "//",
    "/a",
    "/a/",
    "/a//b",
    "//a//",
    "/chat/completions",
    "/files/a%2Fb",
    "/files/a%2fb",
    "/files/a%252Fb",
    "/a%3Fb%23c",
    "/%C3%A9/%c3%a9",
    "/%E2%80%A6",
    "/a%20b+c",
    "/a;b=c;d/e",
    "/a:b/@c/d@e",
    "/-_.~!$&'()*+,;=:@",
    "/a[0]",
    "/v1.0/x.json",
    "/.well-known/openid",
    "/...",
    "/a..b/..c/d..",
    "/a.",
    "/%2e%2ewell",
    "/a%2e",
    "/file%2Etxt",
    "/100%",
    "/100%25",
    "/a%25b",
    "/%zz",
    "/a%5Cb",
    "/a%3Bb",
    "/x%7F",
    "/http://evil.example/",
    "/https:%2F%2Fevil.example",
]


@pytest.mark.parametrize("path", LEGITIMATE)
def test_s7_legitimate_paths_arrive_unchanged(path: str) -> None:
    assert join(base(), path, "") == "/v1" + path
    assert join(base("https://api.example.com"), path, "") == (path or "/")


@pytest.mark.parametrize(
    "query",
    [
        "a=b",
        "a=%2F&b=%252F",
        "a=../..",
        "?",
        "a=?&b=/",
        "a=b&a=c&&=",
        "a+b",
        "%0d%0a",
        "\"<>\\^`{|}'",
        "url=https://evil.example/@x",
        "%",
        "[]",
        "%u002e",
    ],
)
def test_s7_queries_arrive_unchanged(query: str) -> None:
    assert join(base(), "/a", query) == f"/v1/a?{query}"
    assert join(base("https://api.example.com"), "", query) == f"/?{query}"


@pytest.mark.parametrize(
    ("raw", "encoded"),
    [
        (" ", "%20"),
        ('"', "%22"),
        ("<>", "%3C%3E"),
        ("a\\b", "a%5Cb"),
        ("^`", "%5E%60"),
        ("{|}", "%7B%7C%7D"),
        ("\x7f", "%7F"),
        ("\xc3\xa9", "%C3%A9"),
        ("\xe9", "%E9"),
        ("\x80\xff", "%80%FF"),
        ("\xe9%20%c3", "%E9%20%c3"),
    ],
)
def test_s7_raw_bytes_that_may_not_stand_in_a_path_are_percent_encoded(
    raw: str, encoded: str
) -> None:
    assert join(base(), f"/{raw}", "") == f"/v1/{encoded}"


def test_s7_raw_blanks_and_other_than_ascii_in_a_query_are_percent_encoded() -> None:
    assert join(base(), "", "a=b c\xc3\xa9\x7f") == "/v1?a=b%20c%C3%A9%7F"


DOTS = [
    "..",
    ".",
    "%2e%2e",
    "%2E.",
    ".%2e",
    "%2e",
    "%252e%252e",
    "%25252e.",
    "%2%65%2%65",
    "%%32%65.",
]
DOTS += ["%c0%ae%c0%ae", "%C0%AE.", "%e0%80%ae.", "%f0%80%80%ae.", "%25c0%25ae.", "%u002e%u002E"]
DOTS += [
    "%c0%a52e.",
    "..;",
    "..;x=1",
    "%2e%2e;x",
    "..%3bx",
    "..%253Bx",
    ".;a=b",
    "..%3Fx",
    "..%23",
    "..%20",
]
ENDS = [
    "",
    "/",
    "/x",
    "\\x",
    "%2fx",
    "%2Fx",
    "%252fx",
    "%5cx",
    "%255Cx",
    "%c0%afx",
    "%c1%9cx",
    "%u002fx",
]
STARTS = ["/", "/a/", "//", "/a\\", "/a%2f", "/a%5C", "/a%252F", "/%c0%af", "/a;b/", "/%u005c"]


@pytest.mark.parametrize("dots", DOTS)
@pytest.mark.parametrize("start", STARTS)
def test_s7_dot_segments_are_refused_in_every_encoding(start: str, dots: str) -> None:
    for end in ENDS:
        with pytest.raises(RefusedPath, match="segments"):
            join(base(), start + dots + end, "")


@pytest.mark.parametrize(
    "path",
    ["/..\\", "/\\..", "/\\../x", "/..\\..\\x", "/a\\.", "/a/..\\b", "/.\\x", "/..%5c../x"],
)
def test_s7_backslashes_count_as_slashes(path: str) -> None:
    with pytest.raises(RefusedPath):
        join(base(), path, "")


@pytest.mark.parametrize("code", [*range(0x20)])
def test_s7_control_characters_are_refused_raw_and_encoded_at_any_depth(code: int) -> None:
    for control in (
        chr(code),
        f"%{code:02x}",
        f"%25{code:02X}",
        f"%2525{code:02x}",
        f"%u00{code:02x}",
    ):
        for path in (f"/a{control}b", f"/{control}", f"/a{control}HTTP/1.1"):
            with pytest.raises(RefusedPath, match="control characters"):
                join(base(), path, "")


def test_s7_overlong_line_ends_are_refused() -> None:
    for control in ("%c0%8d%c0%8a", "%c0%80", "%e0%80%8a", "%f0%80%80%8d"):
        with pytest.raises(RefusedPath, match="control characters"):
            join(base(), f"/a{control}", "")


@pytest.mark.parametrize("code", [*range(0x20)])
def test_s7_raw_control_characters_in_a_query_are_refused(code: int) -> None:
    with pytest.raises(RefusedPath):
        join(base(), "/a", f"a={chr(code)}b")


@pytest.mark.parametrize(
    "path", ["a", "@evil.example", ":443/", ".evil.example", "..", "\\x", "?x", "#"]
)
def test_s7_a_path_that_does_not_start_with_a_slash_is_refused(path: str) -> None:
    with pytest.raises(RefusedPath):
        join(base(), path, "")


@pytest.mark.parametrize(("path", "query"), [("/a?b", ""), ("/a#b", ""), ("/a", "b#c"), ("/#", "")])
def test_s7_a_raw_question_mark_or_hash_does_not_move_the_end_of_the_path(
    path: str, query: str
) -> None:
    with pytest.raises(RefusedPath):
        join(base(), path, query)


@pytest.mark.parametrize(("path", "query"), [("/\u2025", ""), ("/\uff0e.", ""), ("/a", "\u010a")])
def test_s7_text_that_is_not_bytes_is_refused(path: str, query: str) -> None:
    with pytest.raises(RefusedPath):
        join(base(), path, query)


def test_s7_encodings_up_to_the_limit_arrive_and_deeper_ones_are_refused() -> None:
    deepest = "/%" + "25" * (DEEPEST_ENCODING - 1) + "41"
    assert join(base(), deepest, "") == "/v1" + deepest
    with pytest.raises(RefusedPath, match="times"):
        join(base(), "/%" + "25" * DEEPEST_ENCODING + "41", "")


def test_a_placeholder_comes_first_and_a_callers_braces_are_encoded() -> None:
    keyed = parse_base_url("https://api.telegram.org/bot{token}", NONE, placeholder=True)
    assert join(keyed, "/get{token}", "x={token}") == "/bot{token}/get%7Btoken%7D?x={token}"


HOSTILE = [
    "//evil.example/",
    "///evil.example",
    "/@evil.example/",
    "/:80@evil.example",
    "/https://evil.example/",
    "//user:secret@evil.example:8443/x",
    "/\\evil.example/",
    "/%5cevil.example",
    "//[::1]/",
    "/%40evil.example",
    "/;@evil.example",
    "/ HTTP/1.1 Host: evil.example",
]


@pytest.mark.parametrize("path", HOSTILE)
@pytest.mark.parametrize("text", ["https://api.example.com", "https://api.example.com/v1"])
def test_s7_no_path_changes_the_host(path: str, text: str) -> None:
    target = join(base(text), path, "")
    assert target.startswith(base(text).prefix + "/")
    assert " " not in target
    sent = urlsplit(base(text).origin + target)
    assert (sent.scheme, sent.netloc) == ("https", "api.example.com")
    assert sent.path.startswith(base(text).prefix + "/")


class RecordingServer(socketserver.ThreadingTCPServer):
    """Keeps the first two lines of each request as they came."""

    daemon_threads = True

    def __init__(self) -> None:
        self.requests: list[list[bytes]] = []
        super().__init__(("127.0.0.1", 0), RecordingHandler)


class RecordingHandler(socketserver.StreamRequestHandler):
    server: RecordingServer

    def handle(self) -> None:
        lines = list(iter(self.rfile.readline, b"\r\n"))
        self.server.requests.append(lines[:2])
        self.wfile.write(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")


@pytest.fixture(scope="module")
def upstream() -> Iterator[RecordingServer]:
    with RecordingServer() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("path", [*HOSTILE, *LEGITIMATE])
def test_s7_one_request_in_origin_form_reaches_the_stored_host(
    path: str, upstream: RecordingServer
) -> None:
    authority = f"127.0.0.1:{upstream.server_address[1]}"
    stored = parse_base_url(f"http://{authority}/v1", frozenset({authority}))
    target = join(stored, path, "q=1")
    upstream.requests.clear()
    connection = http.client.HTTPConnection(stored.host, stored.port, timeout=30)
    connection.putrequest("GET", target, skip_host=True, skip_accept_encoding=True)
    connection.putheader("Host", stored.authority)
    connection.endheaders()
    assert connection.getresponse().status == 204
    connection.close()
    sent = path.replace(" ", "%20").replace("\\", "%5C")
    assert upstream.requests == [
        [f"GET /v1{sent}?q=1 HTTP/1.1\r\n".encode(), f"Host: {authority}\r\n".encode()]
    ]


def climbs(path: str, depth: int, cut_parameters: bool, backslashes: bool) -> bool:
    """Whether a server that decodes `depth` times sees a path that goes up at some segment."""
    for _ in range(depth):
        path = unquote(path, "latin-1")
    if backslashes:
        path = path.replace("\\", "/")
    level = 0
    for segment in path.split("/"):
        name = segment.split(";")[0] if cut_parameters else segment
        level += {"": 0, ".": 0, "..": -1}.get(name, 1)
        if level < 0:
            return True
    return False


PIECES = [
    "/",
    ".",
    "..",
    "\\",
    ";",
    "a",
    "%",
    "25",
    "2e",
    "2f",
    "5c",
    "%2e",
    "%2E",
    "%2f",
    "%2F",
    "%5c",
]
PIECES += [
    "%3b",
    "%252e",
    "%252f",
    "%255c",
    "%25",
    "%C3%A9",
    "\xe9",
    " ",
    "%20",
    "x.y",
    "%c0",
    "%ae",
    "u002e",
]


@given(
    st.lists(st.sampled_from(PIECES), max_size=12).map("".join),
    st.sampled_from(["", "/v1", "/a/b"]),
)
@example("../x", "/v1")
@example("%252e%252e%252fx", "/v1")
@example("..;/x", "/v1")
@example("..%5cx", "")
def test_s7_no_servers_reading_of_a_joined_path_leaves_the_prefix(path: str, prefix: str) -> None:
    stored = base("https://api.example.com" + prefix)
    try:
        target = join(stored, "/" + path, "")
    except RefusedPath:
        return
    assert target.startswith(prefix + "/")
    assert all("!" <= character <= "~" for character in target)
    for depth in range(4):
        for cut_parameters in (False, True):
            for backslashes in (False, True):
                below = target[len(prefix) :]
                assert not climbs(below, depth, cut_parameters, backslashes)


@given(st.text(st.characters(max_codepoint=0xFF), max_size=30), st.text(max_size=20))
def test_s7_whatever_the_bytes_the_result_is_one_word_below_the_prefix(
    path: str, query: str
) -> None:
    try:
        target = join(base(), "/" + path, query)
    except RefusedPath:
        return
    assert target.startswith("/v1/")
    assert all("!" <= character <= "~" and character != "#" for character in target)
    assert target.count("?") >= bool(query)


WORDS = st.text("ghijklmnopqrstuvwxyzGXYZ-_~!$&'()*+,=:@", min_size=1, max_size=6)
SEGMENT = st.lists(
    WORDS
    | st.sampled_from([".json", "v1.2", "%20", "%2F", "%252Fx", "%5C", "%3A", "%C3%A9", "%25"]),
    max_size=4,
).map("".join)


@given(st.lists(SEGMENT, max_size=6))
@example(["", "", ""])
@example(["a%2Fb", "c%252Fd"])
def test_s7_paths_of_rfc_3986_arrive_byte_for_byte(segments: list[str]) -> None:
    path = "".join(f"/{segment}" for segment in segments)
    assert join(base(), path, "") == "/v1" + path


@given(
    st.text(max_size=60) | st.from_regex(r"https://[a-z0-9.@:\[\]%/\\?#;-]{1,40}", fullmatch=True)
)
def test_s4_what_is_accepted_means_the_same_to_another_parser(text: str) -> None:
    try:
        result = parse_base_url(text, NONE)
    except InvalidBaseUrl:
        return
    other = urlsplit(text)
    assert (other.scheme, other.hostname, other.port or 443) == ("https", result.host, result.port)
    assert (other.username, other.password, other.query, other.fragment) == (None, None, "", "")
    assert other.path.removesuffix("/") == result.prefix
    assert parse_base_url(result.url, NONE) == result
