"""A user of the product, as its client sees it: signed up, signed in, with helpers for the usual
calls.
"""

from __future__ import annotations

import secrets
from typing import Any

from tests.support.clients import Client, Response
from tests.support.upstream import Place

PASSWORD = "a long enough passphrase"


class Account:
    """A signed-in user of one client."""

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
        """A new session."""
        answer = self.client.call(
            "POST", "/api/auth/login", {"username": self.username, "password": PASSWORD}
        )
        assert answer.status == 200, answer.body
        self.session = answer.json
        self.access = answer.json["access_token"]
        return self.session

    def call(self, method: str, target: str, body: object = None) -> Response:
        """A call under `/api` with the session's access token."""
        return self.client.call(method, target, body, self.access)

    def key(
        self, place: Place, secret: str = "sk-secret-0123456789", **members: Any
    ) -> dict[str, Any]:
        """A stored key of an upstream's place."""
        body = {
            "base_url": place.url,
            "auth": {"scheme": "bearer"},
            "api_name": "test",
            "secret": secret,
            **members,
        }
        answer = self.call("POST", "/api/keys", body)
        assert answer.status == 201, answer.body
        return answer.json

    def token(self, apis: list[str] | None = None, **members: Any) -> str:
        """A personal access token."""
        return self.token_details(apis, **members)["token"]

    def token_details(self, apis: list[str] | None = None, **members: Any) -> dict[str, Any]:
        """A personal access token with everything that was said of it."""
        answer = self.call("POST", "/api/tokens", {"name": "t", "apis": apis or ["*"], **members})
        assert answer.status == 201, answer.body
        return answer.json

    def proxied(
        self,
        token: str,
        target: str = "/proxy/test/v1/x",
        method: str = "GET",
        headers: list[tuple[str, str]] | None = None,
        body: bytes | None = None,
    ) -> Response:
        """A proxied call with a token as bearer."""
        return self.client.request(
            method, target, [("Authorization", f"Bearer {token}"), *(headers or [])], body
        )


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
    """Assert the one error shape, and return the problem document."""
    assert answer.status == status, (answer.status, answer.body)
    assert (answer.get("content-type") or "").startswith("application/problem+json")
    document = answer.json
    assert document["code"] == code, document
    assert document["status"] == status
    assert document["request_id"] == answer.get("x-request-id")
    assert set(document) >= {"type", "title", "detail"}
    if field is not None:
        assert document["field"] == field, document
    return document
