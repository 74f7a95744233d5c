"""Rehearsal: a token gets the API's own kind of refusal for a share of its calls, unasked."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import openai
import pytest

from api.proxy.simulated_limits import WAIT, simulated_response
from api.quota.headers import DIALECTS, read
from api.settings import read_settings
from api.wiring import build_app
from tests.support.accounts import Account, problem
from tests.support.clients import HttpClient
from tests.support.products import keep, lambda_client
from tests.support.upstream import Place

NOW = 1_790_000_000


# -- the refusals themselves ---------------------------------------------------------------------

STATUSES = {"github": 403, "linear": 400}


@pytest.mark.parametrize("dialect", sorted(DIALECTS))
def test_every_dialect_refuses_in_its_own_manner(dialect: str) -> None:
    made = simulated_response(dialect, "api.example.com", NOW)
    assert made.status == STATUSES.get(dialect, 429)
    names = [name for name, _ in made.headers]
    assert names[0] == "Content-Type"
    assert len({name.lower() for name in names}) == len(names)
    seen = read(made.headers, made.status, NOW, dialect)
    if dialect == "stripe":
        assert dict(made.headers)["Stripe-Rate-Limited-Reason"] == "global-rate"
    elif dialect == "linear":
        assert seen is not None and seen.windows[0].remaining == 0
    else:
        assert seen is not None and seen.exhausted_until == NOW + WAIT
    if dialect != "gitlab":
        assert json.loads(made.body)


@pytest.mark.parametrize(
    ("host", "member", "value"),
    [
        ("api.notion.com", "code", "rate_limited"),
        ("api.twilio.com", "code", 20429),
        ("generativelanguage.googleapis.com", "error.status", "RESOURCE_EXHAUSTED"),
    ],
)
def test_some_hosts_have_a_body_of_their_own(host: str, member: str, value: object) -> None:
    body = json.loads(simulated_response("generic", host, NOW).body)
    for name in member.split("."):
        body = body[name]
    assert body == value


@pytest.mark.parametrize(
    ("dialect", "place", "value"),
    [
        ("openai", ("error", "code"), "rate_limit_exceeded"),
        ("azure-openai", ("error", "code"), "429"),
        ("anthropic", ("error", "type"), "rate_limit_error"),
        ("stripe", ("error", "code"), "rate_limit"),
        ("slack", ("error",), "ratelimited"),
        ("discord", ("retry_after",), float(WAIT)),
        ("x", ("title",), "Too Many Requests"),
        ("reddit", ("error",), 429),
    ],
)
def test_the_body_is_what_the_provider_documents(
    dialect: str, place: tuple[str, ...], value: object
) -> None:
    body = json.loads(simulated_response(dialect, "api.example.com", NOW).body)
    for name in place:
        body = body[name]
    assert body == value


def test_the_official_sdk_raises_its_own_exception(server: HttpClient, place: Place) -> None:
    account = Account(server)
    account.key(place, provider="openai", api_name="openai")
    token = account.token(["openai"], rehearsal={"share": 1})
    with (
        openai.OpenAI(
            base_url=f"{server.url}/proxy/openai/v1", api_key=token, max_retries=0
        ) as client,
        pytest.raises(openai.RateLimitError) as raised,
    ):
        client.models.list()
    assert raised.value.code == "rate_limit_exceeded"
    assert raised.value.response.headers["retry-after"] == str(WAIT)
    assert place.received == []


# -- the token's switch --------------------------------------------------------------------------


@pytest.fixture
def token(account: Account, place: Place) -> dict[str, Any]:
    """A token for the API `test`, with a key that speaks OpenAI's dialect."""
    account.key(place, provider="openai")
    return account.token_details(["test"])


def switch(account: Account, token: dict[str, Any], rehearsal: object) -> dict[str, Any]:
    answer = account.call("PATCH", f"/api/tokens/{token['token_id']}", {"rehearsal": rehearsal})
    assert answer.status == 200, answer.body
    changed: dict[str, Any] = answer.json
    return changed


def test_it_is_switched_on_and_off(account: Account, token: dict[str, Any], place: Place) -> None:
    assert token["rehearsal"] is None
    assert account.proxied(token["token"]).status == 200
    assert switch(account, token, {"share": 1})["rehearsal"] == {"share": 1}
    assert [account.proxied(token["token"]).status for _ in range(3)] == [429] * 3
    assert len(place.received) == 1
    listed = account.call("GET", "/api/tokens").json["items"]
    assert [one["rehearsal"] for one in listed] == [{"share": 1}]
    assert switch(account, token, None)["rehearsal"] is None
    assert account.proxied(token["token"]).status == 200


def test_the_answer_is_the_apis_own_and_says_that_it_is_ours(
    account: Account, token: dict[str, Any], place: Place
) -> None:
    switch(account, token, {"share": 1})
    answer = account.proxied(token["token"], method="POST", body=b"{}")
    assert answer.json["error"]["code"] == "rate_limit_exceeded"
    assert answer.get("Content-Type") == "application/json; charset=utf-8"
    assert answer.get("retry-after") == "2"
    assert answer.get("x-ratelimit-remaining-requests") == "0"
    expected = 'api-dashboard; error=http_request_denied; details="rehearsal"'
    assert answer.all("Proxy-Status") == [expected]
    assert answer.get("Server-Timing") and answer.get("X-Request-Id")
    assert answer.get("X-Content-Type-Options") == "nosniff"
    assert place.received == []


