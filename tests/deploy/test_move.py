"""A move from this machine to a deployed stack and back: the same token works everywhere."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.deploy.clients import StackClient
from tests.deploy.command_line import run_command
from tests.deploy.conftest import Deployed
from tests.deploy.engine import EngineStack
from tests.support.accounts import PASSWORD, Account
from tests.support.clients import Client
from tests.support.machine import Machine
from tests.support.upstream import Place

SECRET = "sk-moved-0123456789"


@pytest.fixture
def laptop(tmp_path: Path) -> Iterator[Machine]:
    """A machine whose server is stopped at the end."""
    machine = Machine(tmp_path, API_DASHBOARD_WORKERS="1")
    yield machine
    machine.stop()


def called(client: Client, token: str, path: str) -> int:
    """Make a proxied call and return its status."""
    authorization = [("Authorization", f"Bearer {token}")]
    return client.request("GET", f"/proxy/test/{path}", authorization).status


def key_ids(client: Client, account: Account) -> set[str]:
    """Return the ids of the account's keys, after signing in."""
    signed_in = client.call(
        "POST", "/api/auth/login", {"username": account.username, "password": PASSWORD}
    )
    assert signed_in.status == 200, signed_in.body
    keys = client.call("GET", "/api/keys", None, signed_in.json["access_token"]).json["items"]
    return {key["key_id"] for key in keys}


def log_of(client: Client, account: Account) -> list[str]:
    """Return the paths in the request log, oldest first."""
    signed_in = client.call(
        "POST", "/api/auth/login", {"username": account.username, "password": PASSWORD}
    )
    entries = client.call("GET", "/api/requests", None, signed_in.json["access_token"]).json
    return sorted(entry["path"] for entry in entries["items"])


def test_a_laptop_moves_to_a_stack_and_back(
    deployed: Deployed, laptop: Machine, upstream: Place, tmp_path: Path
) -> None:
    stack = f"stack:{deployed.workspace.name}"
    gateway: StackClient = deployed.gateway
    laptop.start()
    account = Account(laptop.client)
    stored = account.key(upstream, SECRET)["key_id"]
    token = account.token(limit=1000, window=3600)
    assert called(laptop.client, token, "laptop") == 502, "the laptop does not reach the upstream"
    laptop.stop()

    planned = run_command(deployed, "move", "--from", str(laptop.data), "--to", stack, "--dry-run")
    assert "1 accounts, 1 keys, 1 tokens, 1 log entries" in planned.stdout
    moved = run_command(deployed, "move", "--from", str(laptop.data), "--to", stack)
    assert deployed.outputs["DASHBOARD_URL"] in moved.stdout
    assert called(gateway, token, "stack") == 200
    assert upstream.last.all("authorization") == [f"Bearer {SECRET}"]
    assert key_ids(gateway, account) == {stored}
    assert log_of(gateway, account) == ["/laptop", "/stack"]
    if isinstance(deployed.stack, EngineStack):
        deployed.stack.up()
        assert called(gateway, token, "after-up") == 200, "the configuration has the secret"
        assert deployed.stack.planned() == []

    back = tmp_path / "back"
    back.mkdir()
    run_command(deployed, "move", "--from", stack, "--to", str(back / "data"), "--wait", "0")
    refused = gateway.request("GET", "/proxy/test/late", [("Authorization", f"Bearer {token}")])
    assert (refused.status, refused.json["code"]) == (503, "closed_for_writes")
    home = Machine(back, API_DASHBOARD_WORKERS="1")
    home.start()
    try:
        assert called(home.client, token, "home") == 502
        assert key_ids(home.client, account) == {stored}
        assert {"/home", "/laptop", "/stack"} <= set(log_of(home.client, account))
    finally:
        home.stop()
    run_command(deployed, "reopen", stack)
    assert called(gateway, token, "again") == 200
