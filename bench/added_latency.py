"""The latency that the proxy adds at one connection, compared with LiteLLM."""

from __future__ import annotations

import dataclasses
import statistics
from functools import partial
from urllib.parse import urlsplit

from bench.figures import Figure, show
from bench.fixtures import embedded_dynamodb, instant_dynamodb, scratch_folder
from bench.load import Target, load
from bench.product import set_up
from bench.quiet import rounds
from bench.standins import litellm, nginx

ROUNDS = 5
SECONDS = 2


def measure() -> list[Figure]:
    """Measure the median over the direct request. The servers take turns in rotated order."""
    with scratch_folder() as folder, nginx.upstream() as api:
        product = set_up(api, folder / "database.db")
        with (
            instant_dynamodb(product.items, folder) as instant,
            embedded_dynamodb(folder / "database.db") as embedded,
            product.server(instant) as ours_instant,
            product.server(embedded) as ours_embedded,
            litellm.pass_through(api) as litellm_target,
        ):
            direct = {"Authorization": f"Bearer {nginx.UPSTREAM_KEY}"}
            targets = {
                "direct": Target(urlsplit(api).port or 80, "/v1/chat/completions", direct),
                "instant": ours_instant,
                "embedded": ours_embedded,
                "litellm": litellm_target,
            }
            measures = {name: partial(load, target, 1, SECONDS) for name, target in targets.items()}
            taken = rounds(measures, ROUNDS)
    added = {
        name: statistics.median(
            there.median - here.median
            for there, here in zip(taken.of(name), taken.of("direct"), strict=True)
        )
        for name in targets
    }
    others = added["litellm"]
    instant_figure = _figure("database that responds at once", added["instant"], others, 1.2)
    embedded_figure = _figure("embedded database, every write on disk", added["embedded"], others)
    return [
        dataclasses.replace(figure, disturbed=taken.disturbed)
        for figure in (instant_figure, embedded_figure)
    ]


def _figure(what: str, ours: float, others: float, target: float | None = None) -> Figure:
    return Figure(
        f"added latency at 1 connection (median), {what}",
        f"{ours:.2f} ms",
        f"litellm {others:.2f} ms",
        f"{ours:.2f} ms (ratio {ours / others:.2f})",
        ours,
        target,
    )


if __name__ == "__main__":
    show(measure())
