"""JSON Schema in words: the type of a value and its constraints."""

from __future__ import annotations

from markupsafe import Markup

from api.openapi.schemas import Schema

# The page lists the values of a longer enumeration, the problem codes, separately.
_MOST_VALUES = 12


def type_of(schema: Schema) -> Markup:
    """Return the type, with a link if it is a model."""
    reference = schema.get("$ref")
    if reference is not None:
        name = reference.rpartition("/")[2]
        return Markup('<a href="#{}">{}</a>').format(name, name)
    options = schema.get("anyOf")
    if options is not None:
        return Markup(" or ").join(type_of(option) for option in options)
    if schema.get("type") == "array":
        return Markup("list of {}").format(type_of(schema["items"]))
    if schema.get("type") == "object":
        values = schema.get("additionalProperties")
        return Markup("map of {}").format(type_of(values)) if values else Markup("object")
    return Markup("{}").format(schema.get("type", "any"))


def constraints_of(schema: Schema) -> list[Markup]:
    """Return the constraints of the value and of a list's items, in words."""
    constraints: list[Markup] = []
    for part in (schema, *schema.get("anyOf", ())):
        constraints += _constraints(part)
        if part.get("type") == "array":
            constraints += [Markup("each {}").format(each) for each in _constraints(part["items"])]
    if schema.get("default") not in (None, "", []):
        constraints.append(Markup("default <code>{}</code>").format(schema["default"]))
    return constraints


def _constraints(schema: Schema) -> list[Markup]:
    constraints = []
    if "format" in schema and schema["format"] != "password":
        constraints.append(Markup("{}").format(schema["format"]))
    for low, high, unit in (
        ("minLength", "maxLength", " characters"),
        ("minimum", "maximum", ""),
        ("minItems", "maxItems", " items"),
    ):
        span = _span(schema.get(low), schema.get(high))
        if span:
            constraints.append(Markup("{}{}").format(span, unit))
    if "pattern" in schema:
        # The suffix keeps Python's `$` from accepting a line feed. Readers do not need it.
        pattern = schema["pattern"].removesuffix(r"(?!\n)")
        constraints.append(Markup("<code>{}</code>").format(pattern))
    if len(schema.get("enum", ())) in range(1, _MOST_VALUES + 1):
        values = (Markup("<code>{}</code>").format(value) for value in schema["enum"])
        constraints.append(Markup(" ").join(values))
    return constraints


def _span(low: int | None, high: int | None) -> str:
    if low is not None and high is not None:
        return f"{low:,} to {high:,}".replace(",", "\u202f")
    if high is not None:
        return f"at most {high:,}".replace(",", "\u202f")
    return f"at least {low:,}".replace(",", "\u202f") if low is not None else ""
