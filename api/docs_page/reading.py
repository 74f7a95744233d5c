"""What a person reads of the OpenAPI document: areas with their calls, records and problems."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any

import msgspec
from markupsafe import Markup, escape

from api.docs_page.types import rules_of, type_of
from api.errors import PROBLEMS
from api.openapi import proxied
from api.openapi.examples import PATH_PARAMETERS
from api.openapi.problems import ADVICE, by_status

_CODE = re.compile(r"`([^`]+)`")
_GENERAL = frozenset(
    {
        "invalid_json",
        "invalid_request",
        "request_too_large",
        "unsupported_media_type",
        "invalid_field",
        "authentication_required",
        "token_not_allowed_here",
        "not_found",
        "storage_unavailable",
        "internal_error",
    }
)


class Row(msgspec.Struct, frozen=True):
    """A field or parameter: `rules` are its constraints, `note` where it goes or if it must."""

    name: str
    type: Markup
    rules: list[Markup]
    note: str
    meaning: Markup


class Given(msgspec.Struct, frozen=True):
    """What a call answers with when all is well."""

    status: str
    type: Markup | None
    names: list[str]


class Code(msgspec.Struct, frozen=True):
    """A problem of a call; a general one is no news."""

    code: str
    general: bool


class CallView(msgspec.Struct, frozen=True):
    """One call, ready to be shown."""

    anchor: str
    method: str
    path: str
    summary: str
    description: str
    access: str
    parameters: list[Row]
    body: list[Row]
    body_record: str
    given: Given
    problems: list[tuple[int, list[Code]]]
    example: str


class Area(msgspec.Struct, frozen=True):
    """The calls of one tag."""

    name: str
    description: str
    calls: list[CallView]

    @property
    def anchor(self) -> str:
        """The area's place on the page."""
        return self.name.lower().replace(" ", "-")


def prose(text: str) -> Markup:
    """Paragraphs, with `code` between backticks."""
    paragraphs = [_inline(part) for part in text.split("\n\n")]
    return Markup("").join(Markup("<p>{}</p>").format(part) for part in paragraphs)


def areas(document: dict[str, Any]) -> list[Area]:
    """The areas with calls, in the order of the tags; the proxy's methods are one call."""
    calls: dict[str, list[CallView]] = {}
    for path, item in document["paths"].items():
        methods = (
            ["get"] if path == proxied.PATH else [name for name in item if name != "parameters"]
        )
        for method in methods:
            operation = item[method]
            shown = _call(document, path, method, item, operation)
            calls.setdefault(operation["tags"][0], []).append(shown)
    return [
        Area(tag["name"], tag["description"], calls[tag["name"]])
        for tag in document["tags"]
        if tag["name"] in calls
    ]


def records(document: dict[str, Any]) -> list[tuple[str, str, list[Row]]]:
    """Records that others refer to: name, description, fields. Bodies stand with their calls."""
    schemas = document["components"]["schemas"]
    return [
        (name, schema["description"], _fields(schema))
        for name, schema in schemas.items()
        if "description" in schema and schema.get("additionalProperties") is not False
    ] + [
        (name, schemas[name]["description"], _fields(schemas[name]))
        for name in sorted(_referred(schemas))
        if schemas[name].get("additionalProperties") is False
    ]


def problems() -> list[tuple[int, list[tuple[str, str, Markup]]]]:
    """Every problem by status: code, title, and what to do."""
    return [
        (status, [(code, PROBLEMS[code][1], _inline(ADVICE[code])) for code in codes])
        for status, codes in by_status(PROBLEMS).items()
    ]


