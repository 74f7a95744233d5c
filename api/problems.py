"""Problems as HTTP answers: the one place where an error gets its status, fields and body."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from api.errors import Problem
from api.logs import log_event

MEDIA_TYPE = "application/problem+json"

# Mozilla Observatory's rules for our own answers (S33); pages bring a policy of their own.
OWN_HEADERS = (
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
TRANSPORT_SECURITY = ("Strict-Transport-Security", "max-age=63072000; includeSubDomains")
ID_HEADER = "X-Request-Id"


def rendered(problem: Problem, request_id: str) -> tuple[list[tuple[str, str]], bytes]:
    """Header fields (without those of OWN_HEADERS) and body; refusals are logged (S32)."""
    if problem.status == 401 or problem.code in ("address_refused", "too_many_attempts"):
        log_event("refused", level="warning", code=problem.code)
    headers = [("Content-Type", MEDIA_TYPE), *problem.headers]
    if problem.status == 401:
        headers.append(("WWW-Authenticate", 'Bearer realm="api-dashboard"'))
    return headers, msgspec.json.encode(problem.document(request_id))


def sdk_members(problem: Problem) -> dict[str, object]:
    """The members in which SDKs look for what went wrong: `error` (those of OpenAI, Anthropic,
    Stripe and their like, which take an answer without it for none of the API's) and `message`
    (GitHub's).
    """
    error = {"type": problem.code, "code": problem.code, "message": problem.detail}
    return {"message": problem.detail, "error": error}


def own_headers(request_id: str, secure: bool) -> Iterator[tuple[str, str]]:
    """The fields that every answer of ours carries; `secure`: it goes out over https."""
    yield from OWN_HEADERS
    yield ID_HEADER, request_id
    if secure:
        yield TRANSPORT_SECURITY
