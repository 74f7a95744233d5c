"""How fast quotas are used up: from what upstreams said of them some minutes ago, and now.

It holds for whatever is counted (requests, tokens, ...), and for what others use of the same key.
"""

from __future__ import annotations

from threading import Lock

import msgspec

from api.quota.headers import Window

_MOST_KEYS = 10_000
# Seconds: a pace over less says nothing; samples are this old at least before they are replaced.
_SHORTEST = 5
_SAMPLE = 150


class _Samples(msgspec.Struct):
    """What was left at two earlier times, and the reset that was last seen."""

    older_at: float
    older: int
    newer_at: float
    newer: int
    reset_at: int | None


class ConsumptionRates:
    """The pace of each window of each key, remembered in this process."""

    def __init__(self) -> None:
        self._samples: dict[str, dict[str, _Samples]] = {}
        self._lock = Lock()

    def observe(
        self, key_id: str, windows: tuple[Window, ...], now: float
    ) -> tuple[float | None, ...]:
        """Units a second of each window, over the last two and a half to five minutes, or since it
        began; None until 5 s have passed.
        """
        with self._lock:
            known = self._samples.get(key_id)
            if known is None:
                if len(self._samples) >= _MOST_KEYS:
                    self._samples.pop(next(iter(self._samples)))
                known = self._samples[key_id] = {}
            if len(known) > 2 * len(windows) + 8:
                known.clear()
            return tuple([_rate(known, window, now) for window in windows])


def _rate(known: dict[str, _Samples], window: Window, now: float) -> float | None:
    left = window.remaining
    if left is None:
        return None
    samples = known.get(window.name)
    if samples is None or left > samples.older or _has_reset(samples, window, now):
        known[window.name] = _Samples(now, left, now, left, window.reset_at)
        return None
    if now - samples.newer_at >= _SAMPLE:
        samples.older_at, samples.older = samples.newer_at, samples.newer
        samples.newer_at, samples.newer = now, left
    samples.reset_at = window.reset_at
    elapsed = now - samples.older_at
    if elapsed < _SHORTEST:
        return None
    return float(f"{max(0, samples.older - left) / elapsed:.3g}")


def _has_reset(samples: _Samples, window: Window, now: float) -> bool:
    """Whether the reset that was seen before is over."""
    before = samples.reset_at
    return before is not None and before <= now and window.reset_at != before
