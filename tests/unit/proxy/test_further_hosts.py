"""URLs of responses that lead to further hosts of an API, and calls to these hosts."""

from __future__ import annotations

import json
from typing import Any

import pytest

from api.credentials import AuthScheme
from api.errors import Problem
from api.pools import PoolKey
from api.proxy.caller_request import CallerRequest, request_for_key
from api.proxy.further_url_rewriting import further_url_rewriter
from api.proxy.json_url_rewriting import JsonUrlRewriter
from api.proxy.token_extraction import FoundToken
from api.proxy.upstream_request import UpstreamRequest
from api.proxy.url_rewriting import UrlMapping
from api.secret import Credential, Secret
from api.services.keys.catalogue import Catalogue
from api.storage.pool_item import as_pool, encoded_key
from api.upstream.base_url import InvalidBaseUrl, parse_base_url
from api.upstream.further_hosts import FurtherHosts, find_further_call
from tests.unit.proxy.credentials import TOKEN, request

CATALOGUE = Catalogue.load()
ROOT = "http://127.0.0.1:8420/proxy/api"
MAIN = parse_base_url("https://api.example.com/v2", frozenset())
STREAMS = FurtherHosts((".urls.stream", ".results.urls.stream"), ("stream.example.com",))
INDEXES = FurtherHosts((".host",), ("*.svc.example.com", "api.*.example.com"), credential=True)
SECRET = "secret-of-the-key"


def rewrite(
    body: bytes,
    further: tuple[FurtherHosts, ...] = (STREAMS, INDEXES),
    agent: str = "",
    size: int = 1 << 20,
    path: str = "",
    fields: tuple[str, ...] = ("next",),
) -> bytes:
    """Return a body as the caller gets it, in pieces of `size`. `path` leads to a further host."""
    call = find_further_call(further, path, MAIN, frozenset())
    mapping = UrlMapping(
        base=MAIN if call is None else call.base,
        target="/x",
        proxy=ROOT if call is None else ROOT + call.segment,
        secret=Secret(SECRET),
    )
    rewriter = JsonUrlRewriter(
        fields,
        mapping,
        gzipped=False,
        further=further_url_rewriter(further, [("User-Agent", agent)], mapping, call),
    )
    pieces = [rewriter.feed(body[at : at + size]) for at in range(0, len(body), size)]
    return b"".join([*pieces, rewriter.finish()])


def stream_of(url: str, **options: Any) -> Any:
    body = json.dumps({"urls": {"stream": url}}).encode()
    return json.loads(rewrite(body, **options))["urls"]["stream"]


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://stream.example.com/v1/s?a=1&b=%20#c", "/~stream.example.com/v1/s?a=1&b=%20#c"),
        ("https://stream.example.com/v1/s{?name,label}", "/~stream.example.com/v1/s{?name,label}"),
        ("https://stream.example.com", "/~stream.example.com"),
        ("https://Stream.Example.com:443//s", "/~stream.example.com//s"),
        ("https://api.example.com/v2/streams/1", "/streams/1"),
        ("http://api.example.com/v2/streams/1", "/streams/1"),
        ("stream.example.com", "/~stream.example.com"),
    ],
)
def test_a_url_of_a_further_host_becomes_the_proxys(url: str, expected: str) -> None:
    assert stream_of(url) == ROOT + expected


@pytest.mark.parametrize(
    "url",
    [
        "https://stream.example.com.evil.example/s",
        "https://evil.example/s",
        "https://stream.example.com@evil.example/s",
        "https://user:password@stream.example.com/s",
        "https://stream.example.com:8443/s",
        "http://stream.example.com/s",
        "https://stream.example.com/../s",
        "https://stream.example.com/%2e%2e/s",
        "//evil.example/s",
        "wss://stream.example.com/s",
        "https://[broken",
        "evil.example",
        "127.0.0.1:80",
    ],
)
def test_a_url_that_leads_anywhere_else_becomes_empty(url: str) -> None:
    assert stream_of(url) == ""


@pytest.mark.parametrize(
    "url", ["", "/v1/s", "none", "https://api.example.com/other/path", f"{ROOT}/streams/1", None, 1]
)
def test_texts_that_lead_nowhere_and_urls_of_the_apis_own_host_stay(url: Any) -> None:
    assert stream_of(url) == url


