"""Where the value of a member is in a JSON object."""

from __future__ import annotations

import re

from api.lazy_pattern import lazy_pattern
from api.spend.reading.json_skipper import JsonSkipper

_SPACE = lazy_pattern(rb"[ \t\r\n]*+")
_NAME = lazy_pattern(rb'"([^"\\]*+(?:\\.[^"\\]*+)*)"[ \t\r\n]*+:[ \t\r\n]*+', re.DOTALL)


def member_value(document: bytes, name: bytes) -> tuple[int, int] | None:
    """Return start and end of the value of the last member `name` of a valid JSON object."""
    skipper = JsonSkipper()
    place = None
    at = document.index(b"{") + 1
    while True:
        at = _space(document, at)
        found = _NAME.match(document, at)
        if found is None:
            return place
        start = found.end()
        skipper.begin(document[start])
        end = skipper.skip(document, start)
        if found[1] == name:
            place = start, end
        at = _space(document, end) + 1


def _space(document: bytes, at: int) -> int:
    found = _SPACE.match(document, at)
    assert found is not None
    return found.end()
