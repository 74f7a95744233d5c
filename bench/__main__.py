"""Run all benchmarks and print one table. To run one: `python -m bench.flatness`, for example."""

from __future__ import annotations

import sys
import time

from bench import (
    added_latency,
    backup,
    cold_start,
    database_trips,
    deployment,
    exchange,
    faults,
    first_byte,
    flatness,
    installation,
    listing,
    move,
    quota_cost,
    sign_ins,
    sockets,
    spend,
    stopping,
    throughput,
    usage_reading,
    waiting,
    warm_request,
)
from bench.environment import Missing
from bench.figures import Figure, show
from bench.functions import WrongAnswer
from bench.load import RequestsFailed
from bench.processes import ServerFailed

PROGRAMS = (
    cold_start,
    first_byte,
    warm_request,
    database_trips,
    quota_cost,
    spend,
    throughput,
    added_latency,
    flatness,
    listing,
    deployment,
    installation,
    exchange,
    usage_reading,
    waiting,
    sockets,
    faults,
    sign_ins,
    stopping,
    backup,
    move,
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
