"""The sequential DynamoDB trips and the capacity units of a proxied request with a token."""

from __future__ import annotations

import uuid

from bench.figures import Figure, show
from bench.fixtures import (
    Item,
    all_items,
    baseline,
    embedded_dynamodb,
    put_items,
    scratch_folder,
)
from bench.functions import Function, started
from bench.product import set_up
from bench.standins.nginx import upstream
from bench.standins.recorder import Recorder, recording

KEYS = 100
POOL = 3
LOG_ITEMS = 10_000
REQUESTS = 20

LOG_PREFIX = "LOG#"


class NothingLogged(Exception):
    """A proxied request wrote no item to the request log."""


def measure() -> list[Figure]:
    """Count trips and units. The first request of a process does not count."""
    with scratch_folder() as folder, upstream() as api:
        product = set_up(api, folder / "database.db", KEYS, POOL)
        replaced = baseline(api, folder)
        with (
            embedded_dynamodb(folder / "database.db") as database,
            recording(database) as recorder,
        ):
            put_items(database, replaced.items)
            other = _count(recorder, replaced.function(recorder.url))
            _count(recorder, product.function(recorder.url))
            put_items(database, _log_items(all_items(database)))
            plain = _count(recorder, product.function(recorder.url))
            limited = _count(recorder, product.function(recorder.url, limited=True))
    what = f"{KEYS} keys and {LOG_ITEMS:,} log items stored"
    return [
        _figure(f"trips in sequence, {what}", plain[0], other[0], 2),
        _figure("the same, token with a limit", limited[0], other[0], 2),
        _figure("read units", plain[1], other[1], 2),
        _figure("write units", plain[2], other[2], 2),
        _figure("write units, token with a limit", limited[2], other[2], 3),
    ]


def _count(recorder: Recorder, function: Function) -> tuple[float, float, float]:
    """Return the maximum of trips, and the mean of read and write units, of a request."""
    with started(function) as process:
        trips, reads, writes = 0, 0.0, 0.0
        for _ in range(REQUESTS):
            recorder.clear()
            process.answer(1)
            trips = max(trips, recorder.trips())
            reads += recorder.units(reads=True)
            writes += recorder.units(reads=False)
    return trips, reads / REQUESTS, writes / REQUESTS


def _log_items(items: list[Item]) -> list[Item]:
    """Return LOG_ITEMS copies of the stored log item, each a millisecond older."""
    for item in items:
        prefix, _, rest = item["SK"]["S"].partition("#")
        if f"{prefix}#" == LOG_PREFIX:
            milliseconds = int(rest.partition("#")[0])
            return [
                {
                    **item,
                    "SK": {"S": f"{LOG_PREFIX}{milliseconds - age:013d}#{uuid.uuid4().hex[:8]}"},
                }
                for age in range(1, LOG_ITEMS + 1)
            ]
    raise NothingLogged("The table has no log item with the expected key.")


def _figure(what: str, ours: float, other: float, target: float) -> Figure:
    return Figure(
        f"DynamoDB per proxied request: {what}",
        f"{ours:g}",
        f"baseline {other:g}",
        f"{ours:g}",
        ours,
        target,
    )


if __name__ == "__main__":
    show(measure())
