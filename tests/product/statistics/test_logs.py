"""Logs (S32): one JSON line for each event, with user, time and request id, and no secret."""

from __future__ import annotations

import json
import logging
import re
import secrets
import time
from collections.abc import Iterator
from typing import Any

import pytest

from api.logs import JsonFormatter, log_event, log_failure, masked
from api.secret import Secret
from tests.support.accounts import PASSWORD, Account, problem
from tests.support.clients import Client, HttpClient
from tests.support.logged import Events, logged
from tests.support.upstream import Answer, Place


@pytest.fixture
def events() -> Iterator[Events]:
    """The events that this process logs."""
    with logged() as events:
        yield events


def of(events: Events, name: str) -> list[dict[str, Any]]:
    return [event for event in events() if event["event"] == name]


@pytest.fixture
def user(function: Client, events: Events) -> Account:
    """A user of the application in this process."""
    del events
    return Account(function)


def test_s32_sign_up_sign_in_and_their_failures_are_logged_with_user_and_time(
    user: Account, events: Events
) -> None:
    wrong = {"username": user.username, "password": "wrong password"}
    answer = user.client.call("POST", "/api/auth/login", wrong)
    problem(answer, 401, "invalid_credentials")
    for name in ("signed_up", "signed_in", "sign_in_failed"):
        (event,) = of(events, name)
        assert event["user"] == user.username
        assert event["source"] == "203.0.113.7"
        assert abs(event["time"] - time.time()) < 60
    (failed,) = of(events, "sign_in_failed")
    assert failed["level"] == "warning"
    assert failed["request_id"] == answer.get("x-request-id")


def test_s32_an_unknown_username_is_not_logged_because_it_may_be_a_password(
    function: Client, events: Events
) -> None:
    typed = f"hunter{secrets.token_hex(6)}"
    body = {"username": typed, "password": "wrong password"}
    assert function.call("POST", "/api/auth/login", body).status == 401
    (event,) = of(events, "sign_in_failed")
    assert event["user"] is None
    assert typed not in json.dumps(events())


def test_s32_token_key_and_account_changes_are_logged(
    user: Account, events: Events, place: Place
) -> None:
    key = user.key(place)
    secret = {"secret": "sk-replaced-0123456789"}
    assert user.call("PATCH", f"/api/keys/{key['key_id']}", secret).status == 200
    assert user.call("DELETE", f"/api/keys/{key['key_id']}").status == 204
    token = user.token_details()
    assert user.call("DELETE", f"/api/tokens/{token['token_id']}").status == 204
    first = user.session["refresh_token"]
    refresh = {"refresh_token": first}
    assert user.client.call("POST", "/api/auth/refresh", refresh).status == 200
    assert user.client.call("POST", "/api/auth/refresh", refresh).status == 401
    user.sign_in()
    out = {"refresh_token": user.session["refresh_token"]}
    assert user.client.call("POST", "/api/auth/logout", out).status == 204
    user.sign_in()
    change = {"current_password": "wrong password", "new_password": "another long passphrase"}
    assert user.call("POST", "/api/me/password", change).status == 403
    change["current_password"] = PASSWORD
    assert user.call("POST", "/api/me/password", change).status == 204
    login = {"username": user.username, "password": change["new_password"]}
    access = user.client.call("POST", "/api/auth/login", login).json["access_token"]
    end = {"password": change["new_password"]}
    assert user.client.call("DELETE", "/api/me", end, access).status == 204

    for name, members in {
        "key_created": {"key_id": key["key_id"]},
        "key_changed": {"key_id": key["key_id"], "changed": ["secret"]},
        "key_deleted": {"key_id": key["key_id"]},
        "token_created": {"token_id": token["token_id"]},
        "token_revoked": {"token_id": token["token_id"]},
        "refresh_token_reused": {"level": "warning"},
        "signed_out": {},
        "password_wrong": {"level": "warning"},
        "password_changed": {},
        "account_deleted": {},
    }.items():
        (event,) = of(events, name)
        assert event["user"] == user.username, name
        assert {member: event[member] for member in members} == members
    text = json.dumps(events())
    for hidden in (secret["secret"], token["token"], first, PASSWORD, "another long passphrase",
                   "wrong password", "u@example.com", access):  # fmt: skip
        assert hidden not in text


