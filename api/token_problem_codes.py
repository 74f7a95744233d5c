"""The problem codes of calls that a personal access token may not make (status 403)."""

from __future__ import annotations

from api.problem_code import ProblemCode

TOKEN_PROBLEM_CODES = (
    ProblemCode(
        "token_not_allowed_here",
        403,
        "Personal access tokens are valid only at /proxy and GET /api/token",
        "Sign in and send the access token.",
    ),
    ProblemCode(
        "token_required",
        403,
        "The call needs a personal access token",
        "Send the personal access token that you want to read. With an access token, call "
        "`GET /api/tokens`, which lists all tokens.",
    ),
    ProblemCode(
        "token_scope",
        403,
        "Outside the token's scope",
        "Change the token, or create one, so that its APIs, methods and path prefixes cover the "
        "request.",
        "The token does not allow {method} {path} of {api_name}. The API was not called.",
    ),
    ProblemCode(
        "address_not_allowed",
        403,
        "The token may not be used from this address",
        "Call from an address in the token's `allowed_ips`, or add the address to them. Behind a "
        "reverse proxy on one machine, the address is the proxy's.",
        "The token may not be used from the address that the request came from. The API was not "
        "called.",
    ),
)
