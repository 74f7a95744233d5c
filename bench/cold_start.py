"""Cold start of both functions: the time of a new process until its first proxied response."""

from __future__ import annotations

import contextlib
import dataclasses
import statistics
from functools import partial
from pathlib import Path

from bench.figures import Figure, median_ratio, show
from bench.fixtures import baseline, instant_dynamodb, scratch_folder
from bench.functions import Function, Took, started
from bench.product import set_up
from bench.quiet import Rounds, rounds
from bench.standins.certificate import Certificate, certificate
from bench.standins.nginx import tls_front, upstream
from bench.streaming import cold_streaming

PAIRS = 9


def measure() -> list[Figure]:
    """Measure over plain HTTP, and with TLS to DynamoDB and the upstream as in a deployed stack."""
    with scratch_folder() as folder:
        plain = _pairs(folder, None)
    with scratch_folder() as folder:
        secure = _pairs(folder, certificate(folder))
    return [
        _figure("cold start to the first proxied response", plain, "ours", 0.25),
        _figure("the same with TLS to DynamoDB and upstream", secure, "ours", 0.25),
        _figure("cold start of the streaming function", plain, "streaming", 0.22),
        _figure("the same with TLS to DynamoDB and upstream", secure, "streaming", 0.25),
    ]


def _pairs(folder: Path, own: Certificate | None) -> Rounds[Took]:
    """Start the product's functions and the baseline's in turn, each time in a new process."""
    with upstream(own) as api, contextlib.ExitStack() as running:
        product = set_up(api, folder / "database.db")
        replaced = baseline(api, folder)
        items = [*product.items, *replaced.items]
        url = running.enter_context(instant_dynamodb(items, folder))
        if own is not None:
            url = running.enter_context(tls_front(url, own))
        ours = _with(product.function(url), own.trusted_by_product if own else {})
        other = _with(replaced.function(url), own.trusted_by_baseline if own else {})
        measures = {
            "ours": partial(_cold, ours),
            "streaming": partial(cold_streaming, ours),
            "baseline": partial(_cold, other),
        }
        for measure_once in measures.values():
            measure_once()  # loads the files into the page cache
        return rounds(measures, PAIRS)


def _cold(function: Function) -> Took:
    with started(function) as process:
        return process.cold


def _with(function: Function, environment: dict[str, str]) -> Function:
    return dataclasses.replace(function, environment={**function.environment, **environment})


def _figure(what: str, taken: Rounds[Took], name: str, target: float) -> Figure:
    ours, others = taken.of(name), taken.of("baseline")
    ratio = median_ratio([t.wall for t in ours], [t.wall for t in others])
    cpu = median_ratio([t.cpu for t in ours], [t.cpu for t in others])
    return Figure(
        what,
        f"{statistics.median(t.wall for t in ours) * 1000:.0f} ms",
        f"baseline {statistics.median(t.wall for t in others) * 1000:.0f} ms",
        f"ratio {ratio:.2f} (CPU {cpu:.2f})",
        ratio,
        target,
        disturbed=taken.disturbed,
    )


if __name__ == "__main__":
    show(measure())