@pytest.mark.parametrize(
    "url", ["https://169.254.169.254/x", "https://localhost/x", "http://a.example"]
)
def test_s32_a_rejected_target_is_logged_with_its_user(
    user: Account, events: Events, url: str
) -> None:
    body = {"base_url": url, "auth": {"scheme": "bearer"}, "secret": "sk-0123456789abcdef"}
    problem(user.call("POST", "/api/keys", body), 422, "upstream_not_allowed")
    (event,) = of(events, "target_refused")
    assert event["user"] == user.username and event["reason"]
    assert "sk-0123456789abcdef" not in json.dumps(events())


def test_s32_every_request_is_one_line_with_its_id(user: Account, events: Events) -> None:
    answer = user.call("GET", "/api/keys?limit=5")
    event = of(events, "request")[-1]
    assert event["request_id"] == answer.get("x-request-id")
    assert (event["method"], event["path"], event["status"]) == ("GET", "/api/keys", 200)
    assert set(event) == {
        "time", "level", "event", "request_id", "method", "path", "status", "ms", "source",
    }  # fmt: skip


def test_s27_a_proxied_call_logs_no_path_query_headers_or_body(
    user: Account, events: Events, place: Place
) -> None:
    user.key(place, secret="sk-very-secret-0123456789")
    place.answer(Answer(500, headers=[("X-Back", "backmark")], body=b"bodymark"))
    user.proxied(user.token(), "/proxy/test/pathmark?q=querymark", "POST",
                 [("X-Mine", "headmark")], b"sentmark")  # fmt: skip
    text = json.dumps(events())
    for mark in ("pathmark", "querymark", "headmark", "sentmark", "backmark", "bodymark",
                 "sk-very-secret", "apd_"):  # fmt: skip
        assert mark not in text
    assert of(events, "request")[-1]["path"] == "/proxy/test"


def test_s32_a_request_cannot_inject_log_lines(user: Account, events: Events) -> None:
    forged = "%0a%7b%22event%22:%22signed_in%22%7d%0d%0a%1b[31m%e2%80%a8"
    user.client.request("GET", f"/api/{forged}", [("User-Agent", '"}\t{"event": "x"}')])
    assert [event["event"] for event in events()].count("signed_in") == 1
    assert all("user-agent" not in json.dumps(event).lower() for event in events())


def test_s32_the_servers_log_is_json_lines(server: HttpClient) -> None:
    account = Account(server)
    answer = account.call("GET", "/api/me")
    log = server.log.read_text()
    lines = [json.loads(line) for line in log.splitlines() if line.startswith("{")]
    others = [line for line in log.splitlines() if not line.startswith("{")]
    assert all(re.search("API|allow|server", line, re.I) for line in others), others[:5]
    ids = {line["request_id"] for line in lines}
    assert answer.get("x-request-id") in ids
    assert {"time", "level", "event", "request_id"} <= set(lines[-1])
    assert any(line["event"] == "signed_in" and line["user"] == account.username for line in lines)


@pytest.mark.parametrize(
    "text",
    ["apd_" + "a" * 90, "Bearer abcdefghijkl", "Basic dXNlcjpwYXNz", "sk-0123456789abcdefghij",
     "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0.c2lnbmF0dXJl", "gAAAAABk" + "x" * 40,
     "bearer  abcdefghij"],
)  # fmt: skip
def test_s32_text_that_looks_like_a_credential_is_masked(text: str) -> None:
    assert text not in masked(f"before {text} after")
    assert masked(f"before {text} after").endswith("after")


def test_s32_secrets_are_masked_by_their_type(events: Events) -> None:
    secret = Secret("open sesame")
    log_event("try", value=secret, inner={"list": [secret]}, text=f"{secret} {secret!r} {secret!s}")
    assert "sesame" not in json.dumps(of(events, "try"))


def test_s27_a_failure_is_logged_with_its_location_but_no_values(events: Events) -> None:
    def fail(secret: str) -> None:
        raise ValueError(f"broken: {secret}")

    try:
        fail("open sesame")
    except ValueError:
        log_failure("failure")
    (event,) = of(events, "failure")
    assert (event["level"], event["exception"]) == ("error", "ValueError")
    assert any("fail" in place for place in event["trace"])
    assert "sesame" not in json.dumps(event)


def test_a_record_of_a_library_is_one_json_line() -> None:
    record = logging.LogRecord("library", logging.WARNING, "x", 1, "say %s\n", ("hi",), None)
    line = JsonFormatter().format(record)
    assert "\n" not in line
    assert (json.loads(line)["event"], json.loads(line)["message"]) == ("library", "say hi\n")
