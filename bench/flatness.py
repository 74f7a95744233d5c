"""The latency of a proxied request by the number of keys in the table."""

from __future__ import annotations

import contextlib
import shutil
import statistics
from collections.abc import Iterable, Iterator
from functools import partial

from bench.figures import Figure, median_ratio, show
from bench.fixtures import Item, embedded_dynamodb, put_items, scratch_folder
from bench.load import Target, load
from bench.product import set_up
from bench.quiet import rounds
from bench.standins.nginx import upstream

SIZES = (10, 1_000, 100_000)
KEYS_A_USER = 10
ROUNDS = 5
SECONDS = 2

# A smaller growth cannot be distinguished from noise.
NOISE = 1.1


def measure() -> list[Figure]:
    """Run a server for each size of table. They take turns in rotated order."""
    with scratch_folder() as folder, upstream() as api, contextlib.ExitStack() as running:
        product = set_up(api, folder / "database.db")
        targets: dict[int, Target] = {}
        for size in SIZES:
            database = folder / f"database-{size}.db"
            for part in folder.glob("database.db*"):
                shutil.copyfile(part, folder / part.name.replace("database", database.stem))
            url = running.enter_context(embedded_dynamodb(database))
            put_items(url, list(_other_users(product.items, size)))
            targets[size] = running.enter_context(product.server(url))
        measures = {
            str(size): partial(load, target, 1, SECONDS) for size, target in targets.items()
        }
        taken = rounds(measures, ROUNDS)
    medians = {size: [measured.median for measured in taken.of(str(size))] for size in SIZES}
    return [
        Figure(
            f"latency with {size:,} keys in the table",
            f"{statistics.median(medians[size]):.2f} ms",
            f"{SIZES[0]} keys {statistics.median(medians[SIZES[0]]):.2f} ms",
            f"ratio {(ratio := median_ratio(medians[size], medians[SIZES[0]])):.2f}",
            ratio,
            NOISE,
            disturbed=taken.disturbed,
        )
        for size in SIZES[1:]
    ]


def _other_users(items: Iterable[Item], keys: int) -> Iterator[Item]:
    """Yield the items of further users with `keys` keys in total."""
    kinds = {item["SK"]["S"].partition("#")[0]: item for item in items}
    for number in range(keys // KEYS_A_USER):
        user = f"USER#other-{number}"
        yield {**kinds["PROFILE"], "PK": {"S": user}, "SK": {"S": "PROFILE"}}
        yield {**kinds["API"], "PK": {"S": user}}
        for key in range(KEYS_A_USER):
            stored = {**kinds["APIKEY"], "PK": {"S": user}, "SK": {"S": f"APIKEY#{number}-{key}"}}
            yield {**stored, "GSI1SK": {"S": user}}


if __name__ == "__main__":
    show(measure())
