"""Rewrites the upstream's own URLs to the proxy's, so that pagination stays inside the proxy.

`json_url_rewriting.py` does the same in JSON bodies.
"""

from __future__ import annotations

import re
from urllib.parse import unquote_plus, urljoin, urlsplit, urlunsplit

import msgspec

from api.secret import Secret
from api.upstream.base_url import DEFAULT_PORTS, BaseUrl
from api.upstream.paths import InvalidPath
from api.upstream.target import build_target

URL_FIELDS = frozenset({"link", "location", "content-location"})
"""The header fields that hold URLs, in lower case."""

# A URL in angle brackets, or a quoted parameter, in which they are text (RFC 8288 section 3).
_LINK_PARTS = re.compile(r'"(?:[^"\\]|\\.)*"|<([^<>]*)>')


class UrlMapping(msgspec.Struct, frozen=True):
    """How the upstream's URLs map to the proxy's.

    `base` (with the credential if it is in the path) and `target` are those of the upstream
    request. `proxy` is the
    URL at which the caller reaches this API, such as `http://127.0.0.1:8420/proxy/github`.
    `query_name` is the query parameter and `username` the Basic username of the credential.
    """

    base: BaseUrl
    target: str
    proxy: str
    secret: Secret
    query_name: str | None = None
    username: str | None = None


def rewrite_url(url: str, mapping: UrlMapping) -> str:
    """Return the proxy's URL for a URL below the base URL, and an absolute URL for any other.

    A relative URL is relative to the upstream request. Unchanged, it would point to a path of the
    dashboard. The query parameter that carries the credential is removed: the caller never had it.
    """
    base = mapping.base
    try:
        scheme, authority, path, query, fragment = urlsplit(
            urljoin(base.origin + mapping.target, url)
        )
    except ValueError:
        return ""
    if scheme in ("http", "https") and not authority:
        # `http:/path` is relative to the reader's own origin if the schemes are equal.
        scheme, authority = base.scheme, base.authority
    origin = (scheme, authority.lower().removesuffix(f":{DEFAULT_PORTS.get(scheme)}"))
    if origin == (base.scheme, base.authority) and (path + "/").startswith(base.prefix + "/"):
        rest = path[len(base.prefix) :]
        try:
            build_target(base, rest, "")
        except InvalidPath:
            pass  # A reader might resolve its dot segments to a path outside the proxy.
        else:
            query = _without(query, mapping.query_name)
            tail = (f"?{query}" if query else "") + (f"#{fragment}" if fragment else "")
            return mapping.proxy + rest + tail
    return urlunsplit((scheme, authority, path, query, fragment))


def rewrite_header(name: str, value: str, mapping: UrlMapping) -> str:
    """Return the value of a field of `URL_FIELDS` with its URLs rewritten."""
    if name != "link":
        return rewrite_url(value, mapping)
    return _LINK_PARTS.sub(
        lambda part: part[0] if part[1] is None else f"<{rewrite_url(part[1], mapping)}>", value
    )


def _without(query: str, name: str | None) -> str:
    if name is None or not query:
        return query
    pairs = query.split("&")
    return "&".join([pair for pair in pairs if unquote_plus(pair.partition("=")[0]) != name])
