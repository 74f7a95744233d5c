"""The proxy forwards requests and responses unchanged, on the server and on Lambda."""

from __future__ import annotations

import gzip
import hashlib
import http.client
import re
import secrets
import socket

import pytest

from tests.support.accounts import Account, problem
from tests.support.clients import HttpClient
from tests.support.upstream import Answer, Place

EVERY_BYTE = bytes(range(256)) * 17


@pytest.fixture
def token(account: Account, place: Place) -> str:
    """A token for the API `test`, whose key leads to `place`."""
    account.key(place)
    return account.token(["test"])


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_method_and_body_arrive_byte_for_byte(
    account: Account, place: Place, token: str, method: str
) -> None:
    place.answer(Answer(201, [("Content-Type", "application/octet-stream")], EVERY_BYTE))
    body = None if method in ("GET", "OPTIONS") else EVERY_BYTE

    answer = account.proxied(
        token, method=method, headers=[("Content-Type", "application/x-own; v=1")], body=body
    )

    assert (place.last.method, place.last.body) == (method, body or b"")
    assert place.last.get("Content-Length") == (str(len(EVERY_BYTE)) if body else None)
    assert place.last.get("Content-Type") == "application/x-own; v=1"
    assert (answer.status, answer.body) == (201, EVERY_BYTE)
    assert answer.get("Content-Type") == "application/octet-stream"
    assert answer.get("Content-Length") == str(len(EVERY_BYTE))


def test_a_post_without_a_body_says_so(account: Account, place: Place, token: str) -> None:
    account.proxied(token, method="POST")

    assert place.last.get("Content-Length") == "0"
    assert place.last.get("Transfer-Encoding") is None


@pytest.mark.parametrize(
    "query",
    ["a=1&a=2&b", "q=%20%2B+x&&=&%C3%A9=%e9", "x=%2525&y=a/b?c:d@e", "a[]=1&a[]=2", 'j={"a":1};b'],
)
def test_queries_arrive_byte_for_byte(
    account: Account, place: Place, token: str, query: str
) -> None:
    account.proxied(token, f"/proxy/test/v1/x?{query}")

    assert place.path() == f"/v1/x?{query}"


@pytest.mark.parametrize(
    "target", ["", "/", "/a//b/", "/a;v=1/b,c", "/%41%2f%C3%A9", "?x=1", "/:~!$&'()*+=@"]
)
def test_paths_arrive_as_they_were(account: Account, place: Place, token: str, target: str) -> None:
    assert account.proxied(token, f"/proxy/test{target}").status == 200

    assert place.path() == target


@pytest.mark.parametrize("coding", ["gzip", "br", "zstd", "deflate, gzip"])
def test_s11_a_compressed_answer_is_handed_over_with_its_coding_and_length(
    account: Account, place: Place, token: str, coding: str
) -> None:
    packed = gzip.compress(b'{"a": "text that says it is JSON"}' * 50)
    place.answer(
        Answer(200, [("Content-Type", "application/json"), ("Content-Encoding", coding)], packed)
    )

    answer = account.proxied(token, headers=[("Accept-Encoding", coding)])

    assert place.last.get("Accept-Encoding") == coding
    assert answer.body == packed
    assert answer.get("Content-Encoding") == coding
    assert answer.get("Content-Length") == str(len(packed))


def test_a_compressed_request_is_handed_over(account: Account, place: Place, token: str) -> None:
    packed = gzip.compress(b"x" * 5000)

    account.proxied(token, method="POST", headers=[("Content-Encoding", "gzip")], body=packed)

    assert place.last.body == packed
    assert place.last.get("Content-Encoding") == "gzip"


def test_no_accept_encoding_is_invented(account: Account, place: Place, token: str) -> None:
    account.proxied(token)

    assert place.last.get("Accept-Encoding") is None


def test_duplicate_request_fields_are_kept(account: Account, place: Place, token: str) -> None:
    account.proxied(token, headers=[("X-Twice", "1"), ("x-twice", "2"), ("Accept", "a/b")])

    values = place.last.all("X-Twice")
    assert ",".join(values) == "1,2"
    assert place.last.get("Accept") == "a/b"


def test_duplicate_answer_fields_are_kept(account: Account, place: Place, token: str) -> None:
    place.answer(Answer(200, [("X-Twice", "1"), ("X-Twice", "2"), ("Vary", "a"), ("Vary", "b")]))

    answer = account.proxied(token)

    assert re.sub(", ", ",", ",".join(answer.all("X-Twice"))) == "1,2"
    assert re.sub(", ", ",", ",".join(answer.all("Vary"))) == "a,b"


