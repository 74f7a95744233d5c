"""What a function URL gets of a response: status, fields, cookies and an uncoded body."""

from __future__ import annotations

import gzip
import hashlib
import json
import zlib
from collections.abc import Callable, Iterator

import msgspec
import pytest

from api.secret import Secret
from api.settings import Settings
from tests.support.accounts import Account
from tests.support.function_url import DOMAIN
from tests.support.streaming_function import StreamingFunction, served
from tests.support.upstream import Answer, Place

CDN_SECRET = "0123456789abcdef" * 4
TEXT = b"a text that can be compressed " * 5000


def raw_deflate(data: bytes) -> bytes:
    compressor = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return compressor.compress(data) + compressor.flush()


def in_pieces(body: bytes, size: int) -> Callable[[], Iterator[bytes]]:
    return lambda: iter([body[at : at + size] for at in range(0, len(body), size)])


def test_repeated_fields_are_joined_and_a_length_is_left_to_the_url(
    streaming: StreamingFunction, place: Place, token: str
) -> None:
    fields = [("X-Many", "1"), ("x-many", "2"), ("Link", "<a>"), ("Link", "<b>"), ("X-One", "ü")]
    place.answer(Answer(201, fields, b"{}"))
    invocation = streaming.call("POST", "/proxy/test/x", body=b"{}", token=token)
    assert (invocation.status, invocation.read()) == (201, b"{}")
    headers = invocation.headers
    assert headers["x-many"] == "1, 2"
    assert headers["x-one"] == "ü"
    assert headers["x-content-type-options"] == "nosniff"
    assert not {"content-length", "transfer-encoding", "connection", "set-cookie"} & set(headers)
    assert invocation.cookies == []  # An upstream's cookies are not for the dashboard's origin.


def test_fields_that_a_function_url_refuses_are_removed(
    streaming: StreamingFunction, place: Place, token: str
) -> None:
    names = ("X-Amzn-Remapped-Content-Length", "x-amzn-Remapped-Connection", "X-Amzn-RequestId")
    place.answer(Answer(200, [(name, "1") for name in names]))
    headers = streaming.call("GET", "/proxy/test/x", token=token).headers
    assert [name for name in headers if name.startswith("x-amzn-")] == ["x-amzn-requestid"]


def test_fields_of_the_function_url_do_not_reach_the_upstream(
    streaming: StreamingFunction, place: Place, token: str
) -> None:
    own = [("X-Dashboard-Viewer", "1.2.3.4"), ("X-Dashboard-Host", "a"), ("X-Dashboard-Cdn", "x")]
    sent = [("X-Own", "1"), ("Via", "2.0 cloudfront.net"), ("X-Amz-Cf-Id", "x"), *own]
    assert streaming.call("GET", "/proxy/test/x", sent, token=token).status == 200
    names = sorted(name.lower() for name, _ in place.last.headers)
    assert names == ["accept-encoding", "authorization", "host", "x-own"]


@pytest.mark.parametrize(
    "path", ["/a%2Fb", "/a%252Fb", "//a//", "/%3F%23", "/caf%C3%A9%20", "/a;b=c/~d", "/x?a=%2F&a=+"]
)
def test_a_path_reaches_the_upstream_as_it_was_sent(
    streaming: StreamingFunction, place: Place, token: str, path: str
) -> None:
    assert streaming.call("GET", f"/proxy/test{path}", token=token).status == 200
    assert place.path() == path


@pytest.mark.parametrize(
    ("method", "status", "fields"),
    [
        ("HEAD", 200, [("Content-Length", "12345"), ("ETag", '"a"')]),
        ("GET", 204, []),
        ("GET", 304, [("ETag", '"a"')]),
        ("DELETE", 200, [("Content-Length", "0")]),
        ("HEAD", 200, [("Content-Length", "20"), ("Content-Encoding", "gzip")]),
        ("GET", 200, [("Content-Length", "0"), ("Content-Encoding", "gzip")]),
    ],
)
def test_responses_without_a_body_end_at_once(
    streaming: StreamingFunction,
    user: Account,
    place: Place,
    token: str,
    method: str,
    status: int,
    fields: list[tuple[str, str]],
) -> None:
    place.answer(Answer(status, fields, b""))
    invocation = streaming.call(method, "/proxy/test/x", token=token)
    assert (invocation.status, invocation.read()) == (status, b"")
    assert invocation.error is None
    assert not {"content-length", "content-encoding"} & set(invocation.headers)
    assert user.call("GET", "/api/requests").json["items"][0]["problem"] is None


@pytest.mark.parametrize("accepted", [[], ["gzip, br"], ["gzip", "zstd"], ["*"]])
def test_the_upstream_is_asked_for_a_body_without_coding(
    streaming: StreamingFunction, place: Place, token: str, accepted: list[str]
) -> None:
    headers = [("Accept-Encoding", value) for value in accepted]
    assert streaming.call("GET", "/proxy/test/x", headers, token=token).status == 200
    assert place.last.all("Accept-Encoding") == ["identity"]


