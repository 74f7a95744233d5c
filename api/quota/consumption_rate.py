"""Measures how fast the quotas of keys are consumed, from one upstream response to the next.

A rate covers every unit (requests, tokens, ...) and everyone who uses the key.
"""

import msgspec

from api.bounded_cache import BoundedCache
from api.quota.windows import QuotaWindow
from api.short_lock import ShortLock

# Seconds. A rate over a shorter time is not reliable.
_SHORTEST = 5
# Seconds after which a sample is replaced.
_SAMPLE_AGE = 150


class _Samples(msgspec.Struct):
    """The remaining quota of a window at two earlier times, and the reset last reported."""

    older_at: float
    older: int
    newer_at: float
    newer: int
    reset_at: int | None


class ConsumptionRates:
    """Measures the consumption rate of each window of each key, in this process."""

    def __init__(self) -> None:
        self._samples: BoundedCache[str, dict[str, _Samples]] = BoundedCache()
        self._lock = ShortLock()

    def observe(
        self, key_id: str, windows: tuple[QuotaWindow, ...], now: float
    ) -> tuple[QuotaWindow, ...]:
        """Return the windows with their consumption rates, in units per second.

        A rate covers the last 2.5 to 5 minutes, or the time since the window's reset. It is None
        for the first 5 seconds.
        """
        with self._lock:
            samples = self._samples.get(key_id)
            if samples is None:
                samples = {}
                self._samples.set(key_id, samples)
            if len(samples) > 2 * len(windows) + 8:
                samples.clear()
            return tuple([_with_rate(samples, window, now) for window in windows])


def _with_rate(samples: dict[str, _Samples], window: QuotaWindow, now: float) -> QuotaWindow:
    rate = _rate(samples, window, now)
    if rate is None:
        return window
    return msgspec.structs.replace(window, consumption_rate=rate)


def _rate(samples: dict[str, _Samples], window: QuotaWindow, now: float) -> float | None:
    remaining = window.remaining
    if remaining is None:
        return None
    sample = samples.get(window.name)
    if sample is None or remaining > sample.older or _has_reset(sample, window, now):
        samples[window.name] = _Samples(now, remaining, now, remaining, window.reset_at)
        return None
    if now - sample.newer_at >= _SAMPLE_AGE:
        sample.older_at, sample.older = sample.newer_at, sample.newer
        sample.newer_at, sample.newer = now, remaining
    sample.reset_at = window.reset_at
    elapsed = now - sample.older_at
    if elapsed < _SHORTEST:
        return None
    return float(f"{max(0, sample.older - remaining) / elapsed:.3g}")


def _has_reset(sample: _Samples, window: QuotaWindow, now: float) -> bool:
    reset_at = sample.reset_at
    return reset_at is not None and reset_at <= now and window.reset_at != reset_at
