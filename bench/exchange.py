"""One exchange with DynamoDB, a GetItem: the product's client compared with urllib3 and botocore.

Each client runs in its own process and calls the same server, which responds at once, over a
kept-alive connection. The clients take turns.
"""

from __future__ import annotations

import contextlib
import json
import statistics
import subprocess
import tempfile
from collections.abc import Iterator
from functools import partial
from typing import IO

from bench.environment import ROOT, stack_python
from bench.exchange_process import CLIENTS, ITEM
from bench.figures import Figure, median_ratio, show
from bench.fixtures import instant_dynamodb, scratch_folder
from bench.functions import Took
from bench.processes import ServerFailed, clean_environment
from bench.quiet import Rounds, rounds

ROUNDS = 9
REQUESTS = 400


class Exchanger:
    """A process that calls through one client, and the file that it logs to."""

    def __init__(self, process: subprocess.Popen[str], log: IO[bytes]) -> None:
        self._process = process
        self._log = log

    def exchange(self, count: int) -> Took:
        """Make `count` calls and return the time of one. Raises ServerFailed if it has ended."""
        assert self._process.stdin is not None and self._process.stdout is not None
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.write(f"{count}\n")
            self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            self._log.seek(0)
            output = self._log.read().decode(errors="replace")[-2000:]
            raise ServerFailed(f"bench.exchange_process ended:\n{output}")
        took = json.loads(line)
        return Took(took["wall"] / count, took["cpu"] / count)


@contextlib.contextmanager
def exchanging(client: str, url: str) -> Iterator[Exchanger]:
    """Run a process of `client` until the block ends."""
    command = [stack_python(), "-m", "bench.exchange_process", client, url]
    with (
        tempfile.TemporaryFile() as log,
        subprocess.Popen(
            command,
            cwd=ROOT,
            env=clean_environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        ) as process,
    ):
        yield Exchanger(process, log)


def measure() -> list[Figure]:
    """Keep all processes alive and let them call in turns, `REQUESTS` at a time."""
    with scratch_folder() as folder, contextlib.ExitStack() as running:
        url = running.enter_context(instant_dynamodb([ITEM], folder))
        exchangers = {name: running.enter_context(exchanging(name, url)) for name in CLIENTS}
        for exchanger in exchangers.values():
            exchanger.exchange(REQUESTS)
        taken = rounds(
            {name: partial(each.exchange, REQUESTS) for name, each in exchangers.items()}, ROUNDS
        )
    return [
        _figure(taken, "urllib3", "urllib3, without signing,"),
        _figure(taken, "botocore", "botocore"),
    ]


def _figure(taken: Rounds[Took], other: str, label: str) -> Figure:
    ours, others = taken.of("ours"), taken.of(other)
    ratio = median_ratio([took.cpu for took in ours], [took.cpu for took in others])
    wall = median_ratio([took.wall for took in ours], [took.wall for took in others])
    return Figure(
        "one exchange with DynamoDB, CPU time (wall time)",
        _times(ours),
        f"{label} {_times(others)}",
        f"ratio {ratio:.2f} ({wall:.2f})",
        ratio,
        disturbed=taken.disturbed,
    )


def _times(taken: list[Took]) -> str:
    cpu = statistics.median(took.cpu for took in taken) * 1e6
    wall = statistics.median(took.wall for took in taken) * 1e6
    return f"{cpu:.0f} \N{MICRO SIGN}s ({wall:.0f} \N{MICRO SIGN}s)"


if __name__ == "__main__":
    show(measure())
