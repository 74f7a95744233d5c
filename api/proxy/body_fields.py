"""The top-level fields of a form or JSON body, and the bytes that hold each of them.

Forms are read as lenient servers read them: names without case, `;` as a separator, names that are
percent-encoded several times.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Literal
from urllib.parse import unquote_to_bytes

import msgspec

from api.proxy.parameters import decode_pair, folded

BodyKind = Literal["urlencoded", "multipart", "json"]

_JSON_TYPE = re.compile(r"(?:application|text)/(?:[a-z0-9.+-]+\+)?json")
_BOUNDARY = re.compile(r'boundary=(?:"([^"]+)"|([^\s;,]+))', re.IGNORECASE)
_PART_NAME = re.compile(
    rb"""content-disposition:[^\r\n]*?[;\s]name(\*)?\s*=\s*(?:"((?:[^"\\\r\n]|\\.)*)"|([^;\r\n]*))""",
    re.IGNORECASE,
)
_members = msgspec.json.Decoder(dict[str, msgspec.Raw])
_json_text = msgspec.json.Decoder(str)


class BodyField(msgspec.Struct, frozen=True):
    """A field: its name as the most lenient server compares it, and its value as text.

    `value` is empty for a JSON value that is no text, and for a part of a form that is a file.
    `is_complete` is false for the last field of a body whose end is missing.
    """

    name: str
    value: str
    is_complete: bool = True


class Body(msgspec.Struct, frozen=True):
    """The start of a body, or all of it if `is_complete`."""

    kind: BodyKind
    data: bytes
    is_complete: bool
    boundary: bytes = b""

    def pieces(self) -> list[tuple[BodyField, bytes]]:
        """Return each field with the bytes that hold it, in order.

        A body that has not the form that its type announces has none.
        """
        if self.kind == "urlencoded":
            return list(self._pairs())
        if self.kind == "multipart":
            return list(self._parts())
        return list(self._members()) if self.is_complete else []

    def join(self, pieces: Sequence[tuple[BodyField, bytes]]) -> bytes:
        """Return the body with some of its pieces."""
        if self.kind == "json":
            return b"{" + b",".join(piece for _, piece in pieces) + b"}"
        joined = b"".join(piece for _, piece in pieces)
        return joined.lstrip(b"&;") if self.kind == "urlencoded" else joined

    def _pairs(self) -> Iterator[tuple[BodyField, bytes]]:
        pieces = re.split(rb"(?=[&;])", self.data)
        for position, piece in enumerate(pieces, start=1):
            name, _, value = piece.lstrip(b"&;").decode("latin-1").partition("=")
            is_complete = self.is_complete or position < len(pieces)
            yield BodyField(folded(decode_pair(name)), decode_pair(value), is_complete), piece

    def _parts(self) -> Iterator[tuple[BodyField, bytes]]:
        """Yield the parts of a multipart body, and the text around them as fields without a name.

        RFC 2046 5.1.1.
        """
        delimiter = rb"(?:(?<=\n)|\A)--" + re.escape(self.boundary) + rb"(?=--|[ \t]*\r?\n|\Z)"
        starts = [match.start() for match in re.finditer(delimiter, self.data)]
        ends = [*starts[1:], len(self.data)]
        yield BodyField("", ""), self.data[: starts[0] if starts else len(self.data)]
        for start, end in zip(starts, ends, strict=True):
            part = self.data[start:end]
            if part.startswith(b"--%b--" % self.boundary):
                yield BodyField("", ""), part
            else:
                yield _part(part, self.is_complete or end < len(self.data)), part

    def _members(self) -> Iterator[tuple[BodyField, bytes]]:
        try:
            members = _members.decode(self.data)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return
        for name, value in members.items():
            piece = msgspec.json.encode(name) + b":" + bytes(value)
            yield BodyField(folded(name), _text(value)), piece


def has_readable_type(headers: Sequence[tuple[str, str]]) -> bool:
    """Return whether a request announces a form or JSON body."""
    return _kind(_media_type(headers)) is not None


def read_body(headers: Sequence[tuple[str, str]], data: bytes, is_complete: bool) -> Body | None:
    """Return a form or JSON body, or None for a body of any other type."""
    media_type = _media_type(headers)
    kind = _kind(media_type)
    if kind is None or not data:
        return None
    if kind != "multipart":
        return Body(kind, data, is_complete)
    boundary = _BOUNDARY.search(media_type)
    if boundary is None:
        return None
    return Body(kind, data, is_complete, (boundary[1] or boundary[2]).encode("latin-1"))


def _media_type(headers: Sequence[tuple[str, str]]) -> str:
    for name, value in headers:
        if len(name) == 12 and name.lower() == "content-type":
            return value
    return ""


def _kind(media_type: str) -> BodyKind | None:
    essence = media_type.partition(";")[0].strip().lower()
    if essence == "application/x-www-form-urlencoded":
        return "urlencoded"
    if essence.startswith("multipart/"):
        return "multipart"
    return "json" if _JSON_TYPE.fullmatch(essence) else None


def _part(part: bytes, is_complete: bool) -> BodyField:
    head, *rest = re.split(rb"\r?\n\r?\n", part, maxsplit=1)
    found = _PART_NAME.search(head)
    if found is None:
        return BodyField("", "", is_complete)
    raw = found[2] if found[2] is not None else found[3].strip()
    if found[1]:
        raw = unquote_to_bytes(raw.rpartition(b"'")[2])
    is_file = b"filename" in head.lower()
    text = "" if is_file or not rest else rest[0].removesuffix(b"\r\n").decode("latin-1")
    return BodyField(folded(decode_pair(raw.decode("latin-1"))), text, is_complete)


def _text(value: msgspec.Raw) -> str:
    try:
        return _json_text.decode(value)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return ""