@pytest.mark.parametrize(
    "name",
    ["Keep-Alive", "TE", "Trailer", "Upgrade", "Proxy-Connection", "Proxy-Authorization",
     "HTTP2-Settings", "Cookie", "Referer", "Origin", "Forwarded", "Via", "X-Forwarded-For",
     "X-Forwarded-Host", "X-Forwarded-Anything", "X-Real-IP", "True-Client-IP", "CDN-Loop",
     "X-Original-URL", "X-Rewrite-URL", "X-Amzn-Trace-Id", "CloudFront-Viewer-Country"],
)  # fmt: skip
def test_s8_connection_and_identity_fields_stay_here(
    account: Account, place: Place, token: str, name: str
) -> None:
    account.proxied(token, headers=[(name, "value"), ("X-Stays", "1")])

    assert place.last.all(name) == []
    assert place.last.get("X-Stays") == "1"


def test_s8_fields_named_in_connection_stay_here(
    account: Account, place: Place, token: str
) -> None:
    account.proxied(
        token,
        headers=[("Connection", "x-one, X-Two"), ("Connection", " x-three"), ("X-One", "1"),
                 ("x-two", "2"), ("X-Three", "3"), ("X-Four", "4")],
    )  # fmt: skip

    sent = {name.lower() for name, _ in place.last.headers}
    assert sent & {"x-one", "x-two", "x-three", "connection"} == set()
    assert "x-four" in sent


def test_s8_fields_named_in_the_answers_connection_stay_there(
    account: Account, place: Place, token: str
) -> None:
    place.answer(
        Answer(200, [("Connection", "x-hop"), ("X-Hop", "1"), ("Keep-Alive", "timeout=5"),
                     ("Proxy-Authenticate", "Basic"), ("X-Stays", "2")])
    )  # fmt: skip

    answer = account.proxied(token)

    assert answer.get("X-Stays") == "2"
    assert [answer.get(name) for name in ("X-Hop", "Keep-Alive", "Proxy-Authenticate")] == [
        None
    ] * 3


def test_s14_the_callers_address_does_not_go_upstream(
    account: Account, place: Place, token: str
) -> None:
    account.proxied(token, headers=[("X-Forwarded-For", "198.51.100.9"), ("X_Forwarded_For", "9")])

    assert not [field for field in place.last.headers if "forwarded" in field[0].lower()]
    assert not [value for _, value in place.last.headers if "203.0.113.7" in value]


def test_s14_underscore_twins_are_dropped(account: Account, place: Place, token: str) -> None:
    account.proxied(token, headers=[("X_Twin", "bad"), ("X-Twin", "good"), ("Content_Type", "bad")])

    assert place.last.all("X-Twin") == ["good"]
    assert not [name for name, _ in place.last.headers if "_" in name]
    assert "bad" not in [value for _, value in place.last.headers]


def test_host_is_the_upstreams(account: Account, place: Place, token: str) -> None:
    account.proxied(token)

    assert place.last.get("Host") == place.url.split("/")[2]


@pytest.mark.parametrize("length", ["0", "12", "70000"])
def test_head_is_answered_with_the_length_and_no_body(
    account: Account, place: Place, token: str, length: str
) -> None:
    place.answer(Answer(200, [("Content-Length", length), ("ETag", '"a"')]))

    answer = account.proxied(token, method="HEAD")

    assert place.last.method == "HEAD"
    assert (answer.status, answer.body, answer.get("ETag")) == (200, b"", '"a"')
    assert answer.get("Content-Length") == length
    assert account.proxied(token, method="HEAD").status == 200


@pytest.mark.parametrize("status", [204, 304])
def test_answers_without_a_body(account: Account, place: Place, token: str, status: int) -> None:
    place.answer(Answer(status, [("ETag", '"a"')]))

    for _ in range(2):
        answer = account.proxied(token, headers=[("If-None-Match", '"a"')])

        assert (answer.status, answer.body, answer.get("ETag")) == (status, b"", '"a"')
    assert place.last.get("If-None-Match") == '"a"'


