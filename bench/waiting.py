"""Calls beside thousands of hanging calls and slow streams, and the memory of each of those.

Run as `python -m bench.waiting [--quick]`; with `--quick` there are 100 of each.
"""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from bench.crowd import Crowd, Held, held, request
from bench.figures import Figure, show
from bench.fixtures import embedded_dynamodb, scratch_folder
from bench.healthy import ROUNDS, ask_all, beside_figures, count_figure, healthy_requests
from bench.load import RequestsFailed
from bench.memory import proportional_memory
from bench.processes import LOOPBACK
from bench.product import Product, set_up
from bench.standins.slow_upstream import counts, slow_upstream

HANGING = 2_000
STREAMS = 2_000
QUICK = 100
# Seconds until the memory of calls that have just begun no longer changes.
SETTLE = 2.0
MEMORY_TARGET = 60
_PATIENCE = 180.0


def measure(quick: bool = False) -> list[Figure]:
    """Open the hanging calls, then the streams, and measure beside both of them."""
    hanging, streams = (QUICK, QUICK) if quick else (HANGING, STREAMS)
    wanted = 1 if quick else ROUNDS
    with product_with_slow_upstream() as (product, folder, upstream):
        pages = {"API_DASHBOARD_PAGES": str(site(folder))}
        with (
            embedded_dynamodb(folder / "database.db") as database,
            product.server_process(database, settings=pages) as (target, process),
        ):
            requests = healthy_requests(product, target)
            before = ask_all(target.port, requests, wanted)
            memory = [proportional_memory(process.pid)]
            hang = Crowd(hanging, request("/proxy/openai/v1/hang", token=product.token))
            stream = Crowd(streams, request("/proxy/openai/v1/stream", token=product.token))
            with held(target.port, hang) as hangs:
                wait_for_requests(upstream, hangs, "hang")
                memory.append(proportional_memory(process.pid))
                with held(target.port, stream) as flows:
                    wait_for_requests(upstream, flows, "stream")
                    memory.append(proportional_memory(process.pid))
                    beside = ask_all(target.port, requests, wanted)
                    cut = hangs.counts().closed + flows.counts().closed
                    lost = hangs.counts().refused + flows.counts().refused
            left = open_after(upstream)
            after = ask_all(target.port, requests, wanted)
    crowd = f"{hanging:,} hanging calls and {streams:,} streams"
    return [
        *beside_figures(crowd, [before, after], beside, list(requests)),
        count_figure(f"of {crowd}, refused or ended early", max(cut, lost)),
        _memory_figure("hanging call", memory[1] - memory[0], hanging),
        _memory_figure("stream", memory[2] - memory[1], streams),
        count_figure("connections to the upstream that stay when the callers hang up", left),
    ]


@contextlib.contextmanager
def product_with_slow_upstream(keys: int = 1) -> Iterator[tuple[Product, Path, int]]:
    """Set up a product with the slow upstream. Yields it, its folder and the upstream's port."""
    with scratch_folder() as folder, slow_upstream() as port:
        product = set_up(f"http://{LOOPBACK}:{port}", folder / "database.db", keys)
        yield product, folder, port


def site(folder: Path) -> Path:
    """Create a dashboard of one page, so that the benchmark needs no build of the real one."""
    pages = folder / "pages"
    pages.mkdir(exist_ok=True)
    (pages / "index.html").write_text("<!doctype html><title>A page</title>" + "<p>text" * 400)
    return pages


def wait_for_requests(upstream: int, crowd: Held, behaviour: str) -> None:
    """Return when the upstream has all requests of a crowd, or the product has refused some.

    Raises RequestsFailed if that takes too long.
    """
    wanted = crowd.crowd.count
    deadline = time.monotonic() + _PATIENCE
    while counts(upstream)[1].get(behaviour, 0) + crowd.counts().refused < wanted:
        if time.monotonic() > deadline:
            raise RequestsFailed(f"{counts(upstream)} of {wanted} calls reached the upstream.")
        time.sleep(0.1)
    time.sleep(SETTLE)


def open_after(upstream: int) -> int:
    """Return how many requests the upstream still serves 15 s after their callers hung up."""
    deadline = time.monotonic() + 15
    # The request for the counts is one of them.
    while (left := sum(counts(upstream)[1].values()) - 1) and time.monotonic() < deadline:
        time.sleep(0.1)
    return left


def _memory_figure(what: str, difference: int, count: int) -> Figure:
    each = difference / count / 1000
    return Figure(
        f"memory of a {what} in all processes of the product",
        f"{each:.1f} kB",
        f"{difference / 1e6:.0f} MB for {count:,}",
        f"{each:.1f} kB",
        each,
        MEMORY_TARGET,
    )


if __name__ == "__main__":
    show(measure("--quick" in sys.argv))
