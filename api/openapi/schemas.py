"""JSON Schemas of the models, as msgspec generates them from the fields and their `Meta`."""

from __future__ import annotations

import inspect
from collections.abc import Iterable
from typing import Any

import msgspec

Schema = dict[str, Any]

_TEMPLATE = "#/components/schemas/{name}"


def describe(types: Iterable[Any]) -> tuple[list[Schema], dict[str, Schema]]:
    """Return the schema of each type, and the components that they refer to, by name.

    Raises ValueError for a field without a description.
    """
    schemas, components = msgspec.json.schema_components(types, ref_template=_TEMPLATE)
    for name, component in components.items():
        _tidy(name, component)
    return list(schemas), dict(sorted(components.items()))


def query_parameters(query: type) -> list[Schema]:
    """Return the parameter objects of a query model. A field that may be None is optional."""
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
    """Return the schema without null as a type or default."""
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
    is_request = component.get("additionalProperties") is False
    required = set(component.get("required", ()))
    for field, schema in component.get("properties", {}).items():
        if not is_request and "default" in schema:
            # msgspec writes every field of a response, also one that has its default value.
            del schema["default"]
            required.add(field)
        for part in (schema, *schema.get("anyOf", ()), schema.get("items", {})):
            if "enum" in part:
                part.setdefault("type", _enum_type(part["enum"]))
        _describe_field(f"{name}.{field}", schema)
    if required:
        component["required"] = [field for field in component["properties"] if field in required]
    else:
        component.pop("required", None)


def _enum_type(values: list[object]) -> str:
    return "integer" if all(isinstance(value, int) for value in values) else "string"


def _describe_field(name: str, schema: Schema) -> None:
    """Move the description of an optional field's type to the field itself."""
    inner = [option.pop("description", None) for option in schema.get("anyOf", ())]
    described = next(filter(None, inner), None)
    if schema.setdefault("description", described) is None:
        raise ValueError(f"{name} has no description: add one in its Meta.")