@pytest.mark.parametrize("size", [1, 2, 3, 7, 50])
def test_pieces_are_rewritten_like_the_whole_and_nothing_else_changes(size: int) -> None:
    body = (
        b'{ "input": {"urls": {"stream": "https://evil.example/1"}, "host" : "evil.example"},'
        b' "text":"\\"stream\\": \\"https://stream.example.com\\"", "next":"https:\\/\\/api.'
        b'example.com\\/v2\\/p", "results": [{"urls": {"stream" :'
        b' "https:\\/\\/stream.example.com\\/s\\u00e9"}},\n{"urls": {"stream":null}}],'
        b' "host": "a.svc.example.com" }'
    )
    expected = (
        body.replace(b"https:\\/\\/api.example.com\\/v2", ROOT.encode())
        .replace(
            b"https:\\/\\/stream.example.com\\/s\\u00e9",
            f"{ROOT}/~stream.example.com/s\\u00e9".encode(),
        )
        .replace(b'"a.svc.example.com"', f'"{ROOT}/~a.svc.example.com"'.encode())
    )
    assert rewrite(body, size=size) == expected


def test_only_the_clients_that_send_their_credential_there_get_other_urls() -> None:
    further = (FurtherHosts((".urls.stream",), ("stream.example.com",), clients="(?!js/)"),)
    url = "https://stream.example.com/s"
    assert stream_of(url, further=further, agent="js/1.4.0") == url
    assert stream_of(url, further=further, agent="python/1.0") == f"{ROOT}/~stream.example.com/s"
    assert stream_of(url, further=further) == f"{ROOT}/~stream.example.com/s"


def test_a_further_hosts_responses_lead_to_itself_and_to_the_api() -> None:
    body = json.dumps(
        {"next": "https://stream.example.com/2", "urls": {"stream": f"{MAIN.url}/s"}}
    ).encode()
    assert json.loads(rewrite(body, path="/~stream.example.com/1")) == {
        "next": f"{ROOT}/~stream.example.com/2",
        "urls": {"stream": f"{ROOT}/s"},
    }


@pytest.mark.parametrize(
    ("path", "host", "rest"),
    [
        ("/~stream.example.com/v1/s", "stream.example.com", "/v1/s"),
        ("/~stream.example.com", "stream.example.com", ""),
        ("/~a-1.b.svc.example.com//x", "a-1.b.svc.example.com", "//x"),
        ("/~api.eu.example.com/~x/y", "api.eu.example.com", "/~x/y"),
    ],
)
def test_a_path_leads_to_a_further_host(path: str, host: str, rest: str) -> None:
    call = find_further_call((STREAMS, INDEXES), path, MAIN, frozenset())
    assert call is not None
    assert (call.base.url, call.path) == (f"https://{host}", rest)


@pytest.mark.parametrize(
    "path",
    [
        "/v1/~stream.example.com/s",
        "/stream.example.com/s",
        "/~evil.example/s",
        "/~stream.example.com.evil.example/s",
        "/~evil.example#.svc.example.com/s",
        "/~evil.example%2F.svc.example.com/s",
        "/~user@a.svc.example.com/s",
        "/~.svc.example.com/s",
        "/~a..svc.example.com:80/s",
        "/~STREAM.example.com/s",
        "/%7Estream.example.com/s",
        "/~stream.example.com:443/s",
        "/~stream.example.com?/s",
        "/~",
        "",
    ],
)
def test_s7_any_other_path_stays_below_the_base_url(path: str) -> None:
    assert find_further_call((STREAMS, INDEXES), path, MAIN, frozenset()) is None


def test_s4_a_further_host_is_checked_like_a_base_url() -> None:
    local = FurtherHosts((".url",), ("http://127.0.0.1:9000", "169.254.1.1"))
    for host in ("127.0.0.1:9000", "169.254.1.1"):
        with pytest.raises(InvalidBaseUrl):
            find_further_call((local,), f"/~{host}/x", MAIN, frozenset())
    assert find_further_call((local,), "/~127.0.0.1:9000/x", MAIN, frozenset({"127.0.0.1:9000"}))