def test_a_head_request_gets_no_body(account: Account, token: dict[str, Any]) -> None:
    switch(account, token, {"share": 1})
    answer = account.proxied(token["token"], method="HEAD")
    assert (answer.status, answer.body) == (429, b"")


def test_it_is_marked_in_the_log_and_counted(account: Account, token: dict[str, Any]) -> None:
    account.proxied(token["token"])
    switch(account, token, {"share": 1})
    answer = account.proxied(token["token"], "/proxy/test/v1/chat", "POST")
    entry, before = account.call("GET", "/api/requests").json["items"]
    assert (entry["rehearsed"], entry["status"], entry["problem"]) == (True, 429, None)
    assert (entry["upstream_ms"], entry["path"]) == (None, "/v1/chat")
    assert entry["request_id"] == answer.get("X-Dashboard-Request-Id")
    assert entry["token_id"] == token["token_id"] and entry["host"]
    assert (entry["key_id"], entry["bytes_out"]) == (None, len(answer.body))
    assert before["rehearsed"] is False
    totals = account.call("GET", "/api/stats").json["totals"]
    assert (totals["requests"], totals["rehearsed"], totals["errors"]) == (2, 1, 1)
    assert (totals["refused"], totals["failures"], totals["status_4xx"]) == (0, 0, 1)


def test_nothing_is_learnt_of_the_apis_quota_or_key(
    account: Account, token: dict[str, Any]
) -> None:
    switch(account, token, {"share": 1})
    account.proxied(token["token"])
    (key,) = account.call("GET", "/api/keys").json["items"]
    assert key["state"] == "ready"
    problem(account.call("GET", "/api/rate-limits/test"), 404, "rate_limit_not_found")


def test_it_counts_in_the_limits_as_any_refusal_of_the_api(account: Account, place: Place) -> None:
    account.key(place)
    token = account.token(["test"], limit=2, window=3600, rehearsal={"share": 1})
    answers = [account.proxied(token) for _ in range(3)]
    assert [answer.get("RateLimit-Policy") for answer in answers] == [
        '"token";q=2;w=3600, "default";q=60',
        '"token";q=2;w=3600, "default";q=60',
        '"token";q=2;w=3600',
    ]
    assert "details" in (answers[1].get("Proxy-Status") or "")
    problem(answers[2], 429, "token_rate_limited")


def test_scope_and_credentials_are_judged_before(account: Account, place: Place) -> None:
    account.key(place)
    token = account.token(["test"], methods=["GET"], rehearsal={"share": 1})
    problem(account.proxied(token, method="POST"), 403, "token_scope")
    problem(account.proxied(token, "/proxy/other/x"), 403, "token_scope")
    problem(account.proxied(token, "/proxy/test/../x"), 400, "invalid_path")
    answer = account.client.request("GET", "/proxy/test/x", [("X-Elsewhere", token)])
    problem(answer, 401, "authentication_required")


@pytest.mark.parametrize(
    ("rehearsal", "field"),
    [
        ({}, "rehearsal.share"),
        ({"share": 0}, "rehearsal.share"),
        ({"share": -0.1}, "rehearsal.share"),
        ({"share": 1.1}, "rehearsal.share"),
        ({"share": "0.5"}, "rehearsal.share"),
        ({"share": None}, "rehearsal.share"),
        ({"share": 0.5, "status": 503}, "rehearsal.status"),
        (0.5, "rehearsal"),
        (True, "rehearsal"),
    ],
)
def test_s24_s26_a_rehearsal_is_a_share_and_nothing_else(
    account: Account, token: dict[str, Any], rehearsal: object, field: str
) -> None:
    body = {"name": "t", "apis": ["test"], "rehearsal": rehearsal}
    problem(account.call("POST", "/api/tokens", body), 422, "invalid_field", field)
    path = f"/api/tokens/{token['token_id']}"
    problem(account.call("PATCH", path, {"rehearsal": rehearsal}), 422, "invalid_field", field)
    assert account.proxied(token["token"]).status == 200


# -- the share -----------------------------------------------------------------------------------


def rehearsing(
    environment: dict[str, str], place: Place, share: float, chances: Iterator[float]
) -> tuple[Account, str]:
    """A token whose share is decided by these numbers."""
    app = build_app(read_settings(environment), chance=lambda: next(chances))
    keep(app)
    account = Account(lambda_client(app))
    account.key(place)
    return account, account.token(["test"], rehearsal={"share": share})


def test_the_share_decides(environment: dict[str, str], place: Place) -> None:
    chances = iter([0.0, 0.1999, 0.2, 0.5, 0.9999, 0.19])
    account, token = rehearsing(environment, place, 0.2, chances)
    statuses = [account.proxied(token).status for _ in range(6)]
    assert statuses == [429, 429, 200, 200, 200, 429]
    assert len(place.received) == 3


def test_over_evenly_spread_numbers_exactly_the_share_is_refused(
    environment: dict[str, str], place: Place
) -> None:
    chances = (number / 100 for number in range(100))
    account, token = rehearsing(environment, place, 0.37, chances)
    statuses = [account.proxied(token).status for _ in range(100)]
    assert statuses.count(429) == 37 and len(place.received) == 63


def test_a_token_that_does_not_rehearse_asks_for_no_chance(
    environment: dict[str, str], place: Place
) -> None:
    app = build_app(read_settings(environment), chance=lambda: pytest.fail("asked"))
    keep(app)
    account = Account(lambda_client(app))
    account.key(place)
    assert account.proxied(account.token(["test"])).status == 200
    assert account.call("GET", "/proxy/test/x").status == 200
