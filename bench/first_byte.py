"""The streaming function: how long after the upstream sent a piece the Runtime API has it.

The upstream makes each piece only when the one before has arrived, so none waits for another.
"""

from __future__ import annotations

import json
import statistics
import threading
import time
from collections.abc import Iterator

from bench.figures import Figure, show
from bench.fixtures import instant_dynamodb, scratch_folder
from bench.product import set_up
from bench.quiet import rounds
from bench.streaming import streaming
from tests.support.runtime_api import RuntimeApi
from tests.support.upstream import Answer, Upstream

ROUNDS = 5
CALLS = 20
PIECES = 10


def measure() -> list[Figure]:
    """Stream in one process, which is warm after the first call."""
    upstream = Upstream()
    place = upstream.root()
    with scratch_folder() as folder:
        product = set_up(place.url, folder / "database.db")
        with instant_dynamodb(product.items, folder) as url, RuntimeApi() as api:
            function = product.function(url)
            event = json.loads(function.event.read_text())
            with streaming(function, api):
                stream = Stream(api, event)
                place.behaviour = lambda _received, _socket: stream.answer()
                stream.delays()
                taken = rounds({"delays": stream.delays_of_calls}, ROUNDS)
    upstream.close()
    delays = [call for results in taken.of("delays") for call in results]
    first = sorted(call[0] for call in delays)
    later = sorted(delay for call in delays for delay in call[1:])
    return [
        _figure("first byte", first, taken.disturbed),
        _figure("each further piece", later, taken.disturbed),
    ]


class Stream:
    """Calls of which the upstream and the Runtime API note when each piece came by.

    `piece` is an event of the stream, with one number to fill in.
    """

    def __init__(self, api: RuntimeApi, event: object, piece: bytes = b"data: %d\n\n") -> None:
        self._api = api
        self._event = json.dumps(event).encode()
        self._piece = piece
        self._made: list[float] = []
        self._go = threading.Semaphore(0)

    def answer(self) -> Answer:
        """Return the upstream's response, whose first piece follows its head at once."""
        self._made = [time.monotonic()]
        return Answer(200, [("Content-Type", "text/event-stream")], pieces=self._pieces)

    def _pieces(self) -> Iterator[bytes]:
        yield self._piece % 0
        for number in range(1, PIECES):
            self._go.acquire(timeout=30)
            self._made.append(time.monotonic())
            yield self._piece % number

    def delays(self) -> list[float]:
        """Make a call. Return the delay of each piece in milliseconds."""
        arrived = []
        for piece in self._api.invoke(self._event).pieces():
            arrived.append(piece.at)
            self._go.release()
        self._go = threading.Semaphore(0)
        assert len(arrived) == PIECES
        return [(at - made) * 1000 for at, made in zip(arrived, self._made, strict=True)]

    def delays_of_calls(self) -> list[list[float]]:
        """Make `CALLS` calls."""
        return [self.delays() for _ in range(CALLS)]


def _figure(what: str, delays: list[float], disturbed: bool) -> Figure:
    high = delays[int(len(delays) * 0.99)]
    return Figure(
        f"streaming function: {what} of a stream after the upstream's, 99 of 100",
        f"{high:.1f} ms",
        "upstream",
        f"{high:.1f} ms (median {statistics.median(delays):.2f})",
        high,
        20.0,
        disturbed=disturbed,
    )


if __name__ == "__main__":
    show(measure())
