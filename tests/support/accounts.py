"""A signed-in user of the product, with helpers for common calls."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from typing import Any

from tests.support.clients import Client, Response
from tests.support.upstream import Place

PASSWORD = "a long enough passphrase"
# Seconds: two thirds of an access token's lifetime.
RENEW_AFTER = 600


class Account:
    """A user who has signed up and signed in through a client."""

    def __init__(self, client: Client, username: str | None = None) -> None:
        self.client = client
        self.username = username or f"u{secrets.token_hex(8)}x"
        answer = client.call(
            "POST",
            "/api/auth/register",
            {"username": self.username, "email": "u@example.com", "password": PASSWORD},
        )
        assert answer.status == 201, answer.body
        self.sign_in()

    def sign_in(self) -> dict[str, Any]:
        """Start a new session."""
        answer = self.client.call(
            "POST", "/api/auth/login", {"username": self.username, "password": PASSWORD}
        )
        assert answer.status == 200, answer.body
        session: dict[str, Any] = answer.json
        self.session = session
        self.access: str = session["access_token"]
        self._signed_in_at = time.monotonic()
        return session

    def renew(self) -> None:
        """Sign in again if the access token may expire soon, for accounts that many tests share."""
        if time.monotonic() - self._signed_in_at > RENEW_AFTER:
            self.sign_in()

    def call(self, method: str, target: str, body: object = None) -> Response:
        """Call the API with the session's access token."""
        return self.client.call(method, target, body, self.access)

    def key(
        self, place: Place, secret: str = "sk-secret-0123456789", **members: Any
    ) -> dict[str, Any]:
        """Store a key whose base URL is a place of the upstream."""
        body = {
            "base_url": place.url,
            "auth": {"scheme": "bearer"},
            "api_name": "test",
            "secret": secret,
            **members,
        }
        answer = self.call("POST", "/api/keys", body)
        assert answer.status == 201, answer.body
        key: dict[str, Any] = answer.json
        return key

    def token(self, apis: list[str] | None = None, **members: Any) -> str:
        """Create a personal access token and return its text."""
        token: str = self.token_details(apis, **members)["token"]
        return token

    def token_details(self, apis: list[str] | None = None, **members: Any) -> dict[str, Any]:
        """Create a personal access token and return the whole response."""
        answer = self.call("POST", "/api/tokens", {"name": "t", "apis": apis or ["*"], **members})
        assert answer.status == 201, answer.body
        details: dict[str, Any] = answer.json
        return details

    def proxied(
        self,
        token: str,
        target: str = "/proxy/test/v1/x",
        method: str = "GET",
        headers: list[tuple[str, str]] | None = None,
        body: bytes | None = None,
    ) -> Response:
        """Send a proxied call with a token as bearer token."""
        return self.client.request(
            method, target, [("Authorization", f"Bearer {token}"), *(headers or [])], body
        )


def call_until(
    condition: Callable[[Response], bool],
    account: Account,
    token: str,
    target: str = "/proxy/test/v1/x",
    method: str = "GET",
    body: bytes | None = None,
) -> Response:
    """Repeat a proxied call until its response meets a condition, and return that response.

    Which key of a pool a call uses is random, so some tests cannot tell how many calls it takes.
    Fails after 200 calls.
    """
    for _ in range(200):
        answer = account.proxied(token, target, method, body=body)
        if condition(answer):
            return answer
    raise AssertionError("no response of 200 calls meets the condition")


def list_all(account: Account, path: str, limit: int = 100) -> list[dict[str, Any]]:
    """Return all items of a list, page by page. Fails after 1000 pages."""
    items: list[dict[str, Any]] = []
    cursor = ""
    for _ in range(1000):
        page = account.call("GET", f"{path}?limit={limit}{cursor}")
        assert page.status == 200, page.body
        assert len(page.json["items"]) <= limit
        items += page.json["items"]
        if page.json["next_cursor"] is None:
            return items
        cursor = f"&cursor={page.json['next_cursor']}"
    raise AssertionError(f"{path} has more than 1000 pages")


def new_username() -> str:
    """Return a username that no account has."""
    return f"u{secrets.token_hex(8)}x"


def register(client: Client, username: str, password: str = PASSWORD, **members: Any) -> Response:
    """Sign up."""
    body = {"username": username, "email": "u@example.com", "password": password, **members}
    return client.call("POST", "/api/auth/register", body)


def login(client: Client, username: str, password: str = PASSWORD, **members: Any) -> Response:
    """Sign in."""
    body = {"username": username, "password": password, **members}
    return client.call("POST", "/api/auth/login", body)


def refresh(client: Client, token: str, call: str = "refresh") -> Response:
    """Send a refresh token to `/api/auth/{call}`, refresh or logout."""
    return client.call("POST", f"/api/auth/{call}", {"refresh_token": token})


def problem(answer: Response, status: int, code: str, field: str | None = None) -> dict[str, Any]:
    """Assert that the response is this problem, and return its document."""
    assert answer.status == status, (answer.status, answer.body)
    assert (answer.get("content-type") or "").startswith("application/problem+json")
    document: dict[str, Any] = answer.json
    assert document["code"] == code, document
    assert document["status"] == status
    assert document["request_id"] == answer.get("x-request-id")
    assert set(document) >= {"type", "title", "detail"}
    if field is not None:
        assert document["field"] == field, document
    return document
