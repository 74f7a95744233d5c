"""The header fields of every response of the API (S33, S34)."""

from __future__ import annotations

import re

import pytest

from tests.support.accounts import PASSWORD, Account, problem
from tests.support.clients import Client
from tests.support.upstream import Answer, Place


@pytest.fixture(scope="module", params=["server", "function"])
def owner(request: pytest.FixtureRequest) -> Account:
    """A user whom no test of the module changes."""
    return Account(request.getfixturevalue(request.param))


CALLS = [
    ("GET", "/api/status", 200), ("GET", "/api/me", 200), ("GET", "/api/keys", 200),
    ("GET", "/api/docs", 200), ("GET", "/api/docs.css", 200), ("GET", "/api/openapi.json", 200),
    ("GET", "/api/providers", 200), ("GET", "/api/nothing", 404), ("GET", "/nothing", 404),
    ("GET", "/", None), ("PUT", "/api/me", 405), ("POST", "/api/keys", 415),
    ("GET", "/proxy/x/", 404),
    ("DELETE", "/api/keys/x", 404), ("HEAD", "/api/status", 200), ("OPTIONS", "/api/keys", None),
    ("GET", "/api/keys?cursor=x", 400), ("GET", "/api//keys", 404), ("GET", "/api/keys/", 404),
]  # fmt: skip


@pytest.mark.parametrize(("method", "path", "status"), CALLS)
def test_s33_every_response_has_the_security_headers(
    owner: Account, method: str, path: str, status: int | None
) -> None:
    answer = owner.call(method, path)
    if status is not None:
        assert answer.status == status, answer.body
    policy = answer.get("content-security-policy") or ""
    assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy and "http:" not in policy
    assert answer.get("x-content-type-options") == "nosniff"
    assert answer.get("referrer-policy") == "no-referrer"
    assert answer.get("cross-origin-opener-policy") == "same-origin"
    assert answer.get("cross-origin-resource-policy") == "same-origin"
    assert answer.get("x-frame-options") == "DENY"
    assert answer.get("cache-control") == "no-store"
    assert re.fullmatch(r"[0-9a-f]{16}", answer.get("x-request-id") or "")
    secure = owner.client.url.startswith("https:")
    seconds = re.match(r"max-age=(\d+)", answer.get("strict-transport-security") or "")
    assert (seconds is not None) is secure
    assert seconds is None or int(seconds[1]) >= 15_768_000
    assert answer.get("x-powered-by") is None
    assert not re.search(r"werkzeug|flask|python|gunicorn", answer.get("server") or "", re.I)


def test_each_header_field_is_sent_once(owner: Account) -> None:
    for method, path, _ in CALLS:
        names = [name.lower() for name, _ in owner.call(method, path).headers]
        assert len(names) == len(set(names)), (path, names)


def test_request_ids_are_unique_and_not_chosen_by_the_client(owner: Account) -> None:
    given = [("X-Request-Id", "mine"), ("X-Amzn-Trace-Id", "mine")]
    seen = {owner.client.request("GET", "/api/status", given).get("x-request-id") for _ in range(5)}
    assert len(seen) == 5 and "mine" not in seen


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://127.0.0.1", "http://localhost:8420", "*"]
)
@pytest.mark.parametrize(
    "path", ["/api/keys", "/api/auth/login", "/api/auth/refresh", "/proxy/x/y"]
)
def test_s34_no_other_origin_is_allowed(owner: Account, origin: str, path: str) -> None:
    asked = [("Origin", origin), ("Access-Control-Request-Method", "POST"),
             ("Access-Control-Request-Headers", "authorization, content-type")]  # fmt: skip
    for answer in (
        owner.client.request("OPTIONS", path, asked),
        owner.client.request(
            "GET", path, [*asked[:1], ("Authorization", f"Bearer {owner.access}")]
        ),
        owner.client.request("POST", path, asked[:1]),
    ):
        assert [
            name for name, _ in answer.headers if name.lower().startswith("access-control-")
        ] == []


def test_s34_an_upstream_response_does_not_allow_other_origins(
    account: Account, place: Place
) -> None:
    account.key(place)
    place.answer(
        Answer(headers=[("Access-Control-Allow-Origin", "*"), ("Set-Cookie", "a=b"),
                        ("Content-Security-Policy", "default-src *"), ("X-Mine", "1")])
    )  # fmt: skip
    answer = account.call("GET", "/proxy/test/x")
    assert answer.get("x-mine") == "1"
    assert answer.get("access-control-allow-origin") is None
    assert answer.all("set-cookie") == []
    assert "default-src *" not in (answer.get("content-security-policy") or "")
    assert re.fullmatch(r"[0-9a-f]{16}", answer.get("x-request-id") or "")


def test_s34_no_token_is_accepted_in_a_url(owner: Account) -> None:
    for path in (f"/api/me?token={owner.access}", f"/api/me?access_token={owner.access}",
                 f"/api/{owner.access}/me"):  # fmt: skip
        answer = owner.client.request("GET", path)
        assert answer.status in (401, 404)
        assert owner.access.encode() not in answer.body


def test_errors_are_json_whatever_the_client_accepts(owner: Account) -> None:
    for accept in ("text/html", "*/*", "application/xml", "image/png"):
        answer = owner.client.request("GET", "/api/nothing", [("Accept", accept)])
        problem(answer, 404, "not_found")


def test_s34_user_text_is_returned_as_json_text(account: Account, place: Place) -> None:
    markup = "<script>alert(1)</script>"
    key = account.key(place, description=markup)
    answer = account.call("GET", f"/api/keys/{key['key_id']}")
    assert answer.get("content-type") == "application/json"
    assert answer.json["description"] == markup


def test_a_wrong_method_returns_the_allowed_methods(client: Client) -> None:
    answer = client.call("PUT", "/api/auth/login", {"username": "x", "password": PASSWORD})
    problem(answer, 405, "method_not_allowed")
    assert "POST" in (answer.get("allow") or "")
