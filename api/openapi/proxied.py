"""`ANY /proxy/{api_name}/{path}` as OpenAPI: a pass-through with problems and fields of its own."""

from __future__ import annotations

from typing import Any

from api.errors import PROBLEMS
from api.openapi.problems import problem_responses

PATH = "/proxy/{api_name}/{path}"
METHODS = ("get", "head", "post", "put", "patch", "delete", "options")
CODES = (
    "invalid_request",
    "invalid_path",
    "authentication_required",
    "token_scope",
    "not_found",
    "unknown_api",
    "request_too_large",
    "rate_limited",
    "token_rate_limited",
    "keys_exhausted",
    "caller_gone",
    "internal_error",
    "address_refused",
    "name_not_resolved",
    "connect_failed",
    "tls_failed",
    "upstream_reset",
    "upstream_malformed",
    "response_too_large",
    "secret_unreadable",
    "usage_not_recorded",
    "storage_unavailable",
    "upstream_timeout",
)
DESCRIPTION = """\
Forwards the request with the API's real credential put in: method, path, query and body byte for \
byte, to the stored base URL and nowhere else. `path` is everything behind the API's name, slashes \
included; `/proxy/{api_name}` alone is the base URL itself.

The token is accepted wherever that API's own credential would go: `Authorization: Bearer`, \
`token` or `Basic`, `X-Api-Key`, the provider's own header or query parameter, or the place in the \
path. It is always removed before forwarding. Redirects are handed over, not followed.

The upstream's status, header fields and body come back. Its `Link`, `Location` and \
`Content-Location` lead back to the proxy, and so do links in JSON bodies of APIs whose clients \
follow them; its cookies and its CORS, HSTS and CSP fields are left out. A problem of ours has the \
media type `application/problem+json`, a code of the list below, and `Proxy-Status`, which no \
answer of the upstream has."""

_FIELDS = {
    "X-Request-Id": {"$ref": "#/components/headers/RequestId"},
    "X-Dashboard-Request-Id": {"$ref": "#/components/headers/DashboardRequestId"},
    "RateLimit": {"$ref": "#/components/headers/RateLimit"},
    "RateLimit-Policy": {"$ref": "#/components/headers/RateLimitPolicy"},
    "Server-Timing": {"$ref": "#/components/headers/ServerTiming"},
}
_RETRY_AFTER = {
    "description": "Seconds until it is worth trying again; of an upstream's answer as it came.",
    "schema": {"type": "string"},
}

_SDK_MEMBERS = {
    "message": {"type": "string", "description": "`detail`, where GitHub's SDKs look for it."},
    "error": {
        "type": "object",
        "description": "`code` and `detail`, where most other SDKs look for them.",
        "required": ["type", "code", "message"],
        "properties": {name: {"type": "string"} for name in ("type", "code", "message")},
    },
}


def path_item(responses: dict[str, Any]) -> dict[str, Any]:
    """The path item; the responses that all its methods share are put into `responses`."""
    problems = problem_responses(code for code in PROBLEMS if code in CODES)
    for status, response in problems.items():
        response["content"]["application/problem+json"]["schema"]["properties"] |= _SDK_MEMBERS
        response["content"]["*/*"] = {"schema": {"description": "The upstream's own answer."}}
        response["headers"] = {**response["headers"], **_FIELDS}
        if status in ("429", "503"):
            response["headers"]["Retry-After"] = _RETRY_AFTER
        response["headers"]["Proxy-Status"] = {"$ref": "#/components/headers/ProxyStatus"}
        responses[f"Proxied{status}"] = response
    responses["Proxied"] = {
        "description": "The upstream's answer.",
        "headers": dict(_FIELDS),
        "content": {"*/*": {"schema": {"description": "The upstream's own answer."}}},
    }
    references = {
        status: {"$ref": f"#/components/responses/Proxied{status}"} for status in problems
    }
    references["default"] = {"$ref": "#/components/responses/Proxied"}
    item: dict[str, Any] = {
        "parameters": [
            {"$ref": "#/components/parameters/ApiName"},
            {
                "name": "path",
                "in": "path",
                "required": True,
                "description": "Everything behind the API's name, slashes included.",
                "schema": {"type": "string", "examples": ["v1/models"]},
            },
        ]
    }
    for method in METHODS:
        operation: dict[str, Any] = {
            "operationId": f"proxy_{method}",
            "summary": f"Call an API with {method.upper()}",
            "description": DESCRIPTION,
            "tags": ["Proxy"],
            "security": [{"personalAccessToken": []}, {"session": []}],
            "responses": references,
        }
        if method in ("post", "put", "patch", "delete"):
            operation["requestBody"] = {
                "description": "Whatever the upstream takes, byte for byte.",
                "content": {"*/*": {"schema": {}}},
            }
        item[method] = operation
    return item
