"""Thousands of clients that wait, held by a separate process."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

from bench.environment import ROOT
from bench.load import RequestsFailed
from bench.processes import clean_environment

_POLL_SECONDS = 0.1
_PATIENCE = 180.0


@dataclasses.dataclass(frozen=True)
class Crowd:
    """`count` connections. Each sends `request` once, with its own number in place of `NUMBER`.

    Clients that do not read (`reads`) have the smallest receive buffer.
    """

    count: int
    request: str
    reads: bool = True


@dataclasses.dataclass(frozen=True)
class Counts:
    """What has happened to a crowd: connections, and responses by status."""

    opened: int
    closed: int
    not_connected: int
    bytes: int
    statuses: dict[int, int]

    @property
    def answered(self) -> int:
        """How many have a response with a status below 400."""
        return sum(count for status, count in self.statuses.items() if status < 400)

    @property
    def refused(self) -> int:
        """How many have another status, or could not connect."""
        return sum(self.statuses.values()) - self.answered + self.not_connected


class Held:
    """A crowd that is connected, or is about to be."""

    def __init__(self, process: subprocess.Popen[str], crowd: Crowd) -> None:
        self._process = process
        self.crowd = crowd

    def counts(self) -> Counts:
        """Return the counts so far."""
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write("counts\n")
        self._process.stdin.flush()
        found: dict[str, Any] = json.loads(self._process.stdout.readline())
        statuses = {int(status): count for status, count in found["statuses"].items()}
        names = ("opened", "closed", "not_connected", "bytes")
        return Counts(**{name: found.get(name, 0) for name in names}, statuses=statuses)

    def wait_until(self, condition: Callable[[Counts], bool]) -> Counts:
        """Return the counts when they meet a condition. Raises RequestsFailed after 3 minutes."""
        deadline = time.monotonic() + _PATIENCE
        while not condition(counts := self.counts()):
            if time.monotonic() > deadline:
                raise RequestsFailed(f"The clients did not get so far in time: {counts}")
            time.sleep(_POLL_SECONDS)
        return counts


@contextlib.contextmanager
def held(port: int, crowd: Crowd) -> Iterator[Held]:
    """Connect a crowd to `port`, and disconnect it at the end of the block."""
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.crowd_process", str(port)],
        env=clean_environment(),
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdin is not None
        process.stdin.write(json.dumps(dataclasses.asdict(crowd)) + "\n")
        process.stdin.flush()
        yield Held(process, crowd)
    finally:
        process.communicate()


def request(
    path: str, *fields: str, method: str = "GET", token: str | None = None, body: str = ""
) -> str:
    """Return an HTTP/1.1 request as text, with `token` as bearer token if given."""
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost", *fields]
    if token is not None:
        lines.append(f"Authorization: Bearer {token}")
    return "\r\n".join([*lines, "", body])
