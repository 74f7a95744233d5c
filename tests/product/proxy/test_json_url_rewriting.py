"""URLs in JSON bodies are rewritten in the fields that the catalogue names, and nowhere else."""

from __future__ import annotations

import gzip
import json
import random
import zlib
from collections.abc import Iterator

import pytest

from api.http.errors import MalformedResponse, ResponseTooLarge
from api.proxy.json_url_rewriting import MAX_DECOMPRESSED, JsonUrlRewriter
from api.proxy.url_rewriting import UrlMapping
from api.secret import Secret
from api.services.keys.catalogue import Catalogue
from api.upstream.base_url import parse_base_url
from tests.support.accounts import Account, problem
from tests.support.clients import Client, HttpClient, Response
from tests.support.in_process import InProcess
from tests.support.products import another_app
from tests.support.upstream import Answer, Place

GITHUB = Catalogue.load().get("github")
assert GITHUB is not None
NAMES = GITHUB.url_fields
PROXY = "http://127.0.0.1:8420/proxy/github"


def url_mapping(base: str = "https://api.github.com", query_name: str | None = None) -> UrlMapping:
    return UrlMapping(
        base=parse_base_url(base, frozenset({"127.0.0.1:9"})),
        target="/x",
        proxy=PROXY,
        secret=Secret("0123456789"),
        query_name=query_name,
    )


def rewritten(
    body: bytes, base: str = "https://api.github.com", query_name: str | None = None
) -> bytes:
    return JsonUrlRewriter(NAMES, url_mapping(base, query_name), gzipped=False).rewrite(body)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b'{"url":"https://api.github.com/x"}', b'{"url":"%s/x"}'),
        (b'{"url": "https://api.github.com"}', b'{"url": "%s"}'),
        (b'{"url"\n :\t"https://api.github.com/"}', b'{"url"\n :\t"%s/"}'),
        (b'[{"repos_url":"https://api.github.com/r"}]', b'[{"repos_url":"%s/r"}]'),
        (b'{"a_url":"https://api.github.com/f{/other}"}', b'{"a_url":"%s/f{/other}"}'),
        (b'{"a_url":"https://api.github.com/s{?q,p}"}', b'{"a_url":"%s/s{?q,p}"}'),
        (b'{"url":"https://api.github.com?a=1#b"}', b'{"url":"%s?a=1#b"}'),
        (b'{"url":"https://api.github.com:443/x"}', b'{"url":"%s/x"}'),
        (b'{"url":"HTTPS://API.GitHub.com/X"}', b'{"url":"%s/X"}'),
        (b'{"url":"http://api.github.com/x"}', b'{"url":"%s/x"}'),
        (b'{"url":"http://api.github.com:80/x"}', b'{"url":"%s/x"}'),
        (b'{"url":"https:\\/\\/api.github.com\\/x\\/y"}', b'{"url":"%s\\/x\\/y"}'),
        (b'{"url":"https://api.github.com/x?a=1\\u0026b=2"}', b'{"url":"%s/x?a=1\\u0026b=2"}'),
        (b'{"_links":{"self":{"href":"https://api.github.com/x"}}}',
         b'{"_links":{"self":{"href":"%s/x"}}}'),
        (b'{"_links":{"git":"https://api.github.com/x"}}', b'{"_links":{"git":"%s/x"}}'),
        (b'{"n":"\\\\","url":"https://api.github.com/x"}', b'{"n":"\\\\","url":"%s/x"}'),
        (b'{"url":"https://api.github.com/caf%C3%A9/\xc3\xa9"}',
         b'{"url":"%s/caf%%C3%%A9/\xc3\xa9"}'),
        (b'{"url":"https://api.github.com/x\\"y"}', b'{"url":"%s/x\\"y"}'),
    ],
)  # fmt: skip
def test_a_link_below_the_base_url_is_rewritten(body: bytes, expected: bytes) -> None:
    assert rewritten(body) == expected % PROXY.encode()


