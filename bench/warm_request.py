"""A warm proxied request in the function's process, compared with the baseline."""

from __future__ import annotations

import statistics
from functools import partial

from bench.figures import Figure, median_ratio, show
from bench.fixtures import baseline, instant_dynamodb, scratch_folder
from bench.functions import started
from bench.product import set_up
from bench.quiet import rounds
from bench.standins.nginx import upstream

ROUNDS = 9
REQUESTS = 150


def measure() -> list[Figure]:
    """Keep both processes alive and let them handle the event in turns, `REQUESTS` at a time."""
    with scratch_folder() as folder, upstream() as api:
        product = set_up(api, folder / "database.db")
        replaced = baseline(api, folder)
        with (
            instant_dynamodb([*product.items, *replaced.items], folder) as url,
            started(product.function(url)) as ours,
            started(replaced.function(url)) as other,
        ):
            for function in (ours, other):
                function.answer(REQUESTS)
            measures = {
                "ours": partial(ours.answer, REQUESTS),
                "baseline": partial(other.answer, REQUESTS),
            }
            taken = rounds(measures, ROUNDS)
    took = (taken.of("ours"), taken.of("baseline"))
    ratio = median_ratio([t.wall for t in took[0]], [t.wall for t in took[1]])
    cpu = median_ratio([t.cpu for t in took[0]], [t.cpu for t in took[1]])
    return [
        Figure(
            "warm proxied request, in the function's process",
            f"{statistics.median(t.wall for t in took[0]) * 1000:.2f} ms",
            f"baseline {statistics.median(t.wall for t in took[1]) * 1000:.2f} ms",
            f"ratio {ratio:.2f} (CPU {cpu:.2f})",
            ratio,
            0.25,
            disturbed=taken.disturbed,
        )
    ]


if __name__ == "__main__":
    show(measure())
