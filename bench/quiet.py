"""Measures again what other programs disturbed, as told by their use of the processors.

Linux only (proc(5)); elsewhere everything is taken for undisturbed.
"""

from __future__ import annotations

import dataclasses
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

Result = TypeVar("Result")

PROC = Path("/proc")
# A larger share of all processors in others' hands shows in the figures.
TOLERATED = 0.08
ATTEMPTS = 4
# So long may all repetitions of a run take together, in seconds.
PATIENCE = 150.0


@dataclasses.dataclass
class Tally:
    """How many measurements were taken, how many of them stayed disturbed, and the seconds that
    repetitions took."""

    measured: int = 0
    disturbed: int = 0
    repeating: float = 0.0


tally = Tally()


def quietly(measure: Callable[[], Result]) -> Result:
    """The result of `measure`, from the first undisturbed attempt or else the least disturbed."""
    tally.measured += 1
    least, result = _observed(measure)
    for _ in range(ATTEMPTS - 1):
        if least <= TOLERATED or tally.repeating > PATIENCE:
            break
        began = time.monotonic()
        share, latest = _observed(measure)
        tally.repeating += time.monotonic() - began
        if share < least:
            least, result = share, latest
    tally.disturbed += least > TOLERATED
    return result


def _observed(measure: Callable[[], Result]) -> tuple[float, Result]:
    """What share of all processors' time other programs used meanwhile, and the result."""
    if not (PROC / "stat").exists():
        return 0.0, measure()
    all_before, busy_before, own_before = _times()
    result = measure()
    all_after, busy_after, own_after = _times()
    foreign = (busy_after - busy_before) - (own_after - own_before)
    return max(0.0, foreign / max(1, all_after - all_before)), result


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
