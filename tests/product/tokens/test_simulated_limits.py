"""Simulated rate limiting: a share of a token's calls gets the provider's error, not a call."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import openai
import pytest

from api.quota.rate_limit_dialect import WAIT
from api.settings import read_settings
from api.wiring import build_app
from tests.support.accounts import Account, problem
from tests.support.clients import HttpClient
from tests.support.products import keep, lambda_client
from tests.support.upstream import Place


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


def test_a_cold_start_imports_no_dialect() -> None:
    program = (
        "import sys, api.aws_lambda.handler\n"
        "print([name for name in sys.modules if name.startswith('api.quota.dialects.')"
        " or name == 'api.quota.simulated_limits'])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout.strip() == "[]", done.stderr


# -- the token's switch --------------------------------------------------------------------------


@pytest.fixture
def token(account: Account, place: Place) -> dict[str, Any]:
    """A token for the API `test`, whose key has OpenAI's dialect."""
    account.key(place, provider="openai")
    return account.token_details(["test"])


def switch(account: Account, token: dict[str, Any], rehearsal: object) -> dict[str, Any]:
    answer = account.call("PATCH", f"/api/tokens/{token['token_id']}", {"rehearsal": rehearsal})
    assert answer.status == 200, answer.body
    changed: dict[str, Any] = answer.json
    return changed


def test_it_can_be_turned_on_and_off(account: Account, token: dict[str, Any], place: Place) -> None:
    assert token["rehearsal"] is None
    assert account.proxied(token["token"]).status == 200
    assert switch(account, token, {"share": 1})["rehearsal"] == {"share": 1}
    assert [account.proxied(token["token"]).status for _ in range(3)] == [429] * 3
    assert len(place.received) == 1
    listed = account.call("GET", "/api/tokens").json["items"]
    assert [one["rehearsal"] for one in listed] == [{"share": 1}]
    assert switch(account, token, None)["rehearsal"] is None
    assert account.proxied(token["token"]).status == 200


def test_the_response_has_the_providers_format_and_names_the_proxy(
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


def test_it_changes_neither_quota_nor_key_state(account: Account, token: dict[str, Any]) -> None:
    switch(account, token, {"share": 1})
    account.proxied(token["token"])
    (key,) = account.call("GET", "/api/keys").json["items"]
    assert key["state"] == "ready"
    problem(account.call("GET", "/api/rate-limits/test"), 404, "rate_limit_not_found")


def test_it_counts_towards_the_limits(account: Account, place: Place) -> None:
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


def test_scope_and_credentials_are_checked_first(account: Account, place: Place) -> None:
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
def test_s24_s26_the_setting_is_a_share_and_nothing_else(
    account: Account, token: dict[str, Any], rehearsal: object, field: str
) -> None:
    body = {"name": "t", "apis": ["test"], "rehearsal": rehearsal}
    problem(account.call("POST", "/api/tokens", body), 422, "invalid_field", field)
    path = f"/api/tokens/{token['token_id']}"
    problem(account.call("PATCH", path, {"rehearsal": rehearsal}), 422, "invalid_field", field)
    assert account.proxied(token["token"]).status == 200


# -- the share -----------------------------------------------------------------------------------


def simulating(
    environment: dict[str, str], place: Place, share: float, chances: Iterator[float]
) -> tuple[Account, str]:
    """Return a token whose simulated share is decided by these numbers."""
    app = build_app(read_settings(environment), chance=lambda: next(chances))
    keep(app)
    account = Account(lambda_client(app))
    account.key(place)
    return account, account.token(["test"], rehearsal={"share": share})


def test_the_share_decides(environment: dict[str, str], place: Place) -> None:
    chances = iter([0.0, 0.1999, 0.2, 0.5, 0.9999, 0.19])
    account, token = simulating(environment, place, 0.2, chances)
    statuses = [account.proxied(token).status for _ in range(6)]
    assert statuses == [429, 429, 200, 200, 200, 429]
    assert len(place.received) == 3


def test_of_evenly_spread_numbers_exactly_the_share_is_rejected(
    environment: dict[str, str], place: Place
) -> None:
    chances = (number / 100 for number in range(100))
    account, token = simulating(environment, place, 0.37, chances)
    statuses = [account.proxied(token).status for _ in range(100)]
    assert statuses.count(429) == 37 and len(place.received) == 63


def test_a_token_without_simulated_limits_draws_no_random_number(
    environment: dict[str, str], place: Place
) -> None:
    app = build_app(read_settings(environment), chance=lambda: pytest.fail("asked"))
    keep(app)
    account = Account(lambda_client(app))
    account.key(place)
    assert account.proxied(account.token(["test"])).status == 200
    assert account.call("GET", "/proxy/test/x").status == 200
