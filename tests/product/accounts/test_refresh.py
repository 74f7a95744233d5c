"""Refresh tokens in bodies and cookies (S34), and the list of sessions."""

from __future__ import annotations

import pytest

from tests.support.accounts import Account, login, problem
from tests.support.clients import Client, Response


def cookie_of(answer: Response) -> str:
    """Return the refresh cookie that a response sets, as a client sends it."""
    (cookie,) = [c for c in answer.all("set-cookie") if c.startswith("api_dashboard_refresh=")]
    return cookie.partition(";")[0]


def send_cookie(
    client: Client, cookie: str, *headers: tuple[str, str], call: str = "refresh"
) -> Response:
    return client.request("POST", f"/api/auth/{call}", [("Cookie", cookie), *headers])


def test_a_refresh_returns_two_new_tokens(client: Client) -> None:
    account = Account(client)
    answer = client.call(
        "POST", "/api/auth/refresh", {"refresh_token": account.session["refresh_token"]}
    )
    assert answer.status == 200
    assert set(answer.json) == {"access_token", "refresh_token", "expires_in", "token_type"}
    assert answer.json["refresh_token"] != account.session["refresh_token"]
    assert client.call("GET", "/api/me", None, answer.json["access_token"]).status == 200


def test_a_cookie_session_is_refreshed_and_ended_from_our_own_pages(owner: Account) -> None:
    client = owner.client
    own = ("Origin", client.url)
    first = cookie_of(login(client, owner.username, session="cookie"))

    answer = send_cookie(client, first, own)
    assert answer.status == 200
    assert "refresh_token" not in answer.json
    second = cookie_of(answer)
    assert second != first
    access = answer.json["access_token"]
    assert client.call("GET", "/api/me", None, access).status == 200

    ended = send_cookie(client, second, ("Sec-Fetch-Site", "same-origin"), own, call="logout")
    assert ended.status == 204
    (cleared,) = ended.all("set-cookie")
    assert "Max-Age=0" in cleared and cleared.partition(";")[0].endswith("=")
    problem(client.call("GET", "/api/me", None, access), 401, "authentication_required")
    problem(send_cookie(client, second, own), 401, "invalid_refresh_token")


@pytest.mark.parametrize(
    "headers",
    [
        (),
        (("Origin", "https://evil.example"),),
        (("Origin", "null"),),
        (("Sec-Fetch-Site", "cross-site"),),
        (("Sec-Fetch-Site", "same-site"),),
        (("Sec-Fetch-Site", "none"),),
        (("Sec-Fetch-Site", "same-origin"), ("Origin", "https://evil.example")),
        (("Origin", "http://127.0.0.1"),),
        (("Origin", "https://abc123.execute-api.us-east-2.amazonaws.com.evil.example"),),
        (("Referer", "https://abc123.execute-api.us-east-2.amazonaws.com/"),),
    ],
)
def test_s34_the_cookie_is_rejected_from_other_origins_and_stays_valid(
    owner: Account, headers: tuple[tuple[str, str], ...]
) -> None:
    client = owner.client
    cookie = cookie_of(login(client, owner.username, session="cookie"))
    for call in ("refresh", "logout"):
        answer = send_cookie(client, cookie, *headers, call=call)
        problem(answer, 403, "cross_origin_refused")
        assert answer.all("set-cookie") == []
        assert answer.get("access-control-allow-origin") is None
    own = ("Origin", client.url)
    assert send_cookie(client, cookie, own).status == 200


@pytest.mark.parametrize(
    "around",
    ["a=1; {}; b=2", 'prefs={{"a": [1, 2]}}; {}', "odd name=1; {}", "=; ;; {}", "x={}; {}"],
)
def test_other_cookies_do_not_hide_the_refresh_cookie(owner: Account, around: str) -> None:
    client = owner.client
    cookie = cookie_of(login(client, owner.username, session="cookie"))
    text = around.replace("x={}", "x=y").format(cookie)
    own = ("Origin", client.url)
    assert send_cookie(client, text, own).status == 200


def test_the_refresh_cookie_is_found_in_a_second_cookie_field(owner: Account) -> None:
    client = owner.client
    cookie = cookie_of(login(client, owner.username, session="cookie"))
    headers = [("Cookie", "a=1"), ("Cookie", cookie), ("Origin", client.url)]
    assert client.request("POST", "/api/auth/refresh", headers).status == 200


@pytest.mark.parametrize("call", ["refresh", "logout"])
def test_refresh_and_sign_out_need_a_valid_refresh_token(shared_client: Client, call: str) -> None:
    for body in (None, {}, {"refresh_token": None}):
        answer = shared_client.call("POST", f"/api/auth/{call}", body)
        problem(answer, 401, "invalid_refresh_token")
    for wrong in ("x", "a.b.c", "\u00e9.\u00e9.\u00e9", "..", "apd_" + "a" * 80):
        answer = shared_client.call("POST", f"/api/auth/{call}", {"refresh_token": wrong})
        problem(answer, 401, "invalid_refresh_token")
    answer = shared_client.call("POST", f"/api/auth/{call}", {"refresh_token": "x" * 5000})
    problem(answer, 422, "invalid_field", "refresh_token")


def test_sessions_are_listed_and_can_be_ended(client: Client) -> None:
    account = Account(client)
    elsewhere = login(client, account.username, session="cookie").json["access_token"]
    items = account.call("GET", "/api/sessions").json["items"]
    assert sorted((item["kind"], item["current"]) for item in items) == [
        ("cookie", False),
        ("token", True),
    ]
    assert all("refresh" not in key or key == "refreshed_at" for item in items for key in item)
    other = next(item["session_id"] for item in items if not item["current"])
    assert account.call("DELETE", f"/api/sessions/{other}").status == 204
    problem(account.call("DELETE", f"/api/sessions/{other}"), 404, "session_not_found")
    problem(client.call("GET", "/api/me", None, elsewhere), 401, "authentication_required")
    assert account.call("GET", "/api/me").status == 200


def test_s23_the_session_of_another_user_is_not_found(owner: Account) -> None:
    stranger = Account(owner.client)
    (session,) = stranger.call("GET", "/api/sessions").json["items"]
    answer = owner.call("DELETE", f"/api/sessions/{session['session_id']}")
    problem(answer, 404, "session_not_found")
    assert stranger.call("GET", "/api/me").status == 200
