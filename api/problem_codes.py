"""The problem codes that clients may rely on, each with its status and texts.

The OpenAPI document, the page at /api/docs, the table in docs/api.md and the explanations in the
pages' request log are generated from this table. `make types` updates the generated files.
"""

from __future__ import annotations

from api.account_problem_codes import ACCOUNT_PROBLEM_CODES
from api.problem_code import ProblemCode
from api.server_problem_codes import SERVER_PROBLEM_CODES

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
        "signature_not_supported",
        400,
        "Signed requests, such as AWS SigV4, are not supported",
        "Use a key that is sent with each request, such as a Bedrock API key in "
        "`AWS_BEARER_TOKEN_BEDROCK`, in place of an access key that signs requests.",
        "The request was signed (AWS SigV4 or a similar scheme). The dashboard cannot sign it "
        "again with the stored secret, so the API was not called.",
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
        "budget_exceeded",
        402,
        "A budget does not cover the call",
        "Raise the budget, ask for less in one call, or wait until `reset_at`.",
        "A budget that applies to calls of {api_name} did not cover the call. The API was not "
        "called.",
    ),
    ProblemCode(
        "cost_unbounded",
        402,
        "The cost of the call has no certain bound",
        "Set a maximum of output tokens in the request, or set `unbounded` to `count` in the "
        "prices of the API.",
        "A budget applies, and the cost of the call had no certain bound. The API was not called.",
    ),
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
        "rate_limit_not_found",
        404,
        "No rate limit is known for this API",
        "Set a policy, or make a request whose response reports the API's limits.",
    ),
    ProblemCode(
        "reconciliation_not_found",
        404,
        "This API is not compared with its provider",
        "Name the API of the provider's admin key (`PUT /api/spend/reconciliations/{api_name}`).",
    ),
    ProblemCode(
        "reservation_not_found",
        404,
        "No such reservation",
        "Read the rate limit. A reservation ends with its token and with the policy.",
    ),
    ProblemCode(
        "budget_not_found",
        404,
        "No such budget",
        "List the budgets. A budget ends with its token, and with the last key of its API.",
    ),
    ProblemCode(
        "target_not_found",
        404,
        "No such notification target",
        "List the targets. This target may have been deleted.",
    ),
    ProblemCode(
        "prices_not_found",
        404,
        "No prices of your own for this API",
        "Set prices for the API (`PUT /api/prices/{api_name}`).",
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
        "conflict",
        409,
        "Changed by another request at the same time",
        "Read the current state and repeat the change.",
    ),
    ProblemCode(
        "token_expired",
        409,
        "The token has expired",
        "Change its `expires_in`, then repeat the call, or create a new token.",
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
        "too_many_keys",
        409,
        "Too many keys for this account",
        "Delete keys that you no longer need. `API_DASHBOARD_MAX_KEYS` sets the cap.",
    ),
    ProblemCode(
        "too_many_tokens",
        409,
        "Too many tokens for this account",
        "Revoke tokens that you no longer need. `API_DASHBOARD_MAX_TOKENS` sets the cap.",
    ),
    ProblemCode(
        "budget_exists",
        409,
        "A budget for this scope and period exists",
        "Change that budget (`PATCH /api/budgets/{budget_id}`). The problem has its `budget_id`.",
    ),
    ProblemCode(
        "too_many_budgets",
        409,
        "Too many budgets for this account",
        "Delete budgets that you no longer need. An account has at most 200.",
    ),
    ProblemCode(
        "too_many_targets",
        409,
        "Too many notification targets for this account",
        "Delete targets that you no longer need. An account has at most 20.",
    ),
    ProblemCode(
        "mail_not_configured",
        409,
        "This server cannot send email",
        "Choose another kind, or ask the operator to set `API_DASHBOARD_MAIL_FROM`.",
    ),
    ProblemCode(
        "no_signing_secret",
        409,
        "The target has no signing secret",
        "Only webhooks are signed. Change the address of other kinds to replace their secret.",
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
        "host_not_accepted",
        421,
        "The host name is not accepted",
        "Use `localhost` or `127.0.0.1`, or add the name to `API_DASHBOARD_HOSTS`. This protects "
        "against DNS rebinding.",
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
        "upgrade_not_supported",
        426,
        "The protocol upgrade is not supported",
        "Use plain HTTP requests. The proxy relays WebSockets of version 13 on one machine; on "
        "AWS it relays none.",
        "The request asked for a protocol that the dashboard cannot relay here. The API was not "
        "called.",
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
        "{api_name} had answered 429 for every key and asked to wait. The API was not called.",
    ),
    ProblemCode(
        "too_many_token_calls",
        429,
        "Too many calls of the token at once",
        "Make fewer calls at once, or wait for the time in `Retry-After`. "
        "`API_DASHBOARD_MAX_CALLS_PER_TOKEN` sets the limit.",
        "The token had too many calls in progress. The API was not called.",
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
        "caller_not_reading",
        499,
        "The caller did not read the response",
        "Read the response as it arrives, or ask for less at once. The code appears only in the "
        "request log.",
        "The caller did not read the response for a minute, so the dashboard ended it.",
    ),
    *ACCOUNT_PROBLEM_CODES,
    *SERVER_PROBLEM_CODES,
)

PROBLEM_CODES: dict[str, ProblemCode] = {
    problem.code: problem for problem in sorted(_TABLE, key=lambda problem: problem.status)
}

# The codes that the proxy answers with.
PROXIED_CODES = tuple(
    problem.code for problem in PROBLEM_CODES.values() if problem.summary is not None
)
