"""The cost of quotas, pools, a policy and reservations in a warm proxied request.

`python -m bench.quota_cost REVISION` also measures the product of a git revision with the same
items in the same run, such as the state before a change.
"""

from __future__ import annotations

import contextlib
import statistics
import sys
from functools import partial

from bench.bundles import earlier_bundle
from bench.figures import Figure, median_ratio, show
from bench.fixtures import instant_dynamodb, scratch_folder
from bench.functions import Started, Took, started
from bench.product import Product, set_up
from bench.quiet import Rounds, rounds
from bench.standins.nginx import upstream

ROUNDS = 9
REQUESTS = 150
POOL = 6
RESERVATIONS = 5


def measure(revision: str | None = None) -> list[Figure]:
    """Keep all processes alive and let them handle the event in turns, `REQUESTS` at a time."""
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(scratch_folder())
        speaking = stack.enter_context(upstream())
        silent = stack.enter_context(upstream(fields={}))

        def made(
            name: str, url: str, pool: int = 1, policy: bool = False, reservations: int = 0
        ) -> Product:
            own = folder / name
            own.mkdir()
            return set_up(url, own / "database.db", pool, pool, policy, reservations)

        products = {
            "one key, no quota": made("plain", silent),
            "one key": made("quota", speaking),
            "a pool": made("pool", speaking, pool=POOL),
            "a policy": made("policy", speaking, pool=POOL, policy=True),
            "reservations": made(
                "reserved", speaking, pool=POOL, policy=True, reservations=RESERVATIONS
            ),
        }
        processes: dict[str, Started] = {}
        for name, product in products.items():
            url = stack.enter_context(instant_dynamodb(product.items, product.folder))
            processes[name] = stack.enter_context(started(product.function(url)))
            # Not every earlier revision can read the current policy item.
            if revision is not None and name in ("one key", "a pool"):
                before = product.function(url, bundle=earlier_bundle(revision))
                processes[f"{name} before"] = stack.enter_context(started(before))
        for process in processes.values():
            process.answer(REQUESTS)
        taken = rounds(
            {name: partial(process.answer, REQUESTS) for name, process in processes.items()},
            ROUNDS,
        )
    figures = [
        _figure(taken, "a response that names two quotas", "one key", "one key, no quota"),
        _figure(taken, f"a pool of {POOL} keys", "a pool", "one key"),
        _figure(taken, "a policy, counted exactly", "a policy", "a pool"),
        _figure(taken, f"{RESERVATIONS} reservations of it", "reservations", "a policy"),
        _figure(taken, "all together", "reservations", "one key, no quota"),
    ]
    if revision is not None:
        for name in ("one key", "a pool"):
            figures.append(
                _figure(taken, f"{name}, compared with {revision}", name, f"{name} before")
            )
    return figures


def _figure(taken: Rounds[Took], what: str, name: str, other_name: str) -> Figure:
    ours, other = taken.of(name), taken.of(other_name)
    ratio = median_ratio([took.wall for took in ours], [took.wall for took in other])
    cpu = median_ratio([took.cpu for took in ours], [took.cpu for took in other])
    return Figure(
        f"warm proxied request: {what}",
        f"{statistics.median(took.wall for took in ours) * 1000:.2f} ms",
        f"{other_name} {statistics.median(took.wall for took in other) * 1000:.2f} ms",
        f"ratio {ratio:.2f} (CPU {cpu:.2f})",
        ratio,
        disturbed=taken.disturbed,
    )


if __name__ == "__main__":
    show(measure(*sys.argv[1:2]))
