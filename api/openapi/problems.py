"""The problems of each endpoint as OpenAPI responses."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from api.endpoint import Endpoint
from api.problem_codes import PROBLEM_CODES

_ANY = frozenset({"internal_error"})
_STORAGE = frozenset({"storage_failed", "storage_not_writable", "storage_unavailable"})
_SECRETS = frozenset({"encryption_keys_wrong"})
_SIGNED_IN = frozenset({"authentication_required", "token_not_allowed_here"})
_SET_UP = frozenset({"second_factor_setup_required"})
_STEP_UP = frozenset({"step_up_required"})
_BODY = frozenset(
    {"invalid_json", "invalid_request", "request_too_large", "unsupported_media_type"}
)
_INPUT = frozenset({"invalid_field"})
_PATH_PARAMETER = frozenset({"not_found"})

# The codes that follow from an endpoint's signature. Views name all others.
GENERAL_CODES = (
    _ANY | _STORAGE | _SECRETS | _SIGNED_IN | _SET_UP | _STEP_UP | _BODY | _INPUT | _PATH_PARAMETER
)


def problems_of(endpoint: Endpoint) -> list[str]:
    """Return every problem code of an endpoint, in the order of the table."""
    codes = set(endpoint.problems) | _ANY
    if endpoint.tag != "Documents":
        codes |= _STORAGE | _SECRETS
    if endpoint.signed_in:
        codes |= _SIGNED_IN if endpoint.in_set_up else _SIGNED_IN | _SET_UP
    if endpoint.step_up is not None:
        codes |= _STEP_UP
    if endpoint.body is not None:
        codes |= _BODY
    if endpoint.body is not None or endpoint.query is not None:
        codes |= _INPUT
    if "{" in endpoint.path:
        codes |= _PATH_PARAMETER
    return [code for code in PROBLEM_CODES if code in codes]


def problem_responses(codes: Iterable[str]) -> dict[str, Any]:
    """Return the response objects for problem codes, by status."""
    return {str(status): _response(status, group) for status, group in by_status(codes).items()}


def problem_references(codes: Iterable[str], responses: dict[str, Any]) -> dict[str, Any]:
    """Return references to the response objects for problem codes, by status.

    Adds response objects that are missing to `responses`, so that endpoints share them.
    """
    references = {}
    for status, group in by_status(codes).items():
        name = ".".join(group)
        responses.setdefault(name, _response(status, group))
        references[str(status)] = {"$ref": f"#/components/responses/{name}"}
    return references


def by_status(codes: Iterable[str]) -> dict[int, list[str]]:
    """Group problem codes by HTTP status, in ascending order."""
    codes_by_status: dict[int, list[str]] = {}
    for code in codes:
        codes_by_status.setdefault(PROBLEM_CODES[code].status, []).append(code)
    return dict(sorted(codes_by_status.items()))


def _response(status: int, codes: list[str]) -> dict[str, Any]:
    headers = {"X-Request-Id": {"$ref": "#/components/headers/RequestId"}}
    if status in (429, 503):
        headers["Retry-After"] = {"$ref": "#/components/headers/RetryAfter"}
    if "authentication_required" in codes:
        headers["WWW-Authenticate"] = {"$ref": "#/components/headers/WwwAuthenticate"}
    return {
        "description": " ".join(f"`{code}`: {PROBLEM_CODES[code].title}." for code in codes),
        "headers": headers,
        "content": {
            "application/problem+json": {
                "schema": {
                    "allOf": [{"$ref": "#/components/schemas/ProblemDocument"}],
                    "properties": {"status": {"const": status}, "code": {"enum": codes}},
                }
            }
        },
    }