@pytest.mark.parametrize(
    "body",
    [
        b'{"url":"https://github.com/x"}',
        b'{"url":"http://api.github.com:443/x"}',
        b'{"url":"https://api.github.com{x}"}',
        b'{"url":"https://api.github.com.evil.example/x"}',
        b'{"url":"https://api.github.com:8443/x"}',
        b'{"url":"https://api.github.com@evil.example/x"}',
        b'{"url":"https://api.github.com\\u002eevil.example/x"}',
        b'{"url":" https://api.github.com/x"}',
        b'{"body":"https://api.github.com/x"}',
        b'{"body":"see https://api.github.com/x"}',
        b'{"body":"\\"url\\":\\"https://api.github.com/x\\""}',
        b'{"body":"\\"url\\": \\"https://api.github.com/x"}',
        b'{"curl":"https://api.github.com/x"}',
        b'{"URL":"https://api.github.com/x"}',
        b'{"my url":"https://api.github.com/x"}',
        b'{"my\\"url":"https://api.github.com/x"}',
        b'["url","https://api.github.com/x"]',
        b'{"url":[["https://api.github.com/x"]]}',
        b'{"url":null,"x":1.50e3}',
        b'{"url":"https://api.github.com/../x"}',
        b'{"url":"https://api.github.com/%2e%2e/x"}',
        b'{"url":"https://api.github.com/x\\u0000"}',
        b'{"url":"https://api.github.com/x\\ny"}',
        b'{"url":"https://api.github.com/\\ud800"}',
        b'{"url":"https://api.github.com/x',
        b'{"url":"https://api.github.com/' + b"x" * 9000 + b'"}',
        b"\xff\xfe\x00",
        b'"',
        b"\\",
        b"",
    ],
)
def test_nothing_else_is_touched(body: bytes) -> None:
    assert rewritten(body) == body


def test_links_outside_the_base_path_are_not_rewritten() -> None:
    body = b'{"url":"https://ghe.example.com/api/v3/x","a_url":"https://ghe.example.com/api/v30"}'
    assert rewritten(body, "https://ghe.example.com/api/v3") == (
        b'{"url":"%s/x","a_url":"https://ghe.example.com/api/v30"}' % PROXY.encode()
    )


def test_s30_the_parameter_that_carries_a_credential_is_removed() -> None:
    body = b'{"url":"https://api.github.com/x?a=1&key=0123456789&b=2"}'
    assert rewritten(body, query_name="key") == b'{"url":"%s/x?a=1&b=2"}' % PROXY.encode()


def repositories(count: int) -> bytes:
    api = "https://api.github.com"
    return json.dumps(
        [
            {
                "id": number,
                "url": f"{api}/repos/o/r{number}",
                "html_url": f"https://github.com/o/r{number}",
                "description": 'A "quoted" text with \\ and {api}/x — 你好',
                "teams_url": f"{api}/repos/o/r{number}/teams{{/team}}",
                "_links": {"self": {"href": f"{api}/x?a=1&b={number}"}},
            }
            for number in range(count)
        ],
        ensure_ascii=number_is_odd(count),
    ).encode()


def number_is_odd(number: int) -> bool:
    return number % 2 == 1


def expected(body: bytes) -> bytes:
    """What a parser would make of it, the text otherwise unchanged."""
    text = body.decode()
    for name in ("url", "teams_url", "href"):
        text = text.replace(f'"{name}": "https://api.github.com/', f'"{name}": "{PROXY}/')
    return text.encode()


@pytest.mark.parametrize("gzipped", [False, True])
def test_the_result_does_not_depend_on_where_the_body_is_split(gzipped: bool) -> None:
    plain = repositories(3)
    body = gzip.compress(plain) if gzipped else plain
    for size in [*range(1, 40), 1000]:
        links = JsonUrlRewriter(NAMES, url_mapping(), gzipped)
        out = b"".join(links.feed(body[i : i + size]) for i in range(0, len(body), size))
        out += links.finish()
        assert (gzip.decompress(out) if gzipped else out) == expected(plain), size


def test_a_large_body_is_rewritten_in_pieces_of_any_size() -> None:
    plain = repositories(2000)
    body = gzip.compress(plain)
    chance = random.Random(7)
    links = JsonUrlRewriter(NAMES, url_mapping(), gzipped=True)
    out, at = b"", 0
    while at < len(body):
        size = chance.choice([1, 2, 30, 700, 65_536])
        out += links.feed(body[at : at + size])
        at += size
    assert gzip.decompress(out + links.finish()) == expected(plain)


