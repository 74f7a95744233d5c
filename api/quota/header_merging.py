"""Merge the windows of one response that several header fields report under one or two names."""

from collections.abc import Sequence
from math import inf

import msgspec

from api.quota.windows import QuotaWindow, urgency

_DEFAULT = "default"
# Seconds. Two fields of one reset may be rounded in different ways.
_SAME_RESET = 2


def merged_windows(windows: Sequence[QuotaWindow]) -> list[QuotaWindow]:
    """Return the windows, one of each name.

    A window without a name of its own is left out if another one reports the same quota, such as
    Kong's `RateLimit-Limit` next to `X-RateLimit-Limit-Minute`.
    """
    if len(windows) < 2:
        return list(windows)
    merged: dict[str, QuotaWindow] = {}
    for window in windows:
        other = merged.get(window.name)
        merged[window.name] = window if other is None else _merge(other, window)
    unnamed = merged.get(_DEFAULT)
    if unnamed is not None and len(merged) > 1:
        others = [one for one in merged.values() if one is not unnamed]
        same = [one for one in others if _is_same(one, unnamed)]
        if unnamed.limit is None and unnamed.remaining is None:
            # A reset alone belongs to the only other window, or to an unknown one of several.
            del merged[_DEFAULT]
            same = [one for one in others if len(others) == 1 and one.reset_at is None]
        if len(same) == 1:
            merged.pop(_DEFAULT, None)
            merged[same[0].name] = msgspec.structs.replace(
                same[0],
                limit=unnamed.limit if same[0].limit is None else same[0].limit,
                reset_at=unnamed.reset_at if same[0].reset_at is None else same[0].reset_at,
                window=same[0].window or unnamed.window,
            )
    return list(merged.values())


def _is_same(one: QuotaWindow, other: QuotaWindow) -> bool:
    """Return whether an unnamed window, `other`, repeats what `one` says."""
    if one.remaining is None or one.unit != other.unit:
        return False
    if other.limit is None and other.remaining is None:
        return False
    if other.remaining not in (None, one.remaining):
        return False
    if None not in (one.limit, other.limit) and one.limit != other.limit:
        return False
    if other.remaining is None and one.limit is None:
        return False
    if one.window and other.window and one.window != other.window:
        return False
    resets = (one.reset_at, other.reset_at)
    return None in resets or abs((resets[0] or 0) - (resets[1] or 0)) <= _SAME_RESET


def _merge(first: QuotaWindow, second: QuotaWindow) -> QuotaWindow:
    """Merge two spellings of a window. Of two different windows, return the more urgent one."""
    if None not in (first.limit, second.limit) and first.limit != second.limit:
        return min(first, second, key=urgency)
    binding, other = sorted(
        (first, second), key=lambda window: inf if window.remaining is None else window.remaining
    )
    return QuotaWindow(
        first.name,
        other.limit if binding.limit is None else binding.limit,
        binding.remaining,
        other.reset_at if binding.reset_at is None else binding.reset_at,
        binding.window or other.window,
        binding.stated_unit or other.stated_unit,
    )
