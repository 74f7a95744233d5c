"""Finds the values of a few members in JSON that arrives in pieces, in constant memory.

Stands in for a JSON library because none for Python reads members of a document of 100 MB without
keeping it. Compared with `json` in tests/unit/spend/reading/test_json_scanner.py, measured in
bench/usage_reading.py.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

import msgspec

from api.lazy_pattern import lazy_pattern
from api.spend.reading.json_skipper import JsonSkipper

MAX_VALUE = 1 << 16
"""The size in bytes of the longest value that is kept."""

_LONGEST_NAME = 4096
_SPACE = lazy_pattern(rb"[ \t\r\n]*+")
_NAME = lazy_pattern(rb'"([^"\\]*+(?:\\.[^"\\]*+)*)"', re.DOTALL)
# Between documents. Arrays of documents, JSON lines and RFC 7464 differ in it.
_BETWEEN = lazy_pattern(rb'[^{"]*+')
_BETWEEN_OR_ARRAY = lazy_pattern(rb'[^{"\[]*+')


class JsonPlace:
    """A place in a document: whether its value is kept, and the places below it by name."""

    __slots__ = ("below", "path")

    def __init__(self) -> None:
        self.below: dict[bytes, JsonPlace] = {}
        self.path: str | None = None
        """The dotted path of a value that is kept, None if only places below are."""

    def add(self, path: str) -> None:
        """Keep the value at a dotted path, such as `usage` or `choices.0.usage`."""
        place = self
        for name in path.split("."):
            place = place.below.setdefault(name.encode(), JsonPlace())
        place.path = path


def json_places(paths: Iterable[str]) -> JsonPlace:
    """Return the root of the places at dotted paths. The value of one may be around another."""
    root = JsonPlace()
    for path in sorted(set(paths)):
        root.add(path)
    return root


class JsonScanner:
    """Calls `on_document` for each JSON object that is fed, with what was kept of it by path.

    The objects may be the elements of one array, lines, or follow each other in any way. A value is
    kept as JSON text. Of names that repeat, the last counts. Text that is no JSON gives no values.
    """

    def __init__(
        self,
        root: JsonPlace,
        on_document: Callable[[dict[str, bytes]], None],
        is_array: bool = False,
        decode: Callable[[bytes], dict[str, bytes] | None] | None = None,
    ) -> None:
        """With `is_array` an array is one document, whose places begin with an index.

        `decode` is a faster way to read a document that is whole on its line.
        """
        self._root = root
        self._on_document = on_document
        self._decode = decode
        self._between = _BETWEEN_OR_ARRAY if is_array else _BETWEEN
        self._rest = b""
        self._step = self._top
        # The places of the objects and arrays around, with the index of an array's element.
        self._around: list[tuple[JsonPlace, int]] = []
        self._place: JsonPlace | None = root
        self._values: dict[str, bytes] = {}
        self._skipper = JsonSkipper()
        self._kept: list[bytes] | None = None
        self._kept_size = 0
        self._after_skip = self._behind

    def feed(self, data: bytes) -> None:
        """Read the next piece of the text."""
        data = self._rest + data if self._rest else data
        self._rest = b""
        at, size = 0, len(data)
        while 0 <= at < size:
            at = self._step(data, at)

    def finish(self) -> None:
        """Take what was kept of a document whose end is missing."""
        self._end_document()

    def _top(self, data: bytes, at: int) -> int:
        """Read what is between documents."""
        at = self._between.match(data, at).end()  # type: ignore[union-attr]
        if at == len(data):
            return -1
        self._place = self._root
        if data[at] == 34:
            self._place = None
        elif self._decode is not None:
            end = data.find(b"\n", at, at + MAX_VALUE)
            if end > 0 and data[end - 1] in b"}\r":
                values = self._decode(data[at:end])
                if values is not None:
                    if values:
                        self._on_document(values)
                    return end
        return self._value(data, at)

    def _value(self, data: bytes, at: int) -> int:
        at = _SPACE.match(data, at).end()  # type: ignore[union-attr]
        if at == len(data):
            return -1
        byte = data[at]
        place = self._place
        if byte in b"]}":
            return self._close(at)
        if place is not None and place.path is None and byte in b"{[":
            self._around.append((place, -1 if byte == 123 else 0))
            self._begin_element()
            return at + 1
        self._kept = None
        if place is not None and place.path is not None:
            self._kept = []
            self._kept_size = 0
        self._skipper.begin(byte)
        self._step = self._skip
        self._after_skip = self._behind
        return self._skip(data, at)

    def _begin_element(self) -> None:
        """Prepare for the next member or element of the innermost object or array."""
        place, index = self._around[-1]
        if index < 0:
            self._step = self._name
        else:
            self._place = place.below.get(b"%d" % index)
            self._step = self._value

    def _name(self, data: bytes, at: int) -> int:
        at = _SPACE.match(data, at).end()  # type: ignore[union-attr]
        if at == len(data):
            return -1
        if data[at] == 125:
            return self._close(at)
        if data[at] != 34:
            return self._lose(at)
        found = _NAME.match(data, at)
        if found is None:
            if len(data) - at <= _LONGEST_NAME:
                self._rest = data[at:]
                return -1
            self._place = None
            self._kept = None
            self._skipper.begin(34)
            self._step = self._skip
            self._after_skip = self._colon
            return self._skip(data, at)
        name = found[1]
        if b"\\" in name:
            name = _decoded(found[0])
        self._place = self._around[-1][0].below.get(name)
        self._step = self._colon
        return found.end()

    def _colon(self, data: bytes, at: int) -> int:
        at = _SPACE.match(data, at).end()  # type: ignore[union-attr]
        if at == len(data):
            return -1
        if data[at] != 58:
            return self._lose(at)
        self._step = self._value
        return at + 1

    def _skip(self, data: bytes, at: int) -> int:
        """Read over a value, and keep it if it is wanted."""
        end = self._skipper.skip(data, at)
        if self._kept is not None:
            piece = data[at:] if end < 0 else data[at:end]
            self._kept_size += len(piece)
            if self._kept_size <= MAX_VALUE:
                self._kept.append(piece)
        if end < 0:
            return -1
        if self._kept is not None:
            self._keep_value()
        self._step = self._after_skip
        if self._step == self._behind and not self._around:
            self._step = self._top
        return end

    def _keep_value(self) -> None:
        assert self._kept is not None and self._place is not None
        path = self._place.path
        assert path is not None
        self._values[path] = b"".join(self._kept) if self._kept_size <= MAX_VALUE else b""
        self._kept = None

    def _behind(self, data: bytes, at: int) -> int:
        """Read what follows a value."""
        at = _SPACE.match(data, at).end()  # type: ignore[union-attr]
        if at == len(data):
            return -1
        byte = data[at]
        if byte == 44:
            place, index = self._around[-1]
            if index >= 0:
                self._around[-1] = (place, index + 1)
            self._begin_element()
            return at + 1
        return self._close(at) if byte in b"]}" else self._lose(at)

    def _close(self, at: int) -> int:
        """End the innermost object or array."""
        if not self._around:
            return self._lose(at)
        self._around.pop()
        self._step = self._behind
        if not self._around:
            self._end_document()
        return at + 1

    def _lose(self, at: int) -> int:
        """Give up this document. One on the next line may be whole."""
        self._end_document()
        self._step = self._next_line
        return at

    def _next_line(self, data: bytes, at: int) -> int:
        end = data.find(b"\n", at)
        if end >= 0:
            self._step = self._top
        return end

    def _end_document(self) -> None:
        self._around.clear()
        self._kept = None
        self._step = self._top
        values, self._values = self._values, {}
        if values:
            self._on_document(values)


def _decoded(name: bytes) -> bytes:
    try:
        return msgspec.json.decode(name, type=str).encode()
    except (msgspec.DecodeError, UnicodeDecodeError):
        return name
