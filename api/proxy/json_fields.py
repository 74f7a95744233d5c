"""Names the members of a JSON body whose URLs are rewritten, and finds where a member is.

A field is a member's name, alone or after the names of the objects around it:

`next`                  a member `next` anywhere; `*_url` is every name that ends in `_url`
`paging.next`           `next` in an object that is the value of `paging`, or in an array of it
`links.*`               every member of `links`
`.next`, `.links.next`  the same, but from the top of the document
`get:/predictions/`     only URLs that contain `/predictions/`

Arrays are not part of a path, and the value may be an array of URLs. `a.b` is also a member of that
name, such as `@odata.nextLink`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

import msgspec

NAME = rb"[A-Za-z0-9_.@$-]"
"""The characters of a member's name."""

_LONGEST_REST = 16_384
# Bytes that are matched at once. A match needs memory for every string that it skips.
_LARGEST_PIECE = 65_536
_DEEPEST = 256
# No group is repeated with `*+`: Python 3.11.0 to 3.11.4 match such patterns wrongly
# (https://github.com/python/cpython/issues/101955).
_STRING = rb'"[^"\\]*+(?:\\.[^"\\]*+)*"'
_IN_STRING = re.compile(rb'[^"\\]*+(?:\\.[^"\\]*+)*', re.DOTALL)
_WHOLE_STRING = re.compile(_STRING, re.DOTALL)
# Everything up to the next bracket, and the bracket with its name, or else the rest of the text. A
# string is skipped when it is known that it names no array or object.
_STEP = re.compile(
    rb'(?:[^"{}\[\]]++|%b(?=\s*+(?:[,}\]]|:\s*+[^\s{\[])))*(?:(?:(%b)\s*+:\s*+)?([{}\[\]])|(.*+))'
    % (_STRING, _STRING),
    re.DOTALL,
)


class JsonField(msgspec.Struct, frozen=True):
    """A parsed field: patterns of its name and of the names around it, from the outside in."""

    name: re.Pattern[bytes]
    around: tuple[re.Pattern[bytes], ...]
    from_top: bool
    text: bytes

    @property
    def has_place(self) -> bool:
        """Whether the field selects a member by its place."""
        return bool(self.around) or self.from_top

    def is_at(self, around: Sequence[bytes] | None) -> bool:
        """Return whether a member in objects of these names is at this field's place."""
        if around is None or not self.has_place:
            return not self.has_place
        count = len(self.around)
        if count > len(around) or (self.from_top and count < len(around)):
            return False
        inner = around[len(around) - count :]
        return all(part.fullmatch(name) for part, name in zip(self.around, inner, strict=True))


class JsonFields(msgspec.Struct, frozen=True):
    """All fields of an API. `candidates` is the pattern of every name that may be selected."""

    candidates: bytes
    plain: re.Pattern[bytes]
    others: tuple[JsonField, ...]

    @property
    def have_places(self) -> bool:
        """Whether the place of a member in the document matters."""
        return any(field.has_place for field in self.others)

    def select(self, name: bytes, url: bytes, structure: JsonStructure | None) -> bool:
        """Return whether the member `name`, at the current place of `structure`, is rewritten.

        `url` is its value as in the JSON text, without escaped slashes.
        """
        if self.plain.fullmatch(name):
            return True
        around = structure.around() if structure is not None else None
        return any(
            field.name.fullmatch(name) and field.text in url and field.is_at(around)
            for field in self.others
        )


@lru_cache(maxsize=256)
def parse_fields(fields: tuple[str, ...]) -> JsonFields:
    """Parse the fields of a catalogue entry, which are valid."""
    plain, candidates, others = [], [], []
    for field in fields:
        path, _, text = field.partition(":")
        *around, name = path.removeprefix(".").split(".")
        candidates.append(_part(name))
        if around and not text and "*" not in path:
            plain.append(re.escape(path.encode()))
            candidates.append(plain[-1])
        if path == name and not text:
            plain.append(_part(name))
        else:
            parts = [re.compile(_part(part)) for part in (*around, name)]
            others.append(JsonField(parts[-1], tuple(parts[:-1]), path[0] == ".", text.encode()))
    return JsonFields(
        b"|".join(dict.fromkeys(candidates)), re.compile(b"|".join(plain) or b"(?!)"), tuple(others)
    )


def _part(name: str) -> bytes:
    escaped = re.escape(name.removeprefix("*").encode())
    return rb"%b{0,64}%b" % (NAME, escaped) if name.startswith("*") else escaped


class JsonStructure:
    """The names of the objects around the current place of a JSON text that arrives in pieces.

    A text that is not JSON, or is nested too deeply, has no place any more.
    """

    def __init__(self) -> None:
        self._names: list[bytes] = []
        self._rest = b""
        self._in_string = False
        self._lost = False

    def around(self) -> list[bytes] | None:
        """Return the names, from the outside in, or None if the place is unknown."""
        if self._lost or self._in_string or self._rest:
            return None
        return [name for name in self._names if name]

    def advance(self, text: bytes) -> None:
        """Read the next piece of the text."""
        for start in range(0, len(text), _LARGEST_PIECE):
            self._advance(text[start : start + _LARGEST_PIECE])

    def _advance(self, text: bytes) -> None:
        if self._lost:
            return
        text = self._rest + text
        at = 0
        if self._in_string:
            at = _IN_STRING.match(text).end()  # type: ignore[union-attr]
            if text[at : at + 1] != b'"':
                self._rest = text[at:]
                return
            self._in_string = False
            at += 1
        names = self._names
        for step in _STEP.finditer(text, at):
            name, bracket, rest = step.groups()
            if bracket is None:
                self._rest = rest
                break
            if bracket in b"{[":
                names.append(name[1:-1] if name else b"")
            elif names:
                names.pop()
        self._lost = len(names) > _DEEPEST
        if len(self._rest) > _LONGEST_REST:
            self._in_string = not _WHOLE_STRING.match(self._rest)
            self._lost = not self._in_string
            self._rest = self._rest[-1:] if self._in_string and self._is_escape() else b""

    def _is_escape(self) -> bool:
        """Return whether the rest ends with a backslash that escapes the next character."""
        backslashes = len(self._rest) - len(self._rest.rstrip(b"\\"))
        return backslashes % 2 == 1
