"""What comes back: the upstream's header fields, cleaned for our origin."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from urllib.parse import quote, quote_plus

from api.proxy import url_rewriting
from api.proxy.request_headers import HOP_BY_HOP

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
# What an upstream answers with is data, also where a browser would take it for a page of ours.
OWN_HEADERS = (
    ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; sandbox"),
    ("X-Content-Type-Options", "nosniff"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Referrer-Policy", "no-referrer"),
)
# A shorter secret would mask what only looks like it.
_SHORTEST_MASKED = 8


def clean_headers(
    headers: Sequence[tuple[str, str]], way: url_rewriting.UrlMapping
) -> list[tuple[str, str]]:
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
        if lower in url_rewriting.FIELDS:
            value = url_rewriting.rewrite_header(lower, value, way)
        kept.append((name, _masked(value, forms)))
    return kept


def _forms(way: url_rewriting.UrlMapping) -> list[str]:
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
