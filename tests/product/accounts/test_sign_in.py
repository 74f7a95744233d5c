"""Sign-in: both kinds of session, and the endpoints that need one."""

from __future__ import annotations

from typing import Any

import pytest

from api.settings import read_settings
from api.wiring import build_app
from tests.support.accounts import Account, login, new_username, problem, refresh
from tests.support.clients import Client, Response
from tests.support.products import keep, lambda_client, storage_of
from tests.support.recording import RecordingClient


def document_of(answer: Response) -> dict[str, Any]:
    """Return a problem document without the members that differ from call to call."""
    document: dict[str, Any] = answer.json
    document.pop("request_id")
    return document


def test_s22_an_unknown_username_and_a_wrong_password_get_the_same_response(owner: Account) -> None:
    wrong = login(owner.client, owner.username, "not the password")
    for username in (new_username(), "no such name!", "\u0430dmin", "x" * 200):
        unknown = login(owner.client, username, "not the password")
        assert unknown.status == wrong.status == 401
        assert document_of(unknown) == document_of(wrong)
        names = [field for field, _ in unknown.headers]
        assert names == [field for field, _ in wrong.headers]
    problem(wrong, 401, "invalid_credentials")


def test_a_token_session_returns_both_tokens_in_the_body(owner: Account) -> None:
    answer = login(owner.client, owner.username)
    assert set(answer.json) == {"access_token", "refresh_token", "expires_in", "token_type"}
    assert answer.json["token_type"] == "Bearer"
    assert answer.json["expires_in"] == 900
    assert answer.all("set-cookie") == []
    assert answer.get("cache-control") == "no-store"


def test_s34_a_cookie_session_hides_the_refresh_token_from_scripts(owner: Account) -> None:
    answer = login(owner.client, owner.username, session="cookie")
    assert set(answer.json) == {"access_token", "expires_in", "token_type"}
    cookie = answer.all("set-cookie")[0]
    pair, *attributes = [part.strip() for part in cookie.split(";")]
    assert pair.count(".") == 2
    expected = {"HttpOnly", "SameSite=Strict", "Path=/api/auth", "Max-Age=2592000"}
    if owner.client.url.startswith("https:"):
        expected.add("Secure")
    assert set(attributes) == expected


@pytest.mark.parametrize("kind", ["", "Cookie", None, 1, "both"])
def test_an_unknown_kind_of_session_is_rejected(owner: Account, kind: object) -> None:
    problem(login(owner.client, owner.username, session=kind), 422, "invalid_field", "session")


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/api/me"), ("PATCH", "/api/me"), ("DELETE", "/api/me"), ("POST", "/api/me/password"),
     ("GET", "/api/sessions"), ("DELETE", "/api/sessions/x"), ("GET", "/api/keys"),
     ("POST", "/api/keys"), ("GET", "/api/keys/x"), ("PATCH", "/api/keys/x"),
     ("DELETE", "/api/keys/x"), ("POST", "/api/keys/x/check"), ("GET", "/api/tokens"),
     ("POST", "/api/tokens"), ("DELETE", "/api/tokens/x"), ("PATCH", "/api/tokens/x"),
     ("PUT", "/api/rate-limits/x/reservations/y"), ("DELETE", "/api/rate-limits/x/reservations/y"),
     ("GET", "/api/rate-limits"),
     ("GET", "/api/rate-limits/x"), ("PUT", "/api/rate-limits/x"), ("DELETE", "/api/rate-limits/x"),
     ("GET", "/api/stats"), ("GET", "/api/requests"), ("POST", "/api/env/preview"),
     ("POST", "/api/env/import"), ("POST", "/api/env/export"), ("GET", "/proxy/x/")],
)  # fmt: skip
def test_every_protected_path_requires_authentication(
    shared_client: Client, method: str, path: str
) -> None:
    for headers in ([], [("Authorization", "Bearer")], [("Authorization", "Bearer x.y.z")],
                    [("Authorization", "Basic dTpw")]):  # fmt: skip
        answer = shared_client.request(method, path, headers)
        problem(answer, 401, "authentication_required")
        assert (answer.get("www-authenticate") or "").startswith("Bearer")


def test_authentication_reads_the_user_and_the_session_in_one_trip(
    environment: dict[str, str],
) -> None:
    storage = storage_of(environment)
    recorder = RecordingClient(storage.table.client)
    storage.table.client = recorder  # type: ignore[assignment]
    app = build_app(read_settings(environment), storage)
    keep(app)
    account = Account(lambda_client(app))

    recorder.clear()
    assert account.call("GET", "/api/me").status == 200
    assert [trip.operations for trip in recorder.trips] == [["BatchGetItem"]]

    recorder.clear()
    refresh_token = account.session["refresh_token"]
    for token in (account.access[:-4], refresh_token, "a.b.c", "x"):
        answer = account.client.call("GET", "/api/me", None, token)
        problem(answer, 401, "authentication_required")
    assert recorder.trips == []

    assert refresh(account.client, refresh_token).status == 200
    assert [trip.operations for trip in recorder.trips] == [["BatchGetItem"], ["UpdateItem"]]
