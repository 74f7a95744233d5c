"""The names of rate-limit header fields in every dialect."""

import re
from functools import lru_cache
from typing import NamedTuple

MAX_NAME = 64
"""Characters. Longer names are skipped: no rate-limit header field has one."""


class HeaderName(NamedTuple):
    """The meaning of the name of a rate-limit header field.

    `family` is the prefix, empty for a field without one. `window` is the name of the window,
    empty if there is none. `kind` is the quantity, such as `limit` or `reset`.
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
_STANDALONE = {
    "retry-after": "retry-after",
    "retry-after-ms": "retry-after-ms",
    "x-ms-retry-after-ms": "retry-after-ms",
    "stripe-rate-limited-reason": "reason",
    "x-shopify-shop-api-call-limit": "call-limit",
}


@lru_cache(maxsize=1_024)
def parse_name(name: str) -> HeaderName | None:
    """Parse a header name in any case. Returns None if it is not about rate limits.

    Accepts both orders of words: `x-ratelimit-limit-tokens` (OpenAI) and
    `x-ratelimit-tokens-limit` (Linear, Anthropic).
    """
    lower = name.lower()
    if lower in _STANDALONE:
        return HeaderName("", "", _STANDALONE[lower])
    matched = _PREFIX.fullmatch(lower)
    if matched is None:
        return None
    family, rest = matched.groups()
    if rest is None:
        return HeaderName(family, "", "state" if family == "ratelimit" else "limit")
    if rest in _SUFFIXES:
        return HeaderName(family, *_SUFFIXES[rest])
    first, _, after_first = rest.partition("-")
    before_last, _, last = rest.rpartition("-")
    if first in _KINDS:
        return HeaderName(family, _WINDOW_PREFIXES.get(family, "") + after_first, _KINDS[first])
    if last in _KINDS:
        return HeaderName(family, _WINDOW_PREFIXES.get(family, "") + before_last, _KINDS[last])
    return None
