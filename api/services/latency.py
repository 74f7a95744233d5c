"""Latency histograms: one counter a bucket, so that percentiles can be added up over hours."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence

# Upper bounds in milliseconds; each bucket is at most twice as wide as the one before. The last
# counter, one past these, takes everything longer.
BOUNDS = (
    1, 2, 4, 7, 10, 15, 20, 30, 45, 65, 100, 150, 220, 330, 500, 750,
    1_100, 1_600, 2_400, 3_600, 5_400, 8_000, 12_000, 18_000, 30_000, 60_000,
)  # fmt: skip


def bucket(milliseconds: float) -> str:
    """The counter's name for a duration."""
    return f"l{bisect_left(BOUNDS, milliseconds)}"


def percentiles(counters: Mapping[str, int], shares: Sequence[float]) -> list[float | None]:
    """Estimates in milliseconds, interpolated inside a bucket; None where nothing was counted."""
    counts = [counters.get(f"l{index}", 0) for index in range(len(BOUNDS) + 1)]
    total = sum(counts)
    if not total:
        return [None for _ in shares]
    return [_percentile(counts, share * total) for share in shares]


def _percentile(counts: Sequence[int], rank: float) -> float:
    passed = 0
    for index, count in enumerate(counts):
        if count and passed + count >= rank:
            low = BOUNDS[index - 1] if index else 0
            high = BOUNDS[index] if index < len(BOUNDS) else BOUNDS[-1] * 2
            return round(low + (high - low) * (rank - passed) / count, 1)
        passed += count
    return float(BOUNDS[-1] * 2)
