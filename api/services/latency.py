"""Latency histograms: one counter for each bucket, so percentiles can be computed over hours."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence

# Upper bounds of the buckets in milliseconds. Each bucket is at most twice as wide as the one
# before. One more bucket counts everything longer.
_UPPER_BOUNDS = (
    1, 2, 4, 7, 10, 15, 20, 30, 45, 65, 100, 150, 220, 330, 500, 750,
    1_100, 1_600, 2_400, 3_600, 5_400, 8_000, 12_000, 18_000, 30_000, 60_000,
)  # fmt: skip


def bucket(milliseconds: float) -> str:
    """Return the name of the counter for a duration."""
    return f"l{bisect_left(_UPPER_BOUNDS, milliseconds)}"


def percentiles(counters: Mapping[str, int], shares: Sequence[float]) -> list[float | None]:
    """Estimate percentiles in milliseconds, interpolated in their buckets.

    `shares` are between 0 and 1. The estimates are None if nothing was counted.
    """
    counts = [counters.get(f"l{index}", 0) for index in range(len(_UPPER_BOUNDS) + 1)]
    total = sum(counts)
    if not total:
        return [None for _ in shares]
    return [_percentile(counts, share * total) for share in shares]


def _percentile(counts: Sequence[int], rank: float) -> float:
    lower_total = 0
    for index, count in enumerate(counts):
        if count and lower_total + count >= rank:
            low = _UPPER_BOUNDS[index - 1] if index else 0
            high = _UPPER_BOUNDS[index] if index < len(_UPPER_BOUNDS) else _UPPER_BOUNDS[-1] * 2
            return round(low + (high - low) * (rank - lower_total) / count, 1)
        lower_total += count
    return float(_UPPER_BOUNDS[-1] * 2)
