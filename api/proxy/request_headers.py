"""What goes upstream: the caller's header fields and query, cleaned, and the credential, exactly
once.

Each is a function from request parts to request parts (S8, S9, S14).
"""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from urllib.parse import quote, unquote_plus

from api.credentials import AuthScheme
from api.proxy.token_extraction import holds_token
from api.secret import Secret

# RFC 9110 7.6.1, and what RFC 9112 knows beside it. Content-Length is set anew with the body.
HOP_BY_HOP = frozenset(
    {
        "connection",
        "content-length",
        "expect",
        "http2-settings",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authentication-info",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)
# The caller's identity, its way to us, and what the platform in front of us adds.
_NEVER_UPSTREAM = HOP_BY_HOP | {
    "authorization",
    "cdn-loop",
    "cookie",
    "cookie2",
    "forwarded",
    "host",
    "origin",
    "referer",
    "true-client-ip",
    "via",
    "x-amz-cf-id",
    "x-amzn-trace-id",
    "x-client-ip",
    "x-cluster-client-ip",
    "x-original-url",
    "x-real-ip",
    "x-rewrite-url",
}
# How a caller asks a server for another method than the request line's.
METHOD_OVERRIDES = frozenset({"x-http-method", "x-http-method-override", "x-method-override"})
_NEVER_PREFIXES = ("x-forwarded-", "cloudfront-", "x-original-forwarded-")
_PATH_SAFE = "-._~!$&'()*+,;=:@"


def clean_headers(
    headers: Sequence[tuple[str, str]], auth: AuthScheme, accepts: Sequence[str], token: str
) -> list[tuple[str, str]]:
    """The caller's fields that may go upstream, in order, duplicates kept, `token` nowhere."""
    dropped = _NEVER_UPSTREAM
    named = {
        token.strip().lower()
        for name, value in headers
        if name.lower() == "connection"
        for token in value.split(",")
    }
    own = {place[7:] for place in accepts if place.startswith("header:")}
    if auth.scheme == "header" and auth.name is not None:
        # A field of ours with `_` has a twin with `-` at servers that fold the two.
        own.add(auth.name.lower().replace("_", "-"))
    kept = []
    for name, value in headers:
        lower = name.lower()
        if (
            lower in dropped
            or lower in named
            or lower in own
            or "_" in name
            or lower.startswith(_NEVER_PREFIXES)
            or token in value
            or holds_token(value)
        ):
            continue
        kept.append((name, value))
    return kept


def with_codings(headers: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """The fields with `Accept-Encoding` cut down to what body_links.py can read: gzip."""
    return [
        (name, _readable(value)) if name.lower() == "accept-encoding" else (name, value)
        for name, value in headers
    ]


def _readable(codings: str) -> str:
    kept = [
        coding.strip()
        for coding in codings.split(",")
        if coding.partition(";")[0].strip().lower() in ("gzip", "x-gzip", "identity")
    ]
    return ", ".join(kept) or "identity"


def clean_query(query: str, auth: AuthScheme, accepts: Sequence[str], token: str) -> str:
    """The caller's query without a credential of its own and without `token`; otherwise byte for
    byte.

    A server may split at `;` too and may compare names without case, so both are taken as a match.
    """
    if not query:
        return query
    own = {_folded(place[6:]) for place in accepts if place.startswith("query:")}
    if auth.scheme == "query" and auth.name is not None:
        own.add(_folded(auth.name))
    if not own and not _holds(query, token):
        return query
    pieces = re.split("([&;])", query)
    kept: list[str] = []
    for position in range(0, len(pieces), 2):
        piece = pieces[position]
        plain = _folded(_decoded(piece.partition("=")[0]))
        if plain in own or plain.partition("[")[0] in own or _holds(piece, token):
            continue
        if kept:
            kept.append(pieces[position - 1] if position else "&")
        kept.append(piece)
    return "".join(kept)


def _folded(name: str) -> str:
    """A name as the most lenient server compares it: PHP makes `_` of dots and spaces."""
    return re.sub(r"[. ]", "_", name.partition("\0")[0].strip().casefold())


def _decoded(text: str) -> str:
    """Decoded until nothing changes (at most four times), as a chain of servers might."""
    for _ in range(4):
        if "%" not in text and "+" not in text:
            break
        text = unquote_plus(text)
    return text


def _holds(text: str, token: str) -> bool:
    plain = _decoded(text)
    return token in plain or holds_token(plain)


def with_credential(
    auth: AuthScheme,
    secret: Secret,
    prefix: str,
    query: str,
    headers: list[tuple[str, str]],
) -> tuple[str, str, list[tuple[str, str]]]:
    """Path prefix, query and header fields with the credential put in."""
    clear = secret.reveal()
    if auth.scheme == "bearer":
        return prefix, query, [*headers, ("Authorization", f"Bearer {clear}")]
    if auth.scheme == "header":
        return prefix, query, [*headers, (auth.name or "", f"{auth.prefix or ''}{clear}")]
    if auth.scheme == "basic":
        pair = base64.b64encode(f"{auth.username or ''}:{clear}".encode()).decode("ascii")
        return prefix, query, [*headers, ("Authorization", f"Basic {pair}")]
    if auth.scheme == "query":
        pair = f"{quote(auth.name or '', safe='')}={quote(clear, safe='')}"
        return prefix, f"{query}&{pair}" if query else pair, headers
    filled = re.sub(r"\{[^}]*\}", lambda _: quote(clear, safe=_PATH_SAFE), prefix)
    return filled, query, headers
