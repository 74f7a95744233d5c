"""Cleans the caller's header fields and query, and adds the credential for the upstream.

Each function takes parts of a request and returns new ones (S8, S9, S14).
"""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from functools import lru_cache
from urllib.parse import quote

from api.credentials import (
    AuthScheme,
    folded_name,
    is_bearer_too,
    is_user_bearer,
    user_and_password,
)
from api.http.fields import METHOD_OVERRIDES
from api.proxy.dropped_headers import (
    DROPPED,
    DROPPED_PREFIXES,
    DROPPED_SUFFIXES,
    KEPT_PREFIXES,
)
from api.proxy.own_credentials import SHORTEST_TOKEN, holds_credential
from api.proxy.parameters import decode_pair, folded, is_among
from api.proxy.request_overrides import is_method_override
from api.secret import Credential

_PATH_SAFE = "-._~!$&'()*+,;=:@"
_READABLE = frozenset({"gzip", "x-gzip", "identity"})
_READABLE_TOO = _READABLE | {"deflate"}


def clean_request_headers(
    headers: Sequence[tuple[str, str]],
    auth: AuthScheme,
    locations: Sequence[str],
    token: str,
    extra_headers: Sequence[str] = (),
) -> list[tuple[str, str]]:
    """Return the caller's fields that may go upstream, in order, duplicates included.

    Drops every field that holds `token` or another token of a dashboard, and the fields in which
    this API accepts a credential: the one of `auth`, the entries of `locations`, and
    `extra_headers`. The caller's own credential in any other field stays.
    """
    connection = {
        option.strip().lower()
        for name, value in headers
        if len(name) == 10 and name.lower() == "connection"
        for option in value.split(",")
    }
    credential = _credential_fields(auth, tuple(locations), tuple(extra_headers))
    cleaned = []
    for name, value in headers:
        lower = name.lower()
        if (
            _is_dropped(lower)
            or lower in connection
            or lower in credential
            or (len(value) >= SHORTEST_TOKEN and (token in value or holds_credential(value)))
        ):
            continue
        cleaned.append((name, value))
    return cleaned


@lru_cache(maxsize=512)
def _is_dropped(name: str) -> bool:
    """Return whether a field, with its name in lower case, goes to no upstream."""
    return (
        name in DROPPED
        or "_" in name
        or (name.startswith(DROPPED_PREFIXES) and not name.startswith(KEPT_PREFIXES))
        or name.endswith(DROPPED_SUFFIXES)
    )


@lru_cache(maxsize=1024)
def _credential_fields(
    auth: AuthScheme, locations: tuple[str, ...], extra_headers: tuple[str, ...]
) -> frozenset[str]:
    """Return the fields, in lower case, in which the API accepts a credential.

    Some servers treat `_` and `-` in a name as equal.
    """
    names = {location[7:] for location in locations if location.startswith("header:")}
    names.update(extra_headers)
    if auth.scheme == "header" and auth.name is not None:
        names.add(auth.name)
    if auth.scheme in ("bearer", "basic") or ("bearer" in locations and not is_user_bearer(auth)):
        names.add("authorization")
    return frozenset(folded_name(name) for name in names)


def without_method_overrides(headers: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return the fields without those that override the request's method."""
    return [
        (name, value)
        for name, value in headers
        if name.lower() not in METHOD_OVERRIDES and not is_method_override(name.lower(), value)
    ]


def with_identity(headers: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Ask for a body without content coding. Without the field, any is allowed."""
    kept = [field for field in headers if field[0].lower() != "accept-encoding"]
    return [*kept, ("Accept-Encoding", "identity")]


def with_readable_codings(
    headers: list[tuple[str, str]], *, deflate: bool = False
) -> list[tuple[str, str]]:
    """Reduce `Accept-Encoding` to the codings that can be read: gzip, and `deflate` where only
    usage is read. json_url_rewriting.py reads no other than gzip.
    """
    readable = _READABLE_TOO if deflate else _READABLE
    return [
        (name, _readable(value, readable)) if name.lower() == "accept-encoding" else (name, value)
        for name, value in headers
    ]


def without_extensions(headers: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Offer no extension of a WebSocket, so that its messages are not compressed."""
    return [field for field in headers if field[0].lower() != "sec-websocket-extensions"]


def _readable(codings: str, readable: frozenset[str]) -> str:
    cleaned = [
        coding.strip()
        for coding in codings.split(",")
        if coding.partition(";")[0].strip().lower() in readable
    ]
    return ", ".join(cleaned) or "identity"


def clean_query(query: str, auth: AuthScheme, locations: Sequence[str], token: str) -> str:
    """Return the caller's query without credential parameters and `token`, otherwise unchanged.

    A server may also split at `;` and may compare names without case, so both count as a match.
    """
    if not query:
        return query
    credential = {folded(location[6:]) for location in locations if location.startswith("query:")}
    if auth.scheme == "query" and auth.name is not None:
        credential.add(folded(auth.name))
    if not credential and not _contains(query, token):
        return query
    pieces = re.split("([&;])", query)
    cleaned: list[str] = []
    for position in range(0, len(pieces), 2):
        piece = pieces[position]
        name = folded(decode_pair(piece.partition("=")[0]))
        if is_among(name, credential) or _contains(piece, token):
            continue
        if cleaned:
            cleaned.append(pieces[position - 1] if position else "&")
        cleaned.append(piece)
    return "".join(cleaned)


def _contains(text: str, token: str) -> bool:
    plain = decode_pair(text)
    return token in plain or holds_credential(plain)


def insert_credential(
    auth: AuthScheme,
    credential: Credential,
    prefix: str,
    query: str,
    headers: list[tuple[str, str]],
) -> tuple[str, str, list[tuple[str, str]]]:
    """Return the path prefix, query and header fields with the credential added, exactly once.

    A legacy key of Supabase is also the bearer token, unless the caller sends a user's token.
    """
    clear = credential.secret.reveal()
    sent = list(headers)
    if auth.scheme == "bearer":
        sent.append(("Authorization", f"Bearer {clear}"))
    elif auth.scheme == "header":
        sent.append((auth.name or "", f"{auth.prefix or ''}{clear}"))
    elif auth.scheme == "basic":
        pair = base64.b64encode(user_and_password(auth, clear).encode()).decode("ascii")
        sent.append(("Authorization", f"Basic {pair}"))
    elif auth.scheme == "query":
        pair = f"{quote(auth.name or '', safe='')}={quote(clear, safe='')}"
        query = f"{query}&{pair}" if query else pair
    else:
        prefix = re.sub(r"\{[^}]*\}", lambda _: quote(clear, safe=_PATH_SAFE), prefix)
    sent += [(name, value.reveal()) for name, value in credential.extra_headers]
    if is_bearer_too(auth, clear) and all(name.lower() != "authorization" for name, _ in sent):
        sent.append(("Authorization", f"Bearer {clear}"))
    return prefix, query, sent
