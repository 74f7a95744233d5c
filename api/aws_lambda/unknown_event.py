"""Events that the API function does not serve, such as those of queues and other gateways.

Each gets a status and one log line. A traceback would say less, and Lambda repeats an asynchronous
call that fails.
"""

from __future__ import annotations

import secrets
from typing import Any, Literal

import msgspec

from api.aws_lambda.event import to_gateway
from api.errors import Problem
from api.logs import log_event
from api.problems import dashboard_headers, render_problem
from api.proxy.response import ProxyResponse


class _Http(msgspec.Struct, rename="camel"):
    method: str
    source_ip: str = ""


class _Context(msgspec.Struct):
    http: _Http
    authorizer: dict[str, Any] = {}


class _GatewayEvent(msgspec.Struct, rename="camel"):
    """The members of an HTTP API event (payload format 2.0) that a request is made of."""

    version: Literal["2.0"]
    raw_path: str
    request_context: _Context
    raw_query_string: str = ""
    headers: dict[str, str] = {}
    cookies: list[str] = []
    body: str | None = None
    is_base64_encoded: bool = False


def unknown_reason(event: object) -> str | None:
    """Return why an event is not a request to an HTTP API, None if it is one."""
    try:
        msgspec.convert(event, _GatewayEvent)
    except msgspec.ValidationError as error:
        return str(error)
    return None


def refuse_event(reason: str) -> dict[str, Any]:
    """Log an unknown event and return a response with status 400."""
    log_event("unknown_event", level="warning", reason=reason)
    problem = Problem(
        "invalid_request",
        "The event is not a request to the stack's HTTP API (payload format 2.0), nor of its "
        f"schedule. This function serves nothing else. {reason}.",
    )
    request_id = secrets.token_hex(8)
    headers, body = render_problem(problem, request_id)
    headers += dashboard_headers(request_id, secure=True)
    return to_gateway(ProxyResponse(problem.status, headers, body))
