"""Parameters that endpoints share, and an example value for each path parameter."""

from __future__ import annotations

from typing import Any

import msgspec

from api.schemas.fields import DEFAULT_PAGE_LIMIT, ApiName, PageCursor, PageLimit

PATH_EXAMPLES = {
    "passkey_id": "9f86d081884c7d659a2feaa0c55ad015",
    "api_name": "openai",
    "key_id": "openai.k3v9x2m8q4w7z1ab",
    "token_id": "0k3v9x2m8q4wz",
    "session_id": "5f2b8c1d9e3a4f607182a3b4c5d6e7f8",
    "slug": "openai",
    "budget_id": "api:openai:month",
    "target_id": "5f2b8c1d9e3a4f60",
    "path": "v1/models",
}


def shared_parameters() -> dict[str, Any]:
    """Return the parameter objects that endpoints refer to, by component name."""
    page_limit = _parameter("limit", "query", PageLimit)
    page_limit["schema"]["default"] = DEFAULT_PAGE_LIMIT
    return {
        "ApiName": {**_parameter("api_name", "path", ApiName), "required": True},
        "PageLimit": page_limit,
        "PageCursor": _parameter("cursor", "query", PageCursor),
    }


def path_parameter(name: str) -> dict[str, Any]:
    """Return the parameter object of an endpoint's path parameter."""
    if name == "api_name":
        return {"$ref": "#/components/parameters/ApiName"}
    kind = "provider" if name == "slug" else name.removesuffix("_id")
    return {
        "name": name,
        "in": "path",
        "required": True,
        "description": f"The {kind}'s identifier, `{name}` in the list of {kind}s.",
        "schema": {"type": "string", "maxLength": 200, "examples": [PATH_EXAMPLES[name]]},
    }


def _parameter(name: str, place: str, kind: Any) -> dict[str, Any]:
    schema = msgspec.json.schema(kind)
    return {"name": name, "in": place, "description": schema.pop("description"), "schema": schema}
