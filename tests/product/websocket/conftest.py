"""An account for the tests of WebSockets, and a client that connects with its token."""

from __future__ import annotations

import secrets
from typing import Any

import pytest
from websockets.sync.client import ClientConnection, connect

from tests.support.accounts import Account
from tests.support.clients import HttpClient
from tests.support.upstream import Place
from tests.support.websocket_peers import accepting, echo


class Caller:
    """A user's API on an upstream that echoes, under a name of its own."""

    def __init__(self, account: Account, place: Place) -> None:
        self.account = account
        self.place = place
        self.api_name = f"api-{secrets.token_hex(6)}"
        self.key = account.key(place, api_name=self.api_name)
        self.token = account.token_details([self.api_name])
        place.behaviour = accepting(echo)

    @property
    def path(self) -> str:
        """The path of the API at the dashboard."""
        return f"/proxy/{self.api_name}"

    def connect(
        self, path: str = "/v1/x", token: str | None = None, host: str | None = None, **more: Any
    ) -> ClientConnection:
        """Open a WebSocket with the token in `Authorization`. Raises the client's exceptions."""
        client = self.account.client
        assert isinstance(client, HttpClient)
        fields = {"Authorization": f"Bearer {token or self.token['token']}"}
        fields |= more.pop("fields", {})
        return connect(
            f"ws://{host or client.host}{self.path if host is None else ''}{path}",
            additional_headers=fields,
            proxy=None,
            max_size=None,
            legacy=True,
            **more,
        )

    def handshake(self) -> list[tuple[str, str]]:
        """Return the fields of a handshake, for requests that a WebSocket client cannot send."""
        return self.handshake_fields(self.token["token"])

    @staticmethod
    def handshake_fields(token: str) -> list[tuple[str, str]]:
        """Return the fields of a handshake, the token last."""
        return [
            ("Connection", "Upgrade"),
            ("Upgrade", "websocket"),
            ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
            ("Sec-WebSocket-Version", "13"),
            ("Authorization", f"Bearer {token}"),
        ]

    def logged(self, count: int = 1) -> list[dict[str, Any]]:
        """Return the newest entries of the API's log, when there are so many."""
        for _ in range(100):
            answer = self.account.call("GET", f"/api/requests?api_name={self.api_name}")
            entries: list[dict[str, Any]] = answer.json["items"]
            if len(entries) >= count:
                return entries
        raise AssertionError(f"the log has fewer than {count} entries")


@pytest.fixture(scope="module")
def shared_account(server: HttpClient) -> Account:
    """A user of the server."""
    return Account(server)


@pytest.fixture
def caller(shared_account: Account, place: Place) -> Caller:
    """An API with one key and a token."""
    shared_account.renew()
    return Caller(shared_account, place)