def upstream_request(path: str) -> UpstreamRequest:
    key = PoolKey("a.1", MAIN.url, AuthScheme("bearer"), "gAAAA", further_hosts=(STREAMS, INDEXES))
    return request_for_key(
        CallerRequest(request(headers=[("Authorization", f"Bearer {TOKEN}")]), path, b"", None),
        FoundToken(TOKEN, "header", "authorization"),
        MAIN,
        key,
        Credential(Secret(SECRET)),
        limited_methods=False,
        further=find_further_call(key.further_hosts, path, MAIN, frozenset()),
    )


def test_s9_the_key_goes_only_to_hosts_that_need_it_and_the_token_to_none() -> None:
    heads = {
        path: upstream_request(path).head().decode()
        for path in ("/x", "/~stream.example.com/v1/s", "/~a.svc.example.com/q")
    }
    assert heads["/x"].startswith("POST /v2/x HTTP/1.1\r\nHost: api.example.com\r\n")
    assert heads["/~stream.example.com/v1/s"].startswith(
        "POST /v1/s HTTP/1.1\r\nHost: stream.example.com\r\n"
    )
    assert [path for path, head in heads.items() if SECRET in head] == [
        "/x",
        "/~a.svc.example.com/q",
    ]
    assert TOKEN not in str(heads)


def test_s8_a_token_in_the_path_reaches_no_further_host() -> None:
    with pytest.raises(Problem, match="token"):
        upstream_request(f"/~stream.example.com/{TOKEN}")


def test_a_key_of_another_host_is_sent_to_no_further_host() -> None:
    provider = CATALOGUE.get("github")
    assert provider is not None
    [own] = CATALOGUE.further_hosts(provider, "https://api.github.com")
    assert (own.hosts, own.credential) == (("uploads.github.com",), True)
    assert CATALOGUE.further_hosts(provider, "https://github.example.com/api/v3") == ()
    replicate = CATALOGUE.get("replicate")
    assert replicate is not None
    [hosts] = CATALOGUE.further_hosts(replicate, "https://gateway.example.com/replicate")
    assert "stream.replicate.com" in hosts.hosts


def test_a_pool_that_an_earlier_version_stored_has_no_further_hosts() -> None:
    old = '{"i":"a.1","u":"https://api.example.com","a":{"scheme":"bearer"},"e":"gAAAA"}'
    [key] = as_pool({"api_name": "a", "key:a.1": old}).keys
    assert key.further_hosts == ()
    new = PoolKey("a.1", MAIN.url, AuthScheme("bearer"), "gAAAA", further_hosts=(STREAMS, INDEXES))
    assert as_pool({"api_name": "a", "key:a.1": encoded_key(new)}).keys == (new,)


FOLLOWED = [
    ("black-forest-labs", {"id": "1", "polling_url": "https://api.us1.bfl.ai/v1/get_result?id=1"}),
    ("github", [{"id": 1, "upload_url": "https://uploads.github.com/repos/o/r/1/assets{?name}"}]),
    ("mailgun", {"items": [{"storage": {"url": "https://storage-us-east4.api.mailgun.net/v3/m"}}]}),
    ("pinecone", {"indexes": [{"name": "i", "host": "https://i-1.svc.aped-1.pinecone.io"}]}),
    ("replicate", {"urls": {"stream": "https://stream-b.svc.ric1.c.replicate.net/v1/streams/1"}}),
    ("sentry", {"url": "https://us.sentry.io/api/0/organizations/o/chunk-upload/"}),
    ("slack", {"ok": True, "upload_url": "https://files.slack.com/upload/v1/A"}),
]


@pytest.mark.parametrize(("slug", "body"), FOLLOWED)
def test_the_catalogues_further_hosts_are_called_through_the_proxy(slug: str, body: Any) -> None:
    provider = CATALOGUE.get(slug)
    assert provider is not None and provider.base_url is not None
    further = CATALOGUE.further_hosts(provider, provider.base_url)
    text = json.dumps(body)
    rewritten = rewrite(text.encode(), further, agent="@slack:web-api/8.2.0").decode()
    assert rewritten == text.replace("https://", f"{ROOT}/~")
