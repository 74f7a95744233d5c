"""Proxy-Status (RFC 9209): marks responses that the proxy made itself."""

from __future__ import annotations

from api.errors import Problem

_ERRORS = {
    "address_refused": "destination_ip_prohibited",
    "caller_gone": "http_request_error",
    "invalid_path": "http_request_error",
    "invalid_request": "http_request_error",
    "request_too_large": "http_request_error",
    "caller_not_reading": "http_request_error",
    "secret_unreadable": "proxy_configuration_error",
    "server_stopping": "proxy_internal_error",
    "storage_failed": "proxy_internal_error",
    "storage_not_writable": "proxy_internal_error",
    "storage_unavailable": "proxy_internal_error",
    "unknown_api": "destination_not_found",
    "upgrade_not_supported": "http_request_error",
    "usage_not_recorded": "proxy_internal_error",
}


def add_proxy_status(problem: Problem) -> None:
    """Add Proxy-Status to a problem without one, so that no caller takes it for the upstream's."""
    if not any(name == "Proxy-Status" for name, _ in problem.headers):
        problem.headers += proxy_status(_ERRORS.get(problem.code, "http_request_denied"))


def proxy_status(error: str, details: str = "") -> tuple[tuple[str, str], ...]:
    """Return the Proxy-Status field for an error type of RFC 9209."""
    more = f'; details="{details}"' if details else ""
    return (("Proxy-Status", f"api-dashboard; error={error}{more}"),)
