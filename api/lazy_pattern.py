"""Regular expressions that are compiled when they are first used, to keep cold starts short."""

from __future__ import annotations

import re
from typing import Any, AnyStr, cast


def lazy_pattern(pattern: AnyStr, flags: int = 0) -> re.Pattern[AnyStr]:
    """Return what `re.compile` returns, but compile it later. Its methods cost the same then."""
    return cast("re.Pattern[AnyStr]", _LazyPattern(pattern, flags))


class _LazyPattern:
    def __init__(self, pattern: str | bytes, flags: int) -> None:
        self._arguments: tuple[Any, int] = (pattern, flags)

    def __getattr__(self, name: str) -> object:
        # `re` keeps what it has compiled. The attribute is found at once from now on.
        found = getattr(re.compile(*self._arguments), name)
        setattr(self, name, found)
        return found
