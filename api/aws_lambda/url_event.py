"""Requests from events of a function URL (payload format 2.0).

An event has the path and the query as they were sent; an HTTP API decodes the path. Behind the
stack's CDN, its CloudFront function sets two fields, which replace any that the client sent: the
viewer's IP address, and the host that the viewer called. Anyone can call the URL directly with any
fields, so both are used only in requests with the secret that the CDN sets (S14).

Source: https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html. That the path keeps its
encoding: https://github.com/fastify/aws-lambda-fastify/issues/169.
"""

from __future__ import annotations

import re
from typing import Any

import msgspec

from api.aws_lambda.client_ip import CDN_FIELD, is_address, is_from_cdn
from api.http.connection import Watched
from api.raw_request import RawRequest, from_event, is_host, percent_encode
from api.secret import Secret

VIEWER_FIELD = "x-dashboard-viewer"
HOST_FIELD = "x-dashboard-host"
_TRUSTED = frozenset({CDN_FIELD, VIEWER_FIELD, HOST_FIELD})
# What a path and a query cannot contain as they were sent.
_NOT_IN_PATH = re.compile(r"[^!-~]|[?#]")
_NOT_IN_QUERY = re.compile(r"[^!-~]|#")


class UnknownEvent(Exception):
    """The event is not a request to a function URL. The text says what is wrong."""


def from_url_event(
    data: bytes, cdn_secret: Secret | None, deadline: float, caller: Watched | None = None
) -> RawRequest:
    """Return the request of an event in JSON. `cdn_secret` is None without a CDN.

    `deadline` is a time of `time.monotonic()`. `caller` is watched while the call waits for the
    upstream. Raises UnknownEvent.
    """
    event = _checked(data)
    context = event["requestContext"]
    sent = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
    fields = {name: value for name, value in sent.items() if name not in _TRUSTED}
    source, host = str(context["http"].get("sourceIp") or ""), str(context.get("domainName") or "")
    if is_from_cdn(str(sent.get(CDN_FIELD, "")), cdn_secret):
        viewer, called = str(sent.get(VIEWER_FIELD, "")), str(sent.get(HOST_FIELD, ""))
        source = viewer if is_address(viewer) else source
        host = called if is_host(called) else host
    try:
        request = from_event({**event, "headers": fields})
    except ValueError as error:
        raise UnknownEvent("The event's body is not valid base64.") from error
    return msgspec.structs.replace(
        request,
        raw_path=_NOT_IN_PATH.sub(percent_encode, event["rawPath"]) or "/",
        raw_query=_NOT_IN_QUERY.sub(percent_encode, request.raw_query),
        source=source,
        host=host,
        caller=caller,
        streaming=True,
        deadline=deadline,
        undoes_coding=True,
    )


def _checked(data: bytes) -> dict[str, Any]:
    """Return an event that has what a request needs. Raises UnknownEvent."""
    try:
        event = msgspec.json.decode(data)
    except (ValueError, RecursionError) as error:
        raise UnknownEvent("The event is not JSON.") from error
    context = event.get("requestContext") if isinstance(event, dict) else None
    http = context.get("http") if isinstance(context, dict) else None
    if (
        not isinstance(http, dict)
        or not isinstance(http.get("method"), str)
        or not isinstance(event.get("rawPath"), str)
        or not _is_text(event.get("rawQueryString"))
        or not _is_text(event.get("body"))
        or not isinstance(event.get("headers") or {}, dict)
        or not isinstance(event.get("cookies") or [], list)
        or not all(isinstance(cookie, str) for cookie in event.get("cookies") or [])
    ):
        raise UnknownEvent(
            "The event is not a request to a function URL (payload format 2.0). This function "
            "serves nothing else."
        )
    return event  # type: ignore[no-any-return]


def _is_text(value: object) -> bool:
    return value is None or isinstance(value, str)
