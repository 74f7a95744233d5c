"""A product whose time a test sets, and its clients at several addresses."""

from __future__ import annotations

from typing import Any

from tests.support.accounts import Account
from tests.support.clients import LambdaClient, Response
from tests.support.products import Clock, another_app, lambda_client
from tests.support.upstream import Place

HOME = "203.0.113.7"


class Sources:
    """A user at HOME, and calls with a token from any address."""

    def __init__(self, environment: dict[str, str], place: Place) -> None:
        self.clock = Clock()
        self.app = another_app(environment, self.clock)
        self.account = Account(lambda_client(self.app, HOME))
        self.account.key(place)

    def client(self, source: str) -> LambdaClient:
        """Return a client with this address."""
        return lambda_client(self.app, source)

    def call(
        self, token: str, source: str = HOME, path: str = "/proxy/test/x", method: str = "GET"
    ) -> Response:
        """Call the API with a token from an address."""
        return self.client(source).request(method, path, [("Authorization", f"Bearer {token}")])

    def seen(self, token_id: str) -> dict[str, Any]:
        """Return the token as its owner sees it."""
        self.account.access = self.account.sign_in()["access_token"]
        answer = self.account.call("GET", f"/api/tokens/{token_id}")
        assert answer.status == 200, answer.body
        found: dict[str, Any] = answer.json
        listed = self.account.call("GET", "/api/tokens?limit=200").json["items"]
        assert [one for one in listed if one["token_id"] == token_id] == [found]
        return found

    def rotate(self, token_id: str, **body: Any) -> dict[str, Any]:
        """Give a token a new text."""
        answer = self.account.call("POST", f"/api/tokens/{token_id}/rotate", body)
        assert answer.status == 200, answer.body
        made: dict[str, Any] = answer.json
        return made
