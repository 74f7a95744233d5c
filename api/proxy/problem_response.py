"""Renders a problem of a proxied call: in the media type that the caller accepts, and with the
members in which SDKs look for an error.
"""

from __future__ import annotations

import re
import time

from api.error_shapes import ErrorFacts, ErrorShape, find_shape, shaped_document, shaped_headers
from api.errors import DO_NOT_RETRY, Problem
from api.problems import MEDIA_TYPE, dashboard_headers, render_problem
from api.provider_errors import ERROR_SHAPES
from api.proxy.agent_errors import adapt_lasting_limit, spend_status

JSON = "application/json"
# Seconds. The SDKs of OpenAI and Anthropic respect a Retry-After of up to a minute. After a longer
# one they try again within seconds, unless x-should-retry is false.
_LONGEST_WAIT = 60
# A budget of the user refuses the call. Repeating it does not help.
SPEND_CODES = frozenset({"budget_exceeded", "cost_unbounded"})
_QUALITY = re.compile(r";\s*q\s*=\s*([01](?:\.[0-9]{0,3})?)\s*(?:;|\Z)", re.IGNORECASE)


def problem_response(
    problem: Problem,
    api_name: str,
    accept: str | None,
    request_id: str,
    secure: bool,
    user_agent: str = "",
) -> tuple[list[tuple[str, str]], bytes]:
    """Return the header fields and the body of a problem that a call to `api_name` gets.

    `accept` and `user_agent` are the caller's fields. `secure` is true over HTTPS.
    """
    wait = _retry_after(problem)
    shape = find_shape(ERROR_SHAPES, problem.provider, problem.host, api_name)
    status = _own_status(problem, shape, user_agent)
    own = problem.document(request_id) | {"status": status}
    document = own | sdk_members(problem) | {"problem": problem.code} | own
    fields: list[tuple[str, str]] = []
    if shape is not None:
        facts = ErrorFacts(
            status,
            problem.code,
            problem.detail,
            request_id,
            wait,
            time.time(),
            is_spend=problem.code in SPEND_CODES,
        )
        document = shaped_document(document, shape, facts)
        fields = shaped_headers(shape, facts)
    headers = list(problem.headers)
    if _is_lasting(problem, wait):
        names = {name.lower() for name, _ in headers}
        headers += [field for field in DO_NOT_RETRY if field[0].lower() not in names]
        if wait is not None or problem.code in SPEND_CODES:
            reset_at = None if wait is None else int(time.time()) + wait
            headers = adapt_lasting_limit(headers, document, user_agent, problem.detail, reset_at)
    media_type = _media_type(accept, shape)
    headers, body = render_problem(problem, request_id, document, media_type, headers)
    return [*headers, *fields, *dashboard_headers(request_id, secure)], body


def problem_status(problem: Problem, api_name: str, user_agent: str) -> int:
    """Return the status with which a client gets a problem of a call to `api_name`."""
    shape = find_shape(ERROR_SHAPES, problem.provider, problem.host, api_name)
    status = _own_status(problem, shape, user_agent)
    return status if shape is None else shape.sent_status(status, user_agent)


def _own_status(problem: Problem, shape: ErrorShape | None, user_agent: str) -> int:
    """Return a problem's status as its document says it."""
    if problem.code not in SPEND_CODES:
        return problem.status
    return spend_status(problem.status if shape is None else shape.spend_status, user_agent)


def _is_lasting(problem: Problem, wait: int | None) -> bool:
    """Return whether the same call will be refused for longer than a client should wait."""
    if problem.status == 429:
        return wait is not None and wait > _LONGEST_WAIT
    return 400 <= problem.status < 500


def sdk_members(problem: Problem) -> dict[str, object]:
    """Return the members of a problem in which SDKs look for an error.

    The SDKs of OpenAI, Anthropic, Stripe and others recognise an error only by `error`. GitHub's
    SDKs read `message`.
    """
    error = {"type": problem.code, "code": problem.code, "message": problem.detail}
    return {"message": problem.detail, "error": error}


def _retry_after(problem: Problem) -> int | None:
    for name, value in problem.headers:
        if name == "Retry-After" and value.isdigit():
            return int(value)
    return None


def _media_type(accept: str | None, shape: ErrorShape | None) -> str:
    """Return the media type for an Accept field (RFC 9110 12.5.1).

    A caller that names another JSON type than `application/problem+json` gets `application/json`:
    some SDKs read no other type. Wildcards accept both, so they decide nothing.
    """
    problem = plain = 0.0
    for part in (accept or "").lower().split(","):
        media = part.partition(";")[0].strip()
        match = _QUALITY.search(part)
        quality = float(match[1]) if match else 1.0
        if media == MEDIA_TYPE:
            problem = max(problem, quality)
        elif media == JSON or media.endswith("+json"):
            plain = max(plain, quality)
    if problem or plain:
        return JSON if plain > problem else MEDIA_TYPE
    return JSON if shape is not None and shape.json_only else MEDIA_TYPE
