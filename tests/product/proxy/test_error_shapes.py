"""The dashboard's own problems at /proxy have the shape of the called API, before and after
authentication. tests/unit/proxy/test_problem_response.py has all shapes.
"""

from __future__ import annotations

import pytest

from tests.support.accounts import Account
from tests.support.upstream import Place


@pytest.fixture(params=["notion", "work"])
def api_name(request: pytest.FixtureRequest, account: Account, place: Place) -> str:
    """An API of Notion, with the catalogue's name and with a name of the user's."""
    stored = {"provider": "notion", "base_url": place.url, "secret": "ntn_0123456789",
              "api_name": request.param}  # fmt: skip
    assert account.call("POST", "/api/keys", stored).status == 201
    name: str = request.param
    return name


def test_a_call_beyond_the_tokens_limit_gets_the_providers_429(
    account: Account, place: Place, api_name: str
) -> None:
    token = account.token([api_name], limit=1, window=3600)
    assert account.proxied(token, f"/proxy/{api_name}/v1/x").status == 200
    answer = account.proxied(token, f"/proxy/{api_name}/v1/x", "POST", [("Accept", "*/*")], b"{}")
    document = answer.json
    assert (answer.status, document["object"], document["code"]) == (429, "error", "rate_limited")
    assert (document["problem"], document["status"]) == ("token_rate_limited", 429)
    assert document["message"] == document["detail"]
    assert int(answer.get("Retry-After") or 0) > 0
    assert answer.get("Content-Type") == "application/problem+json"
    assert "error=http_request_denied" in (answer.get("Proxy-Status") or "")
    assert len(place.received) == 1
    entry = account.call("GET", "/api/requests?limit=1").json["items"][0]
    assert entry["problem"] == "token_rate_limited"


def test_a_call_outside_the_scope_or_that_fails_has_the_shape_too(
    account: Account, place: Place, api_name: str
) -> None:
    token = account.token([api_name], methods=["GET"])
    answer = account.proxied(token, f"/proxy/{api_name}/v1/x", "POST", body=b"{}")
    assert (answer.status, answer.json["code"]) == (403, "restricted_resource")
    assert answer.json["problem"] == "token_scope"
    place.behaviour = lambda _received, _connection: None
    answer = account.proxied(
        token, f"/proxy/{api_name}/v1/x", headers=[("Accept", "application/json")]
    )
    assert (answer.status, answer.json["code"]) == (502, "service_unavailable")
    assert answer.json["problem"] == "upstream_reset"
    assert answer.get("Content-Type") == "application/json"


def test_a_call_without_a_valid_token_has_the_shape_of_the_apis_name(account: Account) -> None:
    for headers in ([], [("Authorization", "Bearer apd_invalid")]):
        answer = account.client.request("GET", "/proxy/notion/v1/users/me", headers)
        assert (answer.status, answer.json["code"]) == (401, "unauthorized")
        assert answer.json["problem"] == "authentication_required"
    answer = account.client.request("GET", "/proxy/work/v1/users/me", [])
    assert (answer.status, answer.json["code"]) == (401, "authentication_required")


def test_a_simulated_rejection_has_the_shape_of_the_keys_provider(
    account: Account, place: Place, api_name: str
) -> None:
    token = account.token([api_name], rehearsal={"share": 1})
    answer = account.proxied(token, f"/proxy/{api_name}/v1/x")
    assert (answer.status, answer.json["object"], answer.json["code"]) == (
        429,
        "error",
        "rate_limited",
    )
    assert place.received == []
