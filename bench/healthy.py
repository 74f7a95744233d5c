"""Calls that should be answered as usual whatever other clients do."""

from __future__ import annotations

import contextlib
import dataclasses
import http.client
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial

from bench.figures import Figure
from bench.load import REQUEST_BODY, Target
from bench.processes import LOOPBACK
from bench.product import Product
from bench.quiet import Rounds, rounds

ROUNDS = 3
REQUESTS = 100
# A call without a response after so many seconds counts as refused.
PATIENCE = 20.0
WITHIN = 2.0

PROXIED = "proxied calls"


@dataclasses.dataclass(frozen=True)
class Asked:
    """Calls one after another: how many, their median time in milliseconds, and the refused."""

    times: int
    median: float
    refused: int


@dataclasses.dataclass(frozen=True)
class Request:
    """A request, and the header fields that it needs."""

    path: str
    fields: Mapping[str, str] = dataclasses.field(default_factory=dict)
    method: str = "GET"
    body: str | None = None


def healthy_requests(product: Product, target: Target) -> dict[str, Request]:
    """Return a proxied call, two calls of the dashboard and a page."""
    session = {"Authorization": f"Bearer {product.access}"}
    json_fields = {"Content-Type": "application/json", **target.headers}
    return {
        PROXIED: Request(target.path, json_fields, "POST", REQUEST_BODY),
        "/api/status": Request("/api/status"),
        "/api/keys": Request("/api/keys", session),
        "a page": Request("/"),
    }


def ask(port: int, request: Request, times: int = REQUESTS) -> Asked:
    """Send a request `times` times, each on a new connection."""
    durations = []
    refused = 0
    for _ in range(times):
        started = time.perf_counter()
        if not _answered(port, request):
            refused += 1
        durations.append((time.perf_counter() - started) * 1000)
    return Asked(times, statistics.median(durations), refused)


def ask_all(port: int, requests: Mapping[str, Request], wanted: int) -> Rounds[Asked]:
    """Ask for everything in `wanted` rounds."""
    measures: dict[str, Callable[[], Asked]] = {
        name: partial(ask, port, request) for name, request in requests.items()
    }
    return rounds(measures, wanted)


def beside_figures(
    what: str, alone: Sequence[Rounds[Asked]], beside: Rounds[Asked], names: Sequence[str]
) -> list[Figure]:
    """Return the ratio of the times for each of `names`, and how many calls were refused."""
    figures = []
    calls = refused = 0
    for name in names:
        there = statistics.median(asked.median for asked in beside.of(name))
        here = statistics.median(asked.median for taken in alone for asked in taken.of(name))
        calls += sum(asked.times for asked in beside.of(name))
        refused += sum(asked.refused for asked in beside.of(name))
        figures.append(
            Figure(
                f"{name} beside {what} (median)",
                f"{there:.2f} ms",
                f"alone {here:.2f} ms",
                f"ratio {there / here:.2f}",
                there / here,
                WITHIN,
                disturbed=beside.disturbed or any(taken.disturbed for taken in alone),
            )
        )
    figures.append(count_figure(f"of {calls:,} calls beside {what} refused", refused))
    return figures


def count_figure(what: str, count: int, target: int = 0) -> Figure:
    """Return a line for a count that should be at most `target`."""
    return Figure(what, f"{count:,}", "", f"{count:,}", count, target)


def _answered(port: int, request: Request) -> bool:
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=PATIENCE)
    with contextlib.closing(connection):
        try:
            connection.request(request.method, request.path, request.body, dict(request.fields))
            response = connection.getresponse()
            response.read()
        except (OSError, http.client.HTTPException):
            return False
        return response.status < 400
