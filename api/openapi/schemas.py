"""JSON Schema of the typed records: msgspec's own, tidied, with meanings of the fields."""

from __future__ import annotations

import inspect
from collections.abc import Iterable
from typing import Any

import msgspec

from api.errors import PROBLEMS
from api.openapi.fields import FORMATS, meaning

Schema = dict[str, Any]

_TEMPLATE = "#/components/schemas/{name}"


def describe(types: Iterable[Any]) -> tuple[list[Schema], dict[str, Schema]]:
    """The schema of each type, and the components that they refer to, by name."""
    schemas, components = msgspec.json.schema_components(types, ref_template=_TEMPLATE)
    for name, component in components.items():
        _tidy(name, component)
    if "Problem" in components:
        components["Problem"]["properties"]["code"]["enum"] = list(PROBLEMS)
    return list(schemas), dict(sorted(components.items()))


def query_parameters(query: type) -> list[Schema]:
    """The parameter objects of a query; what may be None is a parameter that may be left out."""
    (_, components) = describe([query])
    component = components[query.__name__]
    parameters = []
    for name, schema in component["properties"].items():
        schema = without_null(schema)
        parameters.append(
            {
                "name": name,
                "in": "query",
                "description": schema.pop("description"),
                "schema": schema,
            }
        )
    return parameters


def without_null(schema: Schema) -> Schema:
    """A schema that does not take null, and has no null for its default."""
    schema = dict(schema)
    if schema.get("default", 0) is None:
        del schema["default"]
    options = schema.pop("anyOf", None)
    if options is not None:
        (only,) = (option for option in options if option.get("type") != "null")
        schema = {**only, **schema}
    return schema


def _tidy(name: str, component: Schema) -> None:
    description = component.get("description")
    if description is not None:
        component["description"] = inspect.cleandoc(description)
    taken = component.get("additionalProperties") is False
    required = list(component.get("required", ()))
    for field, schema in component.get("properties", {}).items():
        if not taken and "default" in schema:
            # msgspec writes every member of an answer, those at their default too.
            del schema["default"]
            required.append(field)
        for part in (schema, *schema.get("anyOf", ()), schema.get("items", {})):
            if "enum" in part:
                part.setdefault("type", "string")
            if field in FORMATS and part.get("type") == "string":
                part["format"] = FORMATS[field]
        schema["description"] = meaning(name, field)
    if required:
        component["required"] = [field for field in component["properties"] if field in required]
    else:
        component.pop("required", None)
