"""A process without free file descriptors or memory refuses single connections and lives (S43)."""

from __future__ import annotations

import contextlib
import resource
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.product.waiting.crowds import (
    Crowd,
    SlowApi,
    User,
    crowd,
    open_files,
    until_equal,
    workers,
)
from tests.support.machine import until

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs prlimit(2)")

# File descriptors that a process has for more connections.
SPARE = 20
COUNT = 120


@contextlib.contextmanager
def few_files(processes: list[int]) -> Iterator[dict[int, int]]:
    """Limit the file descriptors of processes for the duration of the block. Yields the limits."""
    before = {process: resource.prlimit(process, resource.RLIMIT_NOFILE) for process in processes}
    few = {process: open_files(process) + SPARE for process in processes}
    for process, limit in few.items():
        resource.prlimit(process, resource.RLIMIT_NOFILE, (limit, before[process][1]))
    try:
        yield few
    finally:
        for process, limits in before.items():
            with contextlib.suppress(ProcessLookupError):
                resource.prlimit(process, resource.RLIMIT_NOFILE, limits)


def test_every_call_waits_or_is_refused_without_free_file_descriptors(
    user: User, slow: SlowApi
) -> None:
    processes = workers(user.machine)
    with crowd(user.machine.port, user.head("hang"), COUNT) as clients:
        with few_files(processes) as limits:
            until(lambda: all(open_files(process) >= limits[process] for process in processes))
        until(lambda: slow.in_use("hang") + refused(clients) == COUNT)
        user.everything_answers(calls=2)
    until_equal(0, slow, "hang")
    assert workers(user.machine) == processes


def refused(clients: Crowd) -> int:
    """Return how many clients have a response, which must be 503."""
    clients.receive_available()
    statuses = [status for status in clients.statuses() if status]
    assert set(statuses) <= {503}
    return len(statuses)


def test_silent_connections_give_way_without_free_file_descriptors(user: User) -> None:
    processes = workers(user.machine)
    with few_files(processes), crowd(user.machine.port, b"", COUNT) as clients:
        until(lambda: clients.going_on() < COUNT)
        assert {user.get().status for _ in range(8)} <= {200, 503}
    user.everything_answers(calls=2)
    assert workers(user.machine) == processes


def test_calls_in_a_limited_address_space(user: User, slow: SlowApi) -> None:
    processes = workers(user.machine)
    before = {process: resource.prlimit(process, resource.RLIMIT_AS) for process in processes}
    for process, (_, hard) in before.items():
        size = int(Path(f"/proc/{process}/statm").read_text().split()[0]) * resource.getpagesize()
        resource.prlimit(process, resource.RLIMIT_AS, (size + (48 << 20), hard))
    try:
        with crowd(user.machine.port, user.head("hang"), 150):
            until_equal(150, slow, "hang")
            user.everything_answers(calls=2)
    finally:
        for process, limits in before.items():
            resource.prlimit(process, resource.RLIMIT_AS, limits)
    assert workers(user.machine) == processes
