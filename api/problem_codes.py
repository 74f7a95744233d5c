"""The problem codes that clients may rely on, each with its status and texts.

The OpenAPI document, the page at /api/docs, the table in docs/api.md and the explanations in the
pages' request log are generated from this table. `make types` updates the generated files.
"""

from __future__ import annotations

import msgspec


class ProblemCode(msgspec.Struct, frozen=True):
    """A stable problem code.

    `title` says what it means, without a full stop; `advice` says in sentences what to do. Code in
    both is in backticks. `summary` says what happened to a proxied request, with the
    placeholders `{api_name}`, `{host}`, `{method}` and `{path}`. It is None for a code that no
    proxied request can answer with.
    """

    code: str
    status: int
    title: str
    advice: str
    summary: str | None = None


_TABLE = (
    ProblemCode(
        "invalid_json",
        400,
        "The body is not strict JSON",
        "Send one JSON value in UTF-8, without duplicate members, `NaN` or lone surrogates, and "
        "at most 32 levels deep.",
    ),
    ProblemCode(
        "invalid_request",
        400,
        "Malformed request",
        "Correct the request. `detail` in the response says what is wrong.",
        "The dashboard could not read the request, so the API was not called.",
    ),
    ProblemCode(
        "invalid_cursor",
        400,
        "The cursor does not belong to this list",
        "Request the list again without a cursor.",
    ),
    ProblemCode(
        "invalid_path",
        400,
        "The path is not allowed",
        "Correct the path after the API's name. `..` is refused in every encoding.",
        "The path would leave the API's base URL, or contains a token of the dashboard. The API "
        "was not called.",
    ),
    ProblemCode(
        "authentication_required",
        401,
        "Missing or invalid credential",
        "Refresh the access token or sign in again. At `/proxy`, check that the token has not "
        "been revoked, has not expired, and is sent where the API's own credential goes.",
        "The request had no token that is valid for {api_name}, or the token was in the wrong "
        "place.",
    ),
    ProblemCode(
        "invalid_credentials",
        401,
        "Wrong username or password",
        "Check both. The response does not say which one is wrong.",
    ),
    ProblemCode(
        "invalid_refresh_token",
        401,
        "Invalid refresh token",
        "Sign in again. A refresh token can be used once.",
    ),
    ProblemCode(
        "wrong_password",
        403,
        "Wrong current password",
        "Enter the current password again.",
    ),
    ProblemCode(
        "cross_origin_refused",
        403,
        "The session cookie was sent from another site",
        "Use the dashboard's own pages, or send the refresh token in the body.",
    ),
    ProblemCode(
        "sign_up_closed",
        403,
        "Sign-up is closed",
        "Ask the operator of the dashboard for an account.",
    ),
    ProblemCode(
        "invite_required",
        403,
        "Sign-up requires an invite code",
        "Send the `invite_code` that the operator of the dashboard gave you.",
    ),
    ProblemCode(
        "token_not_allowed_here",
        403,
        "Personal access tokens are valid only at /proxy",
        "Sign in and send the access token.",
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
        "not_found",
        404,
        "Not found",
        "Check the path against `/api/docs`. Proxied requests go to `/proxy/`, followed by the "
        "API's name and the API's path.",
        "The dashboard has nothing at this path.",
    ),
    ProblemCode(
        "key_not_found",
        404,
        "No such key",
        "List the keys. This key may have been deleted.",
    ),
    ProblemCode(
        "token_not_found",
        404,
        "No such token",
        "List the tokens. This token may have been revoked.",
    ),
    ProblemCode(
        "session_not_found",
        404,
        "No such session",
        "List the sessions. This session may have ended.",
    ),
    ProblemCode(
        "rate_limit_not_found",
        404,
        "No rate limit is known for this API",
        "Set a policy, or make a request whose response reports the API's limits.",
    ),
    ProblemCode(
        "reservation_not_found",
        404,
        "No such reservation",
        "Read the rate limit. A reservation ends with its token and with the policy.",
    ),
    ProblemCode(
        "unknown_api",
        404,
        "No key for this API",
        "Store a key under this name, or correct the name in the URL.",
        "No key is stored under the name “{api_name}”, so there was no API to call.",
    ),
    ProblemCode(
        "method_not_allowed",
        405,
        "Method not allowed",
        "Use a method that the `Allow` header field lists.",
    ),
    ProblemCode(
        "username_taken",
        409,
        "The username is taken",
        "Choose another username. A name that looks like an existing one is also taken.",
    ),
    ProblemCode(
        "conflict",
        409,
        "Changed by another request at the same time",
        "Read the current state and repeat the change.",
    ),
    ProblemCode(
        "policy_required",
        409,
        "A reservation needs a policy of your own",
        "Set a policy for the API (`PUT /api/rate-limits/{api_name}`), then reserve a part of it.",
    ),
    ProblemCode(
        "too_many_reservations",
        409,
        "Too many reservations for this API",
        "Remove a reservation. An API has at most five.",
    ),
    ProblemCode(
        "no_schedule_here",
        409,
        "Scheduled checks are disabled on this server",
        "Leave out `check_every`, and check the key by hand.",
    ),
    ProblemCode(
        "request_too_large",
        413,
        "The request is too large",
        "Send less, or send it in parts. `detail` in the response gives the limit in bytes; on "
        "one machine, `API_DASHBOARD_MAX_REQUEST_BYTES` sets it for `/proxy`.",
        "The body is larger than the dashboard accepts. The API was not called.",
    ),
    ProblemCode(
        "unsupported_media_type",
        415,
        "The body must be application/json",
        "Send `Content-Type: application/json`.",
    ),
    ProblemCode(
        "invalid_field",
        422,
        "A field is missing, unknown or invalid",
        "Correct the field or parameter that `field` names.",
    ),
    ProblemCode(
        "upstream_not_allowed",
        422,
        "The base URL is not allowed",
        "Use an https URL of a public host, on an allowed port, without user name and password.",
    ),
    ProblemCode(
        "reservation_exceeds_limit",
        422,
        "The reservations exceed the limit",
        "Reserve at most `available`, or raise the limit of the policy.",
    ),
    ProblemCode(
        "secret_required",
        422,
        "The secret is required for a new host",
        "Send `secret` together with the new `base_url`.",
    ),
    ProblemCode(
        "rate_limited",
        429,
        "Your limit for this API is exhausted",
        "Wait for the time in `Retry-After`, send fewer requests, or raise the limit.",
        "The limit that you set for {api_name} was exhausted. The API was not called.",
    ),
    ProblemCode(
        "token_rate_limited",
        429,
        "The token's limit is exhausted",
        "Wait for the time in `Retry-After`, or raise the token's limit.",
        "The token's own limit was exhausted. The API was not called.",
    ),
    ProblemCode(
        "keys_exhausted",
        429,
        "All keys of this API are exhausted",
        "Wait for the time in `Retry-After`, or store another key under the same name.",
        "Every key of {api_name} had exhausted the quota that the API gives it. The API was not "
        "called.",
    ),
    ProblemCode(
        "too_many_attempts",
        429,
        "Too many attempts",
        "Wait for the time in `Retry-After`.",
    ),
    ProblemCode(
        "caller_gone",
        499,
        "The caller disconnected",
        "If this was not intended, give the caller a longer timeout. The code appears only in the "
        "request log.",
        "The caller disconnected before the response arrived. The API may have carried out the "
        "request.",
    ),
    ProblemCode(
        "internal_error",
        500,
        "Internal error",
        "Report it with the `request_id`, which finds it in the server's log.",
        "Something failed inside the dashboard.",
    ),
    ProblemCode(
        "address_refused",
        502,
        "The upstream address is not allowed",
        "Correct the key's base URL. To allow a local service during development, set "
        "`API_DASHBOARD_ALLOWED_UPSTREAMS`.",
        "{host} has a private or reserved address, which the dashboard never calls.",
    ),
    ProblemCode(
        "name_not_resolved",
        502,
        "The upstream's name cannot be resolved",
        "Check the host in the key's base URL, and the server's DNS.",
        "{host} could not be resolved to an address.",
    ),
    ProblemCode(
        "connect_failed",
        502,
        "Cannot connect to the upstream",
        "Try again later, and look at the API's status page.",
        "{host} did not accept the connection. It may be down.",
    ),
    ProblemCode(
        "tls_failed",
        502,
        "No trusted TLS connection to the upstream",
        "Check the key's base URL. For an internal service, name its certificate authority in "
        "`API_DASHBOARD_CA_FILE`.",
        "The certificate of {host} is not trusted, has expired or belongs to another host. "
        "Nothing was sent.",
    ),
    ProblemCode(
        "upstream_reset",
        502,
        "The upstream closed the connection early",
        "Try again if the request is safe to repeat.",
        "{host} closed the connection before the response was complete. The API may have carried "
        "out the request.",
    ),
    ProblemCode(
        "upstream_malformed",
        502,
        "The upstream's response is not valid HTTP",
        "Check that the key's base URL belongs to an API, then tell the API's operator.",
        "{host} sent a response that is not valid HTTP.",
    ),
    ProblemCode(
        "response_too_large",
        502,
        "The upstream's response is too large",
        "Request less, for example a smaller page.",
        "The response of {host} is larger than the dashboard can return here.",
    ),
    ProblemCode(
        "secret_unreadable",
        502,
        "The stored secret cannot be decrypted",
        "Enter the key's secret again.",
        "The stored secret was encrypted with a key that this server no longer has.",
    ),
    ProblemCode(
        "usage_not_recorded",
        503,
        "The request was made but not recorded",
        "Find out whether the API carried out the request before you repeat it. `upstream_status` "
        "in the response is the upstream's status.",
        "The API was called, but the dashboard could not record the request, so it withheld the "
        "response.",
    ),
    ProblemCode(
        "storage_unavailable",
        503,
        "The database does not respond",
        "Wait for the time in `Retry-After` and try again. If it persists, check the server.",
        "The dashboard's database did not respond, so the request could not be allowed or "
        "recorded.",
    ),
    ProblemCode(
        "upstream_timeout",
        504,
        "The upstream did not respond in time",
        "Try again if the request is safe to repeat, request less, or raise "
        "`API_DASHBOARD_UPSTREAM_TIMEOUT`.",
        "{host} did not respond in time. The API may have carried out the request.",
    ),
)

PROBLEM_CODES: dict[str, ProblemCode] = {problem.code: problem for problem in _TABLE}

# The codes that the proxy answers with.
PROXIED_CODES = tuple(problem.code for problem in _TABLE if problem.summary is not None)
