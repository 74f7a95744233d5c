"""Cleans the caller's header fields and query, and adds the credential for the upstream.

Each function takes parts of a request and returns new ones (S8, S9, S14).
"""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from urllib.parse import quote, unquote_plus

from api.credentials import AuthScheme
from api.http.fields import HOP_BY_HOP, METHOD_OVERRIDES
from api.secret import Secret
from api.services.token_codec import contains_token

# Fields that identify the caller or its route, or that the platform in front of the proxy adds.
_DROPPED = HOP_BY_HOP | {
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
_DROPPED_PREFIXES = ("x-forwarded-", "cloudfront-", "x-original-forwarded-")
_PATH_SAFE = "-._~!$&'()*+,;=:@"


def clean_request_headers(
    headers: Sequence[tuple[str, str]], auth: AuthScheme, locations: Sequence[str], token: str
) -> list[tuple[str, str]]:
    """Return the caller's fields that may go upstream, in order, duplicates included.

    Drops every field that contains `token`, and the fields in which this API accepts a credential:
    the one of `auth` and the `header:<name>` entries of `locations`.
    """
    connection = {
        option.strip().lower()
        for name, value in headers
        if name.lower() == "connection"
        for option in value.split(",")
    }
    credential = {location[7:] for location in locations if location.startswith("header:")}
    if auth.scheme == "header" and auth.name is not None:
        # Some servers treat `_` and `-` in a name as equal.
        credential.add(auth.name.lower().replace("_", "-"))
    kept = []
    for name, value in headers:
        lower = name.lower()
        if (
            lower in _DROPPED
            or lower in connection
            or lower in credential
            or "_" in name
            or lower.startswith(_DROPPED_PREFIXES)
            or token in value
            or contains_token(value)
        ):
            continue
        kept.append((name, value))
    return kept


def without_method_overrides(headers: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return the fields without those that override the request's method."""
    return [field for field in headers if field[0].lower() not in METHOD_OVERRIDES]


def with_readable_codings(headers: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Reduce `Accept-Encoding` to the codings that json_url_rewriting.py can read: gzip."""
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


def clean_query(query: str, auth: AuthScheme, locations: Sequence[str], token: str) -> str:
    """Return the caller's query without credential parameters and `token`, otherwise unchanged.

    A server may also split at `;` and may compare names without case, so both count as a match.
    """
    if not query:
        return query
    credential = {_folded(location[6:]) for location in locations if location.startswith("query:")}
    if auth.scheme == "query" and auth.name is not None:
        credential.add(_folded(auth.name))
    if not credential and not _contains(query, token):
        return query
    pieces = re.split("([&;])", query)
    kept: list[str] = []
    for position in range(0, len(pieces), 2):
        piece = pieces[position]
        name = _folded(_decoded(piece.partition("=")[0]))
        if name in credential or name.partition("[")[0] in credential or _contains(piece, token):
            continue
        if kept:
            kept.append(pieces[position - 1] if position else "&")
        kept.append(piece)
    return "".join(kept)


def _folded(name: str) -> str:
    """Return a name as the most lenient server compares it. PHP turns dots and spaces into `_`."""
    return re.sub(r"[. ]", "_", name.partition("\0")[0].strip().casefold())


def _decoded(text: str) -> str:
    """Decode a text up to four times, because each server of a chain may decode it once."""
    for _ in range(4):
        if "%" not in text and "+" not in text:
            break
        text = unquote_plus(text)
    return text


def _contains(text: str, token: str) -> bool:
    plain = _decoded(text)
    return token in plain or contains_token(plain)


def insert_credential(
    auth: AuthScheme,
    secret: Secret,
    prefix: str,
    query: str,
    headers: list[tuple[str, str]],
) -> tuple[str, str, list[tuple[str, str]]]:
    """Return the path prefix, query and header fields with the credential added, exactly once."""
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
