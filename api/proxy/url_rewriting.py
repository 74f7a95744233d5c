"""Links that lead back: the upstream's own addresses as the proxy's, in header fields and in JSON
bodies (body_links.py), so that pagination stays inside.
"""

from __future__ import annotations

import re
from urllib.parse import unquote_plus, urljoin, urlsplit, urlunsplit

import msgspec

from api.secret import Secret
from api.upstream.base_url import DEFAULT_PORTS, BaseUrl
from api.upstream.paths import InvalidPath
from api.upstream.target import build_target

FIELDS = frozenset({"link", "location", "content-location"})
"""The fields that hold links, in lower case."""

# A target, or a quoted parameter, in which `<` and `>` are text (RFC 8288 section 3).
_LINK_PARTS = re.compile(r'"(?:[^"\\]|\\.)*"|<([^<>]*)>')


class UrlMapping(msgspec.Struct, frozen=True):
    """How the upstream's addresses map to the proxy's.

    `base` (with the credential where it is in the path) and `target` are the request's, `proxy` is
    where the caller reaches this API, such as `http://127.0.0.1:8420/proxy/github`.
    """

    base: BaseUrl
    target: str
    proxy: str
    secret: Secret
    query_name: str | None = None
    username: str | None = None


def rewrite_url(url: str, way: UrlMapping) -> str:
    """An address below the base URL as the proxy's, any other in full.

    A relative one is relative to what was called upstream: left as it is, it would mean one of our
    own paths. The query parameter that carries a credential is taken out: the caller never had it.
    """
    try:
        scheme, authority, path, query, fragment = urlsplit(
            urljoin(way.base.origin + way.target, url)
        )
    except ValueError:
        return ""
    if scheme in ("http", "https") and not authority:
        # `http:/path` is relative to the reader's own origin where the schemes are the same.
        scheme, authority = way.base.scheme, way.base.authority
    prefix = way.base.prefix
    ours = (scheme, authority.lower().removesuffix(f":{DEFAULT_PORTS.get(scheme)}"))
    if ours == (way.base.scheme, way.base.authority) and (path + "/").startswith(prefix + "/"):
        try:
            build_target(way.base, path[len(prefix) :], "")
        except InvalidPath:
            pass  # Behind our own origin a reader might take its dots for steps out of the proxy.
        else:
            query = _without(query, way.query_name)
            led = way.proxy + path[len(prefix) :]
            return led + (f"?{query}" if query else "") + (f"#{fragment}" if fragment else "")
    return urlunsplit((scheme, authority, path, query, fragment))


def rewrite_header(name: str, value: str, way: UrlMapping) -> str:
    """The value of a field of FIELDS with its links led back."""
    if name != "link":
        return rewrite_url(value, way)
    return _LINK_PARTS.sub(
        lambda part: part[0] if part[1] is None else f"<{rewrite_url(part[1], way)}>", value
    )


def _without(query: str, name: str | None) -> str:
    if name is None or not query:
        return query
    pairs = query.split("&")
    return "&".join([pair for pair in pairs if unquote_plus(pair.partition("=")[0]) != name])
