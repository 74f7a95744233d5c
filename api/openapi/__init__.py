"""The OpenAPI 3.1 document, made from the registered endpoints and their typed records."""

from __future__ import annotations

import inspect
import re
from collections.abc import Sequence
from typing import Any

from api import __version__
from api.endpoint import Endpoint
from api.openapi import proxied
from api.openapi.examples import BODIES, PATH_PARAMETERS
from api.openapi.overview import HEADERS, OVERVIEW, PARAMETERS, SECURITY, TAGS
from api.openapi.problems import problem_references, problems_of
from api.openapi.schemas import Schema, describe, query_parameters
from api.schemas.accounts import Refresh
from api.schemas.service import Problem

_PLACEHOLDER = re.compile(r"\{(\w+)\}")
_PAGING = {"limit": "PageLimit", "cursor": "PageCursor"}
_SETS_COOKIE = frozenset({"login", "refresh", "logout", "change_password", "delete_account"})


def document(endpoints: Sequence[Endpoint]) -> dict[str, Any]:
    """The document for `endpoints` (methods and paths of their own) and the proxy.

    Source: OpenAPI 3.1.1, https://spec.openapis.org/oas/v3.1.1.html.
    """
    types = [Problem, *(kind for each in endpoints for kind in (each.body, each.response) if kind)]
    schemas, records = describe(types)
    schema_of = dict(zip(types, schemas, strict=True))
    responses: dict[str, Any] = {}
    paths: dict[str, Any] = {}
    for endpoint in endpoints:
        operation = _operation(endpoint, schema_of)
        operation["responses"] |= problem_references(problems_of(endpoint), responses)
        paths.setdefault(endpoint.path, {})[endpoint.method.lower()] = operation
    paths[proxied.PATH] = proxied.path_item(responses)
    components = {
        "schemas": records,
        "responses": responses,
        "parameters": PARAMETERS,
        "headers": HEADERS,
        "securitySchemes": SECURITY,
    }
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
        "components": components,
    }


def _operation(endpoint: Endpoint, schema_of: dict[object, Schema]) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": endpoint.operation,
        "summary": endpoint.summary,
        "description": inspect.cleandoc(endpoint.view.__doc__ or ""),
        "tags": [endpoint.tag],
        "security": _security(endpoint),
    }
    parameters = [_path_parameter(name) for name in _PLACEHOLDER.findall(endpoint.path)]
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
                    "example": BODIES[endpoint.operation],
                }
            },
        }
    operation["responses"] = {str(endpoint.status): _answer(endpoint, schema_of)}
    return operation


def _answer(endpoint: Endpoint, schema_of: dict[object, Schema]) -> dict[str, Any]:
    headers = {"X-Request-Id": {"$ref": "#/components/headers/RequestId"}}
    if endpoint.operation in _SETS_COOKIE:
        headers["Set-Cookie"] = {"$ref": "#/components/headers/SetCookie"}
    answer: dict[str, Any] = {"description": "Done.", "headers": headers}
    if endpoint.response is not None:
        schema = schema_of[endpoint.response]
        answer["description"] = "The answer."
        answer["content"] = {endpoint.media_type: {"schema": schema}}
    return answer


def _security(endpoint: Endpoint) -> list[dict[str, list[str]]]:
    if endpoint.signed_in:
        return [{"session": []}]
    if endpoint.body is Refresh:
        return [{"refreshCookie": []}, {}]
    return []


def _path_parameter(name: str) -> dict[str, Any]:
    if name == "api_name":
        return {"$ref": "#/components/parameters/ApiName"}
    return {
        "name": name,
        "in": "path",
        "required": True,
        "description": f"The `{name}` of a listing.",
        "schema": {"type": "string", "maxLength": 200, "examples": [PATH_PARAMETERS[name]]},
    }


def _shared(parameter: dict[str, Any]) -> dict[str, Any]:
    name = _PAGING.get(parameter["name"])
    return parameter if name is None else {"$ref": f"#/components/parameters/{name}"}