def test_an_event_is_delivered_before_the_next_one_arrives() -> None:
    links = JsonUrlRewriter(NAMES, url_mapping(), gzipped=False)
    event = b'{"url":"https://api.github.com/x","more":["a"]}\n'
    assert links.feed(event) == event.replace(b"https://api.github.com", PROXY.encode())
    packed = JsonUrlRewriter(NAMES, url_mapping(), gzipped=True)
    packer = zlib.compressobj(wbits=31)
    data = packer.compress(event) + packer.flush(zlib.Z_SYNC_FLUSH)
    unpacked = zlib.decompressobj(31).decompress(packed.feed(data))
    assert unpacked == event.replace(b"https://api.github.com", PROXY.encode())


def test_a_gzip_of_several_members_and_padding_is_one_body() -> None:
    parts = [b'{"url":"https://api.', b'github.com/x"}']
    body = b"".join(gzip.compress(part) for part in parts) + b"\0" * 7
    links = JsonUrlRewriter(NAMES, url_mapping(), gzipped=True)
    out = b"".join(links.feed(body[i : i + 1]) for i in range(len(body))) + links.finish()
    assert gzip.decompress(out) == b'{"url":"%s/x"}' % PROXY.encode()


@pytest.mark.parametrize(
    "body",
    [b"{}", gzip.compress(b"{}")[:-3], gzip.compress(b"{}") + b"x"],
    ids=["plain", "cut", "followed"],
)
def test_a_body_that_is_not_gzip_is_an_upstream_error(body: bytes) -> None:
    with pytest.raises(MalformedResponse):
        JsonUrlRewriter(NAMES, url_mapping(), gzipped=True).rewrite(body)


def test_s12_a_gzip_that_unpacks_to_more_than_the_limit_is_refused() -> None:
    packer = zlib.compressobj(wbits=31)
    bomb = b"".join(packer.compress(b" " * (1 << 20)) for _ in range((MAX_DECOMPRESSED >> 20) + 1))
    bomb += packer.flush()
    assert len(bomb) < 300_000
    with pytest.raises(ResponseTooLarge):
        JsonUrlRewriter(NAMES, url_mapping(), gzipped=True).rewrite(bomb)


# -- through the product ---------------------------------------------------------------------------


@pytest.fixture
def token(account: Account, place: Place) -> str:
    body = {"provider": "github", "base_url": place.url, "secret": "ghp_" + "a" * 36}
    assert account.call("POST", "/api/keys", body).status == 201
    return account.token(["github"])


def call(
    account: Account, token: str, headers: list[tuple[str, str]] | None = None, method: str = "GET"
) -> Response:
    return account.proxied(token, "/proxy/github/repos", method, headers)


JSON = ("Content-Type", "application/json; charset=utf-8")
GZIP = ("Content-Encoding", "gzip")


def linked(place: Place) -> bytes:
    return b'{"url":"%s/repos/1","html_url":"https://github.com/1"}' % place.url.encode()


def proxied(client: Client) -> bytes:
    return b'{"url":"%s/proxy/github/repos/1","html_url":"https://github.com/1"}' % (
        client.url.encode()
    )


def test_links_in_a_body_are_rewritten_to_the_proxy(
    client: Client, account: Account, token: str, place: Place
) -> None:
    place.answer(Answer(headers=[JSON, ("ETag", '"1"'), ("Content-MD5", "x")], body=linked(place)))
    answer = call(account, token)
    assert answer.body == proxied(client)
    assert answer.get("Content-Length") == str(len(answer.body))
    assert answer.get("ETag") == '"1"'
    assert answer.get("Content-MD5") is None


def test_links_in_a_gzip_body_are_rewritten_and_it_stays_compressed(
    client: Client, account: Account, token: str, place: Place
) -> None:
    place.answer(Answer(headers=[JSON, GZIP], body=gzip.compress(linked(place))))
    answer = call(account, token, [("Accept-Encoding", "gzip")])
    assert answer.get("Content-Encoding") == "gzip"
    assert answer.get("Content-Length") == str(len(answer.body))
    assert gzip.decompress(answer.body) == proxied(client)


def test_links_in_a_streamed_body_are_rewritten(
    client: Client, account: Account, token: str, place: Place
) -> None:
    body = linked(place)

    def pieces() -> Iterator[bytes]:
        for i in range(0, len(body), 7):
            yield body[i : i + 7]

    place.answer(Answer(headers=[JSON], pieces=pieces))
    assert call(account, token).body == proxied(client)


