"""The problem codes with status 500 or higher: of the server, its database and upstreams."""

from __future__ import annotations

from api.problem_code import ProblemCode

SERVER_PROBLEM_CODES = (
    ProblemCode(
        "internal_error",
        500,
        "Internal error",
        "Report it with the `request_id`, which finds it in the server's log.",
        "Something failed inside the dashboard.",
    ),
    ProblemCode(
        "storage_failed",
        500,
        "The database fails",
        "Do what `detail` in the response says. The server's log says more.",
        "The dashboard's database failed, so the request could not be allowed or recorded.",
    ),
    ProblemCode(
        "encryption_keys_wrong",
        500,
        "The encryption keys are wrong",
        "Set `FERNET_KEYS` to the value that it had when the secrets were stored.",
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
        "If `FERNET_KEYS` was changed, restore its value. Otherwise enter the key's secret again.",
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
        "server_busy",
        503,
        "The server is busy",
        "Wait for the time in `Retry-After` and try again.",
        "The dashboard had too much to do at that moment, so the API was not called.",
    ),
    ProblemCode(
        "too_many_api_calls",
        503,
        "Too many calls to the API at once",
        "Wait for the time in `Retry-After`, or find out which calls hang. "
        "`API_DASHBOARD_MAX_CALLS_PER_API` sets the limit.",
        "{api_name} had too many calls in progress. It was not called.",
    ),
    ProblemCode(
        "storage_not_writable",
        503,
        "The database cannot be written",
        "Do what `detail` in the response says, such as freeing space on the disk.",
        "The dashboard's database could not be written, so the API was not called.",
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
        "closed_for_writes",
        503,
        "The installation is closed for writes",
        "Use the address in `detail`, with the same token, or run `api-dashboard reopen`.",
        "The installation moves or has moved. The API was not called.",
    ),
    ProblemCode(
        "server_stopping",
        503,
        "The server was stopped during the request",
        "Try again when the server runs again, if the request is safe to repeat. To give long "
        "requests more time at a stop, raise `API_DASHBOARD_STOP_TIMEOUT`.",
        "The dashboard was stopped before the response was complete. The API may have carried out "
        "the request.",
    ),
    ProblemCode(
        "server_stopped_unexpectedly",
        503,
        "The server ended unexpectedly during the request",
        "Find out whether the API carried out the request before you repeat it. The code appears "
        "only in the request log, with what was last known of the request.",
        "The dashboard's process ended during the request, for example because it was killed or "
        "the machine was switched off. The API may have carried out the request.",
    ),
    ProblemCode(
        "upstream_timeout",
        504,
        "The upstream did not respond in time",
        "Try again if the request is safe to repeat, request less, or raise the limit that "
        "`detail` in the response names.",
        "{host} did not respond in time. The API may have carried out the request.",
    ),
    ProblemCode(
        "websocket_timeout",
        504,
        "The WebSocket reached a time limit",
        "Connect again. `API_DASHBOARD_WEBSOCKET_TIMEOUT` and "
        "`API_DASHBOARD_WEBSOCKET_IDLE_TIMEOUT` set the limits. The code appears only in the "
        "request log.",
        "The WebSocket was open, or without a frame, for longer than the dashboard allows.",
    ),
)
