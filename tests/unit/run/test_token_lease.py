"""The token of a run: its lifetime, extension and revocation, and the lines at the end."""

from __future__ import annotations

import threading
from typing import Any, cast

import pytest

from api.cli.client import ApiClient
from api.cli.errors import NO_SERVER, SIGNED_OUT, CliError, ProblemError
from api.cli.running.token_lease import LIFETIME, TokenLease

NOW = 1_800_000_000.0
AWAY = CliError("No server responds at http://x: start one.", NO_SERVER)


class FakeClient:
    """A server that records calls. `failures` maps a method to the error that it raises."""

    url = "http://127.0.0.1:1"
    ca_file = None

    def __init__(self) -> None:
        self.now = NOW
        self.calls: list[tuple[str, str, Any]] = []
        self.failures: dict[str, CliError] = {}
        self.log: list[dict[str, Any]] = []

    def clock(self) -> float:
        return self.now

    def call(self, method: str, path: str, body: Any = None, query: Any = None) -> Any:
        self.calls.append((method, path, body))
        if method in self.failures:
            raise self.failures[method]
        if method == "GET":
            return {"items": self.log, "next_cursor": None}
        expires_at = self.now + (body or {}).get("expires_in", 0)
        return {"token": "apd_1", "token_id": "0000000000001", "expires_at": expires_at}

    def lease(self, **more: Any) -> TokenLease:
        client = cast(ApiClient, self)
        return TokenLease(client, "run x", ["openai"], clock=self.clock, **more)


@pytest.fixture
def client() -> FakeClient:
    """A server at a fixed time."""
    return FakeClient()


def test_the_token_lives_for_ten_minutes_unless_it_is_extended(client: FakeClient) -> None:
    lease = client.lease()
    assert client.calls == [
        ("POST", "/api/tokens", {"name": "run x", "apis": ["openai"], "expires_in": LIFETIME})
    ]
    client.now += 200
    assert lease.extend()
    assert client.calls[1] == ("PATCH", "/api/tokens/0000000000001", {"expires_in": LIFETIME})


def test_the_longest_lifetime_holds(client: FakeClient) -> None:
    lease = client.lease(expires=900, limit=(5, 60))
    assert client.calls[0][2]["expires_in"] == LIFETIME
    assert (client.calls[0][2]["limit"], client.calls[0][2]["window"]) == (5, 60)
    client.now += 400
    assert lease.extend()
    assert client.calls[1][2] == {"expires_in": 500}
    client.now += 500
    assert not lease.extend()
    assert len(client.calls) == 2
    assert client.lease(expires=30) is not None
    assert client.calls[-1][2]["expires_in"] == 30


def test_a_server_that_is_away_is_asked_again(client: FakeClient) -> None:
    lease = client.lease()
    client.failures = {"PATCH": AWAY}
    assert lease.extend()
    client.failures = {}
    assert lease.extend()
    assert lease.end() == ["No requests. The token is revoked."]


def test_a_token_that_is_gone_is_not_extended(client: FakeClient) -> None:
    lease = client.lease()
    client.failures = {
        "PATCH": ProblemError(404, "token_not_found", "There is no such token."),
        "DELETE": ProblemError(404, "token_not_found", "There is no such token."),
    }
    assert not lease.extend()
    assert lease.end() == [
        "No requests. The token was already revoked.",
        "The token could not be extended during the run: the token was revoked, or deleted after "
        "it had expired.",
    ]


@pytest.mark.parametrize(
    "error", [AWAY, CliError("Your session at http://x has expired: sign in.", SIGNED_OUT)]
)
def test_a_token_that_cannot_be_revoked_is_named_with_its_expiry(
    client: FakeClient, error: CliError
) -> None:
    lease = client.lease()
    client.now += 60
    client.failures = {"DELETE": error, "GET": error}
    [sentence] = lease.end()
    assert error.message.rstrip(".") in sentence
    assert "The token 0000000000001 could not be revoked" in sentence
    assert "expires by itself in 9m" in sentence
    assert "`api-dashboard tokens revoke 0000000000001`" in sentence


def test_the_last_sentence_says_what_was_used(client: FakeClient) -> None:
    lease = client.lease()
    client.log = [{"api_name": "openai", "status": 200}]
    assert lease.end() == ["1 request to openai. The token is revoked."]
    client.log = [{"api_name": name, "status": status} for name, status in
                  [("stripe", 200), ("openai", 429), ("openai", 200)]]  # fmt: skip
    assert lease.end() == ["3 requests (openai 2, stripe 1), 1 failed. The token is revoked."]


@pytest.mark.parametrize("back", [0, 3600])
def test_a_clock_that_is_set_back_does_not_end_the_token(
    client: FakeClient, monkeypatch: pytest.MonkeyPatch, back: int
) -> None:
    uptime, ended = [0.0], threading.Event()

    class Ended:
        """An event that never comes, and the time that passes until it would."""

        def wait(self, seconds: float) -> bool:
            uptime[0] += seconds
            client.now += seconds - (back if uptime[0] == 100 else 0)
            if uptime[0] > 400:
                ended.set()
            return ended.is_set()

    lease = client.lease(uptime=lambda: uptime[0])
    monkeypatch.setattr(lease, "_ended", Ended())
    lease.extend_while_running()
    assert ended.wait(10)
    assert [method for method, _, _ in client.calls] == ["POST", "PATCH", "PATCH"]
