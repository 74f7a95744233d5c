"""A whole story: sign up, store a key, create a token, call the API, read the log, revoke."""

from __future__ import annotations

from tests.support.accounts import Account, problem
from tests.support.upstream import Answer, Place


def test_a_token_uses_a_stored_key_without_seeing_it(account: Account, place: Place) -> None:
    key = account.key(place, secret="sk-real-0123456789abcd", api_name="openai")
    assert key["hint"] == "…abcd"
    token = account.token_details(["openai"])
    place.answer(
        Answer(
            headers=[
                ("Content-Type", "application/json"),
                ("x-ratelimit-limit-requests", "100"),
                ("x-ratelimit-remaining-requests", "99"),
                ("x-ratelimit-reset-requests", "1m0s"),
            ]
        )
    )

    answer = account.proxied(token["token"], "/proxy/openai/v1/models?a=1")

    assert answer.status == 200
    assert answer.json == {"ok": True}
    assert place.path() == "/v1/models?a=1"
    assert place.last.get("Authorization") == "Bearer sk-real-0123456789abcd"
    assert answer.get("x-ratelimit-remaining-requests") == "99"
    assert "r=99" in (answer.get("RateLimit") or "")
    assert "proxy;dur=" in (answer.get("Server-Timing") or "")

    logged = account.call("GET", "/api/requests").json["items"]
    assert [(entry["path"], entry["status"]) for entry in logged] == [("/v1/models", 200)]
    assert logged[0]["token_id"] == token["token_id"]
    limit = account.call("GET", "/api/rate-limits/openai").json
    assert (limit["limit"], limit["remaining"], limit["source"]) == (100, 99, "observed")
    totals = account.call("GET", "/api/stats").json["totals"]
    assert (totals["requests"], totals["status_2xx"]) == (1, 1)
    listed = account.call("GET", "/api/tokens").json["items"]
    assert listed[0]["last_used_at"] is not None

    assert account.call("DELETE", f"/api/tokens/{token['token_id']}").status == 204
    problem(
        account.proxied(token["token"], "/proxy/openai/v1/models"), 401, "authentication_required"
    )
    assert len(place.received) == 1
