"""Cleans the upstream's header fields for the dashboard's origin."""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from functools import lru_cache
from urllib.parse import quote, quote_plus

from api.credentials import user_and_password
from api.http.fields import HOP_BY_HOP
from api.proxy.challenges import without_prompts
from api.proxy.url_rewriting import (
    URL_FIELDS,
    UrlMapping,
    rewrite_header,
    rewrite_own_url,
    rewrite_upload_url,
)

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
# Characters that percent-encoding changes, and `/`, which it may leave as it is.
_ENCODED = re.compile(r"[^A-Za-z0-9_.~-]")
# Characters. Masking a shorter secret would also mask unrelated text.
_SHORTEST_MASKED = 8


def clean_response_headers(
    headers: Sequence[tuple[str, str]], mapping: UrlMapping
) -> list[tuple[str, str]]:
    """Return the fields of the upstream that the caller gets, in order, duplicates included.

    Rewrites URLs, removes challenges that prompt for a password, and masks the secret if the
    upstream echoes it (S30).
    """
    connection: set[str] = set()
    for name, value in headers:
        if len(name) == 10 and name.lower() == "connection":
            connection |= {option.strip().lower() for option in value.split(",")}
    forms = _secret_forms(mapping)
    cleaned = []
    for name, value in headers:
        lower = _kept(name)
        if lower is None or lower in connection:
            continue
        if lower in URL_FIELDS:
            value = rewrite_header(lower, value, mapping)
        elif lower == "x-goog-upload-url":
            value = rewrite_upload_url(value, mapping)
        elif value[:4].lower() == "http":
            value = rewrite_own_url(value, mapping)
        elif lower == "www-authenticate":
            value = without_prompts(value)
            if not value:
                continue
        for form in forms:
            if form in value:
                value = value.replace(form, "***")
        cleaned.append((name, value))
    return cleaned


@lru_cache(maxsize=256)
def _kept(name: str) -> str | None:
    """Return a field's name in lower case, or None if the caller does not get the field."""
    lower = name.lower()
    return None if lower in _DROPPED or lower.startswith("access-control-") else lower


def _secret_forms(mapping: UrlMapping) -> list[str]:
    """Return the forms in which an upstream may echo a secret: plain, percent-encoded, Basic."""
    forms: set[str] = set()
    for secret in (mapping.secret, *mapping.extra_secrets):
        clear = secret.reveal()
        if len(clear) < _SHORTEST_MASKED:
            continue
        forms.add(clear)
        if _ENCODED.search(clear) is not None:
            forms |= {quote(clear, safe=""), quote(clear), quote_plus(clear)}
        if mapping.basic is not None:
            pair = base64.b64encode(user_and_password(mapping.basic, clear).encode()).decode(
                "ascii"
            )
            forms |= {pair, quote(pair, safe="")}
    # Longest first, because one form may be part of another.
    return sorted(forms, key=len, reverse=True)
