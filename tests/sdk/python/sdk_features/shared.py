"""What the features of all SDKs share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

# The same as in tests/sdk/content.py: SDKs bring other packages with the name `tests`.
FILE = b'{"line": 1}\r\n\x00\xff--not-a-boundary\r\n' * 5000


def status(problem: Any) -> object:
    """Return the status that an SDK's error has, None if it has none."""
    for name in ("status_code", "status", "code", "response_code"):
        value = getattr(problem, name, None)
        if isinstance(value, int):
            return int(value)
    return getattr(getattr(problem, "response", None), "status_code", None)


def raised(act: Callable[[], object], reason: Callable[[Any], object] = status) -> object:
    """Return the name of the error that a call raises, and its status or another reason."""
    try:
        act()
    except Exception as problem:
        return [type(problem).__name__, reason(problem)]
    return None
