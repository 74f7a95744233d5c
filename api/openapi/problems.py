"""What a client does about each problem, and which problems any call of a kind may answer with."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from api.endpoint import Endpoint
from api.errors import PROBLEMS

# docs/api.md says the same; a test holds the two together.
ADVICE: dict[str, str] = {
    "invalid_json": "Send one JSON value in UTF-8: no duplicate members, no `NaN`, no lone "
    "surrogates, at most 32 levels deep.",
    "invalid_request": "Correct the request; `detail` says what is wrong with it.",
    "invalid_cursor": "Start the listing again without a cursor.",
    "invalid_path": "Correct the path behind `/proxy/{api_name}`; `..` and the like are refused "
    "in every encoding.",
    "authentication_required": "Refresh the access token or sign in again; at `/proxy`, look "
    "whether the token was revoked or has expired and stands where the API's own credential goes.",
    "invalid_credentials": "Check both; the answer does not say which of them is wrong.",
    "invalid_refresh_token": "Sign in again. A refresh token is good for one use.",
    "wrong_password": "Enter the current password again.",
    "cross_origin_refused": "Call from the dashboard's own pages, or send the refresh token in "
    "the body.",
    "sign_up_closed": "Ask whoever runs the dashboard for an account.",
    "invite_required": "Send the `invite_code` that whoever runs the dashboard gave you.",
    "token_not_allowed_here": "Sign in and send the access token.",
    "token_scope": "Change the token, or make one, so that its `apis`, `methods` and "
    "`path_prefixes` cover the call.",
    "not_found": "Check the path against this documentation.",
    "key_not_found": "List the keys; this one may have been deleted.",
    "token_not_found": "List the tokens; this one may have been revoked.",
    "session_not_found": "List the sessions; this one may have ended.",
    "rate_limit_not_found": "Set a policy, or make a call that the upstream answers with its "
    "limits.",
    "reservation_not_found": "List the rate limit; the reservation may have gone with its token or "
    "policy.",
    "unknown_api": "Store a key under that `api_name`, or correct the name.",
    "method_not_allowed": "Use a method that the `Allow` header names.",
    "username_taken": "Choose another username.",
    "conflict": "Read it again and repeat the change.",
    "policy_required": "Set a policy for the API first (`PUT /api/rate-limits/{api_name}`): what "
    "an upstream says of its own quota is only known afterwards.",
    "too_many_reservations": "Remove a reservation of the API; it has at most five.",
    "no_schedule_here": "Leave out `check_every`, and check the key when you want to know.",
    "request_too_large": "Send less; `detail` gives the limit in bytes.",
    "unsupported_media_type": "Send `Content-Type: application/json`.",
    "invalid_field": "Correct the member or parameter that `field` names.",
    "upstream_not_allowed": "Use an https address of a public host, on an allowed port, without "
    "user name and password.",
    "reservation_exceeds_limit": "Reserve at most `available`, or raise the policy's limit.",
    "secret_required": "Send `secret` together with the new `base_url`.",
    "rate_limited": "Wait for `Retry-After`, or raise the policy. The upstream was not called.",
    "token_rate_limited": "Wait for `Retry-After`, or raise the token's limit. The upstream was "
    "not called.",
    "keys_exhausted": "Wait for `Retry-After`, or store another key under that `api_name`.",
    "too_many_attempts": "Wait for `Retry-After`.",
    "caller_gone": "Nothing: nobody was there to read it. It is only seen in the request log.",
    "internal_error": "Report it with the `request_id`, which finds it in the log.",
    "address_refused": "Correct the key's base URL; it leads to a private or reserved address.",
    "name_not_resolved": "Check the host in the key's base URL, then try again.",
    "connect_failed": "Try again later; the upstream is down or does not take connections.",
    "tls_failed": "Look at the upstream's certificate; it is not trusted or not its own.",
    "upstream_reset": "Try again if the call may be made twice.",
    "upstream_malformed": "Tell the upstream's operator.",
    "response_too_large": "Ask the upstream for less, for instance a smaller page.",
    "secret_unreadable": "Replace the key's secret; it was stored under an encryption key that is "
    "gone.",
    "usage_not_recorded": "Do not repeat it blindly: `upstream_status` is what the upstream "
    "answered.",
    "storage_unavailable": "Wait for `Retry-After` and try again.",
    "upstream_timeout": "Try again if the call may be made twice, or ask for less.",
}


def problems_of(endpoint: Endpoint) -> list[str]:
    """Every code that an endpoint may answer with, in the order of the table of problems."""
    codes = {*endpoint.problems, "internal_error"}
    if endpoint.tag != "Documents":
        codes.add("storage_unavailable")
    if endpoint.signed_in:
        codes |= {"authentication_required", "token_not_allowed_here"}
    if endpoint.body is not None:
        codes |= {"invalid_json", "invalid_request", "request_too_large", "unsupported_media_type"}
    if endpoint.body is not None or endpoint.query is not None:
        codes.add("invalid_field")
    if "{" in endpoint.path:
        codes.add("not_found")
    return [code for code in PROBLEMS if code in codes]


def problem_responses(codes: Iterable[str]) -> dict[str, Any]:
    """The response objects for problem codes, by status."""
    return {
        str(status): _response(status, together) for status, together in by_status(codes).items()
    }


def problem_references(codes: Iterable[str], responses: dict[str, Any]) -> dict[str, Any]:
    """The same as references into `responses`, which gains what is missing: calls share them."""
    references = {}
    for status, together in by_status(codes).items():
        name = ".".join(together)
        responses.setdefault(name, _response(status, together))
        references[str(status)] = {"$ref": f"#/components/responses/{name}"}
    return references


def by_status(codes: Iterable[str]) -> dict[int, list[str]]:
    """Problem codes by their HTTP status, in ascending order."""
    found: dict[int, list[str]] = {}
    for code in codes:
        found.setdefault(PROBLEMS[code][0], []).append(code)
    return dict(sorted(found.items()))


def _response(status: int, codes: list[str]) -> dict[str, Any]:
    headers = {"X-Request-Id": {"$ref": "#/components/headers/RequestId"}}
    if status in (429, 503):
        headers["Retry-After"] = {"$ref": "#/components/headers/RetryAfter"}
    if "authentication_required" in codes:
        headers["WWW-Authenticate"] = {"$ref": "#/components/headers/WwwAuthenticate"}
    return {
        "description": " ".join(f"`{code}`: {PROBLEMS[code][1]}." for code in codes),
        "headers": headers,
        "content": {
            "application/problem+json": {
                "schema": {
                    "allOf": [{"$ref": "#/components/schemas/Problem"}],
                    "properties": {"status": {"const": status}, "code": {"enum": codes}},
                }
            }
        },
    }
