"""A round of a measurement counts only if none of the compared measurements was disturbed."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator

import pytest

from bench.quiet import ENOUGH, TOLERATED, Rounds, rounds

WANTED = 6


def measured(disturbed: Callable[[int, str], bool]) -> tuple[Rounds[int], list[str]]:
    """Rounds of two measurements whose results are numbered; which of them were disturbed is said
    by round and name. Also the order in which they were made.
    """
    order: list[str] = []
    turns: dict[str, Iterator[int]] = {"ours": itertools.count(), "other": itertools.count()}

    def measure(name: str) -> Callable[[], int]:
        def once() -> int:
            order.append(name)
            return next(turns[name])

        return once

    def observe(measure_once: Callable[[], int]) -> tuple[float, int]:
        turn = measure_once()
        return (2 * TOLERATED if disturbed(turn, order[-1]) else 0.0), turn

    return rounds({name: measure(name) for name in turns}, WANTED, observe), order


@pytest.mark.parametrize("name", ["ours", "other"])
def test_a_disturbed_round_counts_for_neither_candidate(name: str) -> None:
    taken, _ = measured(lambda turn, measured_name: turn in (1, 4) and measured_name == name)
    assert taken.of("ours") == taken.of("other") == [0, 2, 3, 5, 6, 7]
    assert not taken.disturbed


def test_each_goes_first_in_every_other_round() -> None:
    _, order = measured(lambda turn, name: False)
    assert order == ["ours", "other", "other", "ours"] * (WANTED // 2)


@pytest.mark.parametrize(("quiet", "expected"), [(ENOUGH - 1, True), (ENOUGH, False)])
def test_with_too_few_undisturbed_rounds_all_are_shown_and_marked(
    quiet: int, expected: bool
) -> None:
    taken, _ = measured(lambda turn, name: turn >= quiet)
    assert taken.disturbed is expected
    assert len(taken.of("ours")) == len(taken.of("other")) == (2 * WANTED if expected else quiet)
