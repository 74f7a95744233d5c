"""Proxied calls, and the product's memory, beside many wrong sign-ins at the same time.

Run as `python -m bench.sign_ins [--quick]`; with `--quick` there are 60.
"""

from __future__ import annotations

import json
import sys
import threading

from bench.crowd import Crowd, Held, held, request
from bench.figures import Figure, show
from bench.fixtures import embedded_dynamodb
from bench.healthy import (
    PROXIED,
    ROUNDS,
    Asked,
    Request,
    ask,
    ask_all,
    beside_figures,
    healthy_requests,
)
from bench.memory import proportional_memory
from bench.quiet import Rounds
from bench.waiting import product_with_slow_upstream

SIGN_INS = 300
QUICK = 60
MEMORY_TARGET = 100
_SAMPLE_SECONDS = 0.05


def measure(quick: bool = False) -> list[Figure]:
    """Send the sign-ins at once, each for another name, and call until all are answered."""
    count = QUICK if quick else SIGN_INS
    body = json.dumps({"username": "userNUMBER", "password": "a wrong passphrase"})
    sign_in = request(
        "/api/auth/login",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
        method="POST",
        body=body,
    )
    with (
        product_with_slow_upstream() as (product, folder, _),
        embedded_dynamodb(folder / "database.db") as database,
        product.server_process(database) as (target, process),
    ):
        asked = {PROXIED: healthy_requests(product, target)[PROXIED]}
        alone = ask_all(target.port, asked, 1 if quick else ROUNDS)
        with _Peak(process.pid) as peak, held(target.port, Crowd(count, sign_in)) as clients:
            beside = _ask_while_pending(clients, target.port, asked[PROXIED])
            statuses = clients.counts().statuses
    what = f"{count} wrong sign-ins"
    growth = peak.growth / 1e6
    said = ", ".join(f"{number} with {status}" for status, number in sorted(statuses.items()))
    return [
        *beside_figures(what, [alone], beside, [PROXIED]),
        Figure(
            f"growth of memory through {what}",
            f"{growth:.0f} MB",
            said,
            f"{growth:.0f} MB",
            growth,
            MEMORY_TARGET,
        ),
    ]


class _Peak:
    """Watches the growth of a process's memory in bytes, with its descendants."""

    def __init__(self, process: int) -> None:
        self._process = process
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self.growth = 0

    def __enter__(self) -> _Peak:
        self._before = proportional_memory(self._process)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._over.wait(_SAMPLE_SECONDS):
            self.growth = max(self.growth, proportional_memory(self._process) - self._before)


def _ask_while_pending(clients: Held, port: int, healthy: Request) -> Rounds[Asked]:
    """Send single calls until all sign-ins have a response, at least one."""
    clients.wait_until(lambda counts: counts.opened >= clients.crowd.count // 2)
    results = []
    while True:
        results.append({PROXIED: ask(port, healthy, 1)})
        counts = clients.counts()
        if sum(counts.statuses.values()) + counts.not_connected >= clients.crowd.count:
            return Rounds(results, disturbed=False)


if __name__ == "__main__":
    show(measure("--quick" in sys.argv))
