"""The example command of an endpoint."""

from __future__ import annotations

import json
from typing import Any

from api.openapi.parameters import PATH_EXAMPLES


def curl_command(method: str, path: str, credential: str, body: dict[str, Any] | None) -> str:
    """Return a curl command that calls the endpoint with example values."""
    for name, value in PATH_EXAMPLES.items():
        path = path.replace(f"{{{name}}}", value)
    lines = [f'curl "$API{path}"' if method == "get" else f'curl -X {method.upper()} "$API{path}"']
    if credential == "access token":
        lines.append('-H "Authorization: Bearer $ACCESS"')
    elif credential.startswith("personal access token"):
        lines.append('-H "Authorization: Bearer $TOKEN"')
    if body is not None:
        lines.append('-H "Content-Type: application/json"')
        members = ",\n".join(f'    "{key}": {json.dumps(value)}' for key, value in body.items())
        lines.append(f"-d '{{\n{members}\n  }}'")
    return " \\\n  ".join(lines)