@pytest.mark.parametrize("status", [200, 206, 299, 400, 404, 418, 451, 500, 503, 599])
def test_the_upstreams_status_and_problem_are_its_own(
    account: Account, place: Place, token: str, status: int
) -> None:
    place.answer(Answer(status, [("Content-Type", "text/plain")], b"upstream says"))

    answer = account.proxied(token)

    assert (answer.status, answer.body) == (status, b"upstream says")
    assert answer.get("Proxy-Status") is None


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_s5_redirects_are_handed_over_and_not_followed(
    account: Account, place: Place, token: str, status: int
) -> None:
    place.answer(Answer(status, [("Location", "https://elsewhere.example.com/v1?x=1")], b""))

    answer = account.proxied(token)

    assert answer.status == status
    assert answer.get("Location") == "https://elsewhere.example.com/v1?x=1"
    assert len(place.received) == 1


def test_large_bodies_both_ways(account: Account, place: Place, token: str) -> None:
    size = 4_000_000
    sent, back = secrets.token_bytes(size), secrets.token_bytes(size)
    place.answer(Answer(200, [], back))

    answer = account.proxied(token, method="POST", body=sent)

    assert hashlib.sha256(place.last.body).digest() == hashlib.sha256(sent).digest()
    assert place.last.get("Content-Length") == str(size)
    assert hashlib.sha256(answer.body).digest() == hashlib.sha256(back).digest()
    entry = account.call("GET", "/api/requests").json["items"][0]
    assert (entry["bytes_in"], entry["bytes_out"]) == (size, size)


def test_s12_a_request_larger_than_the_limit_is_refused(
    account: Account, place: Place, token: str
) -> None:
    answer = account.proxied(token, method="POST", body=b"x" * 8_000_001)

    problem(answer, 413, "request_too_large")
    assert place.received == []


def chunks(*pieces: bytes) -> bytes:
    return b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"


def upload(server: HttpClient, token: str, fields: str, body: bytes) -> tuple[int, bytes]:
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as sock:
        head = (
            f"POST /proxy/test/v1/x HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer {token}\r\n"
            f"{fields}\r\n"
        )
        sock.sendall(head.encode() + body)
        answer = http.client.HTTPResponse(sock, method="POST")
        answer.begin()
        return answer.status, answer.read()


@pytest.fixture
def server_token(server: HttpClient, place: Place) -> str:
    account = Account(server)
    account.key(place)
    return account.token(["test"])


@pytest.mark.parametrize("size", [0, 5, 70_000, 3_000_000])
def test_chunked_uploads_arrive_whole(
    server: HttpClient, place: Place, server_token: str, size: int
) -> None:
    body = secrets.token_bytes(size)
    pieces = [body[i : i + 50_000] for i in range(0, size, 50_000)]

    status, _ = upload(server, server_token, "Transfer-Encoding: chunked\r\n", chunks(*pieces))

    assert status == 200
    assert place.last.body == body


def test_s12_a_chunked_upload_larger_than_the_limit_is_refused(
    server: HttpClient, place: Place, server_token: str
) -> None:
    body = chunks(*[b"x" * 100_000] * 81)

    status, answer = upload(server, server_token, "Transfer-Encoding: chunked\r\n", body)

    assert status == 413
    assert b"request_too_large" in answer


@pytest.mark.parametrize(
    "body", [b"zz\r\nok\r\n0\r\n\r\n", b"2\r\nokmore\r\n0\r\n\r\n", b"-1\r\n\r\n"]
)
def test_s13_a_malformed_chunked_upload_is_the_callers_error(
    server: HttpClient, place: Place, server_token: str, body: bytes
) -> None:
    status, answer = upload(server, server_token, "Transfer-Encoding: chunked\r\n", body)

    assert status == 400, answer
    assert place.received == []


def test_s13_a_malformed_end_of_a_long_upload_never_completes_upstream(
    server: HttpClient, place: Place, server_token: str
) -> None:
    body = chunks(*[b"x" * 100_000] * 15)[:-5] + b"zz\r\n\r\n"

    status, answer = upload(server, server_token, "Transfer-Encoding: chunked\r\n", body)

    assert status == 400, answer
    assert b"invalid_request" in answer
    assert place.received == []


@pytest.mark.parametrize("size", [3, 2_000_000])
def test_expect_100_continue_is_answered_here(
    server: HttpClient, place: Place, server_token: str, size: int
) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as sock:
        sock.sendall(
            f"POST /proxy/test/v1/x HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer {server_token}\r\n"
            f"Content-Length: {size}\r\nExpect: 100-continue\r\n\r\n".encode()
        )
        interim = sock.recv(25, socket.MSG_WAITALL)
        assert interim == b"HTTP/1.1 100 Continue\r\n\r\n"
        sock.sendall(b"y" * size)
        answer = http.client.HTTPResponse(sock, method="POST")
        answer.begin()
        assert answer.status == 200
        answer.read()

    assert place.last.body == b"y" * size
    assert place.last.get("Expect") is None


