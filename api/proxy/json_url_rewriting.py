"""Rewrites URLs in a JSON body to the proxy's, piece by piece as the body arrives.

Only the values of the fields that the provider's entry names are changed, and only if they are URLs
below the base URL. A value may also be an array whose first string is such a URL. Every other byte
stays. A gzip body is decompressed and compressed again.
"""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Iterator, Sequence
from functools import lru_cache

from api.http.errors import MalformedResponse, ResponseTooLarge
from api.proxy.further_url_rewriting import FurtherUrlRewriter
from api.proxy.json_fields import NAME, JsonStructure, parse_fields
from api.proxy.url_rewriting import UrlMapping, own_schemes, rewrite_url
from api.upstream.base_url import DEFAULT_PORTS, BaseUrl

CODINGS = frozenset({"gzip", "x-gzip", "identity"})
"""The content codings that can be rewritten."""

# Bytes of a decompressed body (S12). A few kB of gzip can hold gigabytes.
MAX_DECOMPRESSED = 256 << 20
_PIECE = 1 << 16
_GZIP = 16 + zlib.MAX_WBITS
_LONGEST_VALUE = 8192
_CHARACTER = rb'(?:[^"\\]|\\.)'
# What may become a further string of an array with more of the text.
_UNFINISHED_ELEMENT = re.compile(
    rb'\s{0,64}(?:,\s{0,64}(?:"%b{0,%d}\\?)?)?\Z' % (_CHARACTER, _LONGEST_VALUE), re.DOTALL
)
# Characters that need no parsing as JSON or URL. Without `/.` there are no dot segments either.
_PLAIN = re.compile(rb"[!#$&-\[\]-~]*")
# Types of JSON documents. Others, such as `application/vnd.github.raw+json`, may be files.
_JSON_TYPES = frozenset({"application/json", "application/hal+json", "application/vnd.api+json"})


def json_url_rewriter(
    names: Sequence[str],
    status: int,
    headers: Sequence[tuple[str, str]],
    mapping: UrlMapping,
    further: FurtherUrlRewriter | None = None,
) -> JsonUrlRewriter | None:
    """Return the rewriter for a response's body, None for a body that is forwarded unchanged.

    `names` are the JSON fields (json_fields.py), `further` rewrites those that lead to further
    hosts. A partial body (206) and one with `no-transform` (RFC 9110 7.7) are not changed.
    """
    if (not names and further is None) or status in (204, 206):
        return None
    fields: dict[str, str] = {}
    for name, value in headers:
        lower = name.lower()
        fields[lower] = f"{fields[lower]}, {value}" if lower in fields else value
    coding = fields.get("content-encoding", "identity").lower()
    kind = fields.get("content-type", "").partition(";")[0].strip().lower()
    if (
        kind not in _JSON_TYPES
        or coding not in CODINGS
        or "no-transform" in fields.get("cache-control", "").lower()
    ):
        return None
    return JsonUrlRewriter(names, mapping, gzipped=coding != "identity", further=further)


