"""The log and the statistics after a stop that ends streams.

Run as `python -m bench.stopping [--streams N] [--stop-timeout SECONDS]`. By default there are 200
streams and the product's own timeout.
"""

from __future__ import annotations

import argparse
import json
import signal
import subprocess
import time
import urllib.request
from typing import Any
from urllib.parse import quote

from bench.crowd import Crowd, held, request
from bench.figures import Figure, show
from bench.fixtures import embedded_dynamodb
from bench.healthy import count_figure
from bench.load import RequestsFailed
from bench.processes import LOOPBACK
from bench.product import Product
from bench.waiting import product_with_slow_upstream, wait_for_requests

STREAMS = 200
QUICK = 20
# An API that no other call of the benchmark goes to.
API = "api-1"
PATIENCE = 120.0
_PAGE = 1_000


def measure(
    quick: bool = False, streams: int = STREAMS, stop_timeout: int | None = None
) -> list[Figure]:
    """Send SIGTERM beside streams that do not end, start again, and look for them."""
    count = QUICK if quick else streams
    settings = {}
    if stop_timeout is not None:
        settings["API_DASHBOARD_STOP_TIMEOUT"] = str(stop_timeout)
    with (
        product_with_slow_upstream(keys=2) as (product, folder, upstream),
        embedded_dynamodb(folder / "database.db") as database,
    ):
        with product.server_process(database, settings=settings) as (target, process):
            stream = Crowd(count, request(f"/proxy/{API}/v1/stream", token=product.access))
            with held(target.port, stream) as clients:
                wait_for_requests(upstream, clients, "stream")
                seconds = _stop(process)
                connected = count - clients.counts().closed
        with product.server(database) as target:
            logged = _log(product, target.port)
            totals = _read(product, target.port, f"/api/stats?api_name={API}")["totals"]
    ended = [entry for entry in logged if entry["problem"] == "server_stopping"]
    what = f"of {count:,} streams that SIGTERM ends,"
    return [
        count_figure(f"{what} missing in the log", count - len(logged)),
        count_figure(f"{what} in the log without the stop", count - len(ended)),
        count_figure(f"{what} missing in the statistics", count - totals["requests"]),
        count_figure(f"{what} still connected after the stop", connected),
        Figure(f"time of a stop with {count:,} streams", f"{seconds:.1f} s", "", "", seconds),
    ]


def _stop(process: subprocess.Popen[bytes]) -> float:
    """Send SIGTERM and return the seconds until the process has ended. Raises RequestsFailed."""
    started = time.monotonic()
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        raise RequestsFailed(f"The product runs {PATIENCE:g} s after SIGTERM.") from None
    return time.monotonic() - started


def _log(product: Product, port: int) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = []
    cursor = ""
    while True:
        path = f"/api/requests?limit={_PAGE}&api_name={API}{cursor}"
        page = _read(product, port, path)
        items += page["items"]
        if page["next_cursor"] is None:
            return items
        cursor = f"&cursor={quote(page['next_cursor'])}"


def _read(product: Product, port: int, path: str) -> dict[str, Any]:
    fields = {"Authorization": f"Bearer {product.access}"}
    url = f"http://{LOOPBACK}:{port}{path}"
    with urllib.request.urlopen(urllib.request.Request(url, headers=fields), timeout=60) as answer:
        result: dict[str, Any] = json.load(answer)
        return result


def main() -> None:
    """Measure as the command line says."""
    parser = argparse.ArgumentParser(prog="python -m bench.stopping")
    parser.add_argument("--quick", action="store_true", help=f"{QUICK} streams")
    parser.add_argument("--streams", type=int, default=STREAMS)
    parser.add_argument("--stop-timeout", type=int, help="seconds")
    given = parser.parse_args()
    show(measure(given.quick, given.streams, given.stop_timeout))


if __name__ == "__main__":
    main()
