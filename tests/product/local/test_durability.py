"""A product that is killed under load starts again with all acknowledged data."""

from __future__ import annotations

import http.client
import os
import random
import secrets
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from tests.support.accounts import PASSWORD, Account, list_all
from tests.support.clients import Response
from tests.support.machine import Machine, until
from tests.support.upstream import Place, Upstream

ROUNDS = ("product", "database", "both") * 3
LIMIT = 150

pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="processes are found in /proc"
)


@pytest.fixture
def machine(tmp_path: Path, upstream_server: Upstream) -> Iterator[Machine]:
    made = Machine(
        tmp_path,
        API_DASHBOARD_ALLOWED_UPSTREAMS=f"127.0.0.1:{upstream_server.port}",
        API_DASHBOARD_WORKERS="2",
    )
    yield made
    made.stop()


class Load:
    """Clients that call until they are stopped, and the results that were acknowledged."""

    def __init__(self, account: Account, place: Place) -> None:
        self.account = account
        self.place = place
        self.token = account.token(["test"])
        self.limited = account.token(["test"], limit=LIMIT, window=86_400)
        self.paths: list[str] = []
        self.limited_paths: list[str] = []
        self.keys: list[str] = []
        self.tokens: list[tuple[str, str]] = []
        self.users: list[str] = []
        self._stop = threading.Event()

    def run(self, meanwhile: Callable[[], None]) -> None:
        """Call from several threads while `meanwhile` runs. Wait until each has its response."""
        self._stop.clear()
        work = [self._proxied, self._proxied, self._limited, self._key, self._token, self._user]
        threads = [threading.Thread(target=self._repeat, args=(one,)) for one in work]
        for thread in threads:
            thread.start()
        try:
            meanwhile()
        finally:
            self._stop.set()
        for thread in threads:
            thread.join(60)
            assert not thread.is_alive()

    def _repeat(self, work: Callable[[], None]) -> None:
        while not self._stop.is_set():
            try:
                work()
            except (OSError, http.client.HTTPException):
                self._stop.wait(0.02)  # The server is down: nothing was acknowledged.

    def _proxied(self) -> None:
        path = f"/{secrets.token_hex(8)}"
        if self.account.proxied(self.token, f"/proxy/test{path}").status == 200:
            self.paths.append(path)

    def _limited(self) -> None:
        path = f"/limited-{secrets.token_hex(8)}"
        answer = self.account.proxied(self.limited, f"/proxy/test{path}")
        if answer.status == 200:
            self.limited_paths.append(path)

    def _key(self) -> None:
        answer = self._call("/api/keys", {
            "base_url": self.place.url, "auth": {"scheme": "bearer"}, "secret": "sk-0123456789",
            "api_name": f"api-{len(self.keys) % 7}",
        })  # fmt: skip
        if answer.status == 201:
            self.keys.append(answer.json["key_id"])

    def _token(self) -> None:
        answer = self._call("/api/tokens", {"name": "t", "apis": ["test"]})
        if answer.status == 201:
            self.tokens.append((answer.json["token_id"], answer.json["token"]))

    def _user(self) -> None:
        name = f"u{secrets.token_hex(8)}x"
        body: dict[str, object] = {"username": name, "email": "u@example.com", "password": PASSWORD}
        answer = self._call("/api/auth/register", body)
        if answer.status == 201:
            self.users.append(name)
        else:
            self._stop.wait(0.1)  # Sign-ups are throttled.

    def _call(self, path: str, body: dict[str, object]) -> Response:
        return self.account.client.call("POST", path, body, self.account.access)


def kill_at_a_random_moment(machine: Machine, load: Load, what: str) -> None:
    """Kill the product, its database or both with SIGKILL, and start what does not restart."""
    enough = len(load.paths) + random.randint(5, 60)
    until(lambda: len(load.paths) >= enough)
    time.sleep(random.uniform(0, 0.05))
    before = machine.database
    if what in ("database", "both"):
        os.kill(before, signal.SIGKILL)
    if what in ("product", "both"):
        machine.kill()
        machine.start()
    else:
        until(lambda: machine.database not in (0, before))
        machine.wait_until_ready()


def test_no_acknowledged_data_is_lost_when_it_is_killed_repeatedly_under_load(
    machine: Machine, upstream_server: Upstream
) -> None:
    place = upstream_server.place(secrets.token_hex(6))
    machine.start()
    account = Account(machine.client)
    account.key(place)
    load = Load(account, place)

    for what in ROUNDS:
        load.run(partial(kill_at_a_random_moment, machine, load, what))

    assert load.paths and load.limited_paths and load.keys and load.tokens and load.users
    logged = {entry["path"] for entry in list_all(account, "/api/requests")}
    assert set(load.paths + load.limited_paths) <= logged
    totals = account.call("GET", "/api/stats").json["totals"]
    assert totals["requests"] >= len(load.paths) + len(load.limited_paths)
    assert totals["status_2xx"] >= len(load.paths) + len(load.limited_paths)
    assert set(load.keys) <= {key["key_id"] for key in list_all(account, "/api/keys")}
    listed = {token["token_id"] for token in list_all(account, "/api/tokens")}
    assert {token_id for token_id, _ in load.tokens} <= listed
    assert account.proxied(load.tokens[-1][1]).status == 200
    for name in (load.users[0], load.users[-1]):
        body = {"username": name, "password": PASSWORD}
        assert account.client.call("POST", "/api/auth/login", body).status == 200

    for _ in range(LIMIT + 1):
        if account.proxied(load.limited, "/proxy/test/limited-more").status != 200:
            break
        load.limited_paths.append("more")
    passed = sum("/limited-" in received.target for received in place.received)
    assert len(load.limited_paths) <= passed <= LIMIT

    machine.kill()
    assert machine.holders() == []
