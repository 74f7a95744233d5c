"""Measure in rounds, each with one measurement of everything that is compared.

A round counts only if other programs left the processors alone during all of its measurements. If
single measurements were repeated, one side could get all quiet moments. This needs Linux (proc(5));
on other systems every round counts.
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Generic, TypeVar

Result = TypeVar("Result")

PROC = Path("/proc")
# A larger share of the processors in use by other programs affects the figures.
TOLERATED = 0.08
# With fewer undisturbed rounds, all rounds are used and the result is marked as disturbed.
ENOUGH = 3


@dataclasses.dataclass(frozen=True)
class Rounds(Generic[Result]):
    """Results by round and name. `disturbed` results are not reliable."""

    results: list[dict[str, Result]]
    disturbed: bool

    def of(self, name: str) -> list[Result]:
        """Return the results with this name in the order of the rounds."""
        return [results[name] for results in self.results]


def observed(measure: Callable[[], Result]) -> tuple[float, Result]:
    """Measure, and return the share of CPU time that other programs used, and the result."""
    if not (PROC / "stat").exists():
        return 0.0, measure()
    all_before, busy_before, own_before = _times()
    result = measure()
    all_after, busy_after, own_after = _times()
    foreign = (busy_after - busy_before) - (own_after - own_before)
    return max(0.0, foreign / max(1, all_after - all_before)), result


def rounds(
    measures: Mapping[str, Callable[[], Result]],
    wanted: int,
    observe: Callable[[Callable[[], Result]], tuple[float, Result]] = observed,
) -> Rounds[Result]:
    """Measure in rotated order until `wanted` rounds were quiet or twice as many are done."""
    quiet: list[dict[str, Result]] = []
    all_rounds: list[dict[str, Result]] = []
    order = list(measures)
    while len(quiet) < wanted and len(all_rounds) < 2 * wanted:
        shares: list[float] = []
        results: dict[str, Result] = {}
        for name in order:
            share, results[name] = observe(measures[name])
            shares.append(share)
        all_rounds.append(results)
        if max(shares) <= TOLERATED:
            quiet.append(results)
        order.append(order.pop(0))
    disturbed = len(quiet) < min(ENOUGH, wanted)
    return Rounds(all_rounds if disturbed else quiet, disturbed)


def _times() -> tuple[int, int, int]:
    """Return clock ticks of all processors: total, in use, and in use by our processes."""
    ticks = [int(text) for text in (PROC / "stat").read_text().split("\n", 1)[0].split()[1:9]]
    parents: dict[int, int] = {}
    spent: dict[int, int] = {}
    for entry in PROC.iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue  # the process has just ended
            parents[int(entry.name)] = int(fields[1])
            # Its own ticks and those of its ended children.
            spent[int(entry.name)] = sum(map(int, fields[11:15]))
    own = sum(spent[process] for process in spent if _descends(process, parents))
    # Idle time, waits and interrupts do not count; interrupts include traffic on loopback.
    user, nice, system, *_, stolen = ticks
    return sum(ticks), user + nice + system + stolen, own


def _descends(process: int, parents: dict[int, int]) -> bool:
    while process != os.getpid():
        if process not in parents:
            return False
        process = parents[process]
    return True
