"""Requests per second at 16 and 256 connections, compared with LiteLLM's pass-through and nginx."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping
from functools import partial

from bench.figures import Figure, median_ratio, show
from bench.fixtures import embedded_dynamodb, instant_dynamodb, scratch_folder
from bench.load import Measured, Target, load
from bench.product import PATH, set_up
from bench.quiet import Rounds, rounds
from bench.standins import litellm, nginx

CONNECTIONS = 16
MANY_CONNECTIONS = 256
ROUNDS = 8
SECONDS = 2
# With so many, LiteLLM completes no request in two seconds.
MANY_ROUNDS = 3
MANY_SECONDS = 6


def measure() -> list[Figure]:
    """Measure with a token that has a limit. The servers take turns in rotated order."""
    with scratch_folder() as folder, nginx.upstream() as api:
        product = set_up(api, folder / "database.db")
        with (
            instant_dynamodb(product.items, folder) as instant,
            embedded_dynamodb(folder / "database.db") as embedded,
            product.server(instant, limited=True) as ours_instant,
            product.server(embedded, limited=True) as ours_embedded,
            litellm.pass_through(api) as litellm_target,
            nginx.credential_proxy(api) as nginx_port,
        ):
            targets = {
                "instant": ours_instant,
                "embedded": ours_embedded,
                "litellm": litellm_target,
                "nginx": Target(nginx_port, PATH, {}),
            }
            few = rounds(_measures(targets, CONNECTIONS, SECONDS), ROUNDS)
            del targets["embedded"]
            many = rounds(_measures(targets, MANY_CONNECTIONS, MANY_SECONDS), MANY_ROUNDS)
    at_once, on_disk = "database that responds at once", "embedded database, every write on disk"
    return [
        _figure(CONNECTIONS, at_once, few, "instant", "litellm", 7.7),
        _figure(CONNECTIONS, at_once, few, "instant", "nginx", 0.034),
        _figure(CONNECTIONS, on_disk, few, "embedded", "litellm", 2.0),
        _figure(MANY_CONNECTIONS, at_once, many, "instant", "litellm", 7.7),
        _figure(MANY_CONNECTIONS, at_once, many, "instant", "nginx", 0.034),
    ]


def _measures(
    targets: Mapping[str, Target], connections: int, seconds: float
) -> dict[str, Callable[[], Measured]]:
    return {name: partial(load, target, connections, seconds) for name, target in targets.items()}


def _figure(
    connections: int, what: str, taken: Rounds[Measured], ours: str, other: str, target: float
) -> Figure:
    rates = [measured.rate for measured in taken.of(ours)]
    others = [measured.rate for measured in taken.of(other)]
    ratio = median_ratio(rates, others)
    return Figure(
        f"throughput at {connections} connections, {what}",
        f"{statistics.median(rates):,.0f}/s",
        f"{other} {statistics.median(others):,.0f}/s",
        f"ratio {ratio:.3g}",
        ratio,
        target,
        at_least=True,
        disturbed=taken.disturbed,
    )


if __name__ == "__main__":
    show(measure())
