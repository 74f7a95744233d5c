"""What prices and a budget cost: a warm call, a cold start, a stream's first byte and its memory.

`python -m bench.spend REVISION` also compares the cold start with that of a git revision, such as
the state before a change.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import statistics
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from bench.bundles import earlier_bundle
from bench.figures import Figure, median_ratio, show
from bench.first_byte import Stream
from bench.fixtures import instant_dynamodb, scratch_folder
from bench.functions import Function, Took, started
from bench.load import Target
from bench.memory import proportional_memory
from bench.processes import LOOPBACK
from bench.product import Product, set_up
from bench.quiet import Rounds, rounds
from bench.standins.nginx import upstream as nginx_upstream
from bench.streaming import cold_streaming, streaming
from tests.support.runtime_api import RuntimeApi
from tests.support.upstream import Answer, Upstream

ROUNDS = 9
REQUESTS = 150
STREAM_ROUNDS = 5
# A provider that the snapshot of prices does not have.
UNPRICED = "resend"
# No measurement spends so much.
BUDGET_USD = 100_000
# An event of a chat completion, without usage.
EVENT = (
    b'data: {"id":"chatcmpl-bench","object":"chat.completion.chunk","created":1700000000,'
    b'"model":"gpt-4o-mini","choices":[{"index":0,"delta":{"content":" word %d"},'
    b'"finish_reason":null}]}\n\n'
)
SHORT, LONG = 1_000_000, 10_000_000
"""The bytes of the streams of which the memory is compared."""
READ = 100_000


def measure(revision: str | None = None) -> list[Figure]:
    """Measure calls of an API with prices beside the same calls of one without."""
    return [*_calls(revision), *_first_byte(), _memory()]


def _calls(revision: str | None) -> list[Figure]:
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(scratch_folder())
        api = stack.enter_context(nginx_upstream())
        products = {
            "no prices": _product(folder, "unpriced", api, provider=UNPRICED),
            "prices": _product(folder, "priced", api),
            "a budget": _product(folder, "budget", api, budget_usd=BUDGET_USD),
        }
        functions = {}
        for name, product in products.items():
            url = stack.enter_context(instant_dynamodb(product.items, product.folder))
            functions[name] = product.function(url)
            if name == "prices" and revision is not None:
                functions["before"] = product.function(url, bundle=earlier_bundle(revision))
        cold = rounds(
            {name: partial(_cold, function) for name, function in functions.items()}, ROUNDS
        )
        streams = rounds(
            {name: partial(cold_streaming, function) for name, function in functions.items()},
            ROUNDS,
        )
        processes = {
            name: stack.enter_context(started(function)) for name, function in functions.items()
        }
        for process in processes.values():
            process.answer(REQUESTS)
        warm = rounds(
            {name: partial(process.answer, REQUESTS) for name, process in processes.items()},
            ROUNDS,
        )
    figures = [
        _ratio("warm proxied request: one budget", warm, "a budget", "prices", 1.1),
        _ratio("warm proxied request: its cost is read", warm, "prices", "no prices"),
        _ratio("cold start: prices are loaded", cold, "prices", "no prices"),
        _ratio("cold start of the streaming function: the same", streams, "prices", "no prices"),
    ]
    if revision is not None:
        figures += [
            _ratio(f"warm proxied request since {revision}", warm, "no prices", "before"),
            _ratio(f"cold start since {revision}", cold, "no prices", "before", 1.03),
            _ratio(
                f"cold start of the streaming function since {revision}",
                streams,
                "no prices",
                "before",
                1.03,
            ),
        ]
    return figures


def _product(
    folder: Path, name: str, api: str, provider: str = "openai", budget_usd: float | None = None
) -> Product:
    own = folder / name
    own.mkdir()
    return set_up(api, own / "database.db", provider=provider, budget_usd=budget_usd)


def _cold(function: Function) -> Took:
    with started(function) as process:
        return process.cold


def _ratio(
    what: str, taken: Rounds[Took], name: str, other: str, target: float | None = None
) -> Figure:
    ours, others = taken.of(name), taken.of(other)
    ratio = median_ratio([took.wall for took in ours], [took.wall for took in others])
    cpu = median_ratio([took.cpu for took in ours], [took.cpu for took in others])
    return Figure(
        what,
        f"{statistics.median(took.wall for took in ours) * 1000:.2f} ms",
        f"{other} {statistics.median(took.wall for took in others) * 1000:.2f} ms",
        f"ratio {ratio:.2f} (CPU {cpu:.2f})",
        ratio,
        target,
        disturbed=taken.disturbed,
    )


def _first_byte() -> list[Figure]:
    """Stream through two processes of the streaming function in turns."""
    with contextlib.ExitStack() as stack:
        upstream = Upstream()
        stack.callback(upstream.close)
        place = upstream.root()
        folder = stack.enter_context(scratch_folder())
        streams = {}
        for name, provider in (("no prices", UNPRICED), ("prices", "openai")):
            product = _product(folder, name.replace(" ", "-"), place.url, provider)
            url = stack.enter_context(instant_dynamodb(product.items, product.folder))
            api = stack.enter_context(RuntimeApi())
            function = product.function(url)
            stack.enter_context(streaming(function, api))
            streams[name] = Stream(api, json.loads(function.event.read_text()), EVENT)

        def delays(stream: Stream) -> list[list[float]]:
            place.behaviour = lambda _received, _socket: stream.answer()
            return stream.delays_of_calls()

        for stream in streams.values():
            delays(stream)
        taken = rounds(
            {name: partial(delays, stream) for name, stream in streams.items()}, STREAM_ROUNDS
        )
    return [
        _added("first byte", taken, slice(0, 1)),
        _added("each further piece", taken, slice(1, None)),
    ]


def _added(what: str, taken: Rounds[list[list[float]]], pieces: slice) -> Figure:
    """Compare the median delay of some pieces of each stream."""
    medians = {
        name: statistics.median(
            delay for calls in taken.of(name) for call in calls for delay in call[pieces]
        )
        for name in ("prices", "no prices")
    }
    added = medians["prices"] - medians["no prices"]
    return Figure(
        f"streaming function: {what} of a stream whose usage is read",
        f"{medians['prices']:.2f} ms",
        f"no prices {medians['no prices']:.2f} ms",
        f"{added:.2f} ms more",
        added,
        0.1,
        disturbed=taken.disturbed,
    )


def _memory() -> Figure:
    """Read a short and then a long stream, and watch the memory of the server."""
    upstream = Upstream()
    place = upstream.root()
    length = SHORT

    def pieces() -> Iterator[bytes]:
        sent = number = 0
        while sent < length:
            piece = EVENT % number
            yield piece
            sent += len(piece)
            number += 1

    fields = [("Content-Type", "text/event-stream")]
    place.answer(Answer(200, fields, pieces=pieces))
    try:
        with scratch_folder() as folder:
            product = set_up(place.url, folder / "database.db")
            with (
                instant_dynamodb(product.items, folder) as url,
                product.server_process(url, settings={"API_DASHBOARD_WORKERS": "1"}) as (
                    target,
                    process,
                ),
            ):
                _peak(target, process.pid)
                short = _peak(target, process.pid)
                length = LONG
                long = _peak(target, process.pid)
    finally:
        upstream.close()
    growth = (long - short) / 1000
    return Figure(
        f"memory of the server while a stream of {LONG // 1_000_000} MB is read",
        f"{long / 1e6:.1f} MB",
        f"stream of {SHORT // 1_000_000} MB {short / 1e6:.1f} MB",
        f"{growth:.0f} kB more",
        growth,
        500.0,
    )


def _peak(target: Target, process: int) -> int:
    """Make a call and read its stream. Return the most memory that the process used meanwhile."""
    connection = http.client.HTTPConnection(LOOPBACK, target.port, timeout=60)
    connection.request("POST", target.path, _BODY, target.headers)
    response = connection.getresponse()
    highest = 0
    while response.read(READ):
        highest = max(highest, proportional_memory(process))
    connection.close()
    return highest


_BODY = json.dumps({"model": "gpt-4o-mini", "stream": True, "messages": []})


if __name__ == "__main__":
    show(measure(*sys.argv[1:2]))
