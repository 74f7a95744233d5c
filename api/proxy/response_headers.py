"""Cleans the upstream's header fields for the dashboard's origin."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from urllib.parse import quote, quote_plus

from api.http.fields import HOP_BY_HOP
from api.proxy.url_rewriting import URL_FIELDS, UrlMapping, rewrite_header

# Fields that an upstream sets for its own origin. They must not apply to the dashboard's (S11).
_DROPPED = HOP_BY_HOP | {
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
# A browser must treat an upstream's response as data, never as a page of the dashboard.
ISOLATION_HEADERS = (
    ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; sandbox"),
    ("X-Content-Type-Options", "nosniff"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Referrer-Policy", "no-referrer"),
)
# Characters. Masking a shorter secret would also mask unrelated text.
_SHORTEST_MASKED = 8


def clean_response_headers(
    headers: Sequence[tuple[str, str]], mapping: UrlMapping
) -> list[tuple[str, str]]:
    """Return the fields of the upstream that the caller gets, in order, duplicates included.

    Rewrites URLs and masks the secret if the upstream echoes it (S30).
    """
    connection: set[str] = set()
    for name, value in headers:
        if len(name) == 10 and name.lower() == "connection":
            connection |= {option.strip().lower() for option in value.split(",")}
    forms = _secret_forms(mapping)
    cleaned = []
    for name, value in headers:
        lower = name.lower()
        if lower in _DROPPED or lower in connection or lower.startswith("access-control-"):
            continue
        if lower in URL_FIELDS:
            value = rewrite_header(lower, value, mapping)
        cleaned.append((name, _mask(value, forms)))
    return cleaned


def _secret_forms(mapping: UrlMapping) -> list[str]:
    """Return the forms in which an upstream may echo the secret: plain, percent-encoded, Basic."""
    clear = mapping.secret.reveal()
    if len(clear) < _SHORTEST_MASKED:
        return []
    forms = {clear, quote(clear, safe=""), quote(clear), quote_plus(clear)}
    if mapping.username is not None:
        pair = base64.b64encode(f"{mapping.username}:{clear}".encode()).decode("ascii")
        forms |= {pair, quote(pair, safe="")}
    # Longest first, because one form may be part of another.
    return sorted(forms, key=len, reverse=True)


def _mask(value: str, forms: Sequence[str]) -> str:
    for form in forms:
        if form in value:
            value = value.replace(form, "***")
    return value
