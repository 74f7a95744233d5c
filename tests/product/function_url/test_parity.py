"""The same request has the same result through the function URL as on one machine."""

from __future__ import annotations

from typing import Any

import pytest

from tests.product.function_url.conftest import UrlCaller
from tests.support.clients import Client, HttpClient, Response
from tests.support.function_url import DOMAIN
from tests.support.upstream import Answer

TARGETS = [
    "/proxy/test",
    "/proxy/test/",
    "/proxy/test?x=1",
    "/proxy/test//",
    "/proxy//x",
    "/proxy/unknown/x",
    "/proxy/te%73t/x",
    "/proxy/test/../../api/status",
    "/proxy/test/%2e%2e/x",
    "/proxy/test/..%2fx",
    "/proxy/test/a%0d%0ab",
    "/proxy/test/%00",
    "/proxy/test/%",
    "/proxy/test/%zz",
    '/proxy/test/<>"{}|^`[]\\',
    "/proxy/test/x?a=%zz&b=[]{}|^",
    "/proxy/test/x?a=1;b=2&&c",
    "/proxy/test/" + "a/" * 3000,
]
METHODS = ["HEAD", "POST", "OPTIONS", "TRACE", "CONNECT", "PURGE"]
FIELDS = [
    [("Authorization", "Bearer apd_wrong")],
    [("Authorization", "Basic !!!")],
    [("Content-Type", "text/plain"), ("Expect", "100-continue")],
    [("X-Forwarded-Host", "evil.example.com"), ("Forwarded", "host=evil")],
    [("X_Under", "1"), ("Te", "trailers"), ("Priority", "u=1")],
    [("Origin", "https://a.example.com"), ("Cookie", "a=1"), ("Referer", "https://b/")],
    [("X-HTTP-Method-Override", "DELETE")],
]


def outcome(client: Client, caller: UrlCaller, method: str, target: str, fields: Any) -> object:
    """Send a request. Return status and problem, and what reached the upstream."""
    caller.place.received.clear()
    if not any(name == "Authorization" for name, _ in fields):
        fields = [*fields, ("Authorization", f"Bearer {caller.token}")]
    answer = client.request(method, target, fields, b"body" if method == "POST" else None)
    is_problem = "problem+json" in (answer.get("content-type") or "")
    seen = [
        (
            one.method,
            one.target,
            one.body,
            sorted(
                (name.lower(), value)
                for name, value in one.headers
                if name.lower() != "accept-encoding"
            ),
        )
        for one in caller.place.received
    ]
    return answer.status, answer.json["code"] if is_problem and answer.body else "", seen


@pytest.mark.parametrize(
    ("method", "target", "fields"),
    [
        *(("GET", target, []) for target in TARGETS),
        *((method, "/proxy/test/x", []) for method in METHODS),
        *(("POST", "/proxy/test/x", fields) for fields in FIELDS),
    ],
)
def test_a_request_has_the_same_result_as_on_one_machine(
    server: HttpClient, caller: UrlCaller, method: str, target: str, fields: Any
) -> None:
    expected = outcome(server, caller, method, target, fields)
    assert outcome(caller.client, caller, method, target, fields) == expected


def comparable(answer: Response, root: str) -> dict[str, str]:
    """Return the fields of a response that do not differ with each call and each connection."""
    own = {
        "connection", "content-length", "date", "server", "server-timing", "transfer-encoding",
        "x-amzn-requestid", "x-dashboard-request-id", "x-request-id",
    }  # fmt: skip
    names = dict.fromkeys(name.lower() for name, _ in answer.headers)
    return {
        name: ", ".join(answer.all(name)).replace(root, "") for name in names if name not in own
    }


@pytest.mark.parametrize("status", [200, 201, 205, 301, 404, 500, 503, 529])
def test_a_response_has_the_same_fields_as_on_one_machine(
    server: HttpClient, caller: UrlCaller, status: int
) -> None:
    fields = [
        ("Content-Type", "application/json"),
        ("Location", f"{caller.place.url}/next?a=b"),
        ("Link", f'<{caller.place.url}/2>; rel="next", <https://other.example.com/>; rel="a"'),
        ("Retry-After", "7"),
        ("X-RateLimit-Remaining", "3"),
        ("Vary", "Accept"),
        ("Vary", "Origin"),
        ("Cache-Control", "max-age=60"),
        ("Strict-Transport-Security", "max-age=1"),
        ("Access-Control-Allow-Origin", "*"),
        ("Alt-Svc", "h3"),
    ]
    caller.place.answer(Answer(status, fields, b'{"a": 1}'))
    authorization = [("Authorization", f"Bearer {caller.token}")]
    seen = []
    for client, root in ((server, server.url), (caller.client, f"https://{DOMAIN}")):
        answer = client.request("GET", "/proxy/test/x", authorization)
        assert (answer.status, answer.body) == (status, b'{"a": 1}')
        assert answer.get("location") == f"{root}/proxy/test/next?a=b"
        seen.append(comparable(answer, root))
    assert seen[0] == seen[1]