class JsonUrlRewriter:
    """Rewrites one body: `feed` its pieces in order, then `finish`; or pass it to `rewrite`.

    Raises MalformedResponse for invalid gzip, ResponseTooLarge beyond MAX_DECOMPRESSED bytes.
    """

    def __init__(
        self,
        names: Sequence[str],
        mapping: UrlMapping,
        gzipped: bool,
        further: FurtherUrlRewriter | None = None,
    ) -> None:
        self._mapping = mapping
        self._proxy = mapping.proxy.encode("latin-1")
        self._fields = parse_fields(tuple(names))
        self._structure = JsonStructure() if self._fields.have_places else None
        self._url, self._unfinished, self._element = _patterns(
            self._fields.candidates, mapping.base
        )
        self._pending = b""
        self._in_array = False
        self._decompressor = zlib.decompressobj(_GZIP) if gzipped else None
        self._compressor = zlib.compressobj(wbits=_GZIP)
        self._decompressed = 0
        self._changed = False
        self._further = further

    def rewrite(self, body: bytes) -> bytes:
        """Return the rewritten body. Returns the same bytes if no URL was changed."""
        rewritten = self.feed(body) + self.finish()
        changed = self._changed or (self._further is not None and self._further.changed)
        return rewritten if changed else body

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
        text = self._own_rewritten(text, last)
        return text if self._further is None else self._further.feed(text, last)

    def _own_rewritten(self, text: bytes, last: bool) -> bytes:
        text = self._pending + text
        structure = self._structure
        parts: list[bytes] = []
        at = self._array(text, 0, parts)
        seen = 0
        while match := self._url.search(text, at):
            if structure is not None:
                structure.advance(text[seen : match.start()])
                seen = match.start()
            parts += [text[at : match.start()], self._replaced(match)]
            at = self._array(text, match.end(), parts)
        # A URL may continue in the next piece: keep its start until then.
        tail = max(at, len(text) - _LONGEST_VALUE - 512)
        unfinished = None
        if not last:
            element = _UNFINISHED_ELEMENT.match(text, at) if self._in_array else None
            unfinished = element or self._unfinished.search(text, tail)
        end = unfinished.start() if unfinished else len(text)
        self._pending = text[end:]
        if structure is not None:
            structure.advance(text[seen:end])
        return b"".join([*parts, text[at:end]])

    def _array(self, text: bytes, at: int, parts: list[bytes]) -> int:
        """Rewrite the further URLs of an array if `at` is behind one. Return where they end."""
        while self._in_array and (match := self._element.match(text, at)):
            parts.append(self._mapped(match) if match[3] else match[0])
            at = match.end()
        self._in_array = self._in_array and _UNFINISHED_ELEMENT.match(text, at) is not None
        return at

    def _replaced(self, match: re.Match[bytes]) -> bytes:
        url_text = (match[3] + match[4]).replace(rb"\/", b"/")
        if not self._fields.select(match[2], url_text, self._structure):
            return match[0]
        self._in_array = b"[" in match[1]
        return self._mapped(match)

    def _mapped(self, match: re.Match[bytes]) -> bytes:
        before, rest = match[1], match[4]
        if _PLAIN.fullmatch(rest) and b"/." not in rest and self._mapping.query_name is None:
            self._changed = True
            return b'%b%b%b"' % (before, self._proxy, rest)
        try:
            url = json.loads(b'"%b%b"' % (match[3], rest))
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
    names: bytes, base_url: BaseUrl
) -> tuple[re.Pattern[bytes], re.Pattern[bytes], re.Pattern[bytes]]:
    """Return the pattern of a field with one of these names whose value is a URL below the base
    URL, or begins an array with one; the pattern of the start of one at the end of a text; and the
    pattern of a further string of an array. A URL may name the default port.

    A quote after a backslash opens no string, and nothing between two strings looks like a name, so
    the JSON need not be parsed.
    """
    colon = rb"\s{0,64}:\s{0,64}(?:\[\s{0,64})?"
    origins = b"|".join([_origin(scheme, base_url) for scheme in own_schemes(base_url)])
    base = b"(?:%b)%b" % (origins, _escaped(base_url.prefix))
    character = _CHARACTER
    field = (
        rb'("(?<!\\")(%b)"%b")(%b)(?=\\?/|[?#"])(%b{0,%d})"'
        % (names, colon, base, character, _LONGEST_VALUE)
    )  # fmt: skip
    unfinished = (
        rb'"(?<!\\")(?:%b{0,80}|(?:%b)"(?:%b(?:"%b{0,%d}\\?)?|\s{0,64}))\Z|\\\Z'
        % (NAME, names, colon, character, _LONGEST_VALUE)
    )  # fmt: skip
    url = rb'(%b)(?=\\?/|[?#"])(%b{0,%d})"' % (base, character, _LONGEST_VALUE)
    element = rb'(\s{0,64},\s{0,64}"())(?:%b|%b{0,%d}")' % (url, character, _LONGEST_VALUE)
    return (
        re.compile(field, re.DOTALL),
        re.compile(unfinished, re.DOTALL),
        re.compile(element, re.DOTALL),
    )


def _origin(scheme: str, base: BaseUrl) -> bytes:
    has_port = base.authority == base.host_and_port
    port = b"" if has_port else b"(?::%d)?" % DEFAULT_PORTS[scheme]
    return b"(?i:%b)%b" % (_escaped(f"{scheme}://{base.authority}"), port)


def _escaped(text: str) -> bytes:
    """Return the pattern of a text in a JSON string, where a backslash may precede a slash."""
    return re.escape(text.encode("latin-1")).replace(b"/", rb"\\?/")
