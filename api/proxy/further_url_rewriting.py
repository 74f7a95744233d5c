"""Rewrites the JSON fields that lead clients to further hosts of an API, piece by piece.

Clients send their credential with such a call, so no field may lead elsewhere: a URL of a further
host becomes the proxy's, and one of any other host becomes an empty text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from functools import lru_cache
from urllib.parse import SplitResult, urlsplit

import msgspec

from api.proxy.json_fields import NAME, JsonStructure, parse_fields
from api.proxy.url_rewriting import UrlMapping, rewrite_own_url
from api.upstream.base_url import DEFAULT_PORTS, BaseUrl
from api.upstream.further_hosts import MARKER, FurtherCall, FurtherHosts
from api.upstream.paths import InvalidPath
from api.upstream.target import build_target

_LONGEST_VALUE = 8192
_ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://|//")
_BARE_HOST = re.compile(r"[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+(?::[0-9]+)?")


def further_url_rewriter(
    further: Sequence[FurtherHosts],
    request_headers: Sequence[tuple[str, str]],
    mapping: UrlMapping,
    call: FurtherCall | None,
) -> FurtherUrlRewriter | None:
    """Return the rewriter for a response to this caller, None if no field leads it elsewhere.

    `mapping` is that of the host that responded, and `call` is set if that is a further host.
    """
    if not further:
        return None
    agent = next((value for name, value in request_headers if name.lower() == "user-agent"), "")
    fitting = [hosts for hosts in further if re.match(hosts.clients, agent)]
    if not fitting:
        return None
    root = mapping.proxy if call is None else mapping.proxy.removesuffix(call.segment)
    own = [mapping]
    if call is not None:
        own.append(msgspec.structs.replace(mapping, base=call.main, target="/", proxy=root))
    return FurtherUrlRewriter(fitting, root, own)


class FurtherUrlRewriter:
    """Rewrites one body, which is not compressed.

    `root` is the proxy's URL of the API. `own` are the mappings of its base URL, and of the host
    that responded.
    """

    def __init__(
        self, further: Sequence[FurtherHosts], root: str, own: Sequence[UrlMapping]
    ) -> None:
        self._root = root
        self._own = own
        self._origins = {mapping.base.origin for mapping in own}
        self._fields = [(parse_fields(hosts.fields), hosts) for hosts in further]
        places = any(fields.have_places for fields, _ in self._fields)
        self._structure = JsonStructure() if places else None
        self._value, self._unfinished = _patterns(
            b"|".join([fields.candidates for fields, _ in self._fields])
        )
        self._pending = b""
        self.changed = False

    def feed(self, text: bytes, last: bool) -> bytes:
        """Take the next piece and return the bytes that can be forwarded now."""
        text = self._pending + text
        parts: list[bytes] = []
        at = 0
        while match := self._value.search(text, at):
            self._advance(text[at : match.start()])
            parts += [text[at : match.start()], self._replaced(match)]
            self._advance(match[0])
            at = match.end()
        tail = max(at, len(text) - _LONGEST_VALUE - 512)
        unfinished = None if last else self._unfinished.search(text, tail)
        end = unfinished.start() if unfinished else len(text)
        self._advance(text[at:end])
        self._pending = text[end:]
        return b"".join([*parts, text[at:end]])

    def _advance(self, text: bytes) -> None:
        if self._structure is not None:
            self._structure.advance(text)

    def _replaced(self, match: re.Match[bytes]) -> bytes:
        before, name, value = match.groups()
        text = value.replace(rb"\/", b"/")
        for fields, hosts in self._fields:
            if fields.select(name, text, self._structure):
                return self._new_value(match[0], before, value, hosts)
        return match[0]

    def _new_value(self, member: bytes, before: bytes, value: bytes, hosts: FurtherHosts) -> bytes:
        try:
            url = json.loads(b'"%b"' % value)
        except ValueError:
            return member
        rewritten = self._rewritten(url, hosts)
        if rewritten is None:
            return member
        self.changed = True
        return before + json.dumps(rewritten).encode("ascii")

    def _rewritten(self, url: str, hosts: FurtherHosts) -> str | None:
        """Return the new value of a field, None for one that stays."""
        if url.startswith(self._root) and url[len(self._root) :][:1] in ("", "/", "?", "#"):
            return None  # The URL was rewritten as one of the API itself.
        if not _ABSOLUTE.match(url):
            if not _BARE_HOST.fullmatch(url):
                return None
            url = f"https://{url}"
        for mapping in self._own:
            own = rewrite_own_url(url, mapping)
            if own != url:
                return own
        try:
            parts = urlsplit(url)
        except ValueError:
            return ""
        return self._further(parts, hosts)

    def _further(self, parts: SplitResult, hosts: FurtherHosts) -> str | None:
        authority = parts.netloc.lower().removesuffix(f":{DEFAULT_PORTS.get(parts.scheme)}")
        if hosts.scheme_of(authority) == parts.scheme:
            try:
                build_target(BaseUrl(parts.scheme, authority, 0, ""), parts.path, "")
            except InvalidPath:
                return ""
            query = f"?{parts.query}" if parts.query else ""
            fragment = f"#{parts.fragment}" if parts.fragment else ""
            return f"{self._root}{MARKER}{authority}{parts.path}{query}{fragment}"
        return None if f"{parts.scheme}://{authority}" in self._origins else ""


@lru_cache(maxsize=64)
def _patterns(names: bytes) -> tuple[re.Pattern[bytes], re.Pattern[bytes]]:
    """Return the patterns of a field with a text, and of the start of one at the end of a text.

    A quote after a backslash opens no string, and nothing between two strings looks like a name.
    """
    colon = rb"\s{0,64}:\s{0,64}"
    text = rb'(?:[^"\\]|\\.){0,%d}' % _LONGEST_VALUE
    value = rb'("(?<!\\")(%b)"%b)"(%b)"' % (names, colon, text)
    unfinished = (
        rb'"(?<!\\")(?:%b{0,80}|(?:%b)"(?:%b(?:"%b\\?)?|\s{0,64}))\Z|\\\Z'
        % (NAME, names, colon, text)
    )  # fmt: skip
    return re.compile(value, re.DOTALL), re.compile(unfinished, re.DOTALL)