def _call(
    document: dict[str, Any],
    path: str,
    method: str,
    item: dict[str, Any],
    operation: dict[str, Any],
) -> CallView:
    whole = path == proxied.PATH
    content = operation.get("requestBody", {}).get("content", {}).get("application/json")
    body = _resolved(document, content["schema"]) if content else {}
    parameters = [*item.get("parameters", ()), *operation.get("parameters", ())]
    return CallView(
        anchor="proxy_any" if whole else operation["operationId"],
        method="ANY" if whole else method.upper(),
        path=path,
        summary="Call an API" if whole else operation["summary"],
        description=operation["description"],
        access=_access(operation["security"]),
        parameters=[_parameter(_resolved(document, each)) for each in parameters],
        body=_fields(body),
        body_record=body.get("description", ""),
        given=_given(document, operation["responses"]),
        problems=[
            (status, [Code(code, code in _GENERAL and not whole) for code in codes])
            for status, codes in by_status(_codes(document, operation["responses"])).items()
        ],
        example=_curl(method, path, operation, content["example"] if content else None),
    )


def _access(security: list[dict[str, Any]]) -> str:
    names = {name for choice in security for name in choice}
    if "personalAccessToken" in names:
        return "personal access token, or access token"
    if "session" in names:
        return "access token"
    return "refresh token" if "refreshCookie" in names else "none"


def _parameter(parameter: dict[str, Any]) -> Row:
    schema = parameter["schema"]
    return Row(
        parameter["name"],
        type_of(schema),
        rules_of(schema),
        parameter["in"],
        _inline(parameter["description"]),
    )


def _fields(schema: dict[str, Any]) -> list[Row]:
    required = schema.get("required", ())
    taken = schema.get("additionalProperties") is False
    return [
        Row(
            name,
            type_of(field),
            rules_of(field),
            ("required" if taken else "") if name in required else ("" if taken else "optional"),
            _inline(field["description"]),
        )
        for name, field in schema.get("properties", {}).items()
    ]


def _given(document: dict[str, Any], responses: dict[str, Any]) -> Given:
    status = next(iter(responses))
    if not status.startswith("2"):
        return Given("any", Markup("the upstream's answer"), [])
    content = _resolved(document, responses[status]).get("content", {})
    if not content:
        return Given(status, None, [])
    ((media_type, medium),) = content.items()
    if media_type != "application/json":
        return Given(status, Markup("<code>{}</code>").format(media_type), [])
    schema = _resolved(document, medium["schema"])
    properties = schema.get("properties", {})
    if set(properties) == {"items", "next_cursor"}:
        kind = Markup("a page of {}").format(type_of(properties["items"]["items"]))
        return Given(status, kind, [])
    return Given(status, type_of(medium["schema"]), list(properties))


def _codes(document: dict[str, Any], responses: dict[str, Any]) -> Iterable[str]:
    for response in responses.values():
        content = _resolved(document, response).get("content", {})
        problem = content.get("application/problem+json")
        if problem:
            yield from problem["schema"]["properties"]["code"]["enum"]


def _curl(method: str, path: str, operation: dict[str, Any], body: Any) -> str:
    for name, value in PATH_PARAMETERS.items():
        path = path.replace(f"{{{name}}}", value)
    lines = [f'curl "$API{path}"' if method == "get" else f'curl -X {method.upper()} "$API{path}"']
    access = _access(operation["security"])
    if access == "access token":
        lines.append('-H "Authorization: Bearer $ACCESS"')
    elif access.startswith("personal"):
        lines.append('-H "Authorization: Bearer $TOKEN"')
    if body is not None:
        lines.append('-H "Content-Type: application/json"')
        members = ",\n".join(f'    "{key}": {json.dumps(value)}' for key, value in body.items())
        lines.append(f"-d '{{\n{members}\n  }}'")
    return " \\\n  ".join(lines)


def _referred(schemas: dict[str, Any]) -> set[str]:
    found: set[str] = set()
    for schema in schemas.values():
        for reference in re.findall(r"#/components/schemas/(\w+)", json.dumps(schema)):
            found.add(reference)
    return found


def _resolved(document: dict[str, Any], part: dict[str, Any]) -> dict[str, Any]:
    reference = part.get("$ref")
    if reference is None:
        return part
    found: Any = document
    for step in reference.removeprefix("#/").split("/"):
        found = found[step]
    resolved: dict[str, Any] = found
    return resolved


def _inline(text: str) -> Markup:
    return Markup(_CODE.sub(r"<code>\1</code>", str(escape(text))))
