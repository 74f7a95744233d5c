"""Run all benchmarks and print one table. To run one: `python -m bench.flatness`, for example."""

from __future__ import annotations

import sys
import time

from bench import (
    added_latency,
    cold_start,
    database_trips,
    deployment,
    exchange,
    flatness,
    quota_cost,
    throughput,
    warm_request,
)
from bench.environment import Missing
from bench.figures import Figure, show
from bench.functions import WrongAnswer
from bench.load import RequestsFailed
from bench.processes import ServerFailed

PROGRAMS = (
    cold_start,
    warm_request,
    database_trips,
    quota_cost,
    throughput,
    added_latency,
    flatness,
    deployment,
    exchange,
)


def main() -> int:
    """Run the benchmarks one after another. Return 1 if one of them failed."""
    figures: list[Figure] = []
    failed = 0
    for program in PROGRAMS:
        name = program.__name__.rpartition(".")[2]
        print(f"{time.strftime('%H:%M:%S')} {name}", file=sys.stderr)
        try:
            figures += program.measure()
        except (Missing, RequestsFailed, ServerFailed, WrongAnswer) as error:
            print(f"{name} failed: {error}", file=sys.stderr)
            failed = 1
    show(figures)
    return failed


if __name__ == "__main__":
    sys.exit(main())
