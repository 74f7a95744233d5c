"""The endpoints of the API's documentation: `/api/openapi.json` and `/api/docs`."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import msgspec
from flask import Response

from api.endpoint import EndpointGroup, RequestContext

group = EndpointGroup("Documents")

_PAGE_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
)


@group.endpoint(
    "GET",
    "/api/openapi.json",
    "Read the OpenAPI document",
    response=dict[str, Any],
    signed_in=False,
)  # fmt: skip
def read_openapi(context: RequestContext) -> Response:
    """Return the OpenAPI 3.1 document of the whole API."""
    return Response(_openapi(), content_type="application/json")


@group.endpoint(
    "GET", "/api/docs", "Read the documentation", response=str, signed_in=False,
    media_type="text/html",
)  # fmt: skip
def read_docs(context: RequestContext) -> Response:
    """Return the documentation as an HTML page."""
    response = Response(_page(), content_type="text/html; charset=utf-8")
    response.headers["Content-Security-Policy"] = _PAGE_POLICY
    return response


@group.endpoint(
    "GET", "/api/docs.css", "Read the documentation's style sheet", response=str, signed_in=False,
    media_type="text/css",
)  # fmt: skip
def read_docs_style(context: RequestContext) -> Response:
    """Return the style sheet of the documentation page."""
    from api.docs_page import style

    return Response(style(), content_type="text/css; charset=utf-8")


def _document() -> dict[str, Any]:
    # Imported at the first request, because few calls need it and a cold start must be fast.
    from api.openapi import document
    from api.routes import GROUPS

    return document([endpoint for area in GROUPS for endpoint in area.endpoints])


@lru_cache(maxsize=1)
def _openapi() -> bytes:
    return msgspec.json.encode(_document())


@lru_cache(maxsize=1)
def _page() -> str:
    from api.docs_page import render

    return render(_document())
