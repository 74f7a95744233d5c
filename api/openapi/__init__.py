"""The OpenAPI 3.1 document, generated from the registered endpoints and their models."""

from __future__ import annotations

import inspect
import re
from collections.abc import Sequence
from typing import Any

from api import __version__
from api.endpoint import Endpoint
from api.openapi import proxied
from api.openapi.overview import HEADERS, OVERVIEW, SECURITY, TAGS
from api.openapi.parameters import path_parameter, shared_parameters
from api.openapi.problems import problem_references, problems_of
from api.openapi.schemas import Schema, describe, query_parameters
from api.schemas.accounts import Refresh
from api.schemas.service import ProblemDocument

_PLACEHOLDER = re.compile(r"\{(\w+)\}")
_PAGING = {"limit": "PageLimit", "cursor": "PageCursor"}
_SETS_COOKIE = frozenset({"login", "refresh", "logout", "change_password", "delete_account"})


def document(endpoints: Sequence[Endpoint]) -> dict[str, Any]:
    """Return the document for the given endpoints and the proxy.

    Source: OpenAPI 3.1.1, https://spec.openapis.org/oas/v3.1.1.html.
    """
    types = [
        ProblemDocument,
        *(kind for each in endpoints for kind in (each.body, each.response) if kind),
    ]
    schemas, components = describe(types)
    schema_of = dict(zip(types, schemas, strict=True))
    responses: dict[str, Any] = {}
    paths: dict[str, Any] = {}
    for endpoint in endpoints:
        operation = _operation(endpoint, schema_of)
        operation["responses"] |= problem_references(problems_of(endpoint), responses)
        paths.setdefault(endpoint.path, {})[endpoint.method.lower()] = operation
    paths[proxied.PATH] = proxied.path_item(responses)
    return {
        "openapi": "3.1.1",
        "info": {
            "title": "API Dashboard",
            "version": __version__,
            "description": OVERVIEW,
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": "/"}],
        "tags": [{"name": name, "description": text} for name, text in TAGS.items()],
        "paths": paths,
        "components": {
            "schemas": components,
            "responses": responses,
            "parameters": shared_parameters(),
            "headers": HEADERS,
            "securitySchemes": SECURITY,
        },
    }


def _operation(endpoint: Endpoint, schema_of: dict[object, Schema]) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": endpoint.operation,
        "summary": endpoint.summary,
        "description": inspect.cleandoc(endpoint.view.__doc__ or ""),
        "tags": [endpoint.tag],
        "security": _security(endpoint),
    }
    parameters = [path_parameter(name) for name in _PLACEHOLDER.findall(endpoint.path)]
    if endpoint.query is not None:
        parameters += map(_shared, query_parameters(endpoint.query))
    if parameters:
        operation["parameters"] = parameters
    if endpoint.body is not None:
        operation["requestBody"] = {
            "required": not endpoint.body_optional,
            "content": {
                "application/json": {
                    "schema": schema_of[endpoint.body],
                    "example": endpoint.body.EXAMPLE,
                }
            },
        }
    operation["responses"] = {str(endpoint.status): _success(endpoint, schema_of)}
    return operation


def _success(endpoint: Endpoint, schema_of: dict[object, Schema]) -> dict[str, Any]:
    headers = {"X-Request-Id": {"$ref": "#/components/headers/RequestId"}}
    if endpoint.operation in _SETS_COOKIE:
        headers["Set-Cookie"] = {"$ref": "#/components/headers/SetCookie"}
    response: dict[str, Any] = {"description": "Success, without a body.", "headers": headers}
    if endpoint.response is not None:
        response["description"] = "Success."
        response["content"] = {endpoint.media_type: {"schema": schema_of[endpoint.response]}}
    return response


def _security(endpoint: Endpoint) -> list[dict[str, list[str]]]:
    if endpoint.signed_in:
        return [{"session": []}]
    if endpoint.with_token:
        return [{"personalAccessToken": []}]
    if endpoint.body is Refresh:
        return [{"refreshCookie": []}, {}]
    return []


def _shared(parameter: dict[str, Any]) -> dict[str, Any]:
    name = _PAGING.get(parameter["name"])
    return parameter if name is None else {"$ref": f"#/components/parameters/{name}"}
