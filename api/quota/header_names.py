"""Which rate-limit quantity a response header of any dialect carries."""

import re
from functools import lru_cache
from typing import NamedTuple

MAX_NAME = 64
"""Characters; no rate-limit header is longer, so longer names need no look."""


class Field(NamedTuple):
    """What a header name says: whose spelling it is, which window it is about, and what of it.

    `family` is empty for a header that stands alone; `window` is empty for an unnamed one.
    """

    family: str
    window: str
    kind: str


_PREFIX = re.compile(
    r"(x-rate-?limit|rate-?limit|anthropic-ratelimit|anthropic-priority|x-app-limit|x-user-limit)"
    r"(?:-([a-z0-9-]+))?"
)
_WINDOW_PREFIXES = {
    "anthropic-priority": "priority-",
    "x-app-limit": "app-",
    "x-user-limit": "user-",
}
_KINDS = {
    "limit": "limit",
    "remaining": "remaining",
    "reset": "reset",
    "used": "used",
    "observed": "used",
}
_SUFFIXES = {
    "policy": ("", "policy"),
    "name": ("", "name"),
    "resource": ("", "name"),
    "reset-after": ("", "reset-after"),
    "reset-time": ("", "reset-time"),
    "resettime": ("", "reset-time"),
    "unified-status": ("unified", "status"),
}
_ALONE = {
    "retry-after": "retry-after",
    "retry-after-ms": "retry-after-ms",
    "x-ms-retry-after-ms": "retry-after-ms",
    "stripe-rate-limited-reason": "reason",
    "x-shopify-shop-api-call-limit": "call-limit",
}


@lru_cache(maxsize=1_024)
def field(name: str) -> Field | None:
    """Look at one header name, in any case; `None` where it is not about rate limits.

    Both orders of words are read: `x-ratelimit-limit-tokens` (OpenAI) and
    `x-ratelimit-tokens-limit` (Linear, Anthropic).
    """
    lower = name.lower()
    if lower in _ALONE:
        return Field("", "", _ALONE[lower])
    matched = _PREFIX.fullmatch(lower)
    if matched is None:
        return None
    family, rest = matched.groups()
    if rest is None:
        return Field(family, "", "state" if family == "ratelimit" else "limit")
    if rest in _SUFFIXES:
        return Field(family, *_SUFFIXES[rest])
    first, _, after_first = rest.partition("-")
    before_last, _, last = rest.rpartition("-")
    if first in _KINDS:
        return Field(family, _WINDOW_PREFIXES.get(family, "") + after_first, _KINDS[first])
    if last in _KINDS:
        return Field(family, _WINDOW_PREFIXES.get(family, "") + before_last, _KINDS[last])
    return None
