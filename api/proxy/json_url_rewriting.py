"""Rewrites URLs in a JSON body to the proxy's, piece by piece as the body arrives.

Only the values of the fields that the provider's entry names are changed, and only if they are URLs
below the base URL. Every other byte stays. A gzip body is decompressed and compressed again.
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
"""The content codings that can be rewritten."""

# Header fields with a digest of the body. They do not match a rewritten body.
DIGESTS = frozenset({"content-digest", "content-md5", "digest", "repr-digest"})

# Bytes of a decompressed body (S12). A few kB of gzip can hold gigabytes.
MAX_DECOMPRESSED = 256 << 20
_PIECE = 1 << 16
_GZIP = 16 + zlib.MAX_WBITS
_LONGEST_VALUE = 8192
# Characters that need no parsing as JSON or URL. Without `/.` there are no dot segments either.
_PLAIN = re.compile(rb"[!#$&-\[\]-~]*")
_NAME = rb"[A-Za-z0-9_.-]"


def json_url_rewriter(
    names: Sequence[str], status: int, headers: Sequence[tuple[str, str]], mapping: UrlMapping
) -> JsonUrlRewriter | None:
    """Return the rewriter for a response's body, None for a body that is forwarded unchanged.

    `names` are the JSON fields; `*_url` means every name with that ending. Only `application/json`
    is rewritten: types such as `application/vnd.github.raw+json` are files. A partial body (206)
    and one with `no-transform` (RFC 9110 7.7) are not changed.
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
    return JsonUrlRewriter(names, mapping, gzipped=coding != "identity")


class JsonUrlRewriter:
    """Rewrites one body: `feed` its pieces in order, then `finish`; or pass it to `rewrite`.

    Raises MalformedResponse for invalid gzip, ResponseTooLarge beyond MAX_DECOMPRESSED bytes.
    """

    def __init__(self, names: Sequence[str], mapping: UrlMapping, gzipped: bool) -> None:
        base = mapping.base
        self._mapping = mapping
        self._proxy = mapping.proxy.encode("latin-1")
        port = f":{base.port}" if base.authority != base.host_and_port else ""
        self._url, self._unfinished = _patterns(tuple(names), base.origin, port, base.prefix)
        self._pending = b""
        self._decompressor = zlib.decompressobj(_GZIP) if gzipped else None
        self._compressor = zlib.compressobj(wbits=_GZIP)
        self._decompressed = 0
        self._changed = False

    def rewrite(self, body: bytes) -> bytes:
        """Return the rewritten body. Returns the same bytes if no URL was changed."""
        rewritten = self.feed(body) + self.finish()
        return rewritten if self._changed else body

    def feed(self, data: bytes) -> bytes:
        """Take the next piece and return the bytes that can be forwarded now."""
        if self._decompressor is None:
            return self._rewritten(data)
        pieces = self._decompress_pieces(data)
        packed = b"".join([self._compressor.compress(self._rewritten(text)) for text in pieces])
        return packed + self._compressor.flush(zlib.Z_SYNC_FLUSH)

    def finish(self) -> bytes:
        """Return the rest of the body."""
        rest = self._rewritten(b"", last=True)
        if self._decompressor is None:
            return rest
        if not self._decompressor.eof:
            raise MalformedResponse("incomplete gzip")
        return self._compressor.compress(rest) + self._compressor.flush()

    def _decompress_pieces(self, data: bytes) -> Iterator[bytes]:
        assert self._decompressor is not None
        more = True
        while more:
            if self._decompressor.eof:
                if not data.strip(b"\0"):
                    return  # Padding after the last member, which gzip readers ignore.
                self._decompressor = zlib.decompressobj(_GZIP)
            try:
                piece = self._decompressor.decompress(data, _PIECE)
            except zlib.error as error:
                raise MalformedResponse("not gzip") from error
            self._decompressed += len(piece)
            if self._decompressed > MAX_DECOMPRESSED:
                raise ResponseTooLarge("decompressed")
            yield piece
            eof = self._decompressor.eof
            data = self._decompressor.unused_data if eof else self._decompressor.unconsumed_tail
            more = bool(data) or len(piece) == _PIECE

    def _rewritten(self, text: bytes, last: bool = False) -> bytes:
        text = self._pending + text
        parts = []
        at = 0
        for match in self._url.finditer(text):
            parts += [text[at : match.start()], self._replaced(match)]
            at = match.end()
        # A URL may continue in the next piece: keep its start until then.
        tail = max(at, len(text) - _LONGEST_VALUE - 512)
        unfinished = None if last else self._unfinished.search(text, tail)
        end = unfinished.start() if unfinished else len(text)
        self._pending = text[end:]
        return b"".join([*parts, text[at:end]])

    def _replaced(self, match: re.Match[bytes]) -> bytes:
        before, rest = match[1], match[3]
        if _PLAIN.fullmatch(rest) and b"/." not in rest and self._mapping.query_name is None:
            self._changed = True
            return b'%b%b%b"' % (before, self._proxy, rest)
        try:
            url = json.loads(b'"%b%b"' % (match[2], rest))
            tail = json.loads(b'"%b"' % rest)
        except ValueError:
            return match[0]
        rewritten = rewrite_url(url, self._mapping)
        proxy = self._mapping.proxy
        if not url.isprintable() or not rewritten.startswith(proxy):
            return match[0]
        self._changed = True
        if rewritten == proxy + tail:
            return b'%b%b%b"' % (before, self._proxy, rest)
        return before + json.dumps(rewritten)[1:].encode("ascii")


@lru_cache(maxsize=256)
def _patterns(
    names: tuple[str, ...], origin: str, port: str, prefix: str
) -> tuple[re.Pattern[bytes], re.Pattern[bytes]]:
    """Return the pattern of a field with one of these names whose value is a URL below the origin
    and prefix, and the pattern of the start of one at the end of a text. `port` is the default
    port, which a URL may name.

    A quote after a backslash opens no string, and nothing between two strings looks like a name, so
    the JSON need not be parsed.
    """
    name = b"|".join(_name_pattern(name) for name in names)
    colon = rb"\s{0,64}:\s{0,64}"
    base = _escaped(origin) + (b"(?:%b)?" % re.escape(port.encode())) + _escaped(prefix)
    character = rb'(?:[^"\\]|\\.)'
    field = (
        rb'("(?<!\\")(?:%b)"%b")(%b)(?=\\?/|[?#"])(%b{0,%d})"'
        % (name, colon, base, character, _LONGEST_VALUE)
    )  # fmt: skip
    unfinished = (
        rb'"(?<!\\")(?:%b{0,80}|(?:%b)"(?:%b(?:"%b{0,%d}\\?)?|\s{0,64}))\Z|\\\Z'
        % (_NAME, name, colon, character, _LONGEST_VALUE)
    )  # fmt: skip
    return re.compile(field, re.DOTALL), re.compile(unfinished, re.DOTALL)


def _name_pattern(name: str) -> bytes:
    plain = re.escape(name.removeprefix("*").encode())
    return rb"%b{0,64}%b" % (_NAME, plain) if name.startswith("*") else plain


def _escaped(text: str) -> bytes:
    """Return the pattern of a text in a JSON string, where a backslash may precede a slash."""
    return re.escape(text.encode("latin-1")).replace(b"/", rb"\\?/")