def test_a_kept_alive_connection_serves_several_calls(
    server: HttpClient, place: Place, server_token: str
) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as connection.sock:
        for number in range(5):
            connection.request(
                "PUT", f"/proxy/test/{number}", b"b" * number,
                {"Authorization": f"Bearer {server_token}"},
            )  # fmt: skip
            assert connection.getresponse().read() == b'{"ok": true}'

    assert [place.path(received) for received in place.received] == [f"/{n}" for n in range(5)]
    assert [len(received.body) for received in place.received] == list(range(5))


LINKS = [
    ("{origin}/{name}/v1/x?page=2", "{proxy}/v1/x?page=2"),
    ("{origin}/{name}", "{proxy}"),
    ("{origin}/{name}/a%2Fb/%C3%A9#part", "{proxy}/a%2Fb/%C3%A9#part"),
    ("/{name}/v2/y", "{proxy}/v2/y"),
    ("//{host}/{name}/z", "{proxy}/z"),
    ("?page=3", "{proxy}/v1/x?page=3"),
    ("y", "{proxy}/v1/y"),
    ("../w", "{proxy}/w"),
    ("{origin}/elsewhere/x", "{origin}/elsewhere/x"),
    ("/api/me", "{origin}/api/me"),
    ("/{name}x/y", "{origin}/{name}x/y"),
    ("https://other.example.com/a?b", "https://other.example.com/a?b"),
    ("//other.example.com/a", "http://other.example.com/a"),
    ("http://{host}@evil.example.com/{name}/x", "http://{host}@evil.example.com/{name}/x"),
    ("http://{host}.evil.example.com/{name}", "http://{host}.evil.example.com/{name}"),
    ("mailto:a@example.com", "mailto:a@example.com"),
]


@pytest.mark.parametrize("field", ["Location", "Content-Location", "Link"])
@pytest.mark.parametrize(("given", "expected"), LINKS)
def test_links_to_the_upstream_lead_back_to_the_proxy(
    account: Account, place: Place, token: str, field: str, given: str, expected: str
) -> None:
    origin, host = place.url.removesuffix(f"/{place.name}"), place.url.split("/")[2]
    proxy = f"{account.client.url}/proxy/test"  # type: ignore[attr-defined]
    words = {"origin": origin, "host": host, "name": place.name, "proxy": proxy}
    url, led = given.format(**words), expected.format(**words)
    if field == "Link":
        url, led = (
            f'<{url}>; rel="next", <{origin}/{place.name}/l>; rel=last',
            (f'<{led}>; rel="next", <{proxy}/l>; rel=last'),
        )
    place.answer(Answer(200, [(field, url)]))

    assert account.proxied(token, "/proxy/test/v1/x?page=1").get(field) == led


@pytest.mark.parametrize(
    "location",
    ["/{name}/../../api/me", "../../../../api/me", "{origin}/{name}/../../api/me",
     "/{name}/%2e%2e/%2e%2e/%2e%2e/api/me", "{origin}/{name}/..%2f..%2f../api/me",
     "/{name}/..\\..\\..\\api\\me", "/{name}/.%252e/%252e%252e/api/me", "http:/api/me",
     "https:/api/me", "/{name}/.\t./.\t./.\t./api/me", "///api/me"],
)  # fmt: skip
def test_s11_no_redirect_leads_out_of_the_proxy_into_our_own_api(
    account: Account, place: Place, token: str, location: str
) -> None:
    origin = place.url.removesuffix(f"/{place.name}")
    place.answer(Answer(307, [("Location", location.format(name=place.name, origin=origin))], b""))

    led = account.proxied(token, method="DELETE").get("Location") or ""

    assert re.match(r"[a-z]+://[^/]", led) or led == "https:///api/me", led
    own = account.client.url  # type: ignore[attr-defined]
    if led.startswith(own):
        assert led.startswith(f"{own}/proxy/test/")
        assert ".." not in led and "%2e" not in led.lower()


