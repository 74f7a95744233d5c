"""URLs in header fields are rewritten to the proxy, relative ones stay relative."""

from __future__ import annotations

from urllib.parse import urljoin

import msgspec
import pytest

from api.proxy.response_headers import clean_response_headers
from api.proxy.url_rewriting import UrlMapping
from api.secret import Secret
from api.upstream.base_url import parse_base_url

DASHBOARD = "http://127.0.0.1:8420"
PROXY = f"{DASHBOARD}/proxy/hf"
SECRET = "secret-0123456789"


def mapping(
    base: str = "https://huggingface.co",
    target: str = "/gpt2/resolve/main/config.json",
    proxy: str = PROXY,
    query_name: str | None = None,
) -> UrlMapping:
    parsed = parse_base_url(base, frozenset({"127.0.0.1:9000"}))
    return UrlMapping(parsed, parsed.prefix + target, proxy, Secret(SECRET), query_name)


def value_of(name: str, value: str, urls: UrlMapping) -> str:
    [(same, rewritten)] = clean_response_headers([(name, value)], urls)
    assert same == name
    return rewritten


ABSOLUTE = [
    ("https://huggingface.co/operations/42", f"{PROXY}/operations/42"),
    ("https://huggingface.co/o?a=1&b=%20#c", f"{PROXY}/o?a=1&b=%20#c"),
    ("https://huggingface.co", PROXY),
    ("https://huggingface.co/", f"{PROXY}/"),
    ("https://huggingface.co?a=1", f"{PROXY}?a=1"),
    ("https://huggingface.co:443/x", f"{PROXY}/x"),
    ("HTTPS://HuggingFace.CO/X", f"{PROXY}/X"),
    ("http://huggingface.co/x", f"{PROXY}/x"),
    ("http://huggingface.co:80/x", f"{PROXY}/x"),
    ("https://huggingface.co//x", f"{PROXY}//x"),
]
OTHERS = [
    "https://cdn-lfs.huggingface.co/x",
    "https://huggingface.co.evil.example/x",
    "https://huggingface.co@evil.example/x",
    "https://user:password@huggingface.co/x",
    "https://huggingface.co:8443/x",
    "http://huggingface.co:443/x",
    "http://huggingface.co:8080/x",
    "https://huggingface.co:80/x",
    "ftp://huggingface.co/x",
    "https://huggingface.co/../x",
    "https://huggingface.co/%2e%2e/%2e%2e/api/me",
]
NO_URLS = [
    "https://huggingface.co/1, https://huggingface.co/2",
    "https://[broken",
    "see https://huggingface.co/x",
    '"https://huggingface.co/x"',
    "<https://huggingface.co/x>",
    "httpd/2.4",
    "http",
    "2",
    "",
]
OWN_URL_FIELDS = ["Operation-Location", "Azure-AsyncOperation", "X-Goog-Upload-URL",
                  "X-Goog-Upload-Control-URL", "Upload-Location", "X-Next-Page",
                  "x-anything"]  # fmt: skip


@pytest.mark.parametrize("name", [*OWN_URL_FIELDS, "Location", "Content-Location"])
@pytest.mark.parametrize(("value", "expected"), ABSOLUTE)
def test_an_absolute_url_below_the_base_url_becomes_the_proxys(
    name: str, value: str, expected: str
) -> None:
    assert value_of(name, value, mapping()) == expected


@pytest.mark.parametrize("name", [*OWN_URL_FIELDS, "Location"])
@pytest.mark.parametrize("value", OTHERS)
def test_the_url_of_another_origin_stays(name: str, value: str) -> None:
    rewritten = value_of(name, value, mapping())
    assert not rewritten.startswith(PROXY)
    if name not in ("Location", "Operation-Location", "Azure-AsyncOperation", "Upload-Location"):
        assert rewritten == value


@pytest.mark.parametrize("value", NO_URLS)
def test_text_that_is_not_a_url_stays(value: str) -> None:
    assert value_of("X-Anything", value, mapping()) == value


def test_only_a_base_url_on_the_usual_port_has_urls_without_tls() -> None:
    for base, value in [
        ("https://huggingface.co:8443", "http://huggingface.co/x"),
        ("https://huggingface.co:8443", "http://huggingface.co:8443/x"),
        ("http://127.0.0.1:9000", "https://127.0.0.1:9000/x"),
    ]:
        assert value_of("X-Next-Page", value, mapping(base)) == value


