"""A budget holds while processes are killed, and counts all that callers received."""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import threading
from collections.abc import Iterator
from http.client import HTTPException
from typing import Any

import pytest

from api.local.installation import find_binary
from tests.support.accounts import Account
from tests.support.clients import Response
from tests.support.machine import Machine
from tests.support.upstream import Answer, Place, Received, Upstream

# Dollars for a token. A call has 10 input and 5 output tokens.
INPUT_PRICE, OUTPUT_PRICE = "0.00001", "0.0001"
COST = 0.0006
# Dollars that are reserved for a call at most, whose input can have as many tokens as bytes.
RESERVED = 0.02
BODY = json.dumps({"model": "house-model", "max_tokens": 5, "messages": []}).encode()
CALLERS, CALLS, KILLS = 6, 30, 6

pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="processes are found in /proc"
)


def answer(_received: Received, _connection: Any) -> Answer:
    """Answer as an API that is compatible with OpenAI's."""
    document = {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "model": "house-model",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": "Hello"}}],
        "usage": {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15},
    }
    return Answer(
        headers=[("Content-Type", "application/json")], body=json.dumps(document).encode()
    )


@pytest.fixture(scope="module")
def machine(
    tmp_path_factory: pytest.TempPathFactory, upstream_server: Upstream
) -> Iterator[Machine]:
    """The product with two worker processes and a database of its own."""
    find_binary()
    machine = Machine(
        tmp_path_factory.mktemp("machine"),
        API_DASHBOARD_WORKERS="2",
        API_DASHBOARD_ALLOWED_UPSTREAMS=f"127.0.0.1:{upstream_server.port}",
    )
    machine.start()
    yield machine
    machine.stop()


def set_up(machine: Machine, place: Place, amount: float) -> tuple[Account, str]:
    """Store a key with prices and a token with a budget. Return the account and the token."""
    account = Account(machine.client)
    account.key(place)
    units = [
        {"source": "unit", "name": "input_tokens", "amount_usd": INPUT_PRICE},
        {"source": "unit", "name": "output_tokens", "amount_usd": OUTPUT_PRICE},
    ]
    assert account.call("PUT", "/api/prices/test", {"rules": [{"units": units}]}).status == 200
    details = account.token_details()
    scope = {"type": "token", "token_id": details["token_id"]}
    budget = {"scope": scope, "period": "total", "amount_usd": amount}
    assert account.call("POST", "/api/budgets", budget).status == 201
    return account, details["token"]


def complete(account: Account, token: str) -> Response:
    """Make one call."""
    path = "/proxy/test/v1/chat/completions"
    return account.proxied(token, path, "POST", [("Content-Type", "application/json")], BODY)


def budget_of(account: Account) -> dict[str, Any]:
    """Return the account's only budget."""
    budgets = account.call("GET", "/api/budgets").json["items"]
    assert len(budgets) == 1
    found: dict[str, Any] = budgets[0]
    return found


def test_kills_lose_no_cost_of_a_response_and_never_exceed_the_budget(
    machine: Machine, place: Place
) -> None:
    place.behaviour = answer
    account, token = set_up(machine, place, 1)
    statuses: list[int] = []
    is_over = threading.Event()

    def use() -> None:
        for _ in range(CALLS):
            try:
                statuses.append(complete(account, token).status)
            except (OSError, HTTPException):
                is_over.wait(0.1)  # The server starts another worker.

    def kill() -> None:
        chosen = random.Random(7)
        for _ in range(KILLS):
            if is_over.wait(chosen.uniform(0.02, 0.25)):
                return
            workers = machine.workers()
            if workers:
                try:
                    os.kill(chosen.choice(workers), signal.SIGKILL)
                except ProcessLookupError:
                    continue

    callers = [threading.Thread(target=use) for _ in range(CALLERS)]
    killer = threading.Thread(target=kill)
    for thread in (*callers, killer):
        thread.start()
    for thread in callers:
        thread.join()
    is_over.set()
    killer.join()
    machine.wait_until_ready()

    received, served = statuses.count(200), len(place.received)
    budget = budget_of(account)
    spent, reserved = budget["spent_usd"], budget["reserved_usd"]
    assert received > 0
    # Every response that a caller received is settled, and nothing that the API did not serve.
    assert received * COST - 1e-9 <= spent <= served * COST + 1e-9
    # What a killed process did not settle is still reserved, so the API served no more than that.
    assert served * COST <= spent + reserved + 1e-9
    assert spent + reserved <= 1
    logged = account.call("GET", "/api/requests?limit=200").json["items"]
    priced = [entry["cost_usd"] for entry in logged if entry.get("cost_usd")]
    # A kill can come between the log entry and the settlement, before the caller has the response.
    assert received * COST - 1e-9 <= sum(priced) <= served * COST + 1e-9


def test_the_last_call_that_fits_is_the_last_that_is_served(machine: Machine, place: Place) -> None:
    place.behaviour = answer
    account, token = set_up(machine, place, 0.1)
    statuses: list[int] = []

    def use(calls: int) -> None:
        for _ in range(calls):
            statuses.append(complete(account, token).status)

    callers = [threading.Thread(target=use, args=(15,)) for _ in range(8)]
    for thread in callers:
        thread.start()
    for thread in callers:
        thread.join()
    while statuses[-1] == 200:
        use(1)
    budget = budget_of(account)
    assert set(statuses) == {200, 402}
    assert len(place.received) == statuses.count(200)
    assert budget["spent_usd"] == pytest.approx(statuses.count(200) * COST)
    assert 0.1 - RESERVED < budget["spent_usd"] + budget["reserved_usd"] <= 0.1
