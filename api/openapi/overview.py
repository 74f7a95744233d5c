"""The shared parts of the OpenAPI document: introduction, areas, credentials, header fields."""

from __future__ import annotations

from typing import Any

OVERVIEW = """\
A personal vault and proxy for third-party APIs. The dashboard's own endpoints are under `/api`. \
Requests to third-party APIs go through `/proxy/{api_name}/{path}`.

Requests and responses are JSON in UTF-8. Unknown fields of a request are refused. Times are in \
epoch seconds and durations in seconds, unless a field says otherwise. Errors are problem \
documents (RFC 9457, `application/problem+json`) with a stable `code`. Every response has an \
`X-Request-Id`, which finds the request in the log."""

TAGS = {
    "Proxy": "Requests to third-party APIs. The proxy adds the real credential.",
    "Accounts": "Sign-up, sign-in, the profile and the sessions.",
    "Second factor": "Passkeys, an authenticator app, recovery codes, and step-up: before what "
    "matters most, the user proves again who they are.",
    "Keys": "Stored credentials of third-party APIs, and the catalogue of known providers. A "
    "stored secret is write-only.",
    "Agents": "Coding agents and editors, with the lines that set them up for the proxy.",
    "Environment files": "Import a `.env` file, and export one without secrets.",
    "Tokens": "Personal access tokens for scripts and SDKs. They are valid only at "
    "`/proxy` and at `GET /api/token`, which describes the token.",
    "Rate limits": "Your policies and their reservations, and the quotas that upstreams report.",
    "Statistics": "Usage, the request log and the status of the service.",
    "Spend": "What calls cost, prices, and budgets that hold.",
    "Notifications": "What you are told, and the targets that it is sent to.",
    "Audit log": "Who did what, from where, and with which outcome. Entries cannot be changed.",
    "Documents": "This description.",
}

SECURITY: dict[str, Any] = {
    "session": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "The access token from `POST /api/auth/login` or `refresh`. It is valid for "
        "15 minutes, at `/api` and at `/proxy`.",
    },
    "personalAccessToken": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "apd_…",
        "description": "A token from `POST /api/tokens`, valid at `/proxy` and `GET /api/token`. "
        "At `/proxy`, send it wherever the API's own credential goes: as `Authorization: Bearer`, "
        "`token` or `Basic`, as `X-Api-Key`, or in the provider's own header field or query "
        "parameter. An SDK needs only a base URL, and the token in place of the key.",
    },
    "refreshCookie": {
        "type": "apiKey",
        "in": "cookie",
        "name": "api_dashboard_refresh",
        "description": "The refresh token as a cookie (`session` `cookie` at sign-in): HttpOnly, "
        "SameSite=Strict, and Secure over HTTPS. It is accepted only from the dashboard's own "
        "pages.",
    },
}

HEADERS: dict[str, Any] = {
    "RequestId": {
        "description": "The request's identifier, as in the log and in problem documents.",
        "required": True,
        "schema": {"type": "string", "examples": ["b3f1c2a49d5e6708"]},
    },
    "DashboardRequestId": {
        "description": "The dashboard's identifier of the request, even if `X-Request-Id` is the "
        "upstream's.",
        "required": True,
        "schema": {"type": "string", "examples": ["b3f1c2a49d5e6708"]},
    },
    "RetryAfter": {
        "description": "Seconds to wait before the next attempt.",
        "required": True,
        "schema": {"type": "integer", "minimum": 0},
    },
    "WwwAuthenticate": {
        "description": "The kind of credential that is required (RFC 9110 11.6.1).",
        "schema": {"type": "string", "examples": ['Bearer realm="api-dashboard"']},
    },
    "SetCookie": {
        "description": "Sets or removes the refresh cookie.",
        "schema": {"type": "string"},
    },
    "RateLimit": {
        "description": "What remains of each limit (`r`), and the seconds until it resets (`t`). "
        "`policy` is your own, `token` is the token's, and all other names are the upstream's "
        "(draft-ietf-httpapi-ratelimit-headers).",
        "schema": {"type": "string", "examples": ['"policy";r=99;t=60']},
    },
    "RateLimitPolicy": {
        "description": "The limits: `q` requests in `w` seconds. For `policy`, `q` is what this "
        "token can use of it. `qu` is the unit, if the upstream reports one.",
        "schema": {"type": "string", "examples": ['"policy";q=100;w=60']},
    },
    "ProxyStatus": {
        "description": "Why there is no response from the upstream (RFC 9209). Only on problems "
        "and on responses of simulated rate limiting.",
        "schema": {"type": "string", "examples": ["api-dashboard; error=connection_refused"]},
    },
    "ServerTiming": {
        "description": "Milliseconds spent in the proxy and in the upstream.",
        "schema": {"type": "string", "examples": ["proxy;dur=1.2, upstream;dur=87.4"]},
    },
}