@pytest.mark.parametrize(
    "name",
    ["Set-Cookie", "Set-Cookie2", "Access-Control-Allow-Origin", "Access-Control-Allow-Credentials",
     "Access-Control-Expose-Headers", "Strict-Transport-Security",
     "Content-Security-Policy-Report-Only", "Alt-Svc", "Clear-Site-Data", "X-Frame-Options",
     "Public-Key-Pins", "Refresh", "Report-To", "NEL",
     "Service-Worker-Allowed", "SourceMap", "Permissions-Policy", "Proxy-Status",
     "Cross-Origin-Opener-Policy", "Cross-Origin-Embedder-Policy", "Origin-Agent-Cluster"],
)  # fmt: skip
def test_s11_an_upstream_sets_nothing_on_our_origin(
    account: Account, place: Place, token: str, name: str
) -> None:
    place.answer(Answer(200, [(name, "evil=1"), ("X-Other", "1")]))

    answer = account.proxied(token)

    assert answer.get("X-Other") == "1"
    assert "evil=1" not in [value for _, value in answer.headers]


@pytest.mark.parametrize(
    ("name", "ours"),
    [("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; sandbox"),
     ("X-Content-Type-Options", "nosniff"), ("Cross-Origin-Resource-Policy", "same-origin"),
     ("Referrer-Policy", "no-referrer")],
)  # fmt: skip
def test_s11_our_own_policies_stand_alone(
    account: Account, place: Place, token: str, name: str, ours: str
) -> None:
    place.answer(Answer(200, [(name, "evil"), ("Content-Type", "text/html")], b"<script>"))

    assert account.proxied(token).all(name) == [ours]


def test_rate_limit_fields_come_back_as_they_were_and_normalised(
    account: Account, place: Place, token: str
) -> None:
    place.answer(
        Answer(200, [("X-RateLimit-Limit", "60"), ("X-RateLimit-Remaining", "59"),
                     ("X-RateLimit-Reset", "30"), ("Retry-After", "7")])
    )  # fmt: skip

    answer = account.proxied(token)

    assert answer.get("X-RateLimit-Remaining") == "59"
    assert answer.get("Retry-After") == "7"
    assert "r=59" in (answer.get("RateLimit") or "")
    assert "q=60" in (answer.get("RateLimit-Policy") or "")


def test_server_timing_tells_the_proxy_from_the_upstream(
    account: Account, place: Place, token: str
) -> None:
    place.answer(Answer(200, [("Server-Timing", "db;dur=5")]))

    timing = ", ".join(account.proxied(token).all("Server-Timing"))

    assert timing.startswith("db;dur=5, ")
    assert re.search(r"proxy;dur=\d+\.\d, upstream;dur=\d+\.\d$", timing)


def test_non_ascii_field_values_arrive(account: Account, place: Place, token: str) -> None:
    place.answer(Answer(200, [("X-Back", "caf\xe9")]))
    name = b"\xe6\x97\xa5".decode("latin-1")
    sent = name if isinstance(account.client, HttpClient) else "\u65e5"

    answer = account.proxied(token, headers=[("X-Name", sent)])

    assert answer.status == 200
    assert place.last.get("X-Name") == name
    assert answer.get("X-Back") == "caf\xe9"


def test_the_upstreams_request_id_keeps_its_name_beside_ours(
    account: Account, place: Place
) -> None:
    account.key(place)
    token = account.token()
    place.answer(Answer(headers=[("x-request-id", "req_theirs"), ("X-Dashboard-Request-Id", "x")]))
    answer = account.proxied(token)
    assert answer.all("x-request-id") == ["req_theirs"]
    (ours,) = answer.all("x-dashboard-request-id")
    assert account.call("GET", "/api/requests").json["items"][0]["request_id"] == ours
    place.answer(Answer())
    answer = account.proxied(token)
    assert answer.all("x-request-id") == answer.all("x-dashboard-request-id")


def test_a_problem_of_ours_says_it_where_sdks_look_for_it(account: Account) -> None:
    document = problem(account.proxied(account.access, "/proxy/none/x"), 404, "unknown_api")
    assert document["message"] == document["detail"]
    assert document["error"] == {
        "type": "unknown_api",
        "code": "unknown_api",
        "message": document["detail"],
    }
    assert document["detail"] == "No key is stored under the API name none."
    strange = problem(account.proxied(account.access, "/proxy/A%22b/x"), 404, "unknown_api")
    assert strange["detail"] == "No key is stored under that API name."


def test_a_problem_of_the_dashboards_own_api_is_no_more_than_that(account: Account) -> None:
    document = problem(account.call("GET", "/api/keys/none.x"), 404, "key_not_found")
    assert not {"message", "error"} & set(document)
