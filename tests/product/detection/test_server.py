"""The real server notifies of each kind of event by itself."""

from __future__ import annotations

import json
import secrets
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.operations.archive.recovery_keys import new_recovery_key
from tests.product.detection.conftest import add_target
from tests.support.accounts import PASSWORD, Account
from tests.support.clients import HttpClient
from tests.support.machine import Machine, until
from tests.support.upstream import Answer, Place, Upstream

HOUR = 3600


@pytest.fixture
def machine(tmp_path: Path, upstream_server: Upstream) -> Iterator[Machine]:
    made = Machine(
        tmp_path,
        API_DASHBOARD_ALLOWED_UPSTREAMS=f"127.0.0.1:{upstream_server.port}",
        API_DASHBOARD_WORKERS="1",
    )
    made.start()
    yield made
    made.stop()


def used_up(received: object, connection: object) -> Answer:
    """Report a quota with nothing left."""
    return Answer(
        headers=[
            ("X-RateLimit-Limit", "1000"),
            ("X-RateLimit-Remaining", "0"),
            ("X-RateLimit-Reset", str(int(time.time()) + HOUR)),
        ]
    )


def test_each_event_arrives_within_a_minute(
    machine: Machine, upstream_server: Upstream, place: Place
) -> None:
    hook = upstream_server.place(secrets.token_hex(6))
    refusing = upstream_server.place(secrets.token_hex(6))
    refusing.answer(Answer(401))
    account = Account(machine.client)
    add_target(account, hook)
    token = account.token(expires_in=86_400 * 8)

    place.behaviour = used_up
    account.key(place)
    assert account.proxied(token).status == 200
    account.key(refusing, api_name="refused")
    assert account.proxied(token, "/proxy/refused/x").status == 401
    paid = upstream_server.place(secrets.token_hex(6))
    account.key(paid, api_name="paid")
    rules = {"rules": [{"per_call_usd": 0.3}]}
    assert account.call("PUT", "/api/prices/paid", rules).status == 200
    budget = {"scope": {"type": "api", "api_name": "paid"}, "period": "month", "amount_usd": 0.5}
    assert account.call("POST", "/api/budgets", budget).status == 201
    assert account.proxied(token, "/proxy/paid/x").status == 200

    elsewhere = HttpClient(machine.port, source="127.0.0.2")
    authorization = [("Authorization", f"Bearer {token}")]
    assert elsewhere.request("GET", "/proxy/paid/y", authorization).status in (200, 402, 429)
    signing_in = {"username": account.username, "password": PASSWORD}
    assert elsewhere.call("POST", "/api/auth/login", signing_in).status == 200

    def arrived() -> set[str]:
        return {json.loads(received.body)["type"] for received in hook.received}

    until(lambda: arrived() >= {"quota", "key", "budget", "token", "sign_in"})
    sent = [received.body.decode() for received in hook.received]
    assert len(sent) == len({json.loads(text)["data"]["title"] for text in sent})
    assert not any("sk-secret" in text or "apd_" in text for text in sent)


def _is_gone(folder: Path) -> bool:
    shutil.rmtree(folder, ignore_errors=True)
    return not folder.exists()


def test_a_failed_backup_arrives(tmp_path: Path, upstream_server: Upstream, place: Place) -> None:
    folder = tmp_path / "backups"
    folder.mkdir(mode=0o700)
    machine = Machine(
        tmp_path,
        API_DASHBOARD_WORKERS="1",
        API_DASHBOARD_ALLOWED_UPSTREAMS=f"127.0.0.1:{upstream_server.port}",
        API_DASHBOARD_BACKUP_FOLDER=str(folder),
        API_DASHBOARD_BACKUP_RECIPIENT=new_recovery_key().public_text,
    )
    machine.start()
    try:
        add_target(Account(machine.client), place, events=["backup"])
        # The disk with the backups is gone.
        until(lambda: _is_gone(folder))
        until(lambda: bool(place.received))
        message = json.loads(place.last.body)
        assert (message["type"], message["data"]["title"]) == ("backup", "The backup failed")
        assert str(tmp_path) not in str(message)
    finally:
        machine.stop()
