"""Header fields of responses: rewritten URLs, policies, rate limits, timing and ids."""

from __future__ import annotations

import re
from urllib.parse import urljoin

import pytest

from tests.support.accounts import Account, problem
from tests.support.clients import HttpClient
from tests.support.upstream import Answer, Place

LINKS = [
    ("{origin}/{name}/v1/x?page=2", "{proxy}/v1/x?page=2"),
    ("{origin}/{name}", "{proxy}"),
    ("{origin}/{name}/a%2Fb/%C3%A9#part", "{proxy}/a%2Fb/%C3%A9#part"),
    ("/{name}/v2/y", "/proxy/test/v2/y"),
    ("//{host}/{name}/z", "{proxy}/z"),
    ("?page=3", "?page=3"),
    ("#part", "#part"),
    ("y", "y"),
    ("../w", "../w"),
    ("{origin}/elsewhere/x", "{origin}/elsewhere/x"),
    ("/api/me", "{origin}/api/me"),
    ("/{name}x/y", "{origin}/{name}x/y"),
    ("https://other.example.com/a?b", "https://other.example.com/a?b"),
    ("//other.example.com/a", "http://other.example.com/a"),
    ("http://{host}@evil.example.com/{name}/x", "http://{host}@evil.example.com/{name}/x"),
    ("http://{host}.evil.example.com/{name}", "http://{host}.evil.example.com/{name}"),
    ("mailto:a@example.com", "mailto:a@example.com"),
]


@pytest.mark.parametrize("field", ["Location", "Content-Location", "Operation-Location", "Link"])
@pytest.mark.parametrize(("given", "expected"), LINKS)
def test_links_to_the_upstream_are_rewritten_to_the_proxy(
    account: Account, place: Place, token: str, field: str, given: str, expected: str
) -> None:
    origin, host = place.url.removesuffix(f"/{place.name}"), place.url.split("/")[2]
    proxy = f"{account.client.url}/proxy/test"
    words = {"origin": origin, "host": host, "name": place.name, "proxy": proxy}
    url, rewritten = given.format(**words), expected.format(**words)
    if field == "Link":
        url, rewritten = (
            f'<{url}>; rel="next", <{origin}/{place.name}/l>; rel=last',
            (f'<{rewritten}>; rel="next", <{proxy}/l>; rel=last'),
        )
    place.answer(Answer(200, [(field, url)]))

    assert account.proxied(token, "/proxy/test/v1/x?page=1").get(field) == rewritten


def test_a_field_that_is_a_url_below_the_base_url_is_rewritten(
    account: Account, place: Place, token: str
) -> None:
    place.answer(Answer(202, [("X-Next-Page", f"{place.url}/x?page=2"), ("X-Page", "2")]))
    answer = account.proxied(token, "/proxy/test/v1/x")
    assert answer.get("X-Next-Page") == f"{account.client.url}/proxy/test/x?page=2"
    assert answer.get("X-Page") == "2"


@pytest.mark.parametrize(
    "location",
    ["/{name}/../../api/me", "../../../../api/me", "{origin}/{name}/../../api/me",
     "/{name}/%2e%2e/%2e%2e/%2e%2e/api/me", "{origin}/{name}/..%2f..%2f../api/me",
     "/{name}/..\\..\\..\\api\\me", "/{name}/.%252e/%252e%252e/api/me", "http:/api/me",
     "https:/api/me", "/{name}/.\t./.\t./.\t./api/me", "///api/me"],
)  # fmt: skip
def test_s11_no_redirect_reaches_the_web_api(
    account: Account, place: Place, token: str, location: str
) -> None:
    origin = place.url.removesuffix(f"/{place.name}")
    place.answer(Answer(307, [("Location", location.format(name=place.name, origin=origin))], b""))

    rewritten = account.proxied(token, method="DELETE").get("Location") or ""

    own = account.client.url
    rewritten = urljoin(f"{own}/proxy/test/v1/x", rewritten)
    assert re.match(r"[a-z]+://[^/]", rewritten) or rewritten == "https:///api/me", rewritten
    if rewritten.startswith(own):
        assert rewritten.startswith(f"{own}/proxy/test/")
        assert ".." not in rewritten and "%2e" not in rewritten.lower()


@pytest.mark.parametrize(
    "name",
    ["Set-Cookie", "Set-Cookie2", "Access-Control-Allow-Origin", "Access-Control-Allow-Credentials",
     "Access-Control-Expose-Headers", "Strict-Transport-Security",
     "Content-Security-Policy-Report-Only", "Alt-Svc", "Clear-Site-Data", "X-Frame-Options",
     "Public-Key-Pins", "Refresh", "Report-To", "NEL",
     "Service-Worker-Allowed", "SourceMap", "Permissions-Policy", "Proxy-Status",
     "Cross-Origin-Opener-Policy", "Cross-Origin-Embedder-Policy", "Origin-Agent-Cluster"],
)  # fmt: skip
def test_s11_an_upstream_sets_nothing_on_the_dashboards_origin(
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
def test_s11_only_the_dashboards_policies_are_sent(
    account: Account, place: Place, token: str, name: str, ours: str
) -> None:
    place.answer(Answer(200, [(name, "evil"), ("Content-Type", "text/html")], b"<script>"))

    assert account.proxied(token).all(name) == [ours]


def test_rate_limit_fields_are_returned_unchanged_and_normalised(
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


def test_server_timing_separates_the_proxy_from_the_upstream(
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


def test_the_upstreams_request_id_and_the_dashboards_have_different_names(
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


def test_a_problem_holds_the_members_that_sdks_read(account: Account) -> None:
    document = problem(account.proxied(account.access, "/proxy/none/x"), 404, "unknown_api")
    assert document["message"] == document["detail"]
    assert document["error"] == {
        "type": "unknown_api",
        "code": "unknown_api",
        "message": document["detail"],
    }
    assert document["detail"] == "No key is stored under the API name none."
    for name in ("A%22b", "a" * 49, "a" * 2000):  # no sort key of the table has 2000 bytes
        strange = problem(account.proxied(account.access, f"/proxy/{name}/x"), 404, "unknown_api")
        assert strange["detail"] == "No key is stored under that API name."


def test_a_problem_of_the_web_api_has_no_other_members(account: Account) -> None:
    document = problem(account.call("GET", "/api/keys/none.x"), 404, "key_not_found")
    assert not {"message", "error"} & set(document)
