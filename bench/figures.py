"""A measured figure beside what it is compared with, and the table of them."""

from __future__ import annotations

import dataclasses
import statistics
from collections.abc import Sequence


@dataclasses.dataclass(frozen=True)
class Figure:
    """One line of the table; `value` is what the aim is about, as printed in `shown`.

    `aim` bounds `value`: from below where `at_least`, otherwise from above. Without an aim the
    line is for information. A `disturbed` value is shown, and neither met nor missed.
    """

    what: str
    ours: str
    other: str
    shown: str
    value: float
    aim: float | None = None
    at_least: bool = False
    disturbed: bool = False

    @property
    def met(self) -> str:
        """`yes`, `no`, `disturbed`, or nothing where there is no aim."""
        if self.disturbed:
            return "disturbed"
        if self.aim is None:
            return ""
        return (
            "yes" if (self.value >= self.aim if self.at_least else self.value <= self.aim) else "no"
        )

    def cells(self) -> list[str]:
        """The line as text, cell by cell."""
        aim = ""
        if self.aim is not None:
            aim = f"{self.aim:g} or {'more' if self.at_least else 'less'}"
        return [self.what, self.ours, self.other, self.shown, aim, self.met]


HEADINGS = ["what", "ours", "compared with", "figure", "aim", "met"]


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
    """The median of the ratios of values that were taken side by side."""
    return statistics.median(a / b for a, b in zip(ours, others, strict=True))
