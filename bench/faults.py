"""Calls beside clients that do not read, send half a request, or send nothing.

Run as `python -m bench.faults [--quick]`; with `--quick` there is a tenth of each.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator

from bench.crowd import Crowd, Held, held, request
from bench.figures import Figure, show
from bench.fixtures import embedded_dynamodb
from bench.healthy import (
    PROXIED,
    ROUNDS,
    ask_all,
    beside_figures,
    count_figure,
    healthy_requests,
)
from bench.product import Product
from bench.standins.slow_upstream import counts
from bench.waiting import open_after, product_with_slow_upstream

UNREAD = (140, 1_000)
HALF_SENT = 1_000
SILENT = 2_500
# Seconds after which a crowd has had its effect.
SETTLE = 2.0


def measure(quick: bool = False) -> list[Figure]:
    """Let the crowds come one after another, and measure before and beside each."""
    wanted = 1 if quick else ROUNDS
    figures: list[Figure] = []
    with (
        product_with_slow_upstream() as (product, folder, upstream),
        embedded_dynamodb(folder / "database.db") as database,
        product.server(database) as target,
    ):
        requests = healthy_requests(product, target)
        asked = {name: requests[name] for name in (PROXIED, "/api/status")}
        for what, crowd in _crowds(product, 10 if quick else 1):
            alone = ask_all(target.port, asked, wanted)
            with held(target.port, crowd) as clients:
                _wait(clients)
                beside = ask_all(target.port, asked, wanted)
            figures += beside_figures(what, [alone], beside, list(asked))
            open_after(upstream)
        received = counts(upstream)[0]
        unread = sum(count // (10 if quick else 1) for count in UNREAD)
        missing = unread - received.get("large", 0)
        figures.append(count_figure("calls that do not read, refused", missing))
    return figures


def _crowds(product: Product, divisor: int) -> Iterator[tuple[str, Crowd]]:
    def post(*fields: str, body: str) -> str:
        path = "/proxy/openai/v1/upload"
        return request(path, *fields, method="POST", token=product.token, body=body)

    for number in UNREAD:
        large = request("/proxy/openai/v1/large", token=product.token)
        count = number // divisor
        yield f"{count:,} clients that do not read", Crowd(count, large, reads=False)
    count = HALF_SENT // divisor
    chunked = post("Transfer-Encoding: chunked", body="5\r\nhe")
    yield f"{count:,} half-sent chunked bodies", Crowd(count, chunked)
    sized = post("Content-Length: 1000000", body="half")
    yield f"{count:,} half-sent bodies with a length", Crowd(count, sized)
    count = SILENT // divisor
    yield f"{count:,} silent connections", Crowd(count, "")


def _wait(clients: Held) -> None:
    wanted = clients.crowd.count
    clients.wait_until(lambda counts: counts.opened + counts.not_connected >= wanted)
    time.sleep(SETTLE)


if __name__ == "__main__":
    show(measure("--quick" in sys.argv))
