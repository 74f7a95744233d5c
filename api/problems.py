"""Problems as HTTP responses, and the header fields of every response of the dashboard."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from api.errors import Problem
from api.logs import log_event

MEDIA_TYPE = "application/problem+json"

# The rules of Mozilla's HTTP Observatory for an API (S33). Pages have another content policy.
_SECURITY_HEADERS = (
    ("Cache-Control", "no-store"),
    (
        "Content-Security-Policy",
        "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    ),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Referrer-Policy", "no-referrer"),
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
)
_TRANSPORT_SECURITY = ("Strict-Transport-Security", "max-age=63072000; includeSubDomains")
ID_HEADER = "X-Request-Id"


def render_problem(
    problem: Problem,
    request_id: str,
    document: dict[str, Any] | None = None,
    media_type: str = MEDIA_TYPE,
    fields: Sequence[tuple[str, str]] | None = None,
) -> tuple[list[tuple[str, str]], bytes]:
    """Return the header fields, without those of `dashboard_headers`, and the body.

    `document` is the body if it is not the problem's own document, and `fields` are header fields
    in place of the problem's own. Refused credentials, throttled
    attempts and refused addresses are logged (S32).
    """
    if problem.status == 401 or problem.code in ("address_refused", "too_many_attempts"):
        log_event("refused", level="warning", code=problem.code)
    headers = [("Content-Type", media_type), *(problem.headers if fields is None else fields)]
    if problem.status == 401:
        headers.append(("WWW-Authenticate", 'Bearer realm="api-dashboard"'))
    return headers, msgspec.json.encode(
        problem.document(request_id) if document is None else document
    )


def dashboard_headers(request_id: str, secure: bool) -> Iterator[tuple[str, str]]:
    """Yield the header fields of every response of the dashboard. `secure` is true over HTTPS."""
    yield from _SECURITY_HEADERS
    yield ID_HEADER, request_id
    if secure:
        yield _TRANSPORT_SECURITY
