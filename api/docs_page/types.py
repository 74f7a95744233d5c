"""JSON Schema in words: the type of a value, and the rules that it obeys."""

from __future__ import annotations

from typing import Any

from markupsafe import Markup

Schema = dict[str, Any]

# A longer enumeration has a list of its own on the page: the problem codes.
_MOST_VALUES = 12


def type_of(schema: Schema) -> Markup:
    """The type, with a link to the record where it is one."""
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


def rules_of(schema: Schema) -> list[Markup]:
    """The constraints, in words, of the value and of a list's items."""
    rules: list[Markup] = []
    for part in (schema, *schema.get("anyOf", ())):
        rules += _rules(part)
        if part.get("type") == "array":
            rules += [Markup("each {}").format(rule) for rule in _rules(part["items"])]
    if schema.get("default") not in (None, "", []):
        rules.append(Markup("default <code>{}</code>").format(schema["default"]))
    return rules


def _rules(schema: Schema) -> list[Markup]:
    rules = []
    if "format" in schema and schema["format"] != "password":
        rules.append(Markup("{}").format(schema["format"]))
    for low, high, unit in (
        ("minLength", "maxLength", " characters"),
        ("minimum", "maximum", ""),
        ("minItems", "maxItems", " items"),
    ):
        span = _span(schema.get(low), schema.get(high))
        if span:
            rules.append(Markup("{}{}").format(span, unit))
    if "pattern" in schema:
        # The tail keeps Python's `$` from allowing a line break; people need not read it.
        shown = schema["pattern"].removesuffix(r"(?!\n)")
        rules.append(Markup("<code>{}</code>").format(shown))
    if len(schema.get("enum", ())) in range(1, _MOST_VALUES + 1):
        values = (Markup("<code>{}</code>").format(value) for value in schema["enum"])
        rules.append(Markup(" ").join(values))
    return rules


def _span(low: int | None, high: int | None) -> str:
    if low is not None and high is not None:
        return f"{low:,} to {high:,}".replace(",", "\u202f")
    if high is not None:
        return f"at most {high:,}".replace(",", "\u202f")
    return f"at least {low:,}".replace(",", "\u202f") if low is not None else ""
