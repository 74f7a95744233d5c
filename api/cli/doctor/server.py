"""Findings about a server: whether it responds, its database, version, clock, pages, TLS."""

from __future__ import annotations

import http.client
import socket
import ssl
import time
from typing import Any
from urllib.parse import urlsplit

from api import __version__
from api.cli.durations import format_duration
from api.cli.errors import CliError, ProblemError
from api.cli.http import send, tls_context
from api.cli.transport import Transport
from api.operations.diagnosis.finding import Finding, split_message

# Seconds of difference between two clocks that are reported.
_MOST_SKEW = 30
_RENEW_CERTIFICATE = 14 * 86_400
_TIMEOUT = 10.0


def server_findings(transport: Transport, url: str, ca_file: str | None) -> list[Finding]:
    """Return findings about the server at `url`. The first one says whether it responds."""
    started = time.time()
    try:
        status = send(transport, "GET", "/api/status")
    except ProblemError as error:
        return [
            Finding("server", "ok", f"{url} responds."),
            Finding(
                "database" if error.code.startswith("storage") else "status",
                "failed",
                error.detail,
                "Look at the server's log.",
            ),
        ]
    except CliError as error:
        return [split_message("server", "failed", error.message)]
    ended = time.time()
    return [
        Finding("server", "ok", f"{url} responds in {(ended - started) * 1000:.0f} ms."),
        Finding("database", "ok", "The database responds and can be written to."),
        version_finding(str(status.get("version"))),
        clock_finding(status.get("time"), (started + ended) / 2),
        *_certificate(url, ca_file),
        _pages(transport, url),
    ]


def version_finding(version: str) -> Finding:
    """Return whether the server has the version of the command line."""
    if version == __version__:
        return Finding("version", "ok", f"The server and this command have version {version}.")
    return Finding(
        "version",
        "warning",
        f"The server has version {version}, and this command has version {__version__}.",
        "Update the older one.",
    )


def clock_finding(server: Any, here: float) -> Finding:
    """Return whether the server's clock, in epoch seconds, agrees with this machine's."""
    skew = abs(float(server) - here) if isinstance(server, int | float) else 0.0
    if skew <= _MOST_SKEW:
        return Finding("clock", "ok", "The clocks of the server and of this machine agree.")
    return Finding(
        "clock",
        "warning",
        f"The clocks of the server and of this machine differ by {format_duration(skew)}.",
        "Set the wrong clock, for example with NTP: expiries and resets are shown too early or "
        "too late.",
    )


def certificate_finding(expires_at: float, now: float) -> Finding:
    """Return whether a TLS certificate is valid for two more weeks."""
    left = format_duration(expires_at - now)
    if expires_at - now > _RENEW_CERTIFICATE:
        return Finding("certificate", "ok", f"The TLS certificate is valid for {left}.")
    return Finding(
        "certificate",
        "warning",
        f"The TLS certificate expires in {left}.",
        "Renew it. The server on one machine reads renewed files within seconds.",
    )


def _certificate(url: str, ca_file: str | None) -> list[Finding]:
    parts = urlsplit(url)
    if parts.scheme != "https":
        return []
    assert parts.hostname is not None
    address = parts.hostname, parts.port or 443
    try:
        with (
            socket.create_connection(address, _TIMEOUT) as connection,
            tls_context(ca_file).wrap_socket(connection, server_hostname=parts.hostname) as tls,
        ):
            certificate: dict[str, Any] = dict(tls.getpeercert() or {})
    except OSError:
        # The server can only be reached through a proxy. Its certificate was verified before.
        return []
    return [certificate_finding(ssl.cert_time_to_seconds(certificate["notAfter"]), time.time())]


def _pages(transport: Transport, url: str) -> Finding:
    try:
        response = transport.request("GET", "/", headers={"Accept": "text/html"})
    except (OSError, http.client.HTTPException):
        return Finding("pages", "failed", f"{url}/ does not respond.", "Look at the server's log.")
    is_html = response.headers.get("content-type", "").startswith("text/html")
    if response.status == 200 and is_html and b"<script" in response.content:
        return Finding("pages", "ok", f"{url} serves the dashboard.")
    if response.is_redirect or response.status == 404:
        return Finding(
            "pages",
            "warning",
            f"{url} has no pages, only the API.",
            "Start the server with `make run`, or set API_DASHBOARD_PAGES to the built pages.",
        )
    return Finding(
        "pages",
        "failed",
        f"{url}/ returned status {response.status} and no page.",
        "Look at the server's log.",
    )
