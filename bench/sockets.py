"""Idle WebSockets through the product, and the time that it adds to a message.

Run as `python -m bench.sockets [--quick]`; with `--quick` there are 100.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial

from websockets.sync.client import ClientConnection, connect

from bench.crowd import Crowd, held, request
from bench.figures import Figure, show
from bench.fixtures import embedded_dynamodb
from bench.healthy import ROUNDS, count_figure
from bench.memory import proportional_memory
from bench.processes import LOOPBACK
from bench.quiet import rounds
from bench.waiting import SETTLE, product_with_slow_upstream

SOCKETS = 1_000
QUICK = 100
MEMORY_TARGET = 100
ADDED_TARGET = 1.0
MESSAGES = 500
# The size of an audio message of a realtime API: 20 ms of 24 kHz PCM in Base64, as JSON.
MESSAGE = '{"type":"input_audio_buffer.append","audio":"' + "A" * 1280 + '"}'
UPGRADE = (
    "Upgrade: websocket",
    "Connection: Upgrade",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
)


def measure(quick: bool = False) -> list[Figure]:
    """Open the idle sockets, and then send messages through one more of them."""
    count = QUICK if quick else SOCKETS
    with (
        product_with_slow_upstream() as (product, folder, upstream),
        embedded_dynamodb(folder / "database.db") as database,
        product.server_process(database) as (target, process),
    ):
        path = "/proxy/openai/v1/realtime"
        before = proportional_memory(process.pid)
        crowd = Crowd(count, request(path, *UPGRADE, token=product.token))
        with held(target.port, crowd) as clients:
            clients.wait_until(
                lambda counts: sum(counts.statuses.values()) + counts.not_connected >= count
            )
            time.sleep(SETTLE)
            growth = proportional_memory(process.pid) - before
            with (
                _echo(f"ws://{LOOPBACK}:{upstream}/v1/realtime", {}) as direct,
                _echo(f"ws://{LOOPBACK}:{target.port}{path}", target.headers) as relayed,
            ):
                taken = rounds(
                    {"direct": partial(_median, direct), "relayed": partial(_median, relayed)},
                    1 if quick else ROUNDS,
                )
            counts = clients.counts()
    added = statistics.median(
        there - here for there, here in zip(taken.of("relayed"), taken.of("direct"), strict=True)
    )
    megabytes = growth / 1e6
    return [
        count_figure(f"of {count:,} idle WebSockets, refused", counts.refused),
        count_figure(f"of {count:,} idle WebSockets, closed", counts.closed),
        Figure(
            f"memory of {count:,} idle WebSockets in all processes of the product",
            f"{megabytes:.0f} MB",
            f"{growth / count / 1000:.1f} kB each",
            f"{megabytes:.0f} MB",
            megabytes,
            MEMORY_TARGET,
        ),
        Figure(
            f"added to a WebSocket message and its echo beside {count:,} idle ones (median)",
            f"{statistics.median(taken.of('relayed')):.2f} ms",
            f"direct {statistics.median(taken.of('direct')):.2f} ms",
            f"{added:.2f} ms",
            added,
            ADDED_TARGET,
            disturbed=taken.disturbed,
        ),
    ]


@contextmanager
def _echo(url: str, fields: Mapping[str, str]) -> Iterator[ClientConnection]:
    # Without compression, as most SDKs of realtime APIs connect.
    with connect(url, additional_headers=dict(fields), compression=None, proxy=None) as socket:
        yield socket


def _median(socket: ClientConnection) -> float:
    """Return the median time of a message and its echo in milliseconds."""
    times = []
    for _ in range(MESSAGES):
        started = time.perf_counter()
        socket.send(MESSAGE)
        socket.recv()
        times.append((time.perf_counter() - started) * 1000)
    return statistics.median(times)


if __name__ == "__main__":
    show(measure("--quick" in sys.argv))
