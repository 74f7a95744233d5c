"""What calls have in common: introduction, areas, credentials, shared parameters, headers."""

from __future__ import annotations

from typing import Any

from api.schemas.fields import API_NAME

OVERVIEW = """\
A personal vault and proxy for third-party APIs. Everything that the dashboard needs is under \
`/api`; calls of third-party APIs go through `/proxy/{api_name}/{path}`.

JSON in and out, in UTF-8. Unknown members of a request are refused. Times are epoch seconds, \
durations seconds, unless a field says otherwise. Errors are problem documents (RFC 9457, \
`application/problem+json`) with a stable `code`. Every answer carries `X-Request-Id`, which finds \
the request in the log."""

TAGS = {
    "Proxy": "Calls of third-party APIs, with the real credential put in.",
    "Accounts": "Sign-up, sign-in, the profile and the sessions.",
    "Keys": "Stored credentials of third-party APIs, and the catalogue of known providers. A "
    "stored secret is write-only.",
    "Environment files": "A `.env` in, and a safe one out.",
    "Tokens": "Personal access tokens for scripts and SDKs. They are valid at `/proxy` only.",
    "Rate limits": "Your own policies with what is reserved of them, and what upstreams say of "
    "their limits.",
    "Statistics": "Usage, the request log and the health of the service.",
    "Documents": "This description.",
}

SECURITY: dict[str, Any] = {
    "session": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "The access token of `POST /api/auth/login` or `refresh`; good for a "
        "quarter of an hour. Accepted at `/api` and at `/proxy`.",
    },
    "personalAccessToken": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "apd_…",
        "description": "A token of `POST /api/tokens`, valid at `/proxy` only. Not only as "
        "bearer: it is accepted wherever that API's own credential would go (`Authorization: "
        "token` or `Basic`, `X-Api-Key`, the provider's own header or query parameter), so that an "
        "SDK needs nothing but a base URL and the token in place of the key.",
    },
    "refreshCookie": {
        "type": "apiKey",
        "in": "cookie",
        "name": "api_dashboard_refresh",
        "description": "The refresh token as a cookie (`session` `cookie` at sign-in): HttpOnly, "
        "SameSite=Strict, Secure over https. Only accepted from the dashboard's own pages.",
    },
}

PARAMETERS: dict[str, Any] = {
    "ApiName": {
        "name": "api_name",
        "in": "path",
        "required": True,
        "description": "The slug of the API.",
        "schema": {"type": "string", "pattern": API_NAME, "examples": ["openai"]},
    },
    "PageLimit": {
        "name": "limit",
        "in": "query",
        "description": "Items on a page.",
        "schema": {"type": "integer", "minimum": 1, "maximum": 1000, "default": 50},
    },
    "PageCursor": {
        "name": "cursor",
        "in": "query",
        "description": "`next_cursor` of the page before; none for the first page.",
        "schema": {"type": "string", "maxLength": 2048},
    },
}

HEADERS: dict[str, Any] = {
    "RequestId": {
        "description": "The request's id, as in the log and in problem documents.",
        "required": True,
        "schema": {"type": "string", "examples": ["b3f1c2a49d5e6708"]},
    },
    "DashboardRequestId": {
        "description": "Our id, also where the upstream's own stands in `X-Request-Id`.",
        "required": True,
        "schema": {"type": "string", "examples": ["b3f1c2a49d5e6708"]},
    },
    "RetryAfter": {
        "description": "Seconds until it is worth trying again.",
        "required": True,
        "schema": {"type": "integer", "minimum": 0},
    },
    "WwwAuthenticate": {
        "description": "Which kind of credential is wanted (RFC 9110 11.6.1).",
        "schema": {"type": "string", "examples": ['Bearer realm="api-dashboard"']},
    },
    "SetCookie": {
        "description": "The refresh cookie, set or removed.",
        "schema": {"type": "string"},
    },
    "RateLimit": {
        "description": "What is left of each limit (`r`) and the seconds until it is whole again "
        "(`t`): `policy` is your own, `token` the token's, all others the upstream's "
        "(draft-ietf-httpapi-ratelimit-headers).",
        "schema": {"type": "string", "examples": ['"policy";r=99;t=60']},
    },
    "RateLimitPolicy": {
        "description": "The limits themselves: `q` requests in `w` seconds, of your policy what "
        "this caller may use; `qu` says what is counted where an upstream says so.",
        "schema": {"type": "string", "examples": ['"policy";q=100;w=60']},
    },
    "ProxyStatus": {
        "description": "Why there is no answer of the upstream (RFC 9209); only on problems and "
        "rehearsed refusals of ours.",
        "schema": {"type": "string", "examples": ["api-dashboard; error=connection_refused"]},
    },
    "ServerTiming": {
        "description": "Milliseconds that the proxy itself and the upstream took.",
        "schema": {"type": "string", "examples": ["proxy;dur=1.2, upstream;dur=87.4"]},
    },
}
