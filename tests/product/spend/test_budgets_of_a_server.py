"""Budgets of a server with four worker processes, which stops and starts again."""

from __future__ import annotations

import json
import signal
import threading
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from api.local.installation import find_binary
from tests.product.spend.test_kills import budget_of
from tests.product.spend.test_realtime import realtime
from tests.support.accounts import Account
from tests.support.machine import Machine, until
from tests.support.upstream import Place, Upstream
from tests.support.websocket_peers import accepting

PRICE = 0.01


@pytest.fixture
def machine(
    tmp_path_factory: pytest.TempPathFactory, upstream_server: Upstream
) -> Iterator[Machine]:
    find_binary()
    machine = Machine(
        tmp_path_factory.mktemp("machine"),
        API_DASHBOARD_WORKERS="4",
        API_DASHBOARD_ALLOWED_UPSTREAMS=f"127.0.0.1:{upstream_server.port}",
        API_DASHBOARD_STOP_TIMEOUT="6",
    )
    machine.start()
    yield machine
    machine.stop()


def set_up(machine: Machine, place: Place, amount: float) -> tuple[Account, dict[str, str]]:
    """Store a key whose calls cost PRICE, and a token, and a budget of the account."""
    account = Account(machine.client)
    account.key(place)
    rules = [{"per_call_usd": PRICE}]
    assert account.call("PUT", "/api/prices/test", {"rules": rules}).status == 200
    body = {"scope": {"type": "account"}, "period": "total", "amount_usd": amount}
    assert account.call("POST", "/api/budgets", body).status == 201
    return account, account.token_details()


def spent(account: Account) -> tuple[float, float]:
    budget = budget_of(account)
    return round(budget["spent_usd"], 9), round(budget["reserved_usd"], 9)


def test_every_call_that_fits_is_served_and_a_stop_gives_back_what_is_kept(
    machine: Machine, place: Place
) -> None:
    account, token = set_up(machine, place, 0.5)
    statuses: list[int] = []

    def use(calls: int) -> None:
        for _ in range(calls):
            statuses.append(account.proxied(token["token"], "/proxy/test/x").status)

    def use_in_parallel(callers: int, calls: int) -> None:
        threads = [threading.Thread(target=use, args=(calls,)) for _ in range(callers)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    use_in_parallel(8, 2)
    assert statuses == [200] * 16
    machine.send_signal(signal.SIGTERM)
    assert machine.wait() == 0
    machine.start()
    assert spent(account) == (0.16, 0)
    use_in_parallel(8, 6)
    # No worker keeps what another could use.
    assert (statuses.count(200), statuses.count(402)) == (50, 14)
    assert len(place.received) == 50
    assert spent(account) == (0.5, 0)


def test_changes_during_calls(machine: Machine, place: Place) -> None:
    """The budget is lowered and raised, and a token deleted, while calls run."""
    account, token = set_up(machine, place, 5)
    doomed = account.token_details()
    statuses: list[int] = []
    is_over = threading.Event()

    def use(text: str) -> None:
        while not is_over.is_set():
            statuses.append(account.proxied(text, "/proxy/test/x").status)

    threads = [threading.Thread(target=use, args=(one["token"],)) for one in (token, token, doomed)]
    for thread in threads:
        thread.start()
    path = "/api/budgets/account:total"
    for amount in (3, 0.02, 7, 0.05, 9):
        assert account.call("PATCH", path, {"amount_usd": amount}).status == 200
    assert account.call("DELETE", f"/api/tokens/{doomed['token_id']}").status == 204
    assert account.call("PATCH", path, {"amount_usd": 8}).status == 200
    is_over.set()
    for thread in threads:
        thread.join()
    assert set(statuses) <= {200, 401, 402}
    served = statuses.count(200)
    assert len(place.received) == served > 0
    assert spent(account)[0] == round(served * PRICE, 9)
    machine.send_signal(signal.SIGTERM)
    assert machine.wait() == 0
    machine.start()
    assert spent(account) == (round(served * PRICE, 9), 0)


def test_websockets_are_settled_when_they_end_and_when_the_server_stops(
    machine: Machine, place: Place
) -> None:
    account, token = set_up(machine, place, 5)
    units = [{"source": "unit", "name": "input_tokens", "amount_usd": "0.001"}]
    prices = {"rules": [{"units": units}], "default_bound_usd": 1}
    assert account.call("PUT", "/api/prices/test", prices).status == 200
    place.behaviour = accepting(realtime)

    def open_one() -> ClientConnection:
        return connect(
            f"ws://{machine.client.host}/proxy/test/v1/realtime?model=gpt-realtime",
            additional_headers={"Authorization": f"Bearer {token['token']}"},
            proxy=None,
            max_size=None,
            legacy=True,
        )

    def use(websocket: ClientConnection) -> None:
        websocket.send(json.dumps({"type": "response.create"}))
        for _ in range(2):
            websocket.recv()

    with open_one() as websocket:
        use(websocket)
        assert spent(account) == (0, 1)
        use(websocket)
    # 100 tokens of input in each response.
    until(lambda: spent(account) == (0.2, 0))
    with ExitStack() as stack:
        websockets = [stack.enter_context(open_one()) for _ in range(4)]
        for websocket in websockets:
            use(websocket)
        assert spent(account) == (0.2, 4)
        machine.send_signal(signal.SIGTERM)
        for websocket in websockets:
            with pytest.raises(ConnectionClosed):
                websocket.recv()
    assert machine.wait() == 0
    machine.start()
    assert spent(account) == (0.6, 0)
