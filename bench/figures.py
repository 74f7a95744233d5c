"""Measured figures, and the table that shows them."""

from __future__ import annotations

import dataclasses
import statistics
from collections.abc import Sequence


@dataclasses.dataclass(frozen=True)
class Figure:
    """One line of the table. `shown` is `value` as it is printed.

    `target` is the maximum of `value`, or with `at_least` its minimum. A line without a target is
    for information. A `disturbed` value neither meets nor misses its target.
    """

    what: str
    ours: str
    other: str
    shown: str
    value: float
    target: float | None = None
    at_least: bool = False
    disturbed: bool = False

    @property
    def met(self) -> str:
        """`yes`, `no`, `disturbed`, or "" without a target."""
        if self.disturbed:
            return "disturbed"
        if self.target is None:
            return ""
        met = self.value >= self.target if self.at_least else self.value <= self.target
        return "yes" if met else "no"

    def cells(self) -> list[str]:
        """Return the cells of the line as text."""
        target = ""
        if self.target is not None:
            target = f"{self.target:g} or {'more' if self.at_least else 'less'}"
        return [self.what, self.ours, self.other, self.shown, target, self.met]


HEADINGS = ["measurement", "product", "compared with", "figure", "target", "met"]


def show(figures: Sequence[Figure]) -> None:
    """Print a Markdown table of `figures`."""
    rows = [HEADINGS, *(figure.cells() for figure in figures)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADINGS))]
    for number, row in enumerate(rows):
        print(
            "| "
            + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
            + " |"
        )
        if number == 0:
            print("|" + "|".join("-" * (width + 2) for width in widths) + "|", flush=True)


def median_ratio(ours: Sequence[float], others: Sequence[float]) -> float:
    """Return the median of the ratios of values from the same rounds."""
    return statistics.median(a / b for a, b in zip(ours, others, strict=True))