def test_a_url_outside_the_base_path_stays() -> None:
    urls = mapping("https://api.example.com/v1", "/x")
    for value, expected in {
        "https://api.example.com/v1/x": f"{PROXY}/x",
        "https://api.example.com/v1": PROXY,
        "https://api.example.com/v10/x": "https://api.example.com/v10/x",
        "https://api.example.com/": "https://api.example.com/",
    }.items():
        assert value_of("X-Next-Page", value, urls) == expected
        assert value_of("Location", value, urls) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("https://huggingface.co/u?upload_id=1", f"{PROXY}/u?upload_id=1&key=apd_x"),
        ("https://huggingface.co/u", f"{PROXY}/u?key=apd_x"),
        ("https://huggingface.co/u?x=1#f?", f"{PROXY}/u?x=1&key=apd_x#f?"),
        ("https://example.com/u?upload_id=1", "https://example.com/u?upload_id=1"),
        ("no URL", "no URL"),
    ],
)
def test_only_the_proxys_url_of_an_upload_has_the_callers_token(value: str, expected: str) -> None:
    urls = msgspec.structs.replace(mapping(), upload_query=Secret("key=apd_x"))
    assert value_of("X-Goog-Upload-URL", value, urls) == expected
    assert "apd_x" not in value_of("X-Next-Page", value, urls) + value_of("Location", value, urls)
    assert "apd_x" not in repr(urls)


def test_s30_the_parameter_that_carries_the_credential_is_removed() -> None:
    urls = mapping("https://maps.example.com", "/x?key=" + SECRET, query_name="key")
    for value, expected in {
        f"https://maps.example.com/u?key={SECRET}&upload_id=1": f"{PROXY}/u?upload_id=1",
        f"https://maps.example.com/u?key={SECRET}": f"{PROXY}/u",
    }.items():
        assert value_of("X-Goog-Upload-URL", value, urls) == expected
    for value, expected in {
        f"/u?a=1&key={SECRET}": "/proxy/hf/u?a=1",
        f"?key={SECRET}&a=1": "?a=1",
        f"?key={SECRET}": "/proxy/hf/x",
        f"y?key={SECRET}": "y",
        "#part": "#part",
    }.items():
        assert value_of("Location", value, urls) == expected


RELATIVE = [
    ("/api/resolve-cache/x", "/proxy/hf/api/resolve-cache/x"),
    ("/api/resolve-cache/x?a=%2F#b", "/proxy/hf/api/resolve-cache/x?a=%2F#b"),
    ("/", "/proxy/hf/"),
    ("foo?x=1", "foo?x=1"),
    ("./foo", "./foo"),
    ("?x=1", "?x=1"),
    ("#x", "#x"),
    ("", ""),
    ("../../main", "../../main"),
    ("a:b/c", "a:b/c"),
    ("a/b:c", "a/b:c"),
    ("//huggingface.co/x", f"{PROXY}/x"),
    ("//cdn.example.com/x", "https://cdn.example.com/x"),
    ("../../../../../../api/me", "/proxy/hf/api/me"),
    ("\\\\evil.example\\x", "/proxy/hf/gpt2/resolve/main/\\\\evil.example\\x"),
    ("/\\evil.example", "/proxy/hf/\\evil.example"),
    ("/.//evil.example", "/proxy/hf//evil.example"),
]


@pytest.mark.parametrize(("value", "expected"), RELATIVE)
def test_a_relative_url_stays_relative_and_leads_to_the_same_place(
    value: str, expected: str
) -> None:
    urls = mapping()
    assert value_of("Location", value, urls) == expected
    if value and value not in ("#x",):
        assert value_of("Link", f"<{value}>; rel=next", urls) == f"<{expected}>; rel=next"
    upstream = urljoin(urls.base.origin + urls.target, value)
    at_caller = urljoin(PROXY + urls.target, expected)
    if upstream.startswith("https://huggingface.co") and "\\" not in value:
        assert at_caller == upstream.replace("https://huggingface.co", PROXY)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("/v1/x", "/proxy/hf/x"),
        ("y", "y"),
        ("../w", "https://api.example.com/w"),
        ("/elsewhere", "https://api.example.com/elsewhere"),
        ("/", "https://api.example.com/"),
    ],
)
def test_a_relative_url_outside_the_base_path_never_leads_to_the_dashboard(
    value: str, expected: str
) -> None:
    assert value_of("Location", value, mapping("https://api.example.com/v1", "/x")) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("/api/resolve-cache/x", "/api/resolve-cache/x"),
        ("foo?x=1", "foo?x=1"),
        ("../../../../x", "../../../../x"),
        ("https://huggingface.co/x", "http://hf.localhost:8420/x"),
        ("/.//evil.example", "http://hf.localhost:8420//evil.example"),
        ("///evil.example", "/evil.example"),
        ("/\\evil.example", "http://hf.localhost:8420/\\evil.example"),
    ],
)
def test_at_an_api_host_the_path_stays_as_it_is(value: str, expected: str) -> None:
    assert value_of("Location", value, mapping(proxy="http://hf.localhost:8420")) == expected


@pytest.mark.parametrize("target", ["", "/"])
def test_a_relative_url_of_the_root_is_right_with_and_without_a_slash(target: str) -> None:
    assert value_of("Location", "y", mapping(target=target or "/")) == "/proxy/hf/y"
