"""The parts of the OpenAPI document for the page: areas with endpoints, models and problems."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any

import msgspec
from markupsafe import Markup

from api.docs_page.curl import curl_command
from api.docs_page.text import inline
from api.docs_page.types import constraints_of, type_of
from api.openapi import proxied
from api.openapi.problems import GENERAL_CODES, by_status
from api.problem_codes import PROBLEM_CODES

_PAGE_MEMBERS = frozenset({"items", "next_cursor"})


class FieldRow(msgspec.Struct, frozen=True):
    """A field or parameter. `note` says where it is sent, or whether it is required."""

    name: str
    type: Markup
    constraints: list[Markup]
    note: str
    description: Markup


class SuccessView(msgspec.Struct, frozen=True):
    """The response to a successful request. `fields` are the names of its fields."""

    status: str
    type: Markup | None
    fields: list[str]


class CodeLink(msgspec.Struct, frozen=True):
    """A problem code of an endpoint. `general` means that most endpoints have it."""

    code: str
    general: bool


class EndpointView(msgspec.Struct, frozen=True):
    """One endpoint, ready for the template."""

    anchor: str
    method: str
    path: str
    summary: str
    description: str
    credential: str
    parameters: list[FieldRow]
    body: list[FieldRow]
    body_description: str
    success: SuccessView
    problems: list[tuple[int, list[CodeLink]]]
    example: str


class Area(msgspec.Struct, frozen=True):
    """The endpoints of one tag."""

    name: str
    description: str
    endpoints: list[EndpointView]

    @property
    def anchor(self) -> str:
        """The area's anchor on the page."""
        return self.name.lower().replace(" ", "-")


def find_areas(document: dict[str, Any]) -> list[Area]:
    """Return the areas in the order of the tags. The proxy's methods are one endpoint."""
    endpoints: dict[str, list[EndpointView]] = {}
    for path, item in document["paths"].items():
        methods = (
            ["get"] if path == proxied.PATH else [name for name in item if name != "parameters"]
        )
        for method in methods:
            view = _endpoint(document, path, method)
            endpoints.setdefault(item[method]["tags"][0], []).append(view)
    return [
        Area(tag["name"], tag["description"], endpoints[tag["name"]])
        for tag in document["tags"]
        if tag["name"] in endpoints
    ]


def find_models(document: dict[str, Any]) -> list[tuple[str, str, list[FieldRow]]]:
    """Return the models that others refer to: name, description and fields.

    The bodies of requests are shown with their endpoints.
    """
    schemas = document["components"]["schemas"]
    responses = [
        name
        for name, schema in schemas.items()
        if "description" in schema and not _is_request(schema)
    ]
    nested = [name for name in sorted(_references(schemas)) if _is_request(schemas[name])]
    return [
        (name, schemas[name]["description"], _fields(schemas[name])) for name in responses + nested
    ]


def list_problems() -> list[tuple[int, list[tuple[str, str, Markup]]]]:
    """Return every problem code by status: code, title and advice."""
    return [
        (
            status,
            [
                (code, PROBLEM_CODES[code].title, inline(PROBLEM_CODES[code].advice))
                for code in codes
            ],
        )
        for status, codes in by_status(PROBLEM_CODES).items()
    ]


def _endpoint(document: dict[str, Any], path: str, method: str) -> EndpointView:
    is_proxy = path == proxied.PATH
    item = document["paths"][path]
    operation = item[method]
    content = operation.get("requestBody", {}).get("content", {}).get("application/json")
    body = _resolve(document, content["schema"]) if content else {}
    parameters = [*item.get("parameters", ()), *operation.get("parameters", ())]
    credential = _credential(operation["security"])
    return EndpointView(
        anchor="proxy_any" if is_proxy else operation["operationId"],
        method="ANY" if is_proxy else method.upper(),
        path=path,
        summary="Call an API" if is_proxy else operation["summary"],
        description=operation["description"],
        credential=credential,
        parameters=[_parameter(_resolve(document, each)) for each in parameters],
        body=_fields(body),
        body_description=body.get("description", ""),
        success=_success(document, operation["responses"]),
        problems=[
            (status, [CodeLink(code, code in GENERAL_CODES and not is_proxy) for code in codes])
            for status, codes in by_status(_codes(document, operation["responses"])).items()
        ],
        example=curl_command(method, path, credential, content["example"] if content else None),
    )


def _credential(security: list[dict[str, Any]]) -> str:
    names = {name for choice in security for name in choice}
    if "personalAccessToken" in names:
        return "personal access token" + (" or access token" if "session" in names else "")
    if "session" in names:
        return "access token"
    return "refresh token" if "refreshCookie" in names else "none"


def _parameter(parameter: dict[str, Any]) -> FieldRow:
    schema = parameter["schema"]
    return FieldRow(
        parameter["name"],
        type_of(schema),
        constraints_of(schema),
        parameter["in"],
        inline(parameter["description"]),
    )


def _fields(schema: dict[str, Any]) -> list[FieldRow]:
    required = schema.get("required", ())
    return [
        FieldRow(
            name,
            type_of(field),
            constraints_of(field),
            _note(_is_request(schema), name in required),
            inline(field["description"]),
        )
        for name, field in schema.get("properties", {}).items()
    ]


def _note(is_request: bool, is_required: bool) -> str:
    """Return what is unusual: a required field of a request, an optional one of a response."""
    if is_request:
        return "required" if is_required else ""
    return "" if is_required else "optional"


def _is_request(schema: dict[str, Any]) -> bool:
    return schema.get("additionalProperties") is False


def _success(document: dict[str, Any], responses: dict[str, Any]) -> SuccessView:
    status = next(iter(responses))
    if not status.startswith("2"):
        return SuccessView("any", Markup("the upstream's response"), [])
    content = _resolve(document, responses[status]).get("content", {})
    if not content:
        return SuccessView(status, None, [])
    ((media_type, medium),) = content.items()
    if media_type != "application/json":
        return SuccessView(status, Markup("<code>{}</code>").format(media_type), [])
    schema = _resolve(document, medium["schema"])
    properties = schema.get("properties", {})
    if properties.keys() >= _PAGE_MEMBERS:
        page = Markup("a page of {}").format(type_of(properties["items"]["items"]))
        return SuccessView(status, page, [name for name in properties if name not in _PAGE_MEMBERS])
    return SuccessView(status, type_of(medium["schema"]), list(properties))


def _codes(document: dict[str, Any], responses: dict[str, Any]) -> Iterable[str]:
    for response in responses.values():
        content = _resolve(document, response).get("content", {})
        problem = content.get("application/problem+json")
        if problem:
            yield from problem["schema"]["properties"]["code"]["enum"]


def _references(schemas: dict[str, Any]) -> set[str]:
    return set(re.findall(r"#/components/schemas/(\w+)", json.dumps(schemas)))


def _resolve(document: dict[str, Any], part: dict[str, Any]) -> dict[str, Any]:
    reference = part.get("$ref")
    if reference is None:
        return part
    target: Any = document
    for step in reference.removeprefix("#/").split("/"):
        target = target[step]
    resolved: dict[str, Any] = target
    return resolved
