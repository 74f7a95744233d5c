"""Rounds in which everything that is compared is measured once, and which of them can be relied on.

A round counts only when other programs left the processors alone during all of its measurements:
were single measurements repeated, one side could get the quiet moments and the other the rest.
Linux only (proc(5)); elsewhere every round is taken for undisturbed.
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Generic, TypeVar

Result = TypeVar("Result")

PROC = Path("/proc")
# A larger share of all processors in others' hands shows in the figures.
TOLERATED = 0.08
# Fewer undisturbed rounds than these say nothing: then all rounds are used, and marked.
ENOUGH = 3


@dataclasses.dataclass(frozen=True)
class Rounds(Generic[Result]):
    """What was measured, round by round and by name; `disturbed` when it cannot be relied on."""

    results: list[dict[str, Result]]
    disturbed: bool

    def of(self, name: str) -> list[Result]:
        """The results of one of the things compared, in the order of the rounds."""
        return [results[name] for results in self.results]


def observed(measure: Callable[[], Result]) -> tuple[float, Result]:
    """What share of all processors' time other programs used meanwhile, and the result."""
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
    """Measure in rounds, in rotated order, until `wanted` were quiet or twice as many are done."""
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
    """Clock ticks of all processors: in all, in use, and in use by us and our descendants."""
    ticks = [int(text) for text in (PROC / "stat").read_text().split("\n", 1)[0].split()[1:9]]
    parents: dict[int, int] = {}
    spent: dict[int, int] = {}
    for entry in PROC.iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue  # it has just ended
            parents[int(entry.name)] = int(fields[1])
            spent[int(entry.name)] = sum(
                map(int, fields[11:15])
            )  # its own and its ended children's
    own = sum(spent[process] for process in spent if _descends(process, parents))
    # Idle, waiting and interrupts, which the network's work on loopback counts as, are left out.
    user, nice, system, *_, stolen = ticks
    return sum(ticks), user + nice + system + stolen, own


def _descends(process: int, parents: dict[int, int]) -> bool:
    while process != os.getpid():
        if process not in parents:
            return False
        process = parents[process]
    return True
