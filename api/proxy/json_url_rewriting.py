"""Leads the links in a JSON body back to the proxy, piece by piece as it comes: the values of the
members that the API's preset names, where they are addresses below the base URL. Every other byte
stays, also in gzip, which is unpacked and packed again.
"""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Iterator, Sequence
from functools import lru_cache

from api.http.errors import MalformedResponse, ResponseTooLarge
from api.proxy.url_rewriting import UrlMapping, rewrite_url

CODINGS = frozenset({"gzip", "x-gzip", "identity"})
"""The content codings that can be read here."""

# Fields about the bytes of a body, which would no longer hold.
DIGESTS = frozenset({"content-digest", "content-md5", "digest", "repr-digest"})

# An unpacked body is at most this long (S12): a few kB of gzip can hold gigabytes.
MOST_UNPACKED = 256 << 20
_PIECE = 1 << 16
_GZIP = 16 + zlib.MAX_WBITS
_LONGEST_VALUE = 8192
# Nothing that could be read in two ways; with no `/.` in it there are no dot segments either.
_PLAIN = re.compile(rb"[!#$&-\[\]-~]*")
_NAME = rb"[A-Za-z0-9_.-]"


def body_links(
    names: Sequence[str], status: int, headers: Sequence[tuple[str, str]], way: UrlMapping
) -> BodyLinks | None:
    """What leads this answer's links back; None where its body is passed on as it is.

    Bodies of `application/json` alone: types such as `application/vnd.github.raw+json` are files.
    A part of a body (206) stays, and one that may not be changed (RFC 9110 7.7, `no-transform`).
    """
    if not names or status in (204, 206):
        return None
    fields: dict[str, str] = {}
    for name, value in headers:
        lower = name.lower()
        fields[lower] = f"{fields[lower]}, {value}" if lower in fields else value
    coding = fields.get("content-encoding", "identity").lower()
    kind = fields.get("content-type", "").partition(";")[0].strip().lower()
    if (
        kind != "application/json"
        or coding not in CODINGS
        or "no-transform" in fields.get("cache-control", "").lower()
    ):
        return None
    return BodyLinks(names, way, gzipped=coding != "identity")


class BodyLinks:
    """One body. `feed` its pieces in order, then `finish`; or give it `whole`.

    Raises MalformedResponse for what is no gzip, ResponseTooLarge beyond MOST_UNPACKED bytes.
    """

    def __init__(self, names: Sequence[str], way: UrlMapping, gzipped: bool) -> None:
        base = way.base
        self._way = way
        self._proxy = way.proxy.encode("latin-1")
        port = f":{base.port}" if base.authority != base.host_and_port else ""
        self._link, self._unfinished = _patterns(tuple(names), base.origin, port, base.prefix)
        self._held = b""
        self._unpacker = zlib.decompressobj(_GZIP) if gzipped else None
        self._packer = zlib.compressobj(wbits=_GZIP)
        self._unpacked = 0
        self._changed = False

    def whole(self, body: bytes) -> bytes:
        """A whole body: the very same bytes where no link was in it."""
        led = self.feed(body) + self.finish()
        return led if self._changed else body

    def feed(self, data: bytes) -> bytes:
        """What can go on of the body after this piece."""
        if self._unpacker is None:
            return self._led(data)
        packed = b"".join([self._packer.compress(self._led(text)) for text in self._streamed(data)])
        return packed + self._packer.flush(zlib.Z_SYNC_FLUSH)

    def finish(self) -> bytes:
        """The rest of the body, at its end."""
        rest = self._led(b"", last=True)
        if self._unpacker is None:
            return rest
        if not self._unpacker.eof:
            raise MalformedResponse("gzip that is cut short")
        return self._packer.compress(rest) + self._packer.flush()

    def _streamed(self, data: bytes) -> Iterator[bytes]:
        assert self._unpacker is not None
        more = True
        while more:
            if self._unpacker.eof:
                if not data.strip(b"\0"):
                    return  # Padding behind the last member, which readers of gzip ignore.
                self._unpacker = zlib.decompressobj(_GZIP)
            try:
                piece = self._unpacker.decompress(data, _PIECE)
            except zlib.error as error:
                raise MalformedResponse("not gzip") from error
            self._unpacked += len(piece)
            if self._unpacked > MOST_UNPACKED:
                raise ResponseTooLarge("unpacked")
            yield piece
            eof = self._unpacker.eof
            data = self._unpacker.unused_data if eof else self._unpacker.unconsumed_tail
            more = bool(data) or len(piece) == _PIECE

    def _led(self, text: bytes, last: bool = False) -> bytes:
        text = self._held + text
        parts = []
        at = 0
        for link in self._link.finditer(text):
            parts += [text[at : link.start()], self._replaced(link)]
            at = link.end()
        # Of a link only the beginning may be here: it waits for the rest.
        tail = max(at, len(text) - _LONGEST_VALUE - 512)
        unfinished = None if last else self._unfinished.search(text, tail)
        end = unfinished.start() if unfinished else len(text)
        self._held = text[end:]
        return b"".join([*parts, text[at:end]])

    def _replaced(self, link: re.Match[bytes]) -> bytes:
        before, rest = link[1], link[3]
        if _PLAIN.fullmatch(rest) and b"/." not in rest and self._way.query_name is None:
            self._changed = True
            return b'%b%b%b"' % (before, self._proxy, rest)
        try:
            url = json.loads(b'"%b%b"' % (link[2], rest))
            tail = json.loads(b'"%b"' % rest)
        except ValueError:
            return link[0]
        led = rewrite_url(url, self._way)
        proxy = self._way.proxy
        if not url.isprintable() or not led.startswith(proxy):
            return link[0]
        self._changed = True
        if led == proxy + tail:
            return b'%b%b%b"' % (before, self._proxy, rest)
        return before + json.dumps(led)[1:].encode("ascii")


@lru_cache(maxsize=256)
def _patterns(
    names: tuple[str, ...], origin: str, port: str, prefix: str
) -> tuple[re.Pattern[bytes], re.Pattern[bytes]]:
    """A member of one of these names whose value is below the origin and prefix, and the beginning
    of one at the end of a text. `port` is the default one, which may be named.

    A quote behind a backslash opens no string, and between the end of one string and the beginning
    of the next stands nothing that looks like a name: so the JSON need not be parsed.
    """
    name = b"|".join(_name_pattern(name) for name in names)
    colon = rb"\s{0,64}:\s{0,64}"
    base = _escaped(origin) + (b"(?:%b)?" % re.escape(port.encode())) + _escaped(prefix)
    character = rb'(?:[^"\\]|\\.)'
    link = (
        rb'("(?<!\\")(?:%b)"%b")(%b)(?=\\?/|[?#"])(%b{0,%d})"'
        % (name, colon, base, character, _LONGEST_VALUE)
    )  # fmt: skip
    unfinished = (
        rb'"(?<!\\")(?:%b{0,80}|(?:%b)"(?:%b(?:"%b{0,%d}\\?)?|\s{0,64}))\Z|\\\Z'
        % (_NAME, name, colon, character, _LONGEST_VALUE)
    )  # fmt: skip
    return re.compile(link, re.DOTALL), re.compile(unfinished, re.DOTALL)


def _name_pattern(name: str) -> bytes:
    plain = re.escape(name.removeprefix("*").encode())
    return rb"%b{0,64}%b" % (_NAME, plain) if name.startswith("*") else plain


def _escaped(text: str) -> bytes:
    """A pattern of a text in a JSON string, where a slash may stand behind a backslash."""
    return re.escape(text.encode("latin-1")).replace(b"/", rb"\\?/")
