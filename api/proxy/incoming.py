"""What comes back: the upstream's header fields, cleaned for our origin, and links led back to the
proxy.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from urllib.parse import quote, quote_plus, unquote_plus, urljoin, urlsplit, urlunsplit

import msgspec

from api.proxy.outgoing import HOP_BY_HOP
from api.secret import Secret
from api.upstream.target import DEFAULT_PORTS, BaseUrl, RefusedPath, join

# An upstream speaks for its own origin, never for ours (S11).
_NEVER_BACK = HOP_BY_HOP | {
    "accept-ch",
    "alt-svc",
    "clear-site-data",
    "content-security-policy",
    "content-security-policy-report-only",
    "critical-ch",
    "cross-origin-embedder-policy",
    "cross-origin-embedder-policy-report-only",
    "cross-origin-opener-policy",
    "cross-origin-opener-policy-report-only",
    "cross-origin-resource-policy",
    "document-policy",
    "expect-ct",
    "feature-policy",
    "nel",
    "observe-browsing-topics",
    "origin-agent-cluster",
    "permissions-policy",
    "proxy-status",
    "public-key-pins",
    "public-key-pins-report-only",
    "referrer-policy",
    "refresh",
    "report-to",
    "reporting-endpoints",
    "server",
    "service-worker-allowed",
    "set-cookie",
    "set-cookie2",
    "set-login",
    "sourcemap",
    "speculation-rules",
    "strict-transport-security",
    "supports-loading-mode",
    "timing-allow-origin",
    "www-authenticate-session",
    "x-content-type-options",
    "x-dashboard-request-id",
    "x-frame-options",
    "x-permitted-cross-domain-policies",
    "x-sourcemap",
}
_LINKS = frozenset({"link", "location", "content-location"})
# What an upstream answers with is data, also where a browser would take it for a page of ours.
OWN_HEADERS = (
    ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; sandbox"),
    ("X-Content-Type-Options", "nosniff"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Referrer-Policy", "no-referrer"),
)
# A shorter secret would mask what only looks like it.
_SHORTEST_MASKED = 8
_TARGET = re.compile(r"<([^<>]*)>")


class Way(msgspec.Struct, frozen=True):
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


def clean_headers(headers: Sequence[tuple[str, str]], way: Way) -> list[tuple[str, str]]:
    """The upstream's fields that the caller gets, in order, duplicates kept."""
    named: set[str] = set()
    for name, value in headers:
        if len(name) == 10 and name.lower() == "connection":
            named |= {token.strip().lower() for token in value.split(",")}
    forms = _forms(way)
    kept = []
    for name, value in headers:
        lower = name.lower()
        if lower in _NEVER_BACK or lower in named or lower.startswith("access-control-"):
            continue
        if lower in _LINKS:
            value = _led_back(lower, value, way)
        kept.append((name, _masked(value, forms)))
    return kept


def lead_back(url: str, way: Way) -> str:
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
            join(way.base, path[len(prefix) :], "")
        except RefusedPath:
            pass  # Behind our own origin a reader might take its dots for steps out of the proxy.
        else:
            query = _without(query, way.query_name)
            led = way.proxy + path[len(prefix) :]
            return led + (f"?{query}" if query else "") + (f"#{fragment}" if fragment else "")
    return urlunsplit((scheme, authority, path, query, fragment))


def _led_back(name: str, value: str, way: Way) -> str:
    if name == "link":
        return _TARGET.sub(lambda match: f"<{lead_back(match[1], way)}>", value)
    return lead_back(value, way)


def _without(query: str, name: str | None) -> str:
    if name is None or not query:
        return query
    pairs = query.split("&")
    return "&".join([pair for pair in pairs if unquote_plus(pair.partition("=")[0]) != name])


def _forms(way: Way) -> list[str]:
    """The secret as an upstream may echo it: clear, percent-encoded, in a Basic credential."""
    clear = way.secret.reveal()
    if len(clear) < _SHORTEST_MASKED:
        return []
    forms = {clear, quote(clear, safe=""), quote(clear), quote_plus(clear)}
    if way.username is not None:
        pair = base64.b64encode(f"{way.username}:{clear}".encode()).decode("ascii")
        forms |= {pair, quote(pair, safe="")}
    # The longest first: one form may stand within another.
    return sorted(forms, key=len, reverse=True)


def _masked(value: str, forms: Sequence[str]) -> str:
    """An upstream that echoes the secret in a header field does not get it to the caller (S30)."""
    for form in forms:
        if form in value:
            value = value.replace(form, "***")
    return value
