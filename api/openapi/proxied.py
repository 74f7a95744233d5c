"""`ANY /proxy/{api_name}/{path}` in the OpenAPI document."""

from __future__ import annotations

from typing import Any

from api.openapi.parameters import PATH_EXAMPLES
from api.openapi.problems import problem_responses
from api.problem_codes import PROXIED_CODES

PATH = "/proxy/{api_name}/{path}"
METHODS = ("get", "head", "post", "put", "patch", "delete", "options")
DESCRIPTION = """\
Forwards the request with the API's real credential: method, path, query and body byte for byte, \
to the stored base URL and nowhere else. `path` is everything after the API's name, slashes \
included. `/proxy/{api_name}` alone is the base URL itself.

Send the token wherever the API's own credential goes: as `Authorization: Bearer`, `token` or \
`Basic`, as `X-Api-Key`, in the provider's own header field or query parameter, or in its place in \
the path. The token is always removed before the request is forwarded. Redirects are returned, not \
followed.

On one machine, `GET` also opens WebSockets (RFC 6455), with the token in any of these places or \
in a subprotocol, such as `openai-insecure-api-key.<token>`. Any other upgrade gets 426.

You get the upstream's status, header fields and body. URLs of the upstream in `Link`, `Location` \
and every other field whose whole value is such a URL are rewritten to the proxy, and so are URLs \
in JSON bodies of APIs whose clients follow them. Cookies and CORS, HSTS and CSP fields of the \
upstream are removed. A problem of the dashboard has the media type `application/problem+json` \
(`application/json` if you accept that type), one of the codes below in `problem`, and a \
`Proxy-Status`, which a response of the upstream never has. Where the provider's SDK expects other \
members, it has these too, and a few of them replace the dashboard's: Notion, Twilio and Discord \
have their own `code`."""

_HEADERS = {
    "X-Request-Id": {"$ref": "#/components/headers/RequestId"},
    "X-Dashboard-Request-Id": {"$ref": "#/components/headers/DashboardRequestId"},
    "RateLimit": {"$ref": "#/components/headers/RateLimit"},
    "RateLimit-Policy": {"$ref": "#/components/headers/RateLimitPolicy"},
    "Server-Timing": {"$ref": "#/components/headers/ServerTiming"},
}
_RETRY_AFTER = {
    "description": "Seconds to wait before the next attempt. An upstream's own value is unchanged.",
    "schema": {"type": "string"},
}
_UPSTREAM_BODY = {"schema": {"description": "The upstream's response."}}

_SDK_MEMBERS = {
    "problem": {"type": "string", "description": "The problem code, for every API."},
    "message": {"type": "string", "description": "`detail`, where GitHub's SDKs expect it."},
    "error": {
        "type": "object",
        "description": "`code` and `detail`, where most other SDKs expect them.",
        "required": ["type", "code", "message"],
        "properties": {name: {"type": "string"} for name in ("type", "code", "message")},
    },
}


def path_item(responses: dict[str, Any]) -> dict[str, Any]:
    """Return the path item. Adds the responses that all methods share to `responses`."""
    problems = problem_responses(PROXIED_CODES)
    for status, response in problems.items():
        response["content"]["application/problem+json"]["schema"]["properties"] |= _SDK_MEMBERS
        response["content"]["*/*"] = _UPSTREAM_BODY
        response["headers"] = {**response["headers"], **_HEADERS}
        if status in ("429", "503"):
            response["headers"]["Retry-After"] = _RETRY_AFTER
        response["headers"]["Proxy-Status"] = {"$ref": "#/components/headers/ProxyStatus"}
        responses[f"Proxied{status}"] = response
    responses["Proxied"] = {
        "description": "The upstream's response.",
        "headers": dict(_HEADERS),
        "content": {"*/*": _UPSTREAM_BODY},
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
                "description": "Everything after the API's name, slashes included.",
                "schema": {"type": "string", "examples": [PATH_EXAMPLES["path"]]},
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
                "description": "What the upstream accepts, forwarded byte for byte.",
                "content": {"*/*": {"schema": {}}},
            }
        item[method] = operation
    return item
