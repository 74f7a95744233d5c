"""The time of the dashboard's lists with a long request log, compared with an empty one."""

from __future__ import annotations

import contextlib
import http.client
import statistics
import time
from collections.abc import Iterator
from functools import partial

from bench.figures import Figure, median_ratio, show
from bench.fixtures import Item, embedded_dynamodb, import_items, scratch_folder
from bench.load import RequestsFailed
from bench.processes import LOOPBACK
from bench.product import set_up
from bench.quiet import rounds
from bench.standins.nginx import upstream

ENTRIES = 250_000
LISTS = ("keys", "tokens", "sessions", "rate-limits")
ROUNDS = 5
REQUESTS = 100
TARGET = 1.1


def measure() -> list[Figure]:
    """Run a server for each log. They take turns in rotated order."""
    with scratch_folder() as folder, upstream() as api, contextlib.ExitStack() as running:
        product = set_up(api, folder / "database.db", keys=3)
        ports: dict[int, int] = {}
        for entries in (0, ENTRIES):
            database = folder / f"database-{entries}.db"
            import_items([*product.items, *_log(product.items, entries)], database)
            url = running.enter_context(embedded_dynamodb(database))
            ports[entries] = running.enter_context(product.server(url)).port
        measures = {
            f"{name} {entries}": partial(_median, port, name, product.access)
            for entries, port in ports.items()
            for name in LISTS
        }
        taken = rounds(measures, ROUNDS)
    figures = []
    for name in LISTS:
        long, empty = taken.of(f"{name} {ENTRIES}"), taken.of(f"{name} 0")
        ratio = median_ratio(long, empty)
        figures.append(
            Figure(
                f"list of {name} with {ENTRIES:,} log entries",
                f"{statistics.median(long):.2f} ms",
                f"an empty log {statistics.median(empty):.2f} ms",
                f"ratio {ratio:.2f}",
                ratio,
                TARGET,
                disturbed=taken.disturbed,
            )
        )
    return figures


def _log(items: list[Item], entries: int) -> Iterator[Item]:
    """Yield the log entries of the user of `items`, one each second until now."""
    user = next(item["PK"] for item in items if item["SK"]["S"] == "PROFILE")
    now = time.time()
    for number in range(entries):
        at = now - number
        yield {
            "PK": user,
            "SK": {"S": f"LOG#{int(at * 1000):013d}#{number:08x}"},
            "request_id": {"S": f"{number:016x}"},
            "at": {"N": f"{at:.3f}"},
            "api_name": {"S": "openai"},
            "method": {"S": "POST"},
            "host": {"S": "api.openai.com:443"},
            "path": {"S": "/v1/chat/completions"},
            "status": {"N": "200"},
            "duration_ms": {"N": "812"},
            "upstream_ms": {"N": "810"},
            "ttl": {"N": str(int(at) + 14 * 86_400)},
        }


def _median(port: int, name: str, access: str) -> float:
    """Return the median time of a list in milliseconds. Raises RequestsFailed."""
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=30)
    times = []
    with contextlib.closing(connection):
        for _ in range(REQUESTS):
            started = time.perf_counter()
            connection.request("GET", f"/api/{name}", headers={"Authorization": f"Bearer {access}"})
            response = connection.getresponse()
            response.read()
            if response.status != 200:
                raise RequestsFailed(f"The list of {name} has status {response.status}.")
            times.append((time.perf_counter() - started) * 1000)
    return statistics.median(times)


if __name__ == "__main__":
    show(measure())