def test_links_in_a_long_body_are_rewritten_and_all_of_it_is_recorded(
    client: Client, account: Account, token: str, place: Place
) -> None:
    body = b"[" + b",".join([linked(place)] * 3000) + b"]"
    place.answer(Answer(headers=[JSON, GZIP], body=gzip.compress(body, 0)))
    answer = call(account, token, [("Accept-Encoding", "gzip")])
    assert gzip.decompress(answer.body) == b"[" + b",".join([proxied(client)] * 3000) + b"]"
    [entry] = account.call("GET", "/api/requests").json["items"]
    assert (entry["status"], entry["bytes_out"]) == (200, len(answer.body))


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ([("Content-Type", "application/vnd.github.raw+json")], 200),
        ([("Content-Type", "text/plain")], 200),
        ([("Content-Type", "application/json"), ("Content-Encoding", "br")], 200),
        ([("Content-Type", "application/json"), ("Content-Encoding", "gzip, br")], 200),
        ([("Content-Type", "application/json"), ("Cache-Control", "no-transform")], 200),
        ([("Content-Type", "application/json"), ("Content-Range", "bytes 0-9/99")], 206),
        ([], 200),
    ],
)
def test_a_body_that_is_a_file_or_cannot_be_read_is_not_touched(
    account: Account, token: str, place: Place, headers: list[tuple[str, str]], status: int
) -> None:
    place.answer(Answer(status, [*headers, ("Content-MD5", "x")], linked(place)))
    answer = call(account, token)
    assert (answer.status, answer.body, answer.get("Content-MD5")) == (status, linked(place), "x")


def test_a_compressed_body_without_links_is_returned_unchanged(
    account: Account, token: str, place: Place
) -> None:
    body = gzip.compress(b'{"url":"https://github.com/x"}', 1)
    place.answer(Answer(headers=[JSON, GZIP], body=body))
    assert call(account, token).body == body


def test_a_head_does_not_promise_a_length_that_a_get_would_not_have(
    account: Account, token: str, place: Place
) -> None:
    place.answer(Answer(headers=[JSON], body=linked(place)))
    assert call(account, token, method="HEAD").get("Content-Length") in (None, "0")


def test_only_codings_that_can_be_decoded_are_requested_from_the_upstream(
    account: Account, token: str, place: Place
) -> None:
    for asked, seen in {
        "gzip, deflate, br, zstd": "gzip",
        "br;q=1.0, GZIP;q=0.8, *;q=0.1": "GZIP;q=0.8",
        "br": "identity",
        "identity": "identity",
    }.items():
        call(account, token, [("Accept-Encoding", asked)])
        assert place.last.get("Accept-Encoding") == seen
    call(account, token)
    assert place.last.get("Accept-Encoding") is None


def test_bodies_of_an_api_without_url_fields_are_not_changed(
    account: Account, place: Place
) -> None:
    account.key(place)
    place.answer(Answer(headers=[JSON], body=linked(place)))
    headers = [("Accept-Encoding", "br, zstd")]
    answer = account.proxied(account.token(["test"]), "/proxy/test/repos", headers=headers)
    assert answer.body == linked(place)
    assert place.last.get("Accept-Encoding") == "br, zstd"


def test_a_corrupt_gzip_body_is_an_upstream_error(
    account: Account, token: str, place: Place
) -> None:
    place.answer(Answer(headers=[JSON, GZIP], body=b"no gzip"))
    problem(call(account, token), 502, "upstream_malformed")


def test_links_use_the_public_url_if_one_is_set(environment: dict[str, str], place: Place) -> None:
    app = another_app(environment, API_DASHBOARD_PUBLIC_URL="https://dash.example")
    account = Account(InProcess(app))
    body = {"provider": "github", "base_url": place.url, "secret": "ghp_" + "a" * 36}
    assert account.call("POST", "/api/keys", body).status == 201
    place.answer(Answer(headers=[JSON], body=linked(place)))
    answer = call(account, account.token(["github"]))
    assert answer.json["url"] == "https://dash.example/proxy/github/repos/1"


def test_a_quoted_parameter_of_a_link_field_is_text(server: HttpClient, place: Place) -> None:
    account = Account(server)
    account.key(place)
    title = r'title="a \"<b>\" <c>"'
    place.answer(Answer(headers=[("Link", f'<{place.url}/2>; rel="next"; {title}, </3>')]))
    answer = account.proxied(account.token(["test"]))
    assert answer.get("Link") == (
        f'<{server.url}/proxy/test/2>; rel="next"; {title}, <{place.url.rpartition("/")[0]}/3>'
    )