@pytest.mark.parametrize("size", [1 << 20, 1000, 1])
@pytest.mark.parametrize(
    ("coding", "compress"),
    [
        ("gzip", gzip.compress),
        ("x-gzip", gzip.compress),
        ("GZIP", lambda data: gzip.compress(data[:99]) + gzip.compress(data[99:]) + b"\0" * 9),
        ("deflate", zlib.compress),
        ("deflate", raw_deflate),
        ("gzip, identity", gzip.compress),
    ],
)
def test_a_coded_body_is_decoded(
    streaming: StreamingFunction,
    place: Place,
    token: str,
    coding: str,
    compress: Callable[[bytes], bytes],
    size: int,
) -> None:
    text = TEXT if size > 1 else TEXT[:200]
    body = compress(text)
    digest = hashlib.md5(body, usedforsecurity=False).hexdigest()
    fields = [("Content-Encoding", coding), ("Content-MD5", digest), ("Repr-Digest", "sha-256=:x:")]
    if size == 1 << 20:
        place.answer(Answer(200, fields, body))  # with a declared length
    else:
        place.answer(Answer(200, fields, pieces=in_pieces(body, size)))
    invocation = streaming.call("GET", "/proxy/test/x", token=token)
    assert invocation.read() == text
    assert invocation.error is None
    assert not {"content-encoding", "content-md5", "repr-digest"} & set(invocation.headers)


def test_a_decoded_event_is_passed_on_as_soon_as_it_can_be_read(
    streaming: StreamingFunction, place: Place, token: str
) -> None:
    compressor = zlib.compressobj(wbits=31)
    events = [b"data: %d\n\n" % number for number in range(5)]
    pieces = [
        compressor.compress(event) + compressor.flush(zlib.Z_SYNC_FLUSH) for event in events
    ] + [compressor.flush()]
    place.answer(Answer(200, [("Content-Encoding", "gzip")], pieces=lambda: iter(pieces)))
    invocation = streaming.call("GET", "/proxy/test/x", token=token)
    assert invocation.read() == b"".join(events)


@pytest.mark.parametrize("compress", [None, gzip.compress])
@pytest.mark.parametrize(
    ("secret", "host"), [(CDN_SECRET, "d1.cloudfront.net"), ("guessed", DOMAIN), (None, DOMAIN)]
)
def test_urls_are_rewritten_to_the_host_that_the_caller_used(
    settings: Settings,
    user: Account,
    place: Place,
    compress: Callable[[bytes], bytes] | None,
    secret: str | None,
    host: str,
) -> None:
    user.key(place, api_name="github", provider="github", auth={"scheme": "bearer"})
    target = f"{place.url}/page/2?q=%2F"
    body = b'{"url": "%s"}' % target.encode()
    fields = [("Location", target), ("Content-Type", "application/json")]
    if compress is not None:
        fields.append(("Content-Encoding", "gzip"))
    place.answer(Answer(201, fields, compress(body) if compress else body))
    sent = [("x-dashboard-host", "d1.cloudfront.net")]
    if secret is not None:
        sent.append(("x-dashboard-cdn", secret))
    token = user.token(["github"])
    with served(settings, Secret(CDN_SECRET)) as function:
        invocation = function.call("GET", "/proxy/github/x", sent, token=token)
        led_back = f"https://{host}/proxy/github/page/2?q=%2F"
        assert invocation.headers["location"] == led_back
        assert json.loads(invocation.read()) == {"url": led_back}
    for key in user.call("GET", "/api/keys").json["items"]:
        user.call("DELETE", f"/api/keys/{key['key_id']}")


@pytest.mark.parametrize(
    ("body", "coding"),
    [(gzip.compress(TEXT)[:-9], "gzip"), (b"no gzip at all", "gzip"), (b"xx", "deflate")],
)
def test_a_body_that_cannot_be_decoded_is_an_error(
    streaming: StreamingFunction, user: Account, place: Place, token: str, body: bytes, coding: str
) -> None:
    place.answer(Answer(200, [("Content-Encoding", coding)], body))
    invocation = streaming.call("GET", "/proxy/test/x", token=token)
    assert TEXT.startswith(invocation.read())
    assert invocation.error is not None and invocation.error.kind == "upstream_malformed"
    entry = user.call("GET", "/api/requests").json["items"][0]
    assert entry["problem"] == "upstream_malformed"


@pytest.mark.parametrize(
    ("status", "coding"), [(200, "br"), (200, "zstd"), (200, "gzip, gzip"), (206, "gzip")]
)
def test_another_coding_is_passed_on(
    streaming: StreamingFunction, place: Place, token: str, status: int, coding: str
) -> None:
    place.answer(Answer(status, [("Content-Encoding", coding)], b"\x00coded"))
    invocation = streaming.call("GET", "/proxy/test/x", token=token)
    assert (invocation.headers["content-encoding"], invocation.read()) == (coding, b"\x00coded")


@pytest.mark.parametrize("path", ["/", "/api/status", "/proxy", "/index.html", "//proxy/test"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_other_paths_get_a_problem_that_names_the_addresses(
    streaming: StreamingFunction, path: str, method: str
) -> None:
    invocation = streaming.call(method, path)
    assert invocation.status == 404
    assert invocation.headers["content-type"] == "application/problem+json"
    body = invocation.read()
    if method == "HEAD":
        assert body == b""
    else:
        document = json.loads(body)
        assert document["code"] == "not_found"
        assert f"https://{DOMAIN}/proxy/" in document["detail"]
        assert "DASHBOARD_URL" in document["detail"]


def test_a_large_body_in_gzip_is_decoded_in_pieces_up_to_the_largest_response(
    settings: Settings, place: Place, token: str
) -> None:
    small = msgspec.structs.replace(settings, max_response_bytes=10_000_000)
    bomb = gzip.compress(b"\0" * 12_000_000)
    place.answer(Answer(200, [("Content-Encoding", "gzip")], bomb))
    with served(small) as function:
        invocation = function.call("GET", "/proxy/test/x", token=token)
        sizes = [len(piece.data) for piece in invocation.pieces()]
        assert max(sizes) <= 65_536 and 9_900_000 < sum(sizes) <= 10_000_000
        assert invocation.error is not None and invocation.error.kind == "response_too_large"
